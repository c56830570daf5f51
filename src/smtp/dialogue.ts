// Our side of a connection to a peer: what is said is answered, within its time, or the connection is lost.
//
// Invariant: hear() gives a whole reply that is not a 421, or throws Lost.

import type { ClientLimits } from './limits.ts'
import { outcomeOf, unheard, type Outcome, type Stage } from './outgoing.ts'
import { Fault, readOffers, ReplyReader, type Answered, type Offers } from './reader.ts'
import type { Ear, Said, TlsFacts } from '../wire/conversation.ts'

/** The connection cannot go on. The outcome is that of every recipient without one. */
export class Lost extends Error {
  outcome: Outcome

  constructor(outcome: Outcome) {
    super(outcome.text)
    this.name = 'Lost'
    this.outcome = outcome
  }
}

export const noOffers: Offers = readOffers([])

export class Dialogue {
  ear: Ear
  limits: ClientLimits
  reader: ReplyReader
  tls: TlsFacts | undefined
  offers: Offers = noOffers
  stage: Stage = 'greeting'
  stopping = false // the house is closing: finish the mail in hand

  constructor(ear: Ear, limits: ClientLimits, tls: TlsFacts | undefined) {
    this.ear = ear
    this.limits = limits
    this.reader = new ReplyReader(limits)
    this.tls = tls
  }

  /** The next reply, waited for at most so many milliseconds of silence. A 421 ends everything (RFC 5321 §3.8). */
  async hear(patience: number): Promise<Answered> {
    for (;;) {
      const answered = this.reader.next()
      if (answered) {
        if (answered.code === 421) throw new Lost(outcomeOf(answered, this.stage))
        return answered
      }
      this.ear.patience(patience)
      const heard = await this.ear.next()
      if (heard instanceof Uint8Array) this.reader.push(heard)
      else if (heard === undefined) throw new Lost(unheard(this.stage, 'The connection was lost'))
      else if (heard.is === 'silence') throw new Lost(unheard(this.stage, 'The peer did not answer in time'))
      else if (heard.is === 'stopping') this.stopping = true
    }
  }

  /** Says a command and gives its reply. */
  async *ask(command: string): AsyncGenerator<Said, Answered, void> {
    yield `${command}\r\n`
    return this.hear(this.limits.command)
  }

  /** What goes wrong before a mail is offered is never the mail's fault. */
  notNow(answered: Answered): Lost {
    return new Lost({ ...outcomeOf(answered, this.stage), result: 'later' })
  }

  /** Whatever was thrown, as the loss of the connection; undefined when it was our mistake. */
  asLost(error: unknown): Lost | undefined {
    if (error instanceof Lost) return error
    return error instanceof Fault ? new Lost(unheard(this.stage, error.message, '4.5.0')) : undefined
  }
}
