import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAddress, merge, readRecipients, writeRecipient, type Recipient } from './recipients.ts'

const one = (email: string, name = ''): Recipient => ({ name, email })

const cases: [what: string, typed: string, people: Recipient[]][] = [
  ['nothing', ' \n ; ', []],
  ['an address', 'chen@uni.example', [one('chen@uni.example')]],
  ['a name and an address', '陳怡君（研發處） <chen@uni.example>', [one('chen@uni.example', '陳怡君（研發處）')]],
  ['without brackets', '陳怡君 chen@uni.example', [one('chen@uni.example', '陳怡君')]],
  ['the name behind', 'chen@uni.example (陳怡君)', [one('chen@uni.example', '陳怡君')]],
  ['full-width letters', 'ｃｈｅｎ＠ｕｎｉ．ｅｘａｍｐｌｅ', [one('chen@uni.example')]],
  ['full-width brackets', '陳怡君＜chen＠uni.example＞', [one('chen@uni.example', '陳怡君')]],
  [
    'Chinese separators',
    'a@b.tw；c@d.tw，e@f.tw、g@h.tw',
    [one('a@b.tw'), one('c@d.tw'), one('e@f.tw'), one('g@h.tw')],
  ],
  ['lines and tabs', 'a@b.tw\r\nc@d.tw\te@f.tw\n', [one('a@b.tw'), one('c@d.tw'), one('e@f.tw')]],
  ['a column of a table', '陳怡君\tchen@b.tw\n', [one('陳怡君'), one('chen@b.tw')]],
  ['blanks between addresses', 'a@b.tw c@d.tw', [one('a@b.tw'), one('c@d.tw')]],
  ['a quoted name with a comma', '"Lin, Grace" <g@b.tw>, a@b.tw', [one('g@b.tw', 'Lin, Grace'), one('a@b.tw')]],
  ['a bare name with a comma', 'Lin, Grace <g@b.tw>; a@b.tw', [one('g@b.tw', 'Lin, Grace'), one('a@b.tw')]],
  ['two Han names', '陳怡君, 王小明 <w@b.tw>', [one('陳怡君'), one('w@b.tw', '王小明')]],
  ['a link', 'mailto:a@b.tw', [one('a@b.tw')]],
  ['a group', 'Team: a@b.tw, c@d.tw;', [one('a@b.tw'), one('c@d.tw')]],
  ['the same twice', 'A@b.tw, 陳 <a@B.tw>', [one('A@b.tw', '陳')]],
  ['what is no address stays', 'grace@; 李大同', [one('grace@'), one('李大同')]],
  ['a bracket never closed', 'x <a@b.tw\nc@d.tw', [one('a@b.tw', 'x'), one('c@d.tw')]],
]

for (const [what, typed, people] of cases) test(what, () => deepEqual(readRecipients(typed), people))

const addresses: [string, boolean][] = [
  ['a@b.tw', true],
  ['a.b+c@mail.uni.example', true],
  ['"a b"@uni.example', true],
  ['用戶@例子.台灣', true],
  ['a@b', false],
  ['@b.tw', false],
  ['a b@c.tw', false],
  ['.a@b.tw', false],
  ['a..b@c.tw', false],
  ['a@-b.tw', false],
  ['a@b..tw', false],
  ['a@127.0.0.1', false],
  [`${'a'.repeat(250)}@b.tw`, false],
]

for (const [email, is] of addresses)
  test(`${email.slice(0, 30)} is ${is ? 'an' : 'no'} address`, () => equal(isAddress(email), is))

test('what is written is read as the same', () => {
  const names = fc
    .string({ unit: fc.constantFrom('陳', 'A', ' ', ',', '"', '；', '<', '@', '\\', '(') })
    .map((name) => name.trim())
  fc.assert(
    fc.property(names, (name) => {
      const written = writeRecipient(one('a@b.tw', name))
      const read = readRecipients(written)
      equal(read.length, 1)
      equal(read[0]!.email, 'a@b.tw')
    }),
  )
})

test('nothing that was typed is lost, and nothing takes long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (typed) => ok(Array.isArray(readRecipients(typed)))),
  )
  for (const hostile of ['"', '<', ',"<', '(', "'", '@', 'a@', 'a:', ' ']) readRecipients(hostile.repeat(100_000))
})

test('a later name fills an empty one', () => deepEqual(merge([one('a@b')], [one('A@B', 'x')]), [one('a@b', 'x')]))
