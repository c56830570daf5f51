// A command is data with two verbs: `read` never waits, `run` never parses.
//
// The conversation looks a command up by its verb, lets `read` make a request of the argument, checks
// that the command is allowed in the session's state, and lets `run` do it.

import type { Envelope, Intake, SmtpSession } from './intake.ts'
import type { Arrival } from './arrival.ts'
import type { BareLines } from './content.ts'
import type { ServerLimits } from './limits.ts'
import type { Reply } from './replies.ts'
import type { Peer } from '../wire/conversation.ts'

/** What the conversation of one server is like. */
export interface ServerOptions {
  role: SmtpRole
  /** Our name in the greeting. A function sees SNI and local address. */
  hostname: string | ((peer: Peer) => string)
  /** May STARTTLS be offered? Not used when the peer came over TLS. */
  tlsAvailable?: boolean
  /** Submission needs it; on mx it is off unless set. Never before TLS. */
  authOffered?: boolean
  /** Must STARTTLS come before anything else? Default: on submission. */
  tlsRequired?: boolean
  limits?: Partial<ServerLimits>
  /** Words after the host name in the greeting. */
  banner?: string
  /** What becomes of a mail with bare CR or LF. Default 'refuse'. */
  bareLines?: BareLines
  /** submission: mails may ask to be held so long (RFC 4865). Default: not offered. */
  hold?: { seconds: number; now: () => number }
  /** mx: wait this many milliseconds before the greeting; who speaks earlier is turned away. Default 0: no wait. */
  earlyTalkWait?: number
  /** A short unique id for a connection. Default: random. */
  newId?: () => string
  /** Told of what is thrown that is neither Refusal nor Trouble: our mistakes. */
  failed?: (error: unknown, connection: SmtpSession) => void
}

type SmtpRole = SmtpSession['role']

/** start: no EHLO yet. ready: no mail open. mail, rcpt: MAIL, RCPT accepted. chunks: a BDAT was accepted. */
export type State = 'start' | 'ready' | 'mail' | 'rcpt' | 'chunks'

/** One connection, as the commands see it. */
export interface Session {
  connection: SmtpSession
  intake: Intake
  options: ServerOptions
  limits: ServerLimits
  hostname: string
  state: State
  envelope: Envelope // of the open mail; means nothing in states start and ready
  chunks: Arrival | undefined // the mail that comes in BDAT chunks
  mails: number // accepted in this connection
  authFailures: number
  mailRefused: boolean // the last MAIL was refused: a pipelined RCPT or DATA behind it is no error of the client
}

/** What `run` answers: a reply, or a reply and what the conversation does after it was said. */
export type Answer = Reply | Deed

export interface Deed {
  reply?: Reply
  /**
   * tls: begin TLS, forget everything heard. close: close. arrival: the bytes that follow belong to this mail.
   * ask: the next line is for `answer`.
   */
  next: 'tls' | 'close' | { arrival: Arrival } | { answer: (line: string) => Answer | Promise<Answer> }
}

export interface Command<T> {
  verb: string
  allowedIn: readonly State[]
  read(argument: string, session: Session): T
  run(session: Session, request: T): Answer | Promise<Answer>
}

export const always: readonly State[] = ['start', 'ready', 'mail', 'rcpt', 'chunks']

/** Forgets the open mail. RFC 5321 §4.1.1.5. */
export function resetMail(session: Session): void {
  const { chunks } = session
  session.chunks = undefined
  session.mailRefused = false
  if (session.state !== 'start') session.state = 'ready'
  if (chunks) void chunks.abandon()
}

/** May AUTH be used now? In clear only where the operator said so (tlsRequired: false). */
export function authIsOffered({ options, connection }: Session): boolean {
  const isSafe = connection.peer.tls !== undefined || options.tlsRequired === false
  return (options.authOffered ?? options.role === 'submission') && isSafe
}
