import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { authorship, sendingRate, type AuthorFacts, type RateFacts } from './sending.ts'

const calm: RateFacts = {
  mailsThisMinute: 0,
  recipientsThisHour: 0,
  recipients: 1,
  mailsPerMinute: 10,
  recipientsPerHour: 100,
}
const rates: [what: string, facts: Partial<RateFacts>, outcome: string][] = [
  ['a first mail passes', {}, 'pass'],
  ['the tenth mail passes', { mailsThisMinute: 9 }, 'pass'],
  ['the eleventh waits', { mailsThisMinute: 10 }, 'later'],
  ['the hundredth recipient passes', { recipientsThisHour: 99 }, 'pass'],
  ['the one after waits', { recipientsThisHour: 100 }, 'later'],
  ['too many at once wait', { recipients: 101 }, 'later'],
]
for (const [what, facts, outcome] of rates) test(what, () => equal(sendingRate({ ...calm, ...facts }).outcome, outcome))

const mine = { address: 'wang@uni.example', owned: true }
const theirs = { address: 'li@uni.example', owned: false }
const plain: AuthorFacts = { submitted: true, fromFields: 1, senderFields: 0, authors: [mine] }
const authors: [what: string, facts: Partial<AuthorFacts>, outcome: string][] = [
  ['from oneself', {}, 'pass'],
  ['from two of one’s own', { authors: [mine, mine] }, 'pass'],
  ['from another', { authors: [theirs] }, 'refuse'],
  ['from oneself and another', { authors: [mine, theirs] }, 'refuse'],
  ['from nobody', { authors: [] }, 'refuse'],
  ['without From', { fromFields: 0, authors: [] }, 'refuse'],
  ['two From fields', { fromFields: 2 }, 'refuse'],
  ['two Sender fields', { senderFields: 2 }, 'refuse'],
  ['a stranger is from anybody', { submitted: false, authors: [] }, 'pass'],
  ['a stranger without From', { submitted: false, fromFields: 0, authors: [] }, 'pass'],
  ['a stranger with two From fields', { submitted: false, fromFields: 2 }, 'refuse'],
]
for (const [what, facts, outcome] of authors)
  test(what, () => equal(authorship({ ...plain, ...facts }).outcome, outcome))
