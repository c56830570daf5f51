// How many emails and threads a mailbox has, and how many of them are unread.                          RFC 8621 §2
//
// The messages of a mailbox are counted by its own counters; distinct mails and threads are counted once and then
// kept up with what came and went. What is unread is found by an index of unread messages alone.
//
// Invariants:
//   the numbers are those of one moment, at least as new as the call
//   nothing here grows with a mailbox, but for the first count of it

import type { Database, Reader, Value } from '../sql/sql.ts'
import { isSeen, type Scope, type ScopeBox } from './emails.ts'
import { flagBits } from './flags.ts'
import type { StoreLimits } from './limits.ts'
import { breathe, list, listLength, padded } from './sets.ts'

export interface MailboxCounts {
  totalEmails: number
  unreadEmails: number // neither $seen nor $draft
  totalThreads: number
  unreadThreads: number // with an unread email, wherever but in the trash; of the trash, in it
}

/** Distinct mails and threads of a mailbox, \Deleted or not. */
interface Totals {
  modseq: number
  uidNext: number
  mails: number
  threads: number
}

/** What is unread in an account, and which thread brings how much of it. */
interface Unread {
  state: number
  seen: string // what the scope sees
  emails: Map<number, number> // by mailbox
  threads: Map<number, number>
  parts: Map<number, Part> // by thread, of those with unread emails
}

interface Part {
  emails: number[] // a mailbox for each unread email in it
  threads: number[] // mailboxes in which the thread is unread
}

export interface Counts {
  /** Counts by mailbox id, of those of the scope. */
  of(scope: Scope): Promise<Map<number, MailboxCounts>>
  /** Distinct emails and threads of one mailbox. */
  totals(scope: Scope, box: ScopeBox): Promise<{ emails: number; threads: number }>
}

const threadsAtOnce = 1_000
const soon = 2_000 // unread or deleted messages that are counted without another thread

export function openCounts(db: Database, limits: StoreLimits): Counts {
  const kept = new Map<number, Totals>() // the longest unused first
  const unread = new Map<string, Unread>()

  async function totalsOf(accountId: number, box: ScopeBox): Promise<Totals> {
    if (box.total === 0) return { modseq: box.modseq, uidNext: box.uidNext, mails: 0, threads: 0 }
    const before = kept.get(box.id)
    if (before?.modseq === box.modseq) return remember(kept, box.id, before, limits.cachedCounts)
    const known = before && before.modseq < box.modseq && before.modseq >= box.floor ? before : undefined
    const now =
      (known && (await follow(db, accountId, box, known, limits.countsFollowed))) ?? (await countAnew(db, box))
    // What changed while we looked is looked at again by the next who asks.
    const [same] = await db.arrays('select modseq from mailbox where id = $1', [box.id])
    if (same?.[0] !== box.modseq) return now
    return remember(kept, box.id, now, limits.cachedCounts)
  }

  async function totals(scope: Scope, box: ScopeBox): Promise<{ emails: number; threads: number }> {
    const { mails, threads } = await totalsOf(scope.accountId, box)
    if (box.deleted === 0) return { emails: mails, threads }
    const hidden = await hiddenBy(box.deleted > soon ? db.apart : db, scope.accountId, box.id)
    return { emails: mails - hidden.mails, threads: threads - hidden.threads }
  }

  async function unreadOf(scope: Scope): Promise<Unread> {
    const key = scope.hides ? `${scope.accountId}` : `${scope.accountId}${scope.ids}`
    const before = unread.get(key)
    const seen = `${scope.trashId}:${scope.ids}`
    if (before?.state === scope.state && before.seen === seen) return before
    const known = before?.seen === seen && before.state < scope.state ? before : undefined
    const now =
      (known && (await followUnread(db, scope, known, limits.countsFollowed))) ?? (await countUnread(db, scope, seen))
    unread.delete(key)
    unread.set(key, now)
    let sum = 0
    for (const { parts } of unread.values()) sum += parts.size + 1
    for (const [oldest, { parts }] of unread) {
      if (sum <= limits.cachedCounts) break
      unread.delete(oldest)
      sum -= parts.size + 1
    }
    return now
  }

  return {
    async of(scope) {
      const { emails, threads } = await unreadOf(scope)
      const found = new Map<number, MailboxCounts>()
      for (const box of scope.boxes) {
        const total = await totals(scope, box)
        found.set(box.id, {
          totalEmails: total.emails,
          unreadEmails: emails.get(box.id) ?? 0,
          totalThreads: total.threads,
          unreadThreads: threads.get(box.id) ?? 0,
        })
      }
      return found
    },
    totals,
  }
}

function remember<K, V>(cache: Map<K, V>, key: K, value: V, most: number): V {
  cache.delete(key)
  cache.set(key, value)
  if (cache.size > most) cache.delete(cache.keys().next().value!)
  return value
}

async function countAnew(db: Database, { id, modseq, uidNext, total }: ScopeBox): Promise<Totals> {
  const text = 'select count(distinct mail_id), count(distinct thread) from message where mailbox_id = $1'
  const [row] = await (total > soon ? db.apart : db).arrays(text, [id])
  return { modseq, uidNext, mails: row![0] as number, threads: row![1] as number }
}

/** What came and went since; undefined when that is too much. */
async function follow(
  db: Reader,
  accountId: number,
  box: ScopeBox,
  before: Totals,
  most: number,
): Promise<Totals | undefined> {
  const came = (await db.arrays(
    'select thread, mail_id, uid from message where mailbox_id = $1 and uid >= $2 order by uid limit $3',
    [box.id, before.uidNext, most + 1],
  )) as Member[]
  const went = (await db.arrays(
    'select thread, mail_id, uid from expunged where mailbox_id = $1 and modseq > $2 order by modseq limit $3',
    [box.id, before.modseq, most + 1],
  )) as Member[]
  if (came.length > most || went.length > most) return undefined
  const left = went.filter(([, , uid]) => uid < before.uidNext)
  if (left.some(([thread]) => thread === 0)) return undefined // from before threads were noted there
  const touched = new Set([...came, ...left].map(([thread]) => thread))
  const there = await membersOf(db, accountId, box.id, [...touched])
  const old = [...left, ...there.filter(([, , uid]) => uid < before.uidNext)]
  return {
    modseq: box.modseq,
    uidNext: box.uidNext,
    threads: before.threads + distinct(there, 0) - distinct(old, 0),
    mails: before.mails + distinct(there, 1) - distinct(old, 1),
  }
}

type Member = [thread: number, mailId: number, uid: number, deleted: number]

function distinct(members: readonly Member[], column: 0 | 1): number {
  return new Set(members.map((member) => member[column])).size
}

async function membersOf(
  db: Reader,
  accountId: number,
  mailboxId: number,
  threads: readonly number[],
): Promise<Member[]> {
  const found: Member[][] = []
  for (let from = 0; from < threads.length; from += listLength) {
    const part = threads.slice(from, from + listLength)
    const text = `select thread, mail_id, uid, flags & 8 from message
      where account_id = $1 and +mailbox_id = $2 and thread in ${list(part.length, 3)}` // +: by the index of threads
    found.push((await db.arrays(text, [accountId, mailboxId, ...padded(part)])) as Member[])
  }
  return found.flat()
}

/** Mails and threads of a mailbox of which every message has \Deleted. */
async function hiddenBy(db: Reader, accountId: number, mailboxId: number): Promise<{ mails: number; threads: number }> {
  const text = 'select distinct thread from message where account_id = $1 and mailbox_id = $2 and (flags & 8) <> 0'
  const threads = (await db.arrays(text, [accountId, mailboxId])).map((row) => row[0] as number)
  const all = await membersOf(db, accountId, mailboxId, threads)
  const seen = all.filter(([, , , deleted]) => deleted === 0)
  return { mails: distinct(all, 1) - distinct(seen, 1), threads: distinct(all, 0) - distinct(seen, 0) }
}

async function countUnread(db: Database, scope: Scope, seen: string): Promise<Unread> {
  const now: Unread = { state: scope.state, seen, emails: new Map(), threads: new Map(), parts: new Map() }
  let unseen = 0
  for (const box of scope.boxes) unseen += box.unseen
  const reader = unseen > soon ? db.apart : db
  const text = 'select distinct thread from message where account_id = $1 and (flags & 9) = 0'
  const threads = (await reader.arrays(text, [scope.accountId])).map((row) => row[0] as number)
  for (let from = 0; from < threads.length; from += threadsAtOnce) {
    if (from > 0) await breathe()
    await count(reader, scope, threads.slice(from, from + threadsAtOnce), now)
  }
  return now
}

/** The same, from what was counted before and changed since; undefined when that is too much. */
async function followUnread(db: Reader, scope: Scope, before: Unread, most: number): Promise<Unread | undefined> {
  const touched = new Set<number>()
  for (const table of ['message', 'expunged']) {
    const text = `select thread from ${table} where account_id = $1 and modseq > $2 limit $3`
    const rows = await db.arrays(text, [scope.accountId, before.state, most + 1])
    if (rows.length > most) return undefined
    for (const row of rows) touched.add(row[0] as number)
  }
  const now: Unread = {
    ...before,
    state: scope.state,
    emails: new Map(before.emails),
    threads: new Map(before.threads),
    parts: new Map(before.parts),
  }
  for (const thread of touched) {
    const part = now.parts.get(thread)
    if (!part) continue
    for (const id of part.emails) add(now.emails, id, -1)
    for (const id of part.threads) add(now.threads, id, -1)
    now.parts.delete(thread)
  }
  await count(db, scope, [...touched], now)
  return now
}

function add(counts: Map<number, number>, id: number, more: 1 | -1): void {
  counts.set(id, (counts.get(id) ?? 0) + more)
}

/** Adds what these threads bring. */
async function count(db: Reader, scope: Scope, threads: readonly number[], into: Unread): Promise<void> {
  const byThread = new Map<number, UnreadRow[]>()
  for (let from = 0; from < threads.length; from += listLength) {
    const part = threads.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, ...padded(part)]
    const seen = isSeen(scope, (value) => `$${values.push(value)}`)
    const text = `select m.thread, m.mail_id, m.mailbox_id, m.flags from message m
      where m.account_id = $1 and m.thread in ${list(part.length, 2)} ${seen}`
    for (const row of (await db.arrays(text, values)) as UnreadRow[]) {
      const rows = byThread.get(row[0])
      if (rows) rows.push(row)
      else byThread.set(row[0], [row])
    }
  }
  for (const [thread, rows] of byThread) {
    const part = partOf(rows, scope.trashId)
    if (part.emails.length === 0) continue
    into.parts.set(thread, part)
    for (const id of part.emails) add(into.emails, id, 1)
    for (const id of part.threads) add(into.threads, id, 1)
  }
}

type UnreadRow = [thread: number, mailId: number, mailboxId: number, flags: number]

/** RFC 8621 §2: an email only in the trash makes no thread unread elsewhere, and none elsewhere does in the trash. */
function partOf(rows: readonly UnreadRow[], trashId: number): Part {
  const unread = new Set<number>()
  for (const [, mailId, , flags] of rows) if ((flags & flagBits.seen) === 0) unread.add(mailId)
  for (const [, mailId, , flags] of rows) if ((flags & flagBits.draft) !== 0) unread.delete(mailId)
  if (unread.size === 0) return { emails: [], threads: [] }
  const places = new Map<number, Set<number>>() // mailboxes, and the unread emails in them
  for (const [, mailId, mailboxId] of rows) {
    const emails = places.get(mailboxId) ?? new Set<number>()
    places.set(mailboxId, unread.has(mailId) ? emails.add(mailId) : emails)
  }
  const isOutside = [...places].some(([id, emails]) => id !== trashId && emails.size > 0)
  const part: Part = { emails: [], threads: [] }
  for (const [id, emails] of places) {
    for (let i = 0; i < emails.size; i++) part.emails.push(id)
    if (id === trashId ? emails.size > 0 : isOutside) part.threads.push(id)
  }
  return part
}
