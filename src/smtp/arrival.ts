// One mail on its way in, from DATA or the first BDAT to its reply.
//
// Invariants: a mail streams, one piece at a time, and the next piece is not looked at before the sink
// has taken the last one; after a refusal the bytes are still read to the mail's end, and none of them
// is kept; a sink is either finished or abandoned, once. finish() is the only source of a 250.

import { Content } from './content.ts'
import { resetMail, type Session } from './command.ts'
import type { Framer } from './framer.ts'
import type { Envelope, Sink } from './intake.ts'
import { laterReply, Refusal, refusalOf, reply, writeReply, type Reply } from './replies.ts'
import { Trouble } from '../wire/troubles.ts'

/** A refused mail went on over limits.swallowed. */
export const endless = Symbol('endless')

/** Names the limit as it is counted, so that people learn why a file of 40 MB does not pass under 50 MB. */
export function tooLarge(bytes: number): Reply {
  return reply(552, '5.3.4', `Mail is too large: at most ${bytes} bytes, attachments counted as encoded`)
}
const badBytes = {
  bare: reply(554, '5.6.0', 'Mail holds a bare CR or LF; lines end in CRLF (RFC 5321 section 2.3.8)'),
  nul: reply(554, '5.6.0', 'Mail holds a NUL (RFC 5322 section 3.5)'),
}

/** The reply for whatever was thrown. What is neither Refusal nor Trouble is our mistake. */
export function replyTo(error: unknown, session: Session): Reply {
  if (error instanceof Refusal) return error.reply
  if (error instanceof Trouble) return refusalOf(error).reply
  session.options.failed?.(error, session.connection)
  return laterReply
}

export class Arrival {
  #session: Session
  #envelope: Envelope
  #answers: number // LMTP: one for each recipient (RFC 2033 §4.2)
  #sink: Sink | undefined
  #content: Content
  #refusal: Reply | undefined
  #size = 0
  #swallowed = 0
  #isChunked: boolean
  #chunkLeft = 0
  #chunkSize = 0
  #isLast = false

  constructor(session: Session, sink: Sink | undefined, form: 'data' | 'chunks') {
    this.#session = session
    this.#envelope = session.envelope
    const isOpen = session.state === 'mail' || session.state === 'rcpt'
    const isLmtp = session.connection.role === 'lmtp'
    this.#answers = isOpen && isLmtp ? Math.max(1, session.envelope.recipients.length) : 1
    this.#sink = sink
    this.#isChunked = form === 'chunks'
    this.#content = new Content(form === 'data' ? 'dots' : 'plain', session.options.bareLines ?? 'refuse')
  }

  /** The next chunk of BDAT begins. */
  openChunk(size: number, isLast: boolean): void {
    this.#chunkLeft = size
    this.#chunkSize = size
    this.#isLast = isLast
  }

  /** From here on the bytes are only swallowed. */
  async refuse(refusal: Reply): Promise<void> {
    if (this.#refusal) return
    this.#refusal = refusal
    await this.abandon()
  }

  /** The mail will not be finished. Never throws. */
  async abandon(): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    try {
      await sink?.abandon()
    } catch (error) {
      this.#session.options.failed?.(error, this.#session.connection)
    }
  }

  /**
   * Takes what the framer has heard. The replies, once the mail or the chunk is at its end; undefined when more
   * must be heard; `endless` when a refused mail does not end.
   */
  async take(framer: Framer): Promise<string | undefined | typeof endless> {
    const bytes = framer.takeAll()
    return this.#isChunked ? this.#takeChunk(framer, bytes) : this.#takeData(framer, bytes)
  }

  async #takeData(framer: Framer, bytes: Buffer): Promise<string | undefined | typeof endless> {
    const content = this.#content
    let at = 0
    while (at < bytes.length) {
      const piece = content.read(bytes, at)
      at += content.taken
      const stored = this.#store(piece)
      if (stored) await stored
      if (content.ended) {
        framer.giveBack(bytes, at)
        return this.#finish()
      }
      if (this.#isFlood(content.taken)) return endless
    }
    return undefined
  }

  async #takeChunk(framer: Framer, bytes: Buffer): Promise<string | undefined | typeof endless> {
    const mine = this.#chunkLeft < bytes.length ? bytes.subarray(0, this.#chunkLeft) : bytes
    let at = 0
    while (at < mine.length) {
      const stored = this.#store(this.#content.read(mine, at))
      at += this.#content.taken
      if (stored) await stored
      if (this.#isFlood(this.#content.taken)) return endless
    }
    this.#chunkLeft -= mine.length
    if (this.#chunkLeft > 0) return undefined
    framer.giveBack(bytes, mine.length)
    if (this.#isLast) {
      this.#content.end()
      return this.#finish()
    }
    const { fault } = this.#content
    const refusal = fault ? badBytes[fault] : this.#refusal
    if (refusal) {
      await this.abandon()
      // RFC 3030 §2: the mail has failed; further BDATs get 503.
      this.#session.chunks = undefined
      resetMail(this.#session)
      return writeReply(refusal)
    }
    return writeReply(reply(250, '2.0.0', `${this.#chunkSize} bytes received`))
  }

  #store(piece: Buffer): Promise<void> | void {
    if (this.#refusal || piece.length === 0) return
    this.#size += piece.length
    if (this.#size > this.#session.limits.size) return this.refuse(tooLarge(this.#session.limits.size))
    try {
      const written = this.#sink!.write(piece)
      if (written) return written.catch((error: unknown) => this.refuse(replyTo(error, this.#session)))
    } catch (error) {
      return this.refuse(replyTo(error, this.#session))
    }
  }

  #isFlood(taken: number): boolean {
    if (!this.#refusal && !this.#content.fault) return false
    this.#swallowed += taken
    return this.#swallowed > this.#session.limits.swallowed
  }

  async #finish(): Promise<string> {
    const session = this.#session
    // A fault of the bytes wins over a size that was exceeded: how the bytes were split must not decide.
    const { fault } = this.#content
    if (fault) await this.abandon()
    const refusal = fault ? badBytes[fault] : this.#refusal
    const replies = refusal ? writeReply(refusal).repeat(this.#answers) : await this.#accept()
    session.chunks = undefined
    resetMail(session)
    return replies
  }

  async #accept(): Promise<string> {
    const sink = this.#sink!
    this.#sink = undefined // finished or failed, it is not ours to abandon
    try {
      const { id, each } = await sink.finish()
      this.#session.mails++
      const accepted = reply(250, '2.0.0', `Accepted as ${id}`)
      if (this.#session.connection.role !== 'lmtp') return writeReply(accepted)
      // RFC 2033 §4.2: one reply for each recipient that was accepted, in order.
      return this.#envelope.recipients
        .map((_, i) => {
          const no = each?.[i]
          return writeReply(no ? reply(no.code, no.status, no.text) : accepted)
        })
        .join('')
    } catch (error) {
      return writeReply(replyTo(error, this.#session)).repeat(this.#answers)
    }
  }
}
