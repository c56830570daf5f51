import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plain } from '../store/tokens.ts'
import { markAll, markFirst } from './snippets.ts'

const cases: [text: string, terms: string[], marked: string | null][] = [
  ['The plan', ['plan'], 'The <mark>plan</mark>'],
  ['The plan', ['PLAN', 'the'], '<mark>The</mark> <mark>plan</mark>'],
  ['Crème brûlée', ['creme'], '<mark>Crème</mark> brûlée'],
  ['Straße', ['strasse'], '<mark>Straße</mark>'],
  ['a ﬁne day', ['fine'], 'a <mark>ﬁne</mark> day'],
  ['開會議程', ['會議'], '開<mark>會議</mark>程'],
  ['會\n議', ['會議'], '<mark>會議</mark>'],
  ['aaa', ['aa', 'a'], '<mark>aaa</mark>'],
  ['<i>&"', ['i'], '&lt;<mark>i</mark>&gt;&amp;&quot;'],
  ['nothing here', ['else'], null],
  ['nothing here', ['', ' '], null],
]

test('terms are marked as the search compares them', () => {
  for (const [text, terms, marked] of cases) equal(markAll(text, terms), marked, text)
})

test('what a search finds is marked, what is told is safe and small', () => {
  const word = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('會議', 'plan', 'é', '<b>', '&'))
  const text = fc.array(word, { maxLength: 400 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(text, word, (said, term) => {
      const snippet = markFirst(said, [term])
      if (/^[a-z會議]+$/.test(plain(term)) && plain(said).includes(plain(term))) ok(snippet !== null)
      if (snippet === null) return
      ok(Buffer.byteLength(snippet) <= 255)
      ok(snippet.isWellFormed() || !said.isWellFormed())
      ok(!/[<>]/.test(snippet.replace(/<\/?mark>/g, '')))
      ok(snippet.includes('<mark>'))
    }),
  )
})
