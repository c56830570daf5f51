// What changed in an account since a state: emails, threads, mailboxes.          RFC 8620 §5.2, RFC 8621 §2.2, §3.2, §4.3
//
// An account has one modseq counter, so a state is a modseq; a state in the middle of a large change names the last
// mail (or mailbox) of it that was told, and the state at which the telling began.
//
// Invariants:
//   following newState until hasMore is false tells every change at least once
//   the work is bounded by `most` and by the largest single change, never by what is in the mailboxes
//   what is older than the store remembers is undefined, never guessed

import type { Reader, Value } from '../sql/sql.ts'
import { emailsOf, isInScope, threadsOf, type Scope } from './emails.ts'
import { list, listLength, padded } from './sets.ts'

/** Everything before `modseq` was told, and of the change `modseq` itself everything up to `id`. */
interface Place {
  modseq: number
  id: number
}

export interface Since extends Place {
  origin: number // what came after this modseq is new to who asks, though it may have come before `modseq`
}

export function whole(modseq: number): Since {
  return { modseq, id: Number.MAX_SAFE_INTEGER, origin: modseq }
}

export interface ChangedIds {
  created: number[]
  updated: number[]
  destroyed: number[]
  newState: Since
  hasMore: boolean
}

/** A message that came, changed or went. */
interface Event {
  modseq: number
  mailId: number
  thread: number
  createdModseq: number
  hiddenModseq: number // not seen from then on, as far as is known
}

type EventRow = [modseq: number, mailId: number, thread: number, createdModseq: number, hiddenModseq: number]

const notHidden = Number.MAX_SAFE_INTEGER

const reading = (from: string, modseq: string, hidden: string, where: string): string => `
select ${modseq}, m.mail_id, m.thread, m.created_modseq, ${hidden} from ${from}
 where ${where} and ${modseq} >= $2 and (${modseq} > $2 or m.mail_id > $3)
 order by ${modseq}, m.mail_id limit $4`

const whenHidden = (otherwise: string): string => `case when (m.flags & 8) <> 0 then m.modseq else ${otherwise} end`

const readChanged = (inScope: string): string =>
  reading('message m', 'm.modseq', whenHidden(`${notHidden}`), `m.account_id = $1 ${inScope}`)
const readExpunged = (inScope: string): string =>
  reading('expunged m', 'm.modseq', 'm.hidden_modseq', `m.account_id = $1 ${inScope}`)
const readPurged = (): string =>
  reading(
    'mailbox_gone g join message m on m.mailbox_id = g.mailbox_id',
    'g.modseq',
    whenHidden('g.modseq'),
    'g.account_id = $1 and g.purged = 0',
  )

interface Page {
  events: Event[] // in the order of their changes
  newState: Since
  hasMore: boolean
}

/** Events after `since` of at most `most` mails; undefined: that is too long ago. */
async function eventsOf(db: Reader, scope: Scope, since: Since, most: number): Promise<Page | undefined> {
  if (since.modseq > scope.state || since.origin < scope.floor) return undefined
  if (!scope.hides && (await sharingChanged(db, scope, since))) return undefined
  if (since.origin === scope.state) return { events: [], newState: since, hasMore: false }
  const limit = most * 2 + 16 // a mail may have come and gone in several mailboxes
  const all: Event[] = []
  let horizon: Place = whole(scope.state)
  for (const read of scope.hides ? [readChanged, readExpunged, readPurged] : [readChanged, readExpunged]) {
    const values: Value[] = [scope.accountId, since.modseq, since.id, limit]
    // What goes with a mailbox that goes is not in it any more; whoever sees all of an account is told all the same.
    const inScope = scope.hides ? '' : isInScope(scope, (value) => `$${values.push(value)}`)
    const rows = (await db.arrays(read(inScope), values)) as EventRow[]
    for (const [modseq, mailId, thread, createdModseq, hiddenModseq] of rows)
      all.push({ modseq, mailId, thread, createdModseq, hiddenModseq })
    const last = rows.length === limit ? { modseq: rows.at(-1)![0], id: rows.at(-1)![1] } : undefined
    if (last && isLater(horizon, last)) horizon = last
  }
  all.sort((a, b) => a.modseq - b.modseq || a.mailId - b.mailId)
  const events: Event[] = []
  const mails = new Set<number>()
  let last: Place = since
  for (const event of all) {
    const at = { modseq: event.modseq, id: event.mailId }
    if (isLater(at, horizon)) break
    if (!mails.has(event.mailId) && mails.size === most)
      return { events, newState: { ...last, origin: since.origin }, hasMore: true }
    mails.add(event.mailId)
    events.push(event)
    last = at
  }
  const hasMore = horizon.modseq !== scope.state || horizon.id !== Number.MAX_SAFE_INTEGER
  return { events, newState: hasMore ? { ...last, origin: since.origin } : whole(scope.state), hasMore }
}

function isLater(a: Place, b: Place): boolean {
  return a.modseq > b.modseq || (a.modseq === b.modseq && a.id > b.id)
}

/** Whether mailboxes of an account came into or went out of the sight of somebody else. */
async function sharingChanged(db: Reader, { accountId }: Scope, { origin }: Since): Promise<boolean> {
  const row = await db.one(
    `select id from mailbox where account_id = $1 and changed_modseq > $2
      union all
     select mailbox_id from mailbox_gone where account_id = $1 and modseq > $2 limit 1`,
    [accountId, origin],
  )
  return row !== undefined
}

/** Emails that came, changed and went since; undefined when that cannot be told. `most` at least 1. */
export async function emailChanges(
  db: Reader,
  scope: Scope,
  since: Since,
  most: number,
): Promise<ChangedIds | undefined> {
  const page = await eventsOf(db, scope, since, most)
  return page && sortOut(db, scope, since, page)
}

export interface Movements extends ChangedIds {
  moved: number[] // of those updated, the ones that came into a mailbox or left one
  threads: Map<number, number> // by email
}

/** The same, and which of those updated are in other mailboxes than before. */
export async function emailMovements(
  db: Reader,
  scope: Scope,
  since: Since,
  most: number,
): Promise<Movements | undefined> {
  const page = await eventsOf(db, scope, since, most)
  if (!page) return undefined
  const changed = await sortOut(db, scope, since, page)
  const moved = new Set<number>()
  for (const { mailId, createdModseq, hiddenModseq } of page.events)
    if (createdModseq > since.origin || hiddenModseq !== notHidden) moved.add(mailId)
  const threads = new Map(page.events.map(({ mailId, thread }) => [mailId, thread]))
  return { ...changed, moved: changed.updated.filter((id) => moved.has(id)), threads }
}

async function sortOut(db: Reader, scope: Scope, since: Since, page: Page): Promise<ChangedIds> {
  const { events, newState, hasMore } = page
  const ids = [...new Set(events.map((event) => event.mailId))]
  const now = await emailsOf(db, scope, ids)
  const old = new Set<number>()
  for (const { mailId, createdModseq, hiddenModseq } of events)
    if (createdModseq <= since.origin && hiddenModseq > since.origin) old.add(mailId)
  const unsure = ids.filter((id) => now.has(id) && !old.has(id))
  for (const id of await olderThan(db, scope, since, unsure, isPart(since, page))) old.add(id)
  return {
    created: ids.filter((id) => now.has(id) && !old.has(id)),
    updated: ids.filter((id) => now.has(id) && old.has(id)),
    destroyed: ids.filter((id) => !now.has(id) && old.has(id)),
    newState,
    hasMore,
  }
}

/** Whether what went since the origin is not all in the page. */
function isPart(since: Since, page: Page): boolean {
  return page.hasMore || since.modseq !== since.origin || since.id !== Number.MAX_SAFE_INTEGER
}

/** Those of `ids` that were there at the origin: by a message that is still there, or (`alsoGone`) went afterwards. */
async function olderThan(
  db: Reader,
  scope: Scope,
  since: Since,
  ids: readonly number[],
  alsoGone: boolean,
): Promise<number[]> {
  const found: number[] = []
  for (let from = 0; from < ids.length; from += listLength) {
    const part = ids.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, since.origin, ...padded(part)]
    const inScope = isInScope(scope, (value) => `$${values.push(value)}`)
    const texts = [
      `select distinct m.mail_id from mail x cross join message m
        where x.id in ${list(part.length, 3)} and m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id
          and m.created_modseq <= $2 and ((m.flags & 8) = 0 or m.modseq > $2) ${inScope}`,
    ]
    if (alsoGone)
      texts.push(
        `select distinct m.mail_id from expunged m
          where m.account_id = $1 and m.modseq > $2 and m.hidden_modseq > $2 and m.created_modseq <= $2
            and m.mail_id in ${list(part.length, 3)} ${inScope}`,
      )
    for (const text of texts) for (const row of await db.arrays(text, values)) found.push(row[0] as number)
  }
  return found
}

/** The same of threads: one changes when an email comes into it or goes out of it. */
export async function threadChanges(
  db: Reader,
  scope: Scope,
  since: Since,
  most: number,
): Promise<ChangedIds | undefined> {
  const page = await eventsOf(db, scope, since, most)
  if (!page) return undefined
  const emails = await sortOut(db, scope, since, page)
  const threadOf = new Map(page.events.map((event) => [event.mailId, event.thread]))
  const came = new Set(emails.created.map((id) => threadOf.get(id)!))
  const went = new Set(emails.destroyed.map((id) => threadOf.get(id)!))
  const touched = [...new Set([...came, ...went])]
  const now = await threadsOf(db, scope, touched)
  const fresh = new Set(emails.created)
  const members = [...now.values()].flat().filter((id) => !fresh.has(id))
  const old = new Set(await olderThan(db, scope, since, members, isPart(since, page)))
  const wasThere = (thread: number): boolean => went.has(thread) || (now.get(thread) ?? []).some((id) => old.has(id))
  return {
    created: touched.filter((thread) => now.has(thread) && !wasThere(thread)),
    updated: touched.filter((thread) => now.has(thread) && wasThere(thread)),
    destroyed: touched.filter((thread) => !now.has(thread)),
    newState: emails.newState,
    hasMore: emails.hasMore,
  }
}

const threadsFollowed = 1_000 // of more, every mailbox may have other counts

/**
 * The same of mailboxes; onlyCounts: those updated have other counts and nothing else. A mailbox counts as changed too when
 * an email elsewhere may have made one of its threads read or unread.
 */
export async function mailboxChanges(
  db: Reader,
  scope: Scope,
  since: Since,
  most: number,
): Promise<(ChangedIds & { onlyCounts: boolean }) | undefined> {
  if (since.modseq > scope.state) return undefined
  if (!scope.hides && (await sharingChanged(db, scope, since))) return undefined
  const events: { modseq: number; id: number; kind: 'created' | 'updated' | 'counts' | 'destroyed' }[] = []
  const seen = new Set(scope.boxes.map((box) => box.id))
  const besides = await boxesTouched(db, scope, since)
  const rows = await db.arrays(
    'select id, selectable, modseq, changed_modseq, created_modseq from mailbox where account_id = $1',
    [scope.accountId],
  )
  for (const [id, selectable, modseq, changed, created] of rows as [number, number, number, number, number][]) {
    if (!seen.has(id) && !(scope.hides && selectable === 0)) continue
    const touched = besides === 'all' || besides.has(id)
    const last = touched ? scope.state : Math.max(modseq, changed)
    if (!isLater({ modseq: last, id }, since) || last > scope.state) continue
    const kind = created > since.origin ? 'created' : changed > since.origin ? 'updated' : 'counts'
    events.push({ modseq: last, id, kind })
  }
  const gone = 'select modseq, mailbox_id from mailbox_gone where account_id = $1 and modseq >= $2'
  for (const [modseq, id] of (await db.arrays(gone, [scope.accountId, since.modseq])) as [number, number][])
    if (isLater({ modseq, id }, since) && modseq <= scope.state) events.push({ modseq, id, kind: 'destroyed' })

  events.sort((a, b) => a.modseq - b.modseq || a.id - b.id)
  const told = events.slice(0, most)
  const hasMore = told.length < events.length
  const idsOf = (...kinds: string[]): number[] => told.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id)
  return {
    created: idsOf('created'),
    updated: idsOf('updated', 'counts'),
    destroyed: idsOf('destroyed'),
    newState: hasMore ? { modseq: told.at(-1)!.modseq, id: told.at(-1)!.id, origin: since.origin } : whole(scope.state),
    hasMore,
    onlyCounts: idsOf('updated').length === 0,
  }
}

/** Mailboxes with a thread of which an email changed. */
async function boxesTouched(db: Reader, scope: Scope, since: Since): Promise<Set<number> | 'all'> {
  const threads = new Set<number>()
  for (const table of ['message', 'expunged']) {
    const rows = await db.arrays(
      `select thread from ${table} where account_id = $1 and modseq > $2 limit ${threadsFollowed + 1}`,
      [scope.accountId, since.modseq],
    )
    if (rows.length > threadsFollowed) return 'all'
    for (const row of rows) threads.add(row[0] as number)
  }
  const touched = new Set<number>()
  const wanted = [...threads]
  for (let from = 0; from < wanted.length; from += listLength) {
    const part = wanted.slice(from, from + listLength)
    const text = `select distinct mailbox_id from message where account_id = $1 and thread in ${list(part.length, 2)}`
    for (const row of await db.arrays(text, [scope.accountId, ...padded(part)])) touched.add(row[0] as number)
  }
  return touched
}
