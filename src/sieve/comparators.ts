// Comparators: what makes two strings equal, and which comes first.     RFC 4790, RFC 5051, RFC 5228 §2.7.3
//
// A comparator maps strings to strings that are compared as they are; :contains, :matches and :regex look into the
// mapped strings. i;ascii-numeric has no substrings.

export interface Comparator {
  name: string
  /** The string that is compared; of the same length as the text for the two of ASCII. */
  fold(text: string): string
  /** For regular expressions: one character at a time; undefined when each stands for itself. */
  foldCode?: (code: number) => number
  /** Less than zero, zero, more than zero; of folded strings. */
  order(a: string, b: string): number
  hasSubstrings: boolean
}

const beyondAscii = /[^\x00-\x7f]/

/** RFC 4790 §9.2.1: upper case, which decides where "_" stands among letters. */
function upperAscii(text: string): string {
  return beyondAscii.test(text) ? text.replace(/[a-z]+/g, (run) => run.toUpperCase()) : text.toUpperCase()
}

/** By octets of UTF-8, which is by code points: surrogates come after the rest of their plane. */
function byOctets(a: string, b: string): number {
  if (a === b) return 0
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** RFC 5051 §2: each character to titlecase, then taken apart. */
function unicodeFold(text: string): string {
  if (!beyondAscii.test(text)) return text.toUpperCase()
  return text.replace(mappedSimply(), (run) => run.toUpperCase()).normalize('NFKD')
}

let simple: RegExp | undefined

/** Runs of characters with a simple mapping: what becomes several letters, as "ß" would, stays as it is. */
function mappedSimply(): RegExp {
  if (simple) return simple
  let several = ''
  for (let code = 0x80; code < 0x10000; code++) {
    const c = String.fromCharCode(code)
    if (c.toUpperCase().length > 1) several += c
  }
  return (simple = new RegExp(`[^${several}]+`, 'g'))
}

function foldUnicodeCode(code: number): number {
  if (code < 128) return code >= 97 && code <= 122 ? code - 32 : code
  const upper = String.fromCodePoint(code).toUpperCase()
  const point = upper.codePointAt(0)!
  return upper.length === (point > 0xffff ? 2 : 1) ? point : code
}

/** RFC 4790 §9.1: the digits at the start; without any it is larger than all numbers. */
function numeric(text: string): string {
  const digits = /^[0-9]+/.exec(text)?.[0]
  return digits === undefined ? '' : digits.replace(/^0+(?=[0-9])/, '')
}

function byNumber(a: string, b: string): number {
  if (a === b) return 0
  if (a === '' || b === '') return a === '' ? 1 : -1
  return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length
}

const all: Comparator[] = [
  { name: 'i;octet', fold: (text) => text, order: byOctets, hasSubstrings: true },
  {
    name: 'i;ascii-casemap',
    fold: upperAscii,
    foldCode: (code) => (code >= 97 && code <= 122 ? code - 32 : code),
    order: byOctets,
    hasSubstrings: true,
  },
  { name: 'i;unicode-casemap', fold: unicodeFold, foldCode: foldUnicodeCode, order: byOctets, hasSubstrings: true },
  { name: 'i;ascii-numeric', fold: numeric, order: byNumber, hasSubstrings: false },
]

export const comparators: ReadonlyMap<string, Comparator> = new Map(all.map((each) => [each.name, each]))
export const standardComparator = 'i;ascii-casemap'

/** What a script must require to use it. RFC 5228 §2.7.3 frees two; the third has no word that could be misread. */
export function comparatorNeeds(name: string): string | undefined {
  return name === 'i;ascii-numeric' ? `comparator-${name}` : undefined
}
