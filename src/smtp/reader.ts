// Reads what a server answers.                                 RFC 5321 §4.2, RFC 2034, RFC 9422
//
// Never waits. Takes CRLF and, since some servers say it, a bare LF as the end of a line. A server that
// answers no replies, or replies without end, is at fault: a Fault is thrown and the connection is lost.
//
// Invariants: bytes kept are at most one heard piece and one line limit, text kept at most replyText.

import type { ClientLimits } from './limits.ts'

export interface Answered {
  code: number // 200 to 599
  status: string // '' when the server gave none
  lines: string[] // words of each line, without code and status; printable text
}

/** The server does not speak SMTP. */
export class Fault extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'Fault'
  }
}

export class ReplyReader {
  #bytes: Buffer = Buffer.alloc(0)
  #limits: ClientLimits
  #code = 0 // of the reply whose lines are being read
  #status = ''
  #lines: string[] = []
  #count = 0
  #kept = 0

  constructor(limits: ClientLimits) {
    this.#limits = limits
  }

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  /** Forgets everything unread (RFC 3207 §4.2). */
  discard(): void {
    this.#bytes = Buffer.alloc(0)
    this.#begin(0, '')
  }

  /** The next whole reply; undefined when more must be heard. Throws a Fault. */
  next(): Answered | undefined {
    const bytes = this.#bytes
    let at = 0
    for (;;) {
      const lf = bytes.indexOf(10, at)
      if ((lf < 0 ? bytes.length : lf + 1) - at > this.#limits.replyLine)
        throw new Fault('A line of the reply is too long')
      if (lf < 0) break
      const text = bytes.toString('utf8', at, bytes[lf - 1] === 13 && lf > at ? lf - 1 : lf)
      at = lf + 1
      if (this.#take(text)) {
        this.#bytes = bytes.subarray(at)
        const answered = { code: this.#code, status: this.#status, lines: this.#lines }
        this.#begin(0, '')
        return answered
      }
    }
    if (at > 0) this.#bytes = bytes.subarray(at)
    return undefined
  }

  #begin(code: number, status: string): void {
    this.#code = code
    this.#status = status
    this.#lines = []
    this.#count = 0
    this.#kept = 0
  }

  // Takes one line; true when it was the last of its reply.
  #take(text: string): boolean {
    const code = Number(text.slice(0, 3))
    const mark = text.charAt(3)
    if (!/^[2-5]\d\d/.test(text) || (mark !== '' && mark !== ' ' && mark !== '-'))
      throw new Fault('This is no SMTP reply')
    let words = text.slice(4)
    const status = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(words)
    const isStatus = status !== null && words.charAt(0) === text.charAt(0)
    if (isStatus) words = words.slice(status[0].length)
    if (this.#count === 0) this.#begin(code, isStatus ? status[1]! : '')
    else if (code !== this.#code) throw new Fault('The lines of a reply have different codes')
    if (++this.#count > this.#limits.replyLines) throw new Fault('The reply has too many lines')
    if (this.#kept < this.#limits.replyText) {
      const kept = words.slice(0, this.#limits.replyText - this.#kept).replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
      this.#kept += kept.length
      this.#lines.push(kept)
    }
    return mark !== '-'
  }
}

/** What a server said of itself in EHLO. */
export interface Offers {
  pipelining: boolean
  chunking: boolean
  eightBit: boolean
  smtputf8: boolean
  dsn: boolean
  startTls: boolean
  size: number | undefined // bytes; undefined: SIZE is not offered, 0: no fixed limit (RFC 1870 §3)
  mechanisms: string[] // of AUTH
  mailMax: number // RFC 9422, Infinity when not given
  recipientMax: number
  domainMax: number
}

/** Reads the lines of a 250 to EHLO; none after HELO. RFC 5321 §4.1.1.1: unknown ones mean nothing to us. */
export function readOffers(lines: string[]): Offers {
  const words = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const [keyword, rest] = cutAt(line, /[ =]/)
    const name = keyword.toUpperCase()
    // "AUTH=PLAIN" of old servers stands beside "AUTH PLAIN".
    words.set(name, name === 'AUTH' ? `${words.get(name) ?? ''} ${rest}` : rest)
  }
  const limits = new Map(
    words
      .get('LIMITS')
      ?.split(/[ ;]+/)
      .map((each) => cutAt(each.toUpperCase(), /=/)),
  )
  const limit = (name: string): number => readCount(limits.get(name)) || Infinity
  return {
    pipelining: words.has('PIPELINING'),
    chunking: words.has('CHUNKING'),
    eightBit: words.has('8BITMIME'),
    smtputf8: words.has('SMTPUTF8'),
    dsn: words.has('DSN'),
    startTls: words.has('STARTTLS'),
    size: words.has('SIZE') ? readCount(words.get('SIZE')) : undefined,
    mechanisms: (words.get('AUTH') ?? '').toUpperCase().split(/[ =]+/).filter(Boolean),
    mailMax: limit('MAILMAX'),
    recipientMax: limit('RCPTMAX'),
    domainMax: limit('RCPTDOMAINMAX'),
  }
}

function readCount(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0
}

function cutAt(text: string, where: RegExp): [string, string] {
  const at = text.search(where)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
