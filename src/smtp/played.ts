// A house for the tests of this room: it answers the port as the names of the addresses ask, and keeps
// the mails in memory.

import type { Accepted, Envelope, Intake, Login, Recipient, Sink, SmtpSession } from './intake.ts'
import { Refusal, reply } from './replies.ts'
import { close, type Conversation, type Ear } from '../wire/conversation.ts'

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
    if (address.startsWith('enough')) throw new Refusal(reply(421, '4.7.0', 'Enough of you'))
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
        if (envelope.sender.startsWith('enough')) throw new Refusal(reply(421, '4.7.0', 'Enough of you'))
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

/** Lets a conversation hear these pieces, one by one, and then the end; gives what it said, and throws what it threw. */
export async function hearOut(
  conversation: Conversation,
  pieces: Buffer[],
): Promise<{ said: string; closed: boolean }> {
  let at = 0
  const ear: Ear = { next: async () => pieces[at++], wake() {}, patience() {} }
  const peer = { address: '192.0.2.1', port: 1, localAddress: '192.0.2.2', localPort: 25, listener: 'smtp' }
  let said = ''
  for await (const each of conversation(ear, peer)) {
    if (each === close) return { said, closed: true }
    if (typeof each === 'string') said += each
    else if (each instanceof Uint8Array) said += Buffer.from(each).toString('latin1')
    else {
      said += `<${each.description}>`
      at = pieces.length // what was heard before is forgotten, and no handshake comes
    }
  }
  return { said, closed: false }
}

/** The same bytes in pieces of these lengths, again and again; a length of 0 counts as 1. */
export function split(bytes: Buffer, lengths: number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? bytes.length)
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}
