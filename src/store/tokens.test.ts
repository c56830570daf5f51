import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { target } from './tokens.fuzz.ts'
import { addWords, fold, holds, plain, questionOf, slices } from './tokens.ts'

const words = (text: string): string[] => {
  const found = new Set<string>()
  addWords(text, '', found, 1000)
  return [...found]
}

const folds: [string, string][] = [
  ['Hello', 'hello'],
  ['CAFÉ', 'cafe'],
  ['cafe\u0301', 'cafe'],
  ['Straße ẞ', 'strasse ss'],
  ['ＦＵＬＬ', 'full'],
  ['ﬁne', 'fine'],
  ['İstanbul', 'istanbul'],
  ['ΆΛΦΑ ΟΔΌΣ', 'αλφα οδοσ'],
  ['ガ ｶﾞ', 'ガ ガ'],
  ['Й', 'й'],
  ['한국어', '한국어'],
]
for (const [text, folded] of folds) test(`fold ${text}`, () => equal(fold(text), folded))

const tables: [string, string[]][] = [
  ['The quick, the brown', ['the', 'quick', 'brown']],
  ['郵件系統', ['郵件', '件系', '系統', '統']],
  ['會', ['會']],
  ['用Node跑', ['用', 'node', '跑']],
  ['圖書\n館 開', ['圖書', '書館', '館', '開']],
  ['お知らせ', ['お知', '知ら', 'らせ', 'せ']],
  ['2026年', ['2026', '年']],
  ['ภาษา', ['ภา', 'าษ', 'ษา', 'า']],
  ['𠀀𠀁', ['𠀀𠀁', '𠀁']],
  ['x_y a@b.c', ['x', 'y', 'a', 'b', 'c']],
  ['  ', []],
]
for (const [text, found] of tables) test(`words of ${JSON.stringify(text)}`, () => deepEqual(words(text), found))

test('questions', () => {
  deepEqual(questionOf('Fox'), { words: [{ word: 'fox', prefix: true, within: true }], exact: true, text: 'fox' })
  deepEqual(questionOf('會議'), { words: [{ word: '會議', prefix: false }], exact: true, text: '會議' })
  deepEqual(questionOf('會').words, [{ word: '會', prefix: true }])
  equal(questionOf('郵件系').exact, false)
  equal(questionOf('fox!').exact, false)
  deepEqual(questionOf('brown fox').words, [
    { word: 'brown', prefix: false, within: true },
    { word: 'fox', prefix: true },
  ])
  deepEqual(questionOf(' 。 '), { words: [], exact: false, text: '。' })
})

test('a Latin question begins where a word begins', () => {
  equal(holds(plain('a brown fox'), questionOf('own fox')), true)
  equal(holds(plain('a brown fox'), questionOf('brownfox')), false)
  equal(holds(plain('a brown fox'), questionOf('brown fo')), true)
  equal(holds(plain('用node跑'), questionOf('node跑')), true)
})

test('slices lose no pair and no word, and invent none', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('會議室開放', 'word ', '\n\n', '\n', '用a', '𠀀', ' ', 'b1')), (parts) => {
      const text = parts.join('')
      const sliced = new Set<string>()
      for (const slice of slices(text, 40)) addWords(slice, '', sliced, 1000)
      const whole = words(text)
      for (const word of whole) equal(sliced.has(word), true, word)
      // A piece may end in the middle of a run: its last letter then stands alone.
      for (const word of sliced) equal(whole.includes(word) || Array.from(word).length === 1, true, word)
    }),
  )
})

test('any text is cut into words and found by them', () => {
  for (const text of target.corpus) target.run(Buffer.from(text))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => target.run(Buffer.from(text))),
    { numRuns: 300 },
  )
})
