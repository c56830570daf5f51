// A script's text becomes tokens.                                                            RFC 5228 §8.1
//
// Promises: never throws; linear; what cannot be read becomes a problem and reading goes on behind it. Lines
// may end in CRLF or in LF; in values every line end is CRLF.

import type { SieveLimits } from './limits.ts'
import type { Problems } from './problems.ts'
import type { Comment, Place } from './syntax.ts'

export interface Token {
  kind: 'name' | 'tag' | 'string' | 'number' | 'mark' | 'end'
  text: string // name or tag in lower case; a string's value; a number or mark as written
  value: number // of a number
  multiline: boolean
  place: Place
  comments: Comment[] // before it
}

const blanks = /[ \t\r\n]+/y
const name = /[A-Za-z_][A-Za-z0-9_]*/y
const digits = /([0-9]+)([KMGkmg]?)/y
const multilineHead = /text:[ \t]*(#[^\n]*)?\r?(\n|$)/iy
const multilineEnd = /(?:^|\n)\.\r?(?:\n|$)/g
const marks = new Set(['{', '}', '(', ')', '[', ']', ',', ';'])
const shift: Record<string, bigint> = { k: 10n, m: 20n, g: 30n }
const largest = (1n << 64n) - 1n
const none: Comment[] = []

/** The tokens of a script; the last is always 'end'. */
export function readTokens(text: string, limits: SieveLimits, problems: Problems): Token[] {
  const tokens: Token[] = []
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  let lineStart = at
  let comments: Comment[] = none
  const place = (from: number): Place => ({ line, column: from - lineStart + 1 })
  const advance = (to: number): void => {
    for (let feed = text.indexOf('\n', at); feed !== -1 && feed < to; feed = text.indexOf('\n', feed + 1)) {
      line++
      lineStart = feed + 1
    }
    at = to
  }
  const comment = (bracketed: boolean, content: string): void => {
    if (comments === none) comments = []
    comments.push({ bracketed, text: content })
  }
  const push = (kind: Token['kind'], end: number, value: string, more: Partial<Token> = {}): void => {
    tokens.push({ kind, text: value, value: 0, multiline: false, place: place(at), comments, ...more })
    comments = none
    advance(end)
  }
  const matches = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  /** A name that is too long is told of here and stands as a mark that means nothing, which the parser passes over. */
  const pushName = (kind: 'name' | 'tag', end: number, word: string): void => {
    if (word.length <= limits.identifier) push(kind, end, word.toLowerCase())
    else {
      const shown = word.slice(0, limits.identifier)
      problems.add('name-too-long', place(at), { name: shown, limit: limits.identifier })
      push('mark', end, shown)
    }
  }

  while (at < text.length) {
    if (tokens.length >= limits.tokens) {
      problems.add('script-too-long', place(at), { limit: limits.tokens })
      break
    }
    const c = text[at]!
    if (c === ' ' || c === '\n' || c === '\r' || c === '\t') {
      matches(blanks)
      advance(blanks.lastIndex)
    } else if (c === '#') {
      const feed = text.indexOf('\n', at)
      const end = feed === -1 ? text.length : feed
      comment(false, oneLine(text.slice(at + 1, end)))
      at = end
    } else if (text.startsWith('/*', at)) {
      const close = text.indexOf('*/', at + 2)
      if (close === -1) problems.add('comment-not-closed', place(at))
      else comment(true, text.slice(at + 2, close))
      advance(close === -1 ? text.length : close + 2)
    } else if (marks.has(c)) {
      push('mark', at + 1, c)
    } else if (c === '"') {
      const end = quoteEnd(text, at + 1)
      if (end === -1) {
        problems.add('string-not-closed', place(at))
        advance(text.length)
      } else push('string', end + 1, crlf(unescape(text.slice(at + 1, end))))
    } else if (c >= '0' && c <= '9') {
      const [whole, figures, unit] = matches(digits)!
      const value = figures!.length > 20 ? largest + 1n : BigInt(figures!) << (shift[unit!.toLowerCase()] ?? 0n)
      if (value > largest) problems.add('number-too-large', place(at), { number: whole })
      push('number', digits.lastIndex, whole, { value: Math.min(Number(value), Number.MAX_SAFE_INTEGER) })
    } else if (c === ':') {
      name.lastIndex = at + 1
      const word = name.exec(text)
      if (word) pushName('tag', name.lastIndex, word[0])
      else {
        problems.add('not-a-token', place(at), { text: c })
        at++
      }
    } else if ((c === 't' || c === 'T') && matches(multilineHead)) {
      const start = multilineHead.lastIndex
      const hash = matches(multilineHead)?.[1]
      multilineEnd.lastIndex = start - 1
      const end = multilineEnd.exec(text)
      if (hash) comment(false, oneLine(hash.slice(1)))
      if (!end) {
        problems.add('text-not-closed', place(at))
        advance(text.length)
      } else {
        const body = text.slice(start, Math.max(start, end.index + 1))
        push('string', multilineEnd.lastIndex, unstuff(crlf(body)), { multiline: true })
      }
    } else {
      const word = matches(name)
      if (word) pushName('name', name.lastIndex, word[0])
      else {
        const run = /[^\s;{}()[\],"#:A-Za-z0-9_]+/y
        run.lastIndex = at
        const garbage = run.exec(text)?.[0] ?? c
        problems.add('not-a-token', place(at), { text: garbage })
        push('mark', at + garbage.length, garbage)
      }
    }
  }
  push('end', at, '')
  return tokens
}

/** Where the quote closes, -1 if it does not. */
function quoteEnd(text: string, from: number): number {
  let at = from
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return -1
    let slashes = 0
    while (quote - 1 - slashes >= at && text[quote - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return quote
    at = quote + 1
  }
}

/** A comment's text without its line end; a CR of its own is none. */
function oneLine(text: string): string {
  return text.replace(/\r+$/, '').replaceAll('\r', ' ')
}

function unescape(text: string): string {
  return text.includes('\\') ? text.replace(/\\([\s\S])/g, '$1') : text
}

function crlf(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n/g, '\r\n') : text
}

/** A line's leading dot that protects another goes. RFC 5228 §2.4.2. */
function unstuff(text: string): string {
  return text.replace(/^\.\./gm, '.')
}
