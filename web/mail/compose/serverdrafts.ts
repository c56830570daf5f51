// Drafts on the server: each save is a new email, and the version before it goes.               RFC 8621 §4.6
//
// Invariants: in one request the new version is made and, only if it was made, the old one destroyed, so that there
// are never two and never none. Email/set alone would destroy even where it could not create; the calls between
// refer to the created id, and refuse to run without it.

import type { Jmap } from '../jmap/client.ts'
import type { Get, Mailbox, Opened, Part, Query, SetAnswer, SetError } from '../jmap/types.ts'
import { offsetAt } from '../../parts/dates.ts'
import { emailOf, withBlobs, type Attachment, type Draft } from './draft.ts'

export class Refused extends Error {
  error: SetError

  constructor(error: SetError) {
    super(error.description ?? error.type)
    this.name = 'Refused'
    this.error = error
  }
}

export interface Saved {
  id: string
  attachments: Attachment[]
  /** The version before was changed or taken away by somebody else: both are kept. */
  isConflict: boolean
}

export interface Desk {
  jmap: Jmap
  accountId: string
  mailboxes(): readonly Mailbox[]
  zone: string
}

type WithAttachments = Pick<Opened, 'id' | 'attachments'>

/** Throws Refused when the server says no, Problem when it says nothing. */
export async function saveDraft({ jmap, accountId, mailboxes, zone }: Desk, draft: Draft): Promise<Saved> {
  const draftsId = await draftsOf(jmap, accountId, mailboxes())
  const now = Date.now()
  const email = emailOf(draft, { draftsId, now, zoneMinutes: offsetAt(now, zone) / 60_000 })
  const sent = draft.attachments.filter(({ blobId }) => blobId !== null).map(({ key }) => key)
  const before = draft.serverId
  const made = jmap.call<SetAnswer>('Email/set', { accountId, create: { draft: email } })
  const newest = jmap.call<Query>('Email/query', {
    accountId,
    filter: { inMailbox: draftsId },
    sort: [{ property: 'receivedAt', isAscending: false }],
    '#anchor': made.ref('/created/draft/id'),
    limit: 1,
  })
  const read = jmap.get<WithAttachments>('Email', {
    accountId,
    '#ids': newest.ref('/ids'),
    properties: ['id', 'attachments'],
  })
  const gone =
    before === null
      ? undefined
      : jmap.call<SetAnswer>('Email/set', { accountId, destroy: [before], '#ifInState': read.ref('/state') })
  const [answer, , got, destroyed] = await Promise.allSettled([made, newest, read, gone])
  if (answer.status === 'rejected') throw answer.reason
  const created = answer.value.created?.['draft']
  if (!created) throw new Refused(answer.value.notCreated?.['draft'] ?? { type: 'serverFail' })
  const parts =
    got.status === 'fulfilled' ? (got.value.list[0]?.attachments ?? []) : await attachments(jmap, accountId, created.id)
  let isConflict = false
  if (before !== null) {
    const fate =
      destroyed.status === 'fulfilled'
        ? destroyed.value!
        : await jmap.call<SetAnswer>('Email/set', { accountId, destroy: [before] })
    isConflict = fate.notDestroyed?.[before]?.type === 'notFound'
  }
  return { id: created.id, attachments: withBlobs(draft.attachments, parts, sent), isConflict }
}

async function attachments(jmap: Jmap, accountId: string, id: string): Promise<Part[]> {
  const { list } = await jmap.get<WithAttachments>('Email', { accountId, ids: [id], properties: ['id', 'attachments'] })
  return list[0]?.attachments ?? []
}

/** Finds the newest version of a draft whose save had no answer; older ones go. Undefined: there is none. */
export async function findVersion(
  { jmap, accountId, mailboxes }: Desk,
  draft: Draft,
): Promise<Pick<Saved, 'id' | 'attachments'> | undefined> {
  const draftsId = mailboxes().find(({ role }) => role === 'drafts')?.id
  if (draftsId === undefined) return undefined
  const filter = { inMailbox: draftsId, header: ['Message-ID', draft.messageId] }
  const sort = [{ property: 'receivedAt', isAscending: false }]
  const found = jmap.call<Query>('Email/query', { accountId, filter, sort, limit: 20 })
  const read: Promise<Get<WithAttachments>> = jmap.get('Email', {
    accountId,
    '#ids': found.ref('/ids'),
    properties: ['id', 'attachments'],
  })
  const [{ ids }, { list }] = await Promise.all([found, read])
  const [id, ...older] = ids
  if (id === undefined) return undefined
  if (older.length > 0) await jmap.call('Email/set', { accountId, destroy: older })
  const parts = list.find((one) => one.id === id)?.attachments ?? []
  return {
    id,
    attachments: withBlobs(
      draft.attachments,
      parts,
      draft.attachments.map(({ key }) => key),
    ),
  }
}

/** The mailbox of drafts; made where somebody has none. */
export async function draftsOf(jmap: Jmap, accountId: string, mailboxes: readonly Mailbox[]): Promise<string> {
  return roleMailbox(jmap, accountId, mailboxes, 'drafts', 'Drafts')
}

const making = new Map<string, Promise<string>>()

export async function roleMailbox(
  jmap: Jmap,
  accountId: string,
  mailboxes: readonly Mailbox[],
  role: 'drafts' | 'sent',
  name: string,
): Promise<string> {
  const found = mailboxes.find((one) => one.role === role)
  if (found) return found.id
  const key = `${accountId} ${role}`
  const made =
    making.get(key) ??
    jmap
      .call<SetAnswer>('Mailbox/set', {
        accountId,
        create: { box: { name, role, parentId: null, isSubscribed: true } },
      })
      .then(({ created, notCreated }) => {
        if (created?.['box']) return created['box'].id
        throw new Refused(notCreated?.['box'] ?? { type: 'serverFail' })
      })
  making.set(key, made)
  made.catch(() => making.delete(key))
  return made
}

/** Throws the draft away on the server too. */
export async function destroyDraft({ jmap, accountId }: Desk, id: string): Promise<void> {
  await jmap.call<SetAnswer>('Email/set', { accountId, destroy: [id] })
}
