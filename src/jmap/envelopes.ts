// The envelope of a submission: as the client says it, or as the header of the mail says it.            RFC 8621 §7
//
// Pure, but for the clock it is given. The parameters are those of SMTP, read by the commands of SMTP.

import type { MailHeaders } from '../mime/mime.ts'
import { mail } from '../smtp/commands/mail.ts'
import { rcpt } from '../smtp/commands/rcpt.ts'
import type { Envelope, Recipient } from '../smtp/intake.ts'
import { Refusal } from '../smtp/replies.ts'
import { isObject, readDate } from './arguments.ts'
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
export async function envelopeOf(
  { from, sender, to, cc, bcc }: MailHeaders,
  mayUse: (address: string) => Promise<boolean>,
  otherwise: string,
): Promise<SubmissionEnvelope> {
  const author = addressesOf(sender)[0] ?? addressesOf(from)[0]
  const email = author !== undefined && (await mayUse(author)) ? author : otherwise
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

export type SenderWords = Pick<Envelope, 'sender' | 'body' | 'smtputf8' | 'dsn' | 'declaredSize'> & {
  holdUntil: number | undefined
}

const session = { limits: { path: 320 }, connection: { protocol: 'ESMTP' } } as Parameters<typeof mail.read>[1]

/** MAIL FROM in words of SMTP. Throws setError invalidProperties, and a Refusal for what is no address. */
export function readSender({ email, parameters }: EnvelopeAddress, now: number, limits: JmapLimits): SenderWords {
  const { hold, rest } = takeHold(parameters ?? {})
  const { sender, body, smtputf8, dsn, declaredSize } = inWords(() =>
    mail.read(`FROM:<${path(email)}>${written(rest)}`, session),
  )
  const holdUntil = hold && readHold(hold, now, limits)
  return { sender, body, smtputf8, dsn, holdUntil, ...(declaredSize !== undefined && { declaredSize }) }
}

/** RCPT TO in words of SMTP. Throws setError invalidProperties, and a Refusal for what is no address. */
export function readRecipient({ email, parameters }: EnvelopeAddress): Recipient {
  const { address, notify, originalRecipient } = inWords(() =>
    rcpt.read(`TO:<${path(email)}>${written(parameters ?? {})}`, session),
  )
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

type Hold = { name: 'HOLDFOR' | 'HOLDUNTIL'; text: string }

/** RFC 4865 §4: one of them. */
function takeHold(parameters: Record<string, string | null>): {
  hold: Hold | undefined
  rest: Record<string, string | null>
} {
  const holds: Hold[] = []
  const rest: Record<string, string | null> = {}
  for (const [given, text] of Object.entries(parameters)) {
    const name = given.toUpperCase()
    if (name === 'HOLDFOR' || name === 'HOLDUNTIL') holds.push({ name, text: text ?? '' })
    else rest[given] = text
  }
  if (holds.length > 1) throw wrong('envelope', 'HOLDFOR or HOLDUNTIL, not both')
  return { hold: holds[0], rest }
}

function readHold({ name, text }: Hold, now: number, { holdMilliseconds }: JmapLimits): number {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : undefined
  const until = name === 'HOLDUNTIL' ? readDate(text) : seconds === undefined ? undefined : now + seconds * 1_000
  if (until === undefined) throw wrong('envelope', `${name} is not what it should be`)
  if (until > now + holdMilliseconds) {
    throw wrong('envelope', `A mail waits for at most ${Math.floor(holdMilliseconds / 1_000)} seconds`)
  }
  return until
}
