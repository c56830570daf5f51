// Fuzz target: the words of any text.

import { addWords, fold, holds, plain, questionOf, slices, wordLength } from './tokens.ts'

export const target = {
  name: 'store-tokens',
  corpus: [
    'The quick brown fox, naïve café; STRASSE straße ﬁne Ⅷ',
    '郵件系統會議 お知らせ カﾞ 한국어 ภาษาไทย',
    'a\u0301\u0301 \ud800 \0 \u{20000}\u{20001} x'.repeat(3),
    'İSTANBUL ΣΊΣΥΦΟΣ ẞ ŉ ǰ',
  ],
  run(input: Buffer): void {
    const text = input.toString('utf8')
    const folded = fold(text)
    if (fold(folded) !== folded) throw new Error('fold is not idempotent')
    const whole = plain(text)
    if (plain(whole) !== whole) throw new Error('plain is not idempotent')
    const words = new Set<string>()
    addWords(text, '_', words, 10_000)
    for (const word of words) {
      if (!word.startsWith('_') || /[\s"'\\&|!:*()]/.test(word)) throw new Error(`bad word ${JSON.stringify(word)}`)
      if (word.length > wordLength + 1) throw new Error('long word')
    }
    // Whatever is searched for with words of the text is found by them.
    const question = questionOf(text.slice(0, 200))
    for (const { word, prefix } of question.words) {
      const found = prefix ? [...words].some((each) => each.startsWith(`_${word}`)) : words.has(`_${word}`)
      if (!found && text.length <= 200) throw new Error(`${JSON.stringify(word)} is not among the words`)
    }
    if (!holds(whole, questionOf(text))) throw new Error('a text does not hold itself')
    if (Math.max(0, ...[...slices(text, 50)].map((slice) => slice.length)) > 51) throw new Error('long slice')
    const sliced = new Set<string>()
    for (const slice of slices(text, 500)) addWords(slice, '_', sliced, 10_000)
  },
}
