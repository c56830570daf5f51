// What another server says, as lines and counted bytes.
//
// Invariants: what is kept is what was heard last and one line at most; nothing heard before TLS counts after it
// (RFC 3207 §4.2); a server that is silent, too long-winded or gone is a Failure.

import type { Ear, TlsFacts } from '../wire/conversation.ts'
import { Undotted } from './dots.ts'
import { Failure } from './failure.ts'

const nothing = Buffer.alloc(0)

export class Hearing {
  #ear: Ear
  #bytes: Buffer = nothing
  #longest: number

  constructor(ear: Ear, limits: { silenceMilliseconds: number; lineBytes: number }) {
    this.#ear = ear
    this.#longest = limits.lineBytes
    ear.patience(limits.silenceMilliseconds)
  }

  /** The next line without its end; each octet a character. */
  async line(): Promise<string> {
    const pieces: Buffer[] = []
    for (let length = 0; ;) {
      const end = this.#bytes.indexOf(10)
      const piece = end < 0 ? this.#bytes : this.#bytes.subarray(0, end + 1)
      this.#bytes = this.#bytes.subarray(piece.length)
      pieces.push(piece)
      length += piece.length
      if (length > this.#longest) throw new Failure('nonsense', 'A line is too long')
      if (end >= 0) {
        const line = Buffer.concat(pieces).toString('latin1')
        return line.slice(0, line.endsWith('\r\n') ? -2 : -1)
      }
      this.#bytes = await this.#hear()
    }
  }

  /** So many bytes, as they come. Take all of them. */
  async *bytes(count: number): AsyncGenerator<Buffer, void, void> {
    for (let left = count; left > 0;) {
      if (this.#bytes.length === 0) this.#bytes = await this.#hear()
      const piece = this.#bytes.subarray(0, left)
      this.#bytes = this.#bytes.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  /** A text that ends in CRLF.CRLF, its doubled dots undone. RFC 1939 §3. Take all of it. */
  async *dotted(): AsyncGenerator<Buffer, void, void> {
    const text = new Undotted()
    for (;;) {
      if (this.#bytes.length === 0) this.#bytes = await this.#hear()
      const pieces = text.read(this.#bytes)
      this.#bytes = text.rest ?? nothing
      for (const piece of pieces) yield piece
      if (text.rest) return
    }
  }

  /** After startTls was said. */
  async secured(): Promise<TlsFacts> {
    this.#bytes = nothing
    for (;;) {
      const heard = await this.#ear.next()
      if (heard === undefined) throw new Failure('certificate', 'The handshake failed')
      if (!Buffer.isBuffer(heard) && heard.is === 'secured') {
        this.#bytes = nothing
        return heard.tls
      }
    }
  }

  async #hear(): Promise<Buffer> {
    for (;;) {
      const heard = await this.#ear.next()
      if (heard === undefined) throw new Failure('lost')
      if (Buffer.isBuffer(heard)) return heard
      if (heard.is === 'silence') throw new Failure('timeout')
      if (heard.is === 'stopping') throw new Failure('lost')
    }
  }
}
