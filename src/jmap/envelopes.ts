// The envelope of a submission: as the client says it, or as the header of the mail says it.            RFC 8621 §7
//
// Pure, but for the clock it is given. The parameters are those of SMTP, read by the commands of SMTP.

import type { MailHeaders } from '../mime/mime.ts'
import { mail } from '../smtp/commands/mail.ts'
import { rcpt } from '../smtp/commands/rcpt.ts'
import type { Envelope, Recipient } from '../smtp/intake.ts'
import { Refusal } from '../smtp/replies.ts'
import { isObject } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import type { JmapLimits } from './limits.ts'

/** As it is told: addresses, and their parameters. */
export interface SubmissionEnvelope {
  mailFrom: EnvelopeAddress
  rcptTo: EnvelopeAddress[]
}

export interface EnvelopeAddress {
  email: string
  parameters: Record<string, string | null> | null
}

/** The extensions of SMTP that a submission may use (RFC 8621 §1.3.2). */
export function submissionExtensions(limits: JmapLimits): Record<string, string[]> {
  return {
    FUTURERELEASE: [String(Math.floor(limits.holdMilliseconds / 1_000))],
    SIZE: [String(limits.maxSizeUpload)],
    DSN: [],
  }
}

/** Throws setError invalidProperties. */
export function readEnvelope(value: unknown): SubmissionEnvelope {
  const { mailFrom, rcptTo } = isObject(value) ? value : {}
  if (!Array.isArray(rcptTo)) throw wrong('envelope', 'An envelope has mailFrom and rcptTo')
  return { mailFrom: readAddress(mailFrom), rcptTo: rcptTo.map(readAddress) }
}

function readAddress(value: unknown): EnvelopeAddress {
  const { email, parameters = null } = isObject(value) ? value : {}
  if (typeof email !== 'string' || email.length > 1_000) throw wrong('envelope', 'An address has an email')
  if (parameters === null) return { email, parameters }
  if (!isObject(parameters)) throw wrong('envelope', 'Parameters are an object')
  for (const [name, text] of Object.entries(parameters)) {
    const isParameter = /^[A-Za-z0-9][A-Za-z0-9-]{0,50}$/.test(name)
    if (!isParameter || (text !== null && (typeof text !== 'string' || !/^[^\x00-\x20\x7f]{1,1000}$/.test(text)))) {
      throw wrong('envelope', `The parameter "${name.slice(0, 50)}" is not what it should be`)
    }
  }
  return { email, parameters: parameters as EnvelopeAddress['parameters'] }
}

/**
 * Sender and recipients as the header names them: of Sender, else of From, and of To, Cc and Bcc, each once.
 * `mayUse` says whether the sender may be used; else it is `otherwise`.
 */
export function envelopeOf(
  { from, sender, to, cc, bcc }: MailHeaders,
  mayUse: (address: string) => boolean,
  otherwise: string,
): SubmissionEnvelope {
  const author = addressesOf(sender)[0] ?? addressesOf(from)[0]
  const email = author !== undefined && mayUse(author) ? author : otherwise
  const seen = new Map<string, string>()
  for (const address of addressesOf([...to, ...cc, ...bcc])) {
    const key = address.toLowerCase()
    if (!seen.has(key)) seen.set(key, address)
  }
  return {
    mailFrom: { email, parameters: null },
    rcptTo: Array.from(seen.values(), (address) => ({ email: address, parameters: null })),
  }
}

function addressesOf(list: MailHeaders['from']): string[] {
  return list
    .filter(({ group, host }) => group === undefined && host !== '')
    .map(({ mailbox, host }) => `${mailbox}@${host}`)
}

export type SenderWords = Pick<Envelope, 'sender' | 'smtputf8' | 'dsn' | 'declaredSize'> & {
  holdUntil: number | undefined // milliseconds
}

/** What the commands of SMTP look at. */
function sessionAt(now: number, { holdMilliseconds }: JmapLimits): Parameters<typeof mail.read>[1] {
  return {
    limits: { path: 320 },
    connection: { protocol: 'ESMTP', role: 'submission' },
    options: { hold: { seconds: Math.floor(holdMilliseconds / 1_000), now: () => now } },
  } as Parameters<typeof mail.read>[1]
}

/** MAIL FROM in words of SMTP. Throws setError invalidProperties, and a Refusal for what is no address. */
export function readSender({ email, parameters }: EnvelopeAddress, now: number, limits: JmapLimits): SenderWords {
  const line = `FROM:<${path(email)}>${written(parameters ?? {})}`
  const { sender, smtputf8, dsn, declaredSize, hold } = inWords(() => mail.read(line, sessionAt(now, limits)))
  const holdUntil = hold && ('until' in hold ? hold.until : now + hold.seconds * 1_000)
  return { sender, smtputf8, dsn, holdUntil, ...(declaredSize !== undefined && { declaredSize }) }
}

/** RCPT TO in words of SMTP. Throws setError invalidProperties, and a Refusal for what is no address. */
export function readRecipient({ email, parameters }: EnvelopeAddress, limits: JmapLimits): Recipient {
  const line = `TO:<${path(email)}>${written(parameters ?? {})}`
  const { address, notify, originalRecipient } = inWords(() => rcpt.read(line, sessionAt(0, limits)))
  return { address, ...(notify && { notify }), ...(originalRecipient !== undefined && { originalRecipient }) }
}

/** Nothing of an address ends the path. */
function path(email: string): string {
  return /[\x00-\x1f\x7f<>]/.test(email) ? '' : email
}

function written(parameters: Record<string, string | null>): string {
  return Object.entries(parameters)
    .map(([name, text]) => (text === null ? ` ${name}` : ` ${name}=${text}`))
    .join('')
}

/** A parameter that is wrong is the client's mistake; an address that is none is told as SMTP tells it. */
function inWords<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal && /^5\.5\./.test(error.reply.status)) throw wrong('envelope', error.message)
    throw error
  }
}
