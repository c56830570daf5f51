// What waits to leave, and what left and did not arrive.                                     RFC 8621 §7

import type { Jmap } from '../jmap/client.ts'
import type { Listed, Query } from '../jmap/types.ts'

export interface Submission {
  id: string
  emailId: string
  envelope: { rcptTo: { email: string }[] }
  sendAt: string
  undoStatus: 'pending' | 'final' | 'canceled'
  deliveryStatus: Record<string, { smtpReply: string; delivered: 'queued' | 'yes' | 'no' | 'unknown' }> | null
}

export interface Posted {
  id: string
  emailId: string
  subject: string
  recipients: string[]
  at: number // when it leaves or left, Unix milliseconds
  troubles: Undelivered[]
}

export interface Undelivered {
  address: string
  reply: string
  isFinal: boolean
}

export interface Outbox {
  waiting: Posted[] // the next to leave first
  troubled: Posted[] // the last that left first
}

const most = 200 // of each kind
const rememberedMs = 7 * 24 * 3_600_000

export async function countWaiting(jmap: Jmap): Promise<number> {
  const asked = { accountId: jmap.account, filter: { undoStatus: 'pending' }, limit: 1, calculateTotal: true }
  return (await jmap.call<Query>('EmailSubmission/query', asked)).total ?? 0
}

export async function readOutbox(jmap: Jmap, now: number): Promise<Outbox> {
  const after = new Date(now - rememberedMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const [waiting, left] = await Promise.all([
    listed(jmap, { undoStatus: 'pending' }, true),
    listed(jmap, { undoStatus: 'final', after }, false),
  ])
  return { waiting, troubled: left.filter(({ troubles }) => troubles.length > 0) }
}

async function listed(jmap: Jmap, filter: object, isAscending: boolean): Promise<Posted[]> {
  const accountId = jmap.account
  const sort = [{ property: 'sentAt', isAscending }]
  const found = jmap.call<Query>('EmailSubmission/query', { accountId, filter, sort, limit: most })
  const got = jmap.get<Submission>('EmailSubmission', { accountId, '#ids': found.ref('/ids') })
  const emails = jmap.get<Pick<Listed, 'id' | 'subject'>>('Email', {
    accountId,
    '#ids': got.ref('/list/*/emailId'),
    properties: ['id', 'subject'],
  })
  const [, { list }, { list: mails }] = await Promise.all([found, got, emails])
  const subjects = new Map(mails.map(({ id, subject }) => [id, subject ?? '']))
  return list.map((one) => postedOf(one, subjects.get(one.emailId) ?? ''))
}

/** Who is still tried again was told "not now" (4xx); who is never reached got a "no". RFC 5321 §4.2.1 */
export function postedOf({ id, emailId, envelope, sendAt, deliveryStatus }: Submission, subject: string): Posted {
  const troubles = Object.entries(deliveryStatus ?? {}).flatMap(
    ([address, { delivered, smtpReply }]): Undelivered[] => {
      const isFinal = delivered === 'no'
      const isLate = delivered === 'queued' && smtpReply.startsWith('4')
      return isFinal || isLate ? [{ address, reply: smtpReply, isFinal }] : []
    },
  )
  const recipients = envelope.rcptTo.map(({ email }) => email)
  return { id, emailId, subject, recipients, at: Date.parse(sendAt), troubles }
}
