// Reads the text of a command from left to right: one method per rule of the grammar, named above it.
// RFC 9051 §9. Text is one character an octet; literals stand in it behind their "{n}CRLF".
//
// Invariants: every method either moves on past what it read or throws Refusal BAD; linear time.

import { bad } from './answers.ts'
import { imapLimits } from './limits.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const day = 86_400_000

export class Scanner {
  text: string
  at = 0
  /** Strings are UTF-8: IMAP4rev2 or UTF8=ACCEPT was enabled. */
  utf8: boolean
  #depth = 0

  constructor(text: string, utf8 = false) {
    this.text = text
    this.utf8 = utf8
  }

  fail(wanted: string): never {
    const found = this.at >= this.text.length ? 'the end' : `"${printable(this.text.slice(this.at, this.at + 20))}"`
    throw bad(`Expected ${wanted} at ${found}`)
  }

  atEnd(): boolean {
    return this.at >= this.text.length
  }

  end(): void {
    if (!this.atEnd()) this.fail('the end of the command')
  }

  peek(): string {
    return this.text.charAt(this.at)
  }

  /** Moves past `word` (any case) when it is next. */
  accept(word: string): boolean {
    const next = this.text.substr(this.at, word.length)
    if (next !== word && next.toUpperCase() !== word.toUpperCase()) return false
    this.at += word.length
    return true
  }

  expect(word: string): void {
    if (!this.accept(word)) this.fail(`"${word}"`)
  }

  space(): void {
    if (this.text.charCodeAt(this.at) !== 32) this.fail('a space')
    this.at++
  }

  /** What a sticky pattern matches, or undefined. The pattern must not be able to backtrack. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    if (!pattern.test(this.text)) return undefined
    const start = this.at
    this.at = pattern.lastIndex
    return this.text.slice(start, this.at)
  }

  /** One in a list of words, any case, in the capitals given. */
  word<W extends string>(words: readonly W[], what: string): W {
    const start = this.at
    const found = this.match(wordLetters)?.toUpperCase()
    const word = words.find((w) => w === found)
    if (word !== undefined) return word
    this.at = start
    return this.fail(what)
  }

  // tag = 1*<any ASTRING-CHAR except "+">
  tag(): string {
    return this.match(tagLetters) ?? this.fail('a tag')
  }

  // atom = 1*ATOM-CHAR
  atom(what = 'an atom'): string {
    return this.match(atomLetters) ?? this.fail(what)
  }

  // number = 1*DIGIT (up to 32 bit); number64 = 1*DIGIT (up to 63 bit)
  number(what = 'a number'): number {
    const digits = this.match(numberDigits)
    const value = Number(digits)
    if (digits === undefined || !Number.isSafeInteger(value)) this.fail(what)
    return value
  }

  // nz-number = digit-nz *DIGIT
  nzNumber(what = 'a number above zero'): number {
    const value = this.number(what)
    return value > 0 ? value : this.fail(what)
  }

  // astring = 1*ASTRING-CHAR / string
  astring(what = 'a string'): string {
    return this.match(astringLetters) ?? this.string(what)
  }

  // nstring = string / nil
  nstring(): string | null {
    return this.nil() ? null : this.string('a string or NIL')
  }

  nil(): boolean {
    const next = this.text.charAt(this.at + 3)
    return (next === '' || next === ' ' || next === ')') && this.accept('NIL')
  }

  // string = quoted / literal
  string(what = 'a string'): string {
    const next = this.text.charCodeAt(this.at)
    if (next === 34) return this.#quoted()
    if (next === 123) return this.literal()
    return this.fail(what)
  }

  // quoted = DQUOTE *QUOTED-CHAR DQUOTE
  #quoted(): string {
    let start = this.at + 1
    let value = ''
    for (;;) {
      plainQuoted.lastIndex = start
      plainQuoted.test(this.text)
      const stop = plainQuoted.lastIndex || start
      value += this.text.slice(start, stop)
      const sign = this.text.charCodeAt(stop)
      if (sign === 34) {
        this.at = stop + 1
        return value
      }
      const escaped = this.text.charCodeAt(stop + 1)
      if (sign !== 92 || (escaped !== 34 && escaped !== 92)) {
        this.at = stop
        this.fail('the end of a quoted string')
      }
      value += this.text.charAt(stop + 1)
      start = stop + 2
    }
  }

  // literal = "{" number64 ["+"] "}" CRLF *CHAR8; literal8 = "~" ... (RFC 3516)
  literal(): string {
    const head = this.match(literalHead) ?? this.fail('a literal')
    const size = Number(/\d+/.exec(head)![0])
    if (this.at + size > this.text.length) this.fail('a whole literal')
    const value = this.text.slice(this.at, this.at + size)
    if (head.charCodeAt(0) !== 126 && value.includes('\0')) throw bad('A literal has a NUL')
    this.at += size
    return value
  }

  /** astring or string as Unicode text; octets that are not UTF-8 are a BAD. */
  unicode(what = 'a string'): string {
    return fromUtf8(this.astring(what))
  }

  /** "(" item *(SP item) ")"; counts nesting. Empty lists only where `empty` says so. */
  list<T>(item: () => T, empty = false): T[] {
    this.expect('(')
    if (++this.#depth > imapLimits.nesting) throw bad('Too many parentheses within parentheses', 'LIMIT')
    const items: T[] = []
    if (!(empty && this.peek() === ')')) {
      do items.push(item())
      while (this.accept(' '))
    }
    this.expect(')')
    this.#depth--
    return items
  }

  /** Runs `read` one level deeper, for rules that nest without a list. */
  deeper<T>(read: () => T): T {
    if (++this.#depth > imapLimits.nesting) throw bad('Too many parentheses within parentheses', 'LIMIT')
    const result = read()
    this.#depth--
    return result
  }

  // date = date-text / DQUOTE date-text DQUOTE; date-text = date-day "-" date-month "-" date-year
  // Gives the first millisecond of that day, UTC.
  date(): number {
    const quoted = this.accept('"')
    const parts = this.match(dateText)?.split('-') ?? this.fail('a date')
    if (quoted) this.expect('"')
    return dateOf(parts) ?? this.fail('a date that exists')
  }

  // date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
  dateTime(): number {
    const text = this.match(dateTimeText) ?? this.fail('a date and time')
    const date = dateOf(text.slice(1, 12).trim().split('-'))
    const [hour, minute, second] = text.slice(13, 21).split(':').map(Number) as [number, number, number]
    const zone = Number(text.slice(23, 25)) * 60 + Number(text.slice(25, 27))
    if (date === undefined || hour > 23 || minute > 59 || second > 60) throw bad('No such date and time')
    const local = date + ((hour * 60 + minute) * 60 + second) * 1000
    return local - (text.charAt(22) === '-' ? -zone : zone) * 60_000
  }

  // flag = "\" atom / flag-keyword. \Recent is refused where a client sets flags: it may not (RFC 3501 §2.3.2).
  flag(): string {
    if (!this.accept('\\')) return this.atom('a flag')
    return '\\' + this.atom('a flag')
  }
}

const wordLetters = /[A-Za-z0-9.=$-]+/y
const tagLetters = /[^\x00-\x20\x7f-\xff(){%*"\\+]+/y
const atomLetters = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const astringLetters = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y
const numberDigits = /\d{1,16}/y
const plainQuoted = /[^"\\\r\n\0]*/y
const literalHead = /~?\{\d{1,15}\+?\}\r?\n/y
const dateText = /\d{1,2}-[A-Za-z]{3}-\d{4}/y
const dateTimeText = /"[ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}"/y

function dateOf([dayText, monthText, yearText]: string[]): number | undefined {
  const month = months.indexOf(monthText!.toLowerCase())
  if (month < 0) return undefined
  const time = Date.UTC(Number(yearText), month, Number(dayText))
  const year = new Date(time)
  year.setUTCFullYear(Number(yearText)) // Date.UTC takes 0-99 for 1900-1999
  const exact = year.getTime()
  return new Date(exact).getUTCDate() === Number(dayText) ? exact : undefined
}

/** The day after, for ON and kin. */
export const nextDay = (time: number) => time + day

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** One character an octet to Unicode; BAD when it is not UTF-8. */
export function fromUtf8(octets: string): string {
  if (isAscii(octets)) return octets
  try {
    return strictUtf8.decode(Buffer.from(octets, 'latin1'))
  } catch {
    throw bad('A string is not UTF-8')
  }
}

export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text)
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
