// The trace lines put in front of a mail: Return-Path, Delivered-To, Received, Authentication-Results.
//                                                         RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3, RFC 8601
//
// Invariants: every line ends CRLF; nothing a peer said can end a line or leave its comment.

import { mailDate } from './date.ts'
import type { Envelope, SmtpSession } from '../smtp/intake.ts'

export interface TraceFacts {
  envelope: Envelope
  hostname: string
  id: string
  receivedAt: number
  deliveredTo?: string // when there is one destination: two would tell one recipient of the other
  authentication?: string // the value of Authentication-Results
  added?: string // lines a submission lacked
}

/** The lines in front of the mail as it lies in a mailbox; Return-Path is always the first. */
export function traceLines(facts: TraceFacts): string {
  const { envelope } = facts
  return (
    `Return-Path: <${envelope.sender}>\r\n` +
    (facts.deliveredTo === undefined ? '' : `Delivered-To: ${facts.deliveredTo}\r\n`) +
    receivedLine(facts) +
    (facts.authentication === undefined ? '' : `Authentication-Results: ${facts.authentication}\r\n`) +
    (facts.added ?? '')
  )
}

/** The trace as it travels on: Return-Path and Delivered-To are of the mailbox. RFC 5321 §4.4 */
export function withoutMailboxLines(trace: string): string {
  return trace.replace(/^(?:(?:Return-Path|Delivered-To): [^\r\n]*\r\n)+/, '')
}

function receivedLine({ envelope, hostname, id, receivedAt }: TraceFacts): string {
  const { session, recipients } = envelope
  const tls = session.peer.tls
  const only = recipients.length === 1 ? `\r\n\tfor <${oneLine(recipients[0]!.address)}>` : ''
  return (
    `Received: from ${heloWord(session.helo)} (${peerWords(session)})\r\n` +
    `\tby ${hostname} with ${protocolOf(session)}` +
    (tls ? ` (${comment(tls.protocol)} ${comment(tls.cipher)})` : '') +
    ` id ${id}${only};\r\n\t${mailDate(receivedAt)}\r\n`
  )
}

/** 'ESMTPSA' and kin: S for TLS, A for a login. RFC 3848; RFC 6531 §4.3 */
export function protocolOf(session: SmtpSession): string {
  const letters = (session.peer.tls ? 'S' : '') + (session.login ? 'A' : '')
  if (session.protocol === 'HTTP') return session.peer.tls ? 'HTTPS' : 'HTTP'
  if (letters === '') return session.protocol
  return (session.protocol === 'SMTP' ? 'ESMTP' : session.protocol) + letters
}

function peerWords(session: SmtpSession): string {
  const { address } = session.peer
  const literal = address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
  return session.facts.reverseName === undefined ? literal : `${comment(session.facts.reverseName)} ${literal}`
}

/** What stands after 'from' must be a domain or a literal; anything else a client says goes in brackets' place. */
function heloWord(helo: string): string {
  return /^[\w.\-:[\]\u0080-\uffff]{1,255}$/.test(helo) ? helo : 'unknown'
}

function comment(text: string): string {
  return text.replace(/[\x00-\x1f\x7f()\\]/g, '').slice(0, 255)
}

function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, '')
}
