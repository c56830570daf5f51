// Cuts what a client says into command lines.                              RFC 5321 §2.3.8, §4.1.1
//
// Never waits, never parses. A line ends in CRLF and nothing else: one that holds a bare CR, a bare
// LF or a NUL is one bad line up to its CRLF, so nothing hidden in it is ever obeyed. A line over the
// limit is dropped as it comes and answered once at its end.
//
// Invariants: memory kept is at most twice one heard piece and one line limit; any split of the same
// bytes gives the same lines; each byte is copied a few times at most, however small the pieces.

import { reply, type Reply } from './replies.ts'

const CR = 13
const LF = 10
const nothing = Buffer.alloc(0)

const badLine = reply(500, '5.5.2', 'A line ends in CRLF; a bare CR, LF or NUL is not allowed')
const longLine = reply(500, '5.5.2', 'Line is too long')
const longAnswer = reply(500, '5.5.6', 'Authentication exchange line is too long') // RFC 4954 §6
const badText = reply(500, '5.5.2', 'This is not UTF-8')

export class Framer {
  #bytes: Buffer = nothing
  #room: Buffer | undefined // where #bytes lie, if they were heard in several pieces
  #at = 0 // the first unread byte
  #searched = 0 // up to here no CRLF
  #bare = false // the line being searched holds a bare LF
  #skipped = 0 // bytes of a line over the limit that were dropped
  #commandLine: number
  #authLine: number

  constructor(limits: { commandLine: number; authLine: number }) {
    this.#commandLine = limits.commandLine
    this.#authLine = limits.authLine
  }

  /** Hears more. The framer keeps the buffer. */
  push(bytes: Buffer): void {
    if (this.#at === this.#bytes.length) {
      this.#bytes = bytes
      this.#room = undefined
      this.#at = 0
      this.#searched = 0
      return
    }
    const end = this.#bytes.length
    if (!this.#room || end + bytes.length > this.#room.length) return this.#move(bytes)
    bytes.copy(this.#room, end)
    this.#bytes = this.#room.subarray(0, end + bytes.length)
  }

  /** To a new place with room for as much again. */
  #move(bytes: Buffer): void {
    const unread = this.#bytes.length - this.#at
    const room = Buffer.allocUnsafe(2 * (unread + bytes.length))
    this.#bytes.copy(room, 0, this.#at)
    bytes.copy(room, unread)
    this.#bytes = room.subarray(0, unread + bytes.length)
    this.#room = room
    this.#searched -= this.#at
    this.#at = 0
  }

  /** Everything unread; the framer forgets it. */
  takeAll(): Buffer {
    const rest = this.#at === 0 ? this.#bytes : this.#bytes.subarray(this.#at)
    this.discard()
    return rest
  }

  /** Gives back what was taken too much. Only right after takeAll. */
  giveBack(bytes: Buffer, at: number): void {
    this.#bytes = bytes
    this.#room = undefined
    this.#at = at
    this.#searched = at
  }

  /** Forgets everything unread (RFC 3207 §4.2). */
  discard(): void {
    this.#bytes = nothing
    this.#room = undefined
    this.#at = 0
    this.#searched = 0
    this.#bare = false
    this.#skipped = 0
  }

  /** Bytes of the unfinished line that were dropped, for who wants to end such a connection. */
  get skipped(): number {
    return this.#skipped
  }

  /** The next whole line without its CRLF; the reply to a bad one; undefined when more must be heard. */
  line(answering = false): string | Reply | undefined {
    const bytes = this.#bytes
    for (;;) {
      const lf = bytes.indexOf(LF, this.#searched)
      if (lf < 0) {
        this.#searched = bytes.length
        this.#dropTooLong(answering)
        return undefined
      }
      this.#searched = lf + 1
      if (lf > this.#at && bytes[lf - 1] === CR) return this.#cut(lf - 1, answering)
      this.#bare = true
    }
  }

  #cut(end: number, answering: boolean): string | Reply {
    const start = this.#at
    const tooLong = this.#skipped > 0 || end + 2 - start > this.#limit(answering)
    const bare = this.#bare
    this.#at = end + 2
    this.#searched = this.#at
    this.#bare = false
    this.#skipped = 0
    if (tooLong) return answering ? longAnswer : longLine
    const text = this.#bytes.toString('latin1', start, end)
    if (bare || text.includes('\r') || text.includes('\0')) return badLine
    return notAscii.test(text) ? this.#decode(start, end) : text
  }

  #decode(start: number, end: number): string | Reply {
    try {
      return strictUtf8.decode(this.#bytes.subarray(start, end))
    } catch {
      return badText
    }
  }

  #limit(answering: boolean): number {
    if (answering || this.#skipped > 0) return this.#authLine
    const verb = this.#bytes.toString('latin1', this.#at, Math.min(this.#at + 5, this.#bytes.length))
    return verb.toUpperCase() === 'AUTH ' ? this.#authLine : this.#commandLine
  }

  #dropTooLong(answering: boolean): void {
    const unread = this.#bytes.length - this.#at
    if (this.#skipped === 0 && unread <= this.#limit(answering)) return
    // The last byte may be the CR of the line's end.
    const kept = this.#bytes[this.#bytes.length - 1] === CR ? 1 : 0
    this.#skipped += unread - kept
    this.#at = this.#bytes.length - kept
  }
}

const notAscii = /[^\x00-\x7f]/
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
