// The language of the search field: words, "phrases", operators, -, OR, ( ).            design/ui.md section 8
//
//   sequence = { either }            all of them
//   either   = unit { "OR" unit }    binds tighter than the sequence, as in Gmail
//   unit     = "-" unit | "(" sequence ")" | [ operator ":" ] ( word | quoted )
//
// Pure, linear, and never refuses: what is no operator is a word, what is not closed is closed at the end. Chinese
// names of operators and full-width marks are read too.

export type TermName =
  | 'text'
  | 'from'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'subject'
  | 'in'
  | 'has'
  | 'is'
  | 'filename'
  | 'before'
  | 'after'
  | 'newer_than'
  | 'older_than'
  | 'larger'
  | 'smaller'

export interface Term {
  is: 'term'
  name: TermName
  value: string
  isQuoted: boolean
  start: number // where it stands in what was typed, its "-" included
  end: number
  isNot: boolean // stands behind a "-": for chips
}

export type Node = Term | { is: 'all' | 'any'; of: Node[] } | { is: 'not'; of: Node }

const longest = 1000
const deepest = 20

const names: Record<string, TermName> = {
  from: 'from',
  寄件人: 'from',
  寄件者: 'from',
  to: 'to',
  收件人: 'to',
  收件者: 'to',
  cc: 'cc',
  副本: 'cc',
  bcc: 'bcc',
  密件副本: 'bcc',
  subject: 'subject',
  主旨: 'subject',
  主題: 'subject',
  in: 'in',
  信件匣: 'in',
  has: 'has',
  is: 'is',
  filename: 'filename',
  檔名: 'filename',
  before: 'before',
  之前: 'before',
  older: 'before',
  after: 'after',
  之後: 'after',
  newer: 'after',
  newer_than: 'newer_than',
  older_than: 'older_than',
  larger: 'larger',
  大於: 'larger',
  smaller: 'smaller',
  小於: 'smaller',
}

/** Words that are an operator with its value. */
const whole: Record<string, [TermName, string]> = {
  有附件: ['has', 'attachment'],
  未讀: ['is', 'unread'],
  已讀: ['is', 'read'],
  星號: ['is', 'starred'],
  校外: ['is', 'external'],
}

interface Token {
  is: 'word' | 'open' | 'close' | 'not' | 'or'
  term?: Term
  start: number
}

/** What was typed, as a tree; text after the first 1,000 letters is not read. */
export function readSearch(typed: string): Node {
  const tokens = tokensOf(typed.slice(0, longest))
  let at = 0

  function sequence(depth: number): Node {
    const of: Node[] = []
    while (at < tokens.length && tokens[at]!.is !== 'close') {
      if (tokens[at]!.is === 'or') at++ // nothing stands before it
      else {
        const one = either(depth)
        if (one) of.push(one)
      }
    }
    return of.length === 1 ? of[0]! : { is: 'all', of }
  }

  function either(depth: number): Node | undefined {
    const of: Node[] = []
    for (;;) {
      const one = unit(depth)
      if (one) of.push(one)
      if (tokens[at]?.is !== 'or' || at + 1 >= tokens.length) break
      at++
    }
    return of.length > 1 ? { is: 'any', of } : of[0]
  }

  function unit(depth: number): Node | undefined {
    const token = tokens[at]
    if (!token || token.is === 'close' || token.is === 'or') return undefined
    at++
    if (token.is === 'word') return token.term
    if (depth >= deepest) return undefined
    if (token.is === 'not') {
      const of = unit(depth + 1)
      if (of?.is === 'term') Object.assign(of, { start: token.start, isNot: !of.isNot })
      return of && { is: 'not', of }
    }
    const of = sequence(depth + 1)
    if (tokens[at]?.is === 'close') at++
    return isEmpty(of) ? undefined : of
  }

  const all: Node[] = []
  while (at < tokens.length) {
    if (tokens[at]!.is === 'close') at++ // nothing was opened
    else {
      const one = sequence(0)
      if (!isEmpty(one)) all.push(one)
    }
  }
  return all.length === 1 ? all[0]! : { is: 'all', of: all.flatMap((one) => (one.is === 'all' ? one.of : [one])) }
}

export function isEmpty(node: Node): boolean {
  return node.is === 'all' && node.of.length === 0
}

/** Every term, wherever it stands. */
export function termsOf(node: Node): Term[] {
  if (node.is === 'term') return [node]
  if (node.is === 'not') return termsOf(node.of)
  return node.of.flatMap(termsOf)
}

const closing: Record<string, string> = { '"': '"', '“': '”', '”': '”', '「': '」', '＂': '＂' }
const blank = /[\s\u3000]/
const open = /[(（]/
const close = /[)）]/
const minus = /[-－−]/

function tokensOf(typed: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < typed.length) {
    const letter = typed[at]!
    const start = at
    if (blank.test(letter)) at++
    else if (open.test(letter)) tokens.push({ is: 'open', start: at++ })
    else if (close.test(letter)) tokens.push({ is: 'close', start: at++ })
    else if (minus.test(letter) && at + 1 < typed.length && !blank.test(typed[at + 1]!)) {
      tokens.push({ is: 'not', start: at++ })
    } else {
      const read = readTerm(typed, at)
      at = read.end
      if (/^(?:OR|或)$/.test(typed.slice(start, at).normalize('NFKC'))) tokens.push({ is: 'or', start })
      else if (read.value !== '') tokens.push({ is: 'word', start, term: read })
    }
  }
  return tokens
}

function readTerm(typed: string, start: number): Term {
  const base = { is: 'term' as const, start, isNot: false }
  if (closing[typed[start]!] !== undefined) {
    const { value, end } = readQuoted(typed, start)
    return { ...base, name: 'text', value, isQuoted: true, end }
  }
  const colon = /^([^\s\u3000:：()（）"“「]{1,12})[:：]/.exec(typed.slice(start, start + 13))
  const word = colon?.[1]!.normalize('NFKC').toLowerCase() ?? ''
  if (colon && Object.hasOwn(names, word)) {
    const name = names[word]!
    const from = start + colon[0].length
    if (closing[typed[from] ?? ''] !== undefined) {
      const { value, end } = readQuoted(typed, from)
      return { ...base, name, value, isQuoted: true, end }
    }
    const { value, end } = readWord(typed, from)
    return { ...base, name, value: value.normalize('NFKC'), isQuoted: false, end }
  }
  const { value, end } = readWord(typed, start)
  const known = Object.hasOwn(whole, value) ? whole[value] : undefined
  if (known) return { ...base, name: known[0], value: known[1], isQuoted: false, end }
  return { ...base, name: 'text', value, isQuoted: false, end }
}

function readQuoted(typed: string, start: number): { value: string; end: number } {
  const end = typed.indexOf(closing[typed[start]!]!, start + 1)
  const stop = end < 0 ? typed.length : end
  return { value: typed.slice(start + 1, stop).trim(), end: end < 0 ? stop : end + 1 }
}

function readWord(typed: string, start: number): { value: string; end: number } {
  let end = start
  while (end < typed.length && !/[\s\u3000()（）"“]/.test(typed[end]!)) end++
  if (end === start) end++ // a lone quote
  return { value: typed.slice(start, end).replace(/^["“”]+$/, ''), end }
}
