import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { readMailto } from '../compose/mailto.ts'
import { changesOf, checkForm, formOf, mailtoOf, nameOf, recipientOf, type Card } from './card.ts'

const card: Card = { id: 'C1', uid: 'u', addressBookIds: { K1: true } }
const parts = (surname: string, given: string) => ({
  components: [
    { kind: 'given', value: given },
    { kind: 'surname', value: surname },
  ],
})

const names: [what: Partial<Card>, name: string][] = [
  [{}, ''],
  [{ name: { full: '林美玲' } }, '林美玲'],
  [{ name: parts('林', '美玲') }, '林美玲'],
  [{ name: parts('Lin', 'Grace') }, 'Grace Lin'],
  [{ organizations: { 1: { name: '海東大學', units: [{ name: '資訊處' }] } } }, '海東大學 資訊處'],
  [{ emails: { 1: { address: 'b@c.example' }, 2: { address: 'a@c.example', pref: 1 } } }, 'a@c.example'],
  [{ name: { full: 'a\u202eb' } }, 'ab'],
]
for (const [what, name] of names) test(`a contact is called "${name}"`, () => equal(nameOf({ ...card, ...what }), name))

test('what the form does not change stays', () => {
  const before: Card = {
    ...card,
    name: parts('林', '美玲'),
    emails: { x: { address: 'a@b.example', pref: 1 }, y: { address: 'c@d.example' } },
    notes: { 1: { note: 'old' }, 2: { note: 'other' } },
  }
  const form = formOf(before)
  deepEqual(changesOf(form, before), {})
  const changed = {
    ...form,
    emails: [{ key: 'x', value: 'ｎ@b.example ' }],
    note: '',
    phones: [{ key: 'e1', value: '1' }],
  }
  deepEqual(changesOf(changed, before), {
    emails: { x: { address: 'n@b.example', pref: 1 } },
    phones: { e1: { number: '1' } },
    notes: { 2: { note: 'other' } },
  })
  deepEqual(changesOf({ ...form, name: '', emails: [] }, before), { name: null, emails: null })
})

test('a form needs something, and addresses that are some', () => {
  const form = formOf()
  deepEqual(checkForm(form), { is: 'empty' })
  deepEqual(checkForm({ ...form, emails: [{ key: 'e1', value: 'a' }] }), { is: 'email', typed: 'a' })
  equal(checkForm({ ...form, emails: [{ key: 'e1', value: 'a＠b.example' }] }), undefined)
})

test('everybody written to comes into the composer', () => {
  const people = Array.from({ length: 300 }, (_, n) => ({ name: `Lin, "${n}" & 林`, email: `n${n}+x@b.example` }))
  deepEqual(readMailto(mailtoOf(people)).to, people)
  deepEqual(readMailto(mailtoOf(people, true)).bcc, people)
  equal(recipientOf(card), undefined)
})
