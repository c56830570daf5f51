// What an SMTP or LMTP server conversation asks the house: the one declared port of this room.
// delivery/intake.ts answers it, main.ts hands it over; tests of this room play it.
//
// Every method may throw a Refusal (replies.ts): it becomes the reply. Anything else that is thrown
// is our mistake: the conversation answers 451 4.3.0 and goes on.

import type { Peer } from '../wire/conversation.ts'

export type SmtpRole = 'mx' | 'submission' | 'lmtp'

/** One connection. The conversation owns it; intake may read it and set `facts`. */
export interface SmtpSession {
  id: string // short and unique, in Received and in the history
  role: SmtpRole
  peer: Peer // peer.tls is set once TLS is on
  helo: string // what the client calls itself; '' before EHLO/HELO/LHLO
  protocol: 'SMTP' | 'ESMTP' | 'LMTP' | 'UTF8SMTP' | 'UTF8LMTP' | 'HTTP' // RFC 3848, RFC 6531 §4.3 with S and A added by intake
  login?: Login // set after AUTH
  facts: { reverseName?: string; trusted?: boolean }
}

/** Who signed in. */
export interface Login {
  accountId: number
  address: string // the account's own address
}

export type Notify = 'never' | { success: boolean; failure: boolean; delay: boolean } // RFC 3461 §4.1

export interface Recipient {
  address: string // as given between the angle brackets, without source route; IDN kept as sent
  notify?: Notify
  originalRecipient?: string // ORCPT, still xtext-decoded 'rfc822;x@y'
}

export interface Envelope {
  session: SmtpSession
  sender: string // '' for <>
  declaredSize?: number // SIZE=
  body: '7BIT' | '8BITMIME' | 'BINARYMIME'
  smtputf8: boolean
  dsn: { ret?: 'FULL' | 'HDRS'; envid?: string } // RFC 3461 §4.3, §4.4
  auth?: string // AUTH= of MAIL FROM, '<>' or an address
  hold?: { seconds: number } | { until: number } // nothing of it moves before; until: milliseconds since 1970 (RFC 4865)
  recipients: Recipient[] // those that intake.recipient() admitted
}

/** Where the bytes of one mail go. CRLF line ends, dots already unstuffed. */
export interface Sink {
  write(piece: Buffer): Promise<void> | void
  /** All bytes are here. SMTP: one Accepted; LMTP: one per admitted recipient, in order. Throws a Refusal for all. */
  finish(): Promise<Accepted>
  /** The client went away or the mail was refused meanwhile. Must not throw. */
  abandon(): Promise<void>
}

export interface Accepted {
  id: string // the mail's id in the history, said in the 250
  /** LMTP only: undefined = delivered, else the refusal of that recipient. */
  each?: ({ code: number; status: string; text: string } | undefined)[]
}

export interface Intake {
  /** A new connection. Throws Refusal 421/554 to turn it away. */
  connect(session: SmtpSession): Promise<void>
  /** AUTH. Throws Refusal 535 5.7.8, 454 4.7.0 ... */
  authenticate(session: SmtpSession, name: string, password: string): Promise<Login>
  sender(envelope: Envelope): Promise<void>
  recipient(envelope: Envelope, recipient: Recipient): Promise<void>
  /** DATA or the first BDAT, when at least one recipient was admitted. */
  message(envelope: Envelope): Promise<Sink>
  closed(session: SmtpSession): void
}
