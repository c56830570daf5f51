// A mail on its way to a peer: what is asked, what became of it, and how the envelope is written.
//                                                       RFC 5321 §4.1.1, RFC 3461 §4, RFC 6531, RFC 6533
//
// Pure: values in, lines and outcomes out.

import { encodeXtext } from './grammar.ts'
import type { Notify } from './intake.ts'
import type { Answered, Offers } from './reader.ts'
import type { TlsFacts } from '../wire/conversation.ts'

export interface OutgoingRecipient {
  address: string
  notify?: Notify
  originalRecipient?: string // 'rfc822;x@y', not in xtext
}

/** One mail to carry. */
export interface Outgoing {
  sender: string // '' for <>
  recipients: OutgoingRecipient[]
  size: number // bytes of content, exact
  body: '7BIT' | '8BITMIME'
  smtputf8: boolean // the mail itself (header fields) cannot go without SMTPUTF8
  dsn: { ret?: 'FULL' | 'HDRS'; envid?: string }
  /** The bytes, CRLF line ends. Called again when the peer takes the recipients in several portions. */
  content(): AsyncIterable<Buffer>
  /** The mail recoded for a peer that lacks something. undefined: it needs nothing, or nothing can be done. */
  fitted?(lacks: Lacks): Promise<Pick<Outgoing, 'size' | 'body' | 'smtputf8' | 'content'> | undefined>
}

/** What a peer does not offer. */
export interface Lacks {
  smtputf8: boolean // RFC 6531
  eightBit: boolean // RFC 6152
}

export type Stage = 'greeting' | 'hello' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'end'

/** What became of one recipient. */
export interface Outcome {
  result: 'accepted' | 'later' | 'refused'
  code: number // 0 when the peer did not say it
  status: string // RFC 3463; made from the code where the peer gave none
  text: string
  stage: Stage // up to 'auth' the mail was not even offered: another host of the peer may take it
}

export interface Report {
  outcomes: Outcome[] // one for each recipient, in order
  dsnPassedOn: boolean // the peer offers DSN and sends what NOTIFY asks for (RFC 3461 §5.2.2)
  mailsBefore: number // in this connection; a kept connection may be lost without anybody's fault
  tls: TlsFacts | undefined
}

/** MAIL with the parameters that the peer offers. */
export function mailLine(mail: Outgoing, portion: number[], { size, eightBit, smtputf8, dsn }: Offers): string {
  let line = `MAIL FROM:<${mail.sender}>`
  if (size !== undefined) line += ` SIZE=${mail.size}`
  if (eightBit && mail.body === '8BITMIME') line += ' BODY=8BITMIME'
  const isUtf8 =
    mail.smtputf8 || !isAscii(mail.sender) || portion.some((place) => !isAscii(mail.recipients[place]!.address))
  if (smtputf8 && isUtf8) line += ' SMTPUTF8'
  if (dsn && mail.dsn.ret) line += ` RET=${mail.dsn.ret}`
  if (dsn && mail.dsn.envid) line += ` ENVID=${encodeXtext(mail.dsn.envid)}`
  return line
}

/** RCPT with the parameters that the peer offers. */
export function recipientLine({ address, notify, originalRecipient }: OutgoingRecipient, { dsn }: Offers): string {
  let line = `RCPT TO:<${address}>`
  if (!dsn) return line
  if (notify) line += ` NOTIFY=${writeNotify(notify)}`
  if (originalRecipient) line += writeOriginal(originalRecipient)
  return line
}

/** Would it break out of its command line? */
export function isUnsafe(address: string): boolean {
  return /[\x00-\x1f\x7f]/.test(address)
}

/** The outcome when the peer said nothing of it. */
export function unheard(stage: Stage, text: string, status = '4.4.2'): Outcome {
  return { result: 'later', code: 0, status, text, stage }
}

/** What a reply means for a recipient. */
export function outcomeOf({ code, status, lines }: Answered, stage: Stage): Outcome {
  const kind = Math.floor(code / 100)
  // A 3yz where none belongs says nothing for good.
  const result = kind === 2 ? 'accepted' : kind === 5 ? 'refused' : 'later'
  return { result, code, status: status || `${kind === 3 ? 4 : kind}.0.0`, text: lines.join(' '), stage }
}

/** Is it a 2yz? */
export function isYes({ code }: Answered): boolean {
  return code >= 200 && code < 300
}

/** Too many recipients for this mail, not a no to this one. RFC 5321 §4.5.3.1.10; 552 from servers after RFC 821. */
export function isTooMany({ code, status }: Answered): boolean {
  return (code === 452 && (status === '4.5.3' || status === '')) || (code === 552 && status === '5.5.3')
}

export function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text)
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function writeNotify(notify: Notify): string {
  if (notify === 'never') return 'NEVER'
  const words = [notify.success && 'SUCCESS', notify.failure && 'FAILURE', notify.delay && 'DELAY'].filter(Boolean)
  return words.length > 0 ? words.join(',') : 'NEVER'
}

// RFC 6533 §3: an address of type utf-8 has its own escapes; anything else is xtext.
function writeOriginal(original: string): string {
  const semicolon = original.indexOf(';')
  if (semicolon < 1) return ''
  const type = original.slice(0, semicolon)
  const address = original.slice(semicolon + 1)
  if (type !== 'utf-8') return ` ORCPT=${type};${encodeXtext(address)}`
  const escaped = address.replace(/[^\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]/gu, (c) => {
    return `\\x{${c.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}}`
  })
  return ` ORCPT=${type};${escaped}`
}
