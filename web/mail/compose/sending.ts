// Sends: hands the saved draft to the server's outbox, where it waits as long as asked.       RFC 8621 §7, RFC 4865
//
// Invariants:
//   what leaves is the version that the server has saved; it is never handed over twice: where an answer was lost, the
//   server is asked before anything is sent again
//   it leaves Drafts and becomes a sent mail with the hand-over, in one step of the server
//   taking it back makes it a draft again, as it was

import { Problem } from '../../parts/api.ts'
import type { Jmap } from '../jmap/client.ts'
import type { SetAnswer } from '../jmap/types.ts'
import { everybody, type Draft, type Source } from './draft.ts'
import { draftsOf, Refused, roleMailbox, type Desk } from './serverdrafts.ts'

export interface When {
  hold: number // seconds before it leaves
  at?: number // Unix milliseconds; instead of hold
}

export interface Submitted {
  id: string
  emailId: string
}

interface Submission {
  id: string
  emailId: string
  undoStatus: 'pending' | 'final' | 'canceled'
}

/** Throws Refused when the server says no, Problem when it says nothing. */
export async function submit(desk: Desk, draft: Draft, when: When, isUnsure: boolean): Promise<Submitted> {
  const { jmap, accountId } = desk
  const emailId = draft.serverId
  if (emailId === null) throw new Error('a draft is saved before it is sent')
  if (isUnsure) {
    const before = await submissionOf(jmap, accountId, emailId)
    if (before) return before
  }
  const boxes = desk.mailboxes()
  const [drafts, sent] = await Promise.all([
    draftsOf(jmap, accountId, boxes),
    roleMailbox(jmap, accountId, boxes, 'sent', 'Sent'),
  ])
  const answer = await jmap.call<SetAnswer>('EmailSubmission/set', {
    accountId,
    create: { sending: { identityId: draft.identityId, emailId, envelope: envelopeOf(draft, when) } },
    onSuccessUpdateEmail: {
      '#sending': { [`mailboxIds/${drafts}`]: null, [`mailboxIds/${sent}`]: true, 'keywords/$draft': null },
    },
  })
  const created = answer.created?.['sending']
  if (!created) throw new Refused(answer.notCreated?.['sending'] ?? { type: 'serverFail' })
  return { id: created.id, emailId }
}

function envelopeOf(draft: Draft, { hold, at }: When): Record<string, unknown> {
  const parameters =
    at !== undefined
      ? { HOLDUNTIL: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z') }
      : hold > 0
        ? { HOLDFOR: String(hold) }
        : null
  return {
    mailFrom: { email: draft.from.email, parameters },
    rcptTo: everybody(draft).map(({ email }) => ({ email, parameters: null })),
  }
}

async function submissionOf(jmap: Jmap, accountId: string, emailId: string): Promise<Submitted | undefined> {
  const found = jmap.call<{ ids: string[] }>('EmailSubmission/query', { accountId, filter: { emailIds: [emailId] } })
  const got = jmap.get<Submission>('EmailSubmission', { accountId, '#ids': found.ref('/ids') })
  await found
  return (await got).list.find(({ undoStatus }) => undoStatus !== 'canceled')
}

/** Whether it could be taken back; then it is a draft again. */
export async function takeBack(desk: Desk, { id, emailId }: Submitted): Promise<boolean> {
  const { jmap, accountId } = desk
  const answer = await jmap.call<SetAnswer>('EmailSubmission/set', {
    accountId,
    update: { [id]: { undoStatus: 'canceled' } },
  })
  if (answer.notUpdated?.[id]) return false
  const drafts = await draftsOf(jmap, accountId, desk.mailboxes())
  const draft = { mailboxIds: { [drafts]: true }, 'keywords/$draft': true, 'keywords/$seen': true }
  await jmap.call<SetAnswer>('Email/set', { accountId, update: { [emailId]: draft } })
  return true
}

/** Whether it has left; undefined where the server cannot be asked. */
export async function hasLeft({ jmap, accountId }: Desk, { id }: Submitted): Promise<boolean | undefined> {
  const got = await jmap.get<Submission>('EmailSubmission', { accountId, ids: [id] }).catch(() => undefined)
  return got && (got.list[0]?.undoStatus ?? 'final') === 'final'
}

/** Marks the answered or forwarded mail, or takes the mark off. Not being able to is no trouble of the mail that was sent. */
export async function mark(jmap: Jmap, { answering, accountId, emailId }: Source, isSet: boolean): Promise<void> {
  const keyword = answering === 'forward' ? '$forwarded' : '$answered'
  const update = { [emailId]: { [`keywords/${keyword}`]: isSet ? true : null } }
  await jmap.call('Email/set', { accountId, update }).catch(() => undefined)
}

/** How long the server keeps mails at most before they leave, in seconds. */
export function longestHold({ session, account }: Jmap): number {
  const has = session.accounts[account] as
    | { accountCapabilities?: Record<string, { maxDelayedSend?: number }> }
    | undefined
  return has?.accountCapabilities?.['urn:ietf:params:jmap:submission']?.maxDelayedSend ?? 0
}

/** Whether nobody can say what became of a request. */
export function isLost(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status >= 500)
}
