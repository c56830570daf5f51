// Sends an email: asks the same intake as SMTP does, and writes down what is followed.              RFC 8621 §7.5
//
// Invariants:
//   nothing goes past the intake: who may write as whom, rates, sizes, loops and verdicts are its answers
//   the submission is written by the transaction that accepts the mail
//   a mail that is held moves nowhere before its time, neither out nor into a mailbox of ours

import { mayWriteFrom } from '../directory/senders.ts'
import type { Identity } from '../directory/identities.ts'
import type { Sink, Recipient, SmtpSession, Envelope } from '../smtp/intake.ts'
import { Content } from '../smtp/content.ts'
import { Refusal } from '../smtp/replies.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import { blobId } from '../store/objectids.ts'
import type { Along } from '../delivery/acceptance.ts'
import { insertSubmission, type Submission } from '../queue/submissions.ts'
import type { Writer } from '../sql/sql.ts'
import { newId } from '../tracking/ids.ts'
import { normalAddress } from '../mail/address.ts'
import { findBlob } from './blobs.ts'
import { envelopeOf, readRecipient, readSender, type EnvelopeAddress, type SubmissionEnvelope } from './envelopes.ts'
import { setError, SetRefusal, type Call } from './method.ts'

export interface Sending {
  mail: MailRow
  identity: Identity
  envelope: SubmissionEnvelope | undefined // undefined: as the header says
}

/** Sends, now or later. Throws SetRefusal. */
export async function sendEmail(call: Call, { mail, identity, envelope: asked }: Sending): Promise<Submission> {
  const { house } = call
  const { headers } = treeOf(mail)
  if (headers.from.length === 0) {
    throw setError('invalidEmail', { properties: ['from'], description: 'The mail does not say whom it is from' })
  }
  const mayUse = (address: string): boolean => normalAddress(address) === identity.address
  const told = asked ?? envelopeOf(headers, mayUse, identity.address)
  const { rcptTo } = told
  if (rcptTo.length === 0) throw setError('noRecipients')
  const { recipients: maxRecipients } = house.limits
  if (rcptTo.length > maxRecipients) throw setError('tooManyRecipients', { maxRecipients })

  const now = house.store.clock()
  const { holdUntil, ...sender } = await asking('sender', async () => readSender(told.mailFrom, now, house.limits))
  const hold = holdUntil !== undefined && holdUntil > now ? { until: holdUntil } : undefined
  let made: Submission | undefined
  await submit(
    call,
    { ...sender, ...(hold && { hold }) },
    rcptTo,
    bytesOf(call, mail),
    async (sql, accepted, admitted) => {
      const { id, at, placed } = accepted
      made = await insertSubmission(sql, {
        accountId: call.account,
        identityId: identity.id,
        mailId: mail.id,
        thread: mail.thread,
        historyId: id,
        envelope: JSON.stringify(told),
        sendAt: at,
        state: hold ? 'pending' : 'final',
        recipients: admitted.map(({ address }) =>
          placed.has(address)
            ? { address, delivered: 'yes', reply: '250 2.1.5 Delivered' }
            : { address, delivered: 'queued', reply: '250 2.0.0 Queued' },
        ),
      })
    },
  )
  return made!
}

type Words = Pick<Envelope, 'sender' | 'smtputf8' | 'dsn' | 'declaredSize' | 'hold'>
type Admitted = (sql: Writer, accepted: Parameters<Along>[1], admitted: readonly Recipient[]) => Promise<void>

/**
 * Brings a mail to the intake as SMTP does. `along` is part of the transaction that accepts it. Throws SetRefusal.
 */
export async function submit(
  call: Call,
  words: Words,
  rcptTo: readonly EnvelopeAddress[],
  bytes: AsyncIterable<Buffer>,
  along?: Admitted,
): Promise<void> {
  const { intake } = call.house
  const session = sessionOf(call)
  await intake.enter(session, call.user.className)
  try {
    const isUtf8 = [words.sender, ...rcptTo.map(({ email }) => email)].some((text) => /[^\x00-\x7f]/.test(text))
    const smtputf8 = words.smtputf8 || isUtf8
    const envelope: Envelope = { session, ...words, body: '8BITMIME', smtputf8, recipients: [] }
    await asking('sender', () => intake.sender(envelope))
    await admitAll(call, envelope, rcptTo)
    const { recipients } = envelope
    const sink = await asking('mail', () =>
      intake.message(envelope, along && ((sql, accepted) => along(sql, accepted, recipients))),
    )
    try {
      await asking('mail', () => writeMail(bytes, sink))
    } catch (error) {
      await sink.abandon()
      throw error
    }
    await asking('mail', () => sink.finish())
  } finally {
    intake.closed(session)
  }
}

function sessionOf({ peer, user, sessionId }: Call): SmtpSession {
  const { address } = peer
  return {
    id: sessionId || newId(Date.now()),
    role: 'submission',
    peer,
    helo: address.includes(':') ? `[IPv6:${address}]` : `[${address}]`,
    protocol: 'HTTP',
    login: { accountId: user.id, address: user.address },
    facts: {},
  }
}

/** Every recipient, or none: who cannot be written to is named. */
async function admitAll({ house }: Call, envelope: Envelope, rcptTo: readonly EnvelopeAddress[]): Promise<void> {
  const refused: [string, Refusal][] = []
  const seen = new Set<string>()
  for (const address of rcptTo) {
    try {
      const recipient: Recipient = readRecipient(address, house.limits)
      const key = normalAddress(recipient.address)
      if (seen.has(key)) continue
      seen.add(key)
      await house.intake.recipient(envelope, recipient)
      envelope.recipients.push(recipient)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      // What is refused for now concerns the sender, not the address.
      if (error.reply.code < 500 && error.reply.status !== '4.2.2')
        throw new SetRefusal(refusalError('recipient', error))
      refused.push([address.email, error])
    }
  }
  if (refused.length === 0) return
  throw setError('invalidRecipients', {
    invalidRecipients: refused.map(([email]) => email),
    description: refused.map(([email, { message }]) => `${email}: ${message}`).join('\n'),
  })
}

async function* bytesOf(call: Call, mail: MailRow): AsyncGenerator<Buffer, void, undefined> {
  const blob = await findBlob(call.house, call, blobId({ is: 'mail', mailId: mail.id }))
  if (!blob) throw setError('invalidProperties', { properties: ['emailId'] })
  yield* blob.stream()
}

/** The bytes as SMTP has them: a draft that IMAP put here may have bare line ends. */
async function writeMail(pieces: AsyncIterable<Buffer>, sink: Sink): Promise<void> {
  const content = new Content('plain', 'repair')
  for await (const bytes of pieces) {
    for (let at = 0; at < bytes.length; at += content.taken) {
      const piece = content.read(bytes, at)
      if (content.fault) throw setError('invalidEmail', { description: 'The mail holds a NUL' })
      if (piece.length > 0) await sink.write(piece)
    }
  }
  content.end()
}

type Stage = 'sender' | 'recipient' | 'mail'

/** What the intake refuses, in the words of JMAP. */
async function asking<T>(stage: Stage, deed: () => Promise<T>): Promise<T> {
  try {
    return await deed()
  } catch (error) {
    throw error instanceof Refusal ? new SetRefusal(refusalError(stage, error)) : error
  }
}

function refusalError(stage: Stage, { reply, trouble, message }: Refusal): SetRefusal['error'] {
  const { code, status } = reply
  const description = message
  if (trouble === 'not-your-address') return { type: 'forbiddenFrom', description }
  if (status === '5.3.4') return { type: 'tooLarge', description }
  if (status === '4.5.3') return { type: 'tooManyRecipients', description }
  if (status === '4.7.1' || status === '4.7.0') return { type: 'rateLimit', description }
  if (code < 500) return { type: 'serverUnavailable', description }
  if (stage === 'sender') return { type: 'forbiddenMailFrom', description }
  return { type: 'forbiddenToSend', description }
}

/** Whether an identity's address may be used still. */
export function mayWriteAs({ house, user }: Call, { address }: Identity): Promise<boolean> {
  return mayWriteFrom(house.store.db, user.id, address)
}
