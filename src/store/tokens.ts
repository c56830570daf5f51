// Words of a text as the search index knows them, and text as searches compare it.
//
// Latin words are folded: NFKC, lower case, without accents. Scripts that are written without spaces
// (Chinese, Japanese, Korean, Thai ...) become overlapping pairs of characters, and the last character of a
// run stands alone, so that any one character is the beginning of some token and any two in a
// row are a token: searches of one and two characters are exact by the index alone.

const ascii = /^[\x00-\x7f]*$/
const accented = /[\u00c0-\u024f\u0370-\u03ff\u1e00-\u1fff]\p{M}*|[a-z]\p{M}+/gu
const special: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
  ς: 'σ',
}
const specials = /[ßæœøłđðþıħς]/g

/** Text for comparing: NFKC, lower case, Latin and Greek letters without accents, no NUL, well formed. Idempotent. */
export function fold(text: string): string {
  if (ascii.test(text)) return (text.includes('\0') ? text.replaceAll('\0', ' ') : text).toLowerCase()
  return text
    .toWellFormed()
    .replaceAll('\0', ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(accented, (letters) => letters.normalize('NFD').replace(/[\u0300-\u036f]/g, ''))
    .replace(specials, (letter) => special[letter]!)
}

/** Letters of scripts written without spaces between words. */
const dense =
  '[[\\p{L}\\p{N}\\p{M}]&&[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Hangul}\\p{scx=Bopomofo}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}]]'
const run = new RegExp(`(${dense}+)|[[\\p{L}\\p{N}\\p{M}]--${dense}]+`, 'gv')
const wrapped = new RegExp(`(?<=${dense})[ \\t]*\\n[ \\t]*(?=${dense})`, 'gv')
const wordLetter = new RegExp(`[[\\p{L}\\p{N}\\p{M}]--${dense}]`, 'v')
const denseLetter = new RegExp(dense, 'v')
const latinRun = /[a-z0-9]+/g

/**
 * Text as it is compared: folded, white space as single spaces, and none where a line broke inside a text
 * that has no spaces.
 */
export function plain(text: string): string {
  const folded = fold(text)
  return (ascii.test(folded) ? folded : folded.replace(wrapped, '')).replace(/\s+/g, ' ').trim()
}

/** Text with white space as plain() has it, and every letter as it was. */
export function unwrapped(text: string): string {
  return (ascii.test(text) ? text : text.replace(wrapped, '')).replace(/\s+/g, ' ').trim()
}

export const wordLength = 64 // characters of a word that the index tells apart

/** Adds the words of `text`, each begun with `mark`, until `into` has `limit`. False when it is full. */
export function addWords(text: string, mark: string, into: Set<string>, limit: number): boolean {
  const folded = plain(text)
  if (ascii.test(folded)) {
    for (const word of folded.match(latinRun) ?? []) {
      if (into.size >= limit) return false
      into.add(mark + (word.length > wordLength ? word.slice(0, wordLength) : word))
    }
    return true
  }
  for (const [word, isDense] of folded.matchAll(run)) {
    if (into.size >= limit) return false
    if (isDense === undefined) into.add(mark + word.slice(0, wordLength))
    else addPairs(word, mark, into)
  }
  return true
}

const surrogate = /[\ud800-\udfff]/

function addPairs(word: string, mark: string, into: Set<string>): void {
  if (mark === '' && !surrogate.test(word)) {
    // Most of all Chinese text: without joining characters one by one.
    for (let at = 0; at < word.length; at++) into.add(word.slice(at, at + 2))
    return
  }
  let before = ''
  for (const letter of word) {
    if (before !== '') into.add(mark + before + letter)
    before = letter
  }
  into.add(mark + before)
}

/** Pieces of a long text, each at most about `size`, with the same words: no word and no pair is cut. */
export function* slices(text: string, size: number): Generator<string, void, undefined> {
  for (let from = 0; from < text.length;) {
    const end = text.length - from > size ? cutBefore(text, from, from + size) : text.length
    yield text.slice(from, end)
    if (end === text.length) return
    // The last of a run without spaces is in both pieces: it and the next make a pair, also across a line break.
    let near = end
    while (near > from + 1 && /[ \t\n]/.test(text[near - 1]!)) near--
    const last = lastCharacter(text, near)
    from = denseLetter.test(last) && near - last.length > from ? near - last.length : end
  }
}

function cutBefore(text: string, from: number, wanted: number): number {
  const space = Math.max(text.lastIndexOf('\n', wanted - 1), text.lastIndexOf(' ', wanted - 1))
  if (space > from) return space + 1
  for (let end = wanted; end > from + 1 && end > wanted - wordLength; end--) {
    const inWord = wordLetter.test(text[end - 1]!) && wordLetter.test(text[end]!)
    if (!inWord && !/[\udc00-\udfff]/.test(text[end]!)) return end
  }
  return wanted
}

function lastCharacter(text: string, end: number): string {
  return /[\udc00-\udfff]/.test(text[end - 1]!) ? text.slice(end - 2, end) : text[end - 1]!
}

export interface AskedWord {
  word: string
  prefix: boolean // words that begin so count too
  within?: boolean // words that end so count too: it is the first of the searched text
}

/** What the index is asked for a searched text. */
export interface Question {
  words: AskedWord[] // all of them must be there; none: the index cannot help
  exact: boolean // the words are the answer; else each mail found must be read and compared
  text: string // what to compare: plain() of the searched text
}

/**
 * The question for a text, which is found wherever it stands: one word inside words, one or two characters of a
 * dense script anywhere; everything longer is a phrase, which the index narrows and the mail itself decides.
 */
export function questionOf(searched: string): Question {
  const text = plain(searched)
  const words: Question['words'] = []
  let runs = 0
  for (const match of text.matchAll(run)) {
    const [word, isDense] = match
    runs++
    if (isDense === undefined) {
      const isLast = match.index + word.length === text.length
      const within = match.index === 0 && word.length <= wordLength
      const asked: AskedWord = { word: word.slice(0, wordLength), prefix: isLast || word.length > wordLength }
      words.push(within ? { ...asked, within } : asked)
      continue
    }
    const letters = Array.from(word)
    if (letters.length === 1) words.push({ word, prefix: true })
    for (let i = 1; i < letters.length; i++) words.push({ word: letters[i - 1]! + letters[i]!, prefix: false })
  }
  const whole = runs === 1 && words.length === 1 && text.length <= wordLength
  return { words, exact: whole && [...text.matchAll(run)][0]![0] === text, text }
}

/** Whether plain() `text` has what is asked, wherever. */
export function holds(text: string, question: Question): boolean {
  return text.includes(question.text)
}

/** Whether a word of the index is one of Latin and its like, not a pair of dense characters. */
export function isSpelled(word: string): boolean {
  return wordLetter.test(word[0]!) && wordLetter.test(word.at(-1)!)
}
