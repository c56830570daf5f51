import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { cleanText, displayName, isOutside, namesAnother, sealColour, sealOf } from './names.ts'

const seals: [name: string | null, email: string, seal: string][] = [
  ['王小明', 'a@b', '王'],
  ['歐陽志明（國際處）', 'a@b', '歐陽'],
  ['張簡雅婷', 'a@b', '張簡'],
  ['教務處註冊組', 'a@b', '註'],
  ['圖書館', 'a@b', '圖'],
  ['Alice Chen', 'a@b', 'AC'],
  ['alice', 'a@b', 'A'],
  ['Alice van der Berg', 'a@b', 'AB'],
  [null, 'wang.ming@uni.example', 'WM'],
  ['"王小明"', 'a@b', '王'],
  ['', '', '?'],
  ['𠮷野', 'a@b', '𠮷'],
]
for (const [name, email, seal] of seals) test(`seal of ${name ?? email}`, () => equal(sealOf({ name, email }), seal))

test('names do not turn text around', () => {
  equal(cleanText('gpj.\u202eexe\u0007'), 'gpj.exe')
  equal(displayName({ name: ' \u200f', email: 'a@b.example' }), 'a@b.example')
})

test('a colour stays with its address', () => equal(sealColour('A@b.example'), sealColour('a@b.example')))

const outside: [string, boolean][] = [
  ['a@uni.example', false],
  ['a@CS.uni.example', false],
  ['a@notuni.example', true],
  ['a@uni.example.org', true],
  ['"a@uni.example"@evil.example', true],
  ['', false],
]
for (const [email, is] of outside) test(`outside: ${email}`, () => equal(isOutside(email, 'uni.example'), is))

test('a name that holds another address', () => {
  equal(namesAnother({ name: 'Boss <boss@uni.example>', email: 'x@evil.example' }), true)
  equal(namesAnother({ name: 'boss＠uni.example', email: 'x@evil.example' }), true)
  equal(namesAnother({ name: 'boss@uni.example', email: 'Boss@uni.example' }), false)
  equal(namesAnother({ name: '王小明', email: 'x@evil.example' }), false)
})
