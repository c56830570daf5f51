// The client side of SMTP and LMTP as a conversation without a socket: carries mails to one peer.
//       RFC 5321, RFC 2033, RFC 1870, RFC 2920, RFC 3030, RFC 3207, RFC 3461, RFC 4954, RFC 6531, RFC 9422
//
// Takes its mails one by one from a source and reports for every recipient what became of it.
//
// Invariants: every mail taken is reported once, whatever way the connection ends, and every recipient
// has one outcome; 'accepted' is said only after the peer's 2xx to the whole mail; a recipient whose
// fate is unknown is 'later'; nothing heard before TLS counts after it; a mail with a bare CR, a bare LF
// or a NUL is never finished on the wire (it could smuggle another one), and is 'refused'.
//
// A peer without 8BITMIME or SMTPUTF8 gets the mail recoded, where the mail knows how. 8-bit mail that cannot be
// recoded (it is signed) goes as it is, without BODY=: nearly every such peer takes it.

import { Content } from './content.ts'
import { Dialogue, Lost } from './dialogue.ts'
import { clientLimits, type ClientLimits } from './limits.ts'
import { open, type OpeningOptions } from './opening.ts'
import {
  isAscii,
  isTooMany,
  isUnsafe,
  isYes,
  mailLine,
  outcomeOf,
  recipientLine,
  unheard,
  type Outcome,
  type Outgoing,
  type Report,
} from './outgoing.ts'
import type { Answered } from './reader.ts'
import { Stuffing } from './stuffing.ts'
import { close, type Conversation, type Ear, type Peer, type Said } from '../wire/conversation.ts'

export interface ClientOptions extends OpeningOptions {
  limits?: Partial<ClientLimits>
  /** The next mail; undefined: no more, say goodbye. */
  next(): Promise<Outgoing | undefined>
  /** Awaited before the next mail is taken. */
  report(mail: Outgoing, report: Report): void | Promise<void>
  /** Told of what content() throws. */
  failed?: (error: unknown, mail: Outgoing) => void
}

/** A conversation that carries mails to one peer. The first mail is taken before the greeting is waited for. */
export function smtpClient(options: ClientOptions): Conversation {
  return (ear, peer) => new Client(options, ear, peer).talk()
}

class Client {
  #options: ClientOptions
  #dialogue: Dialogue
  #mail: Outgoing | undefined // in hand
  #outcomes: (Outcome | undefined)[] = [] // of its recipients
  #mails = 0
  #resetIsDue = false // a mail was left open
  #dataReply: Answered | undefined // to DATA in the envelope

  constructor(options: ClientOptions, ear: Ear, peer: Peer) {
    this.#options = options
    this.#dialogue = new Dialogue(ear, { ...clientLimits, ...options.limits }, peer.tls)
  }

  async *talk(): AsyncGenerator<Said, void, void> {
    try {
      if (!(await this.#takeMail())) return yield close
      yield* open(this.#dialogue, this.#options)
      do {
        yield* this.#carry(this.#mail!)
        await this.#report()
      } while (this.#mayGoOn && (await this.#takeMail()))
      yield 'QUIT\r\n'
      const { ear, limits } = this.#dialogue
      ear.patience(limits.quit)
      await ear.next()
      yield close
    } catch (error) {
      const lost = this.#dialogue.asLost(error)
      if (!lost) throw error
      this.#settle(lost.outcome)
      await this.#report()
      yield close
    } finally {
      // The pump let go of us in the middle.
      this.#settle(unheard(this.#dialogue.stage, 'The connection was lost'))
      await this.#report()
    }
  }

  // -- mails and their outcomes

  async #takeMail(): Promise<boolean> {
    this.#mail = await this.#options.next()
    this.#outcomes = this.#mail ? this.#mail.recipients.map(() => undefined) : []
    return this.#mail !== undefined
  }

  get #mayGoOn(): boolean {
    return !this.#dialogue.stopping && this.#mails < this.#dialogue.offers.mailMax
  }

  /** Gives the outcome to every recipient that has none. */
  #settle(outcome: Outcome): void {
    this.#outcomes = this.#outcomes.map((each) => each ?? outcome)
  }

  async #report(): Promise<void> {
    const mail = this.#mail
    if (!mail) return
    this.#mail = undefined
    await this.#options.report(mail, {
      outcomes: this.#outcomes as Outcome[],
      dsnPassedOn: this.#dialogue.offers.dsn,
      mailsBefore: this.#mails++,
      tls: this.#dialogue.tls,
    })
  }

  // -- one mail

  async *#carry(mail: Outgoing): AsyncGenerator<Said, void, void> {
    this.#dialogue.stage = 'mail'
    yield* this.#send(await this.#fitted(mail))
  }

  /** The mail as the peer can take it. RFC 6152 §3 */
  async #fitted(mail: Outgoing): Promise<Outgoing> {
    const { eightBit, smtputf8 } = this.#dialogue.offers
    if (!mail.fitted || (eightBit && smtputf8)) return mail
    try {
      return { ...mail, ...(await mail.fitted({ eightBit: !eightBit, smtputf8: !smtputf8 })) }
    } catch (error) {
      throw this.#unreadable(error, mail)
    }
  }

  #unreadable(error: unknown, mail: Outgoing): Lost {
    this.#options.failed?.(error, mail)
    return new Lost(unheard('data', 'The mail could not be read'))
  }

  async *#send(mail: Outgoing): AsyncGenerator<Said, void, void> {
    this.#refuseHopeless(mail)
    let left = this.#without()
    while (left.length > 0) {
      const portion = this.#portion(mail, left)
      yield* this.#transact(mail, portion)
      const after = this.#without()
      // RFC 5321 §4.5.3.1.10: too many recipients for one mail means: send it again to the rest.
      const isStuck = after.length === left.length
      if (isStuck) break
      left = after
    }
    this.#settle(unheard('rcpt', 'The peer takes no recipients'))
  }

  /** The recipients without an outcome, by their places. */
  #without(): number[] {
    return this.#outcomes.flatMap((each, place) => (each ? [] : [place]))
  }

  // What the peer cannot take is not even tried.
  #refuseHopeless(mail: Outgoing): void {
    const { size, smtputf8 } = this.#dialogue.offers
    // An address of ours cannot hold these; one that does would write commands of its own.
    const bad: Outcome = { ...unheard('mail', 'The address holds control characters', '5.1.3'), result: 'refused' }
    if (isUnsafe(mail.sender)) this.#settle(bad)
    mail.recipients.forEach(({ address }, place) => {
      if (isUnsafe(address)) this.#outcomes[place] ??= bad
    })
    if (size && mail.size > size) {
      this.#settle({ ...unheard('mail', `The peer takes at most ${size} bytes`, '5.3.4'), result: 'refused' })
    }
    if (smtputf8) return
    const no: Outcome = { ...unheard('mail', 'The peer does not offer SMTPUTF8', '5.6.7'), result: 'refused' }
    if (mail.smtputf8 || !isAscii(mail.sender)) return this.#settle(no)
    mail.recipients.forEach(({ address }, place) => {
      if (!isAscii(address)) this.#outcomes[place] ??= no
    })
  }

  /** As many of the recipients as the peer takes at once. RFC 9422 §4. */
  #portion(mail: Outgoing, places: number[]): number[] {
    const { recipientMax, domainMax } = this.#dialogue.offers
    const domains = new Set<string>()
    const portion: number[] = []
    for (const place of places) {
      const { address } = mail.recipients[place]!
      const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase()
      if (portion.length >= recipientMax) break
      if (!domains.has(domain) && domains.size >= domainMax) continue
      domains.add(domain)
      portion.push(place)
    }
    return portion
  }

  async *#transact(mail: Outgoing, portion: number[]): AsyncGenerator<Said, void, void> {
    const usesChunks = this.#dialogue.offers.chunking
    const admitted = yield* this.#envelope(mail, portion, !usesChunks)
    if (usesChunks) {
      if (admitted.length === 0) return
      yield* this.#chunk(mail)
    } else if (!(yield* this.#data(mail, admitted))) return
    this.#dialogue.stage = 'end'
    await this.#end(admitted)
  }

  // MAIL and RCPT, and DATA where it is used, as many at once as the peer and our limit allow. Gives the
  // places of the admitted; with DATA, its reply is left in #dataReply.
  async *#envelope(mail: Outgoing, portion: number[], withData: boolean): AsyncGenerator<Said, number[], void> {
    const commands: Expected[] = []
    if (this.#resetIsDue) commands.push({ line: 'RSET', for: 'rset' })
    commands.push({ line: mailLine(mail, portion, this.#dialogue.offers), for: 'mail' })
    for (const place of portion)
      commands.push({ line: recipientLine(mail.recipients[place]!, this.#dialogue.offers), for: place })
    if (withData) commands.push({ line: 'DATA', for: 'data' })

    const admitted: number[] = []
    const atOnce = this.#dialogue.offers.pipelining ? this.#dialogue.limits.pipelined : 1
    this.#dataReply = undefined
    for (let from = 0; from < commands.length; from += atOnce) {
      const group = commands.slice(from, from + atOnce)
      if (group[0]!.for === 'data' && admitted.length === 0) break
      yield `${group.map(({ line }) => line).join('\r\n')}\r\n`
      let refused: Outcome | undefined
      for (const command of group) refused = (await this.#hearEnvelope(command, portion, admitted)) ?? refused
      if (refused) break
    }
    return admitted
  }

  // The reply to one command of the envelope. Gives the outcome when MAIL was refused.
  async #hearEnvelope(command: Expected, portion: number[], admitted: number[]): Promise<Outcome | undefined> {
    const { mail, recipient, command: other, dataStart } = this.#dialogue.limits
    if (command.for === 'rset') {
      await this.#dialogue.hear(other)
      this.#resetIsDue = false
    } else if (command.for === 'mail') {
      this.#dialogue.stage = 'mail'
      const answered = await this.#dialogue.hear(mail)
      if (isYes(answered)) this.#resetIsDue = true
      else {
        const outcome = outcomeOf(answered, 'mail')
        for (const place of portion) this.#outcomes[place] = outcome
        return outcome
      }
    } else if (command.for === 'data') {
      this.#dialogue.stage = 'data'
      this.#dataReply = await this.#dialogue.hear(dataStart)
    } else {
      this.#dialogue.stage = 'rcpt'
      const answered = await this.#dialogue.hear(recipient)
      if (isYes(answered)) admitted.push(command.for)
      // Kept without an outcome when there are simply too many in this mail: they come next.
      else if (!(isTooMany(answered) && admitted.length > 0))
        this.#outcomes[command.for] ??= outcomeOf(answered, 'rcpt')
    }
    return undefined
  }

  // Sends the mail behind a 354. False when there is nothing to hear the end of.
  async *#data(mail: Outgoing, admitted: number[]): AsyncGenerator<Said, boolean, void> {
    const answered = this.#dataReply
    if (!answered) return false
    if (answered.code !== 354) {
      const outcome = outcomeOf(answered, 'data')
      for (const place of admitted) this.#outcomes[place] = outcome
      return false
    }
    if (admitted.length === 0) {
      // RFC 2920 §3.1: a 354 without any recipient is answered with an empty mail.
      yield '.\r\n'
      await this.#dialogue.hear(this.#dialogue.limits.dataEnd)
      this.#resetIsDue = true
      return false
    }
    const stuffing = new Stuffing()
    let last: Buffer | undefined // held back: a small one is written together with the end of the mail
    for await (const piece of this.#pieces(mail)) {
      if (last) yield last
      last = stuffing.stuff(piece)
    }
    const end = Buffer.from(stuffing.end())
    const isSmall = last !== undefined && last.length <= joinedBytes
    if (last && !isSmall) yield last
    yield isSmall ? Buffer.concat([last!, end]) : end
    return true
  }

  // RFC 3030 §2: the whole mail as one chunk.
  async *#chunk(mail: Outgoing): AsyncGenerator<Said, void, void> {
    this.#dialogue.stage = 'data'
    yield `BDAT ${mail.size} LAST\r\n`
    let sent = 0
    for await (const piece of this.#pieces(mail)) {
      sent += piece.length
      if (sent > mail.size) break
      yield piece
    }
    if (sent === mail.size) return
    throw this.#unreadable(new Error(`content is not the ${mail.size} bytes it was said to be`), mail)
  }

  // The content, looked through. A mail that could smuggle another one ends the connection before its end is said.
  async *#pieces(mail: Outgoing): AsyncGenerator<Buffer, void, void> {
    const content = new Content('plain', 'refuse')
    try {
      for await (const bytes of mail.content()) {
        for (let at = 0; at < bytes.length; at += content.taken) {
          const piece = content.read(bytes, at)
          if (content.fault) break
          if (piece.length > 0) yield piece
        }
        if (content.fault) break
      }
    } catch (error) {
      throw this.#unreadable(error, mail)
    }
    content.end()
    if (!content.fault) return
    const why = 'The mail holds a bare CR, a bare LF or a NUL'
    throw new Lost({ ...unheard('data', why, '5.6.0'), result: 'refused' })
  }

  async #end(admitted: number[]): Promise<void> {
    const isLmtp = this.#options.protocol === 'lmtp'
    let answered: Answered | undefined
    for (const place of admitted) {
      // RFC 2033 §4.2: LMTP answers once for each.
      if (isLmtp || !answered) answered = await this.#dialogue.hear(this.#dialogue.limits.dataEnd)
      this.#outcomes[place] = outcomeOf(answered, 'end')
    }
    // RFC 5321 §4.1.1.4: either way the mail is closed; after a refused BDAT that is not sure (RFC 3030 §2).
    this.#resetIsDue = this.#dialogue.offers.chunking && !isYes(answered!)
  }
}

const joinedBytes = 65_536

interface Expected {
  line: string
  for: 'rset' | 'mail' | 'data' | number // a number: the place of a recipient
}
