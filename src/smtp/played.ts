// A house for the tests of this room: it answers the port as the names of the addresses ask, and keeps
// the mails in memory.

import type { Accepted, Envelope, Intake, Login, Recipient, Sink, SmtpSession } from './intake.ts'
import { Refusal, reply } from './replies.ts'

export interface KeptMail {
  envelope: Envelope
  bytes: string // latin1
}

export class PlayedHouse implements Intake {
  mails: KeptMail[] = []
  sessions: SmtpSession[] = []
  open = 0 // sinks neither finished nor abandoned
  closedSessions = 0
  turnAway: Refusal | undefined
  trust = false
  #ids = 0

  async connect(session: SmtpSession): Promise<void> {
    this.sessions.push(session)
    session.facts.trusted = this.trust
    if (this.turnAway) throw this.turnAway
  }

  async authenticate(_session: SmtpSession, name: string, password: string): Promise<Login> {
    if (name === 'broken') throw new Error('the directory is down')
    if (password !== 'secret') throw new Refusal(reply(535, '5.7.8', 'Name or password is wrong'))
    return { accountId: 1, address: name }
  }

  async sender({ sender }: Envelope): Promise<void> {
    if (sender.startsWith('refused')) throw new Refusal(reply(550, '5.7.1', 'This sender may not'))
    if (sender.startsWith('later')) throw new Refusal(reply(451, '4.7.1', 'Not now'))
  }

  async recipient(_envelope: Envelope, { address }: Recipient): Promise<void> {
    if (address.startsWith('nobody')) throw new Refusal(reply(550, '5.1.1', 'No such mailbox here'))
    if (address.startsWith('full')) throw new Refusal(reply(452, '4.2.2', 'Mailbox is full'))
    if (address.startsWith('broken')) throw new Error('the directory is down')
  }

  async message(envelope: Envelope): Promise<Sink> {
    if (envelope.sender.startsWith('no-data')) throw new Refusal(reply(452, '4.3.1', 'No space left'))
    return this.#sink(envelope)
  }

  closed(): void {
    this.closedSessions++
  }

  #sink(envelope: Envelope): Sink {
    const pieces: Buffer[] = []
    this.open++
    let isOpen = true
    const shut = (): void => {
      if (!isOpen) throw new Error('a sink was finished or abandoned twice')
      isOpen = false
      this.open--
    }
    return {
      write: (piece) => {
        if (!isOpen) throw new Error('a shut sink was written to')
        if (envelope.sender.startsWith('disk-full')) throw new Refusal(reply(452, '4.3.1', 'No space left'))
        pieces.push(Buffer.from(piece))
        return envelope.sender.startsWith('slow') ? new Promise((resolve) => setImmediate(resolve)) : undefined
      },
      finish: async (): Promise<Accepted> => {
        shut()
        if (envelope.sender.startsWith('spam')) throw new Refusal(reply(550, '5.7.1', 'Looks like spam'))
        if (envelope.sender.startsWith('crash')) throw new Error('bug')
        this.mails.push({ envelope, bytes: Buffer.concat(pieces).toString('latin1') })
        const each = envelope.recipients.map(({ address }) =>
          address.startsWith('over') ? { code: 452, status: '4.2.2', text: 'Mailbox is full' } : undefined,
        )
        return { id: `m${++this.#ids}`, each }
      },
      abandon: async () => shut(),
    }
  }
}

export function playedHouse(): PlayedHouse {
  return new PlayedHouse()
}
