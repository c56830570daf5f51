import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { authorship, sendingRate, type Author, type AuthorFacts, type RateWindow } from './sending.ts'

const mails: RateWindow = { of: 'mails', per: 'minute', counted: 0, limit: 10 }
const recipients: RateWindow = { of: 'recipients', per: 'hour', counted: 0, limit: 100 }
const rates: [what: string, windows: RateWindow[], adding: number, says: string | undefined][] = [
  ['a first mail passes', [mails], 1, undefined],
  ['the tenth mail passes', [{ ...mails, counted: 9 }], 1, undefined],
  ['the eleventh waits', [{ ...mails, counted: 10 }], 1, 'More than 10 mails in a minute, try again later'],
  ['the hundredth recipient passes', [{ ...recipients, counted: 99 }], 1, undefined],
  [
    'the one after waits',
    [recipients, { ...recipients, counted: 100 }],
    1,
    'More than 100 recipients in an hour, try again later',
  ],
  ['too many at once wait', [recipients], 101, 'More than 100 recipients in an hour, try again later'],
  ['no limit, no wait', [], 1e9, undefined],
]
for (const [what, windows, adding, says] of rates) {
  test(what, () => {
    const verdict = sendingRate(windows, adding)
    equal(verdict.outcome === 'pass' ? undefined : verdict.text, says)
  })
}

const mine: Author = { address: 'wang@uni.example', field: 'from', by: 'self' }
const theirs: Author = { address: 'li@uni.example', field: 'from', by: undefined }
const asThem: Author = { ...theirs, by: 'as' }
const forThem: Author = { ...theirs, by: 'behalf' }
const sender: Author = { ...mine, field: 'sender' }
const withSender = { senderFields: 1 }
const plain: AuthorFacts = { submitted: true, fromFields: 1, senderFields: 0, authors: [mine] }
const authors: [what: string, facts: Partial<AuthorFacts>, outcome: string][] = [
  ['from oneself', {}, 'pass'],
  ['from two of one’s own', { authors: [mine, mine] }, 'pass'],
  ['from another', { authors: [theirs] }, 'refuse'],
  ['from oneself and another', { authors: [mine, theirs] }, 'refuse'],
  ['from nobody', { authors: [] }, 'refuse'],
  ['as another who lets him', { authors: [asThem] }, 'pass'],
  ['as another, naming himself', { ...withSender, authors: [asThem, sender] }, 'pass'],
  ['as another, naming the other', { ...withSender, authors: [asThem, { ...asThem, field: 'sender' }] }, 'pass'],
  ['on behalf, the house names him', { authors: [forThem] }, 'pass'],
  ['on behalf, naming himself', { ...withSender, authors: [forThem, sender] }, 'pass'],
  ['on behalf, naming the other', { ...withSender, authors: [forThem, { ...forThem, field: 'sender' }] }, 'refuse'],
  ['on behalf, naming a third', { ...withSender, authors: [forThem, { ...asThem, field: 'sender' }] }, 'refuse'],
  [
    'from oneself, naming whom one writes for',
    { ...withSender, authors: [mine, { ...forThem, field: 'sender' }] },
    'refuse',
  ],
  ['only in Sender', { ...withSender, authors: [sender] }, 'refuse'],
  ['without From', { fromFields: 0, authors: [] }, 'refuse'],
  ['two From fields', { fromFields: 2 }, 'refuse'],
  ['two Sender fields', { senderFields: 2 }, 'refuse'],
  ['a stranger is from anybody', { submitted: false, authors: [] }, 'pass'],
  ['a stranger without From', { submitted: false, fromFields: 0, authors: [] }, 'pass'],
  ['a stranger with two From fields', { submitted: false, fromFields: 2 }, 'refuse'],
]
for (const [what, facts, outcome] of authors)
  test(what, () => equal(authorship({ ...plain, ...facts }).outcome, outcome))
