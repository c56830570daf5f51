// How many emails and threads a mailbox has, and how many of them are unread.                          RFC 8621 §2
//
// The messages of a mailbox are counted by its own counters; distinct mails and threads are counted once and then
// kept up with what came and went. What is unread is found by an index of unread messages alone.
//
// Invariants:
//   the numbers are those of one moment, at least as new as the call
//   nothing here grows with a mailbox, but for the first count of it

import type { Database, Reader, Value } from '../sql/sql.ts'
import { isInScope, isSeen, type Scope, type ScopeBox } from './emails.ts'
import type { StoreLimits } from './limits.ts'
import { list, listLength, padded } from './sets.ts'

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

interface Unread {
  state: number
  emails: Map<number, number>
  threads: Map<number, number>
}

export interface Counts {
  /** Counts by mailbox id, of those of the scope. */
  of(scope: Scope): Promise<Map<number, MailboxCounts>>
  /** Distinct emails and threads of one mailbox. */
  totals(scope: Scope, box: ScopeBox): Promise<{ emails: number; threads: number }>
}

const followed = 1_000 // messages that came or went; of more, the mailbox is counted anew
const soon = 2_000 // unread or deleted messages that are counted without another thread

export function openCounts(db: Database, limits: StoreLimits): Counts {
  const kept = new Map<number, Totals>() // the longest unused first
  const unread = new Map<string, Unread>()

  async function totalsOf(accountId: number, box: ScopeBox): Promise<Totals> {
    if (box.total === 0) return { modseq: box.modseq, uidNext: box.uidNext, mails: 0, threads: 0 }
    const before = kept.get(box.id)
    if (before?.modseq === box.modseq) return remember(kept, box.id, before, limits.cachedCounts)
    const known = before && before.modseq < box.modseq && before.modseq >= box.floor ? before : undefined
    const now = (known && (await follow(db, accountId, box, known))) ?? (await countAnew(db, box))
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
    if (before?.state === scope.state) return remember(unread, key, before, limits.cachedCounts)
    let unseen = 0
    for (const box of scope.boxes) unseen += box.unseen
    const now = await countUnread(unseen > soon ? db.apart : db, scope)
    return remember(unread, key, now, limits.cachedCounts)
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
async function follow(db: Reader, accountId: number, box: ScopeBox, before: Totals): Promise<Totals | undefined> {
  const came = (await db.arrays(
    'select thread, mail_id, uid from message where mailbox_id = $1 and uid >= $2 order by uid limit $3',
    [box.id, before.uidNext, followed + 1],
  )) as Member[]
  const went = (await db.arrays(
    'select thread, mail_id, uid from expunged where mailbox_id = $1 and modseq > $2 order by modseq limit $3',
    [box.id, before.modseq, followed + 1],
  )) as Member[]
  if (came.length > followed || went.length > followed) return undefined
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
      where account_id = $1 and mailbox_id = $2 and thread in ${list(part.length, 3)}`
    found.push((await db.arrays(text, [accountId, mailboxId, ...padded(part)])) as Member[])
  }
  return found.flat()
}

/** Mails and threads of a mailbox of which every message has \Deleted. */
async function hiddenBy(db: Reader, accountId: number, mailboxId: number): Promise<{ mails: number; threads: number }> {
  const text = 'select distinct thread from message where mailbox_id = $1 and (flags & 8) <> 0'
  const threads = (await db.arrays(text, [mailboxId])).map((row) => row[0] as number)
  const all = await membersOf(db, accountId, mailboxId, threads)
  const seen = all.filter(([, , , deleted]) => deleted === 0)
  return { mails: distinct(all, 1) - distinct(seen, 1), threads: distinct(all, 0) - distinct(seen, 0) }
}

/** Unread emails and threads by mailbox. */
async function countUnread(db: Reader, scope: Scope): Promise<Unread> {
  const values: Value[] = [scope.accountId, scope.trashId]
  const place = (value: Value): string => `$${values.push(value)}`
  const [u, m, o, p] = [
    isInScope(scope, place, 'u'),
    isSeen(scope, place),
    isSeen(scope, place, 'o'),
    isSeen(scope, place, 'p'),
  ]
  // Unread: one of its messages is not seen, and none is a draft. Outside: not only in the trash.
  const text = `
    with u as (select distinct thread, mail_id from message u where account_id = $1 and (flags & 25) = 0 ${u}),
    e as (
      select m.thread, m.mail_id, max(case when m.mailbox_id <> $2 then 1 else 0 end) as outside
        from u cross join message m
       where m.account_id = $1 and m.thread = u.thread and m.mail_id = u.mail_id ${m}
       group by m.thread, m.mail_id having max(m.flags & 16) = 0
    )
    select 0, o.mailbox_id, count(distinct o.mail_id) from e cross join message o
     where o.account_id = $1 and o.thread = e.thread and o.mail_id = e.mail_id ${o}
     group by o.mailbox_id
     union all
    select 1, p.mailbox_id, count(distinct p.thread)
      from (select distinct thread from e where outside = 1) t cross join message p
     where p.account_id = $1 and p.thread = t.thread and p.mailbox_id <> $2 ${p}
     group by p.mailbox_id
     union all
    select 1, $2, count(distinct e.thread) from e cross join message o
     where o.account_id = $1 and o.thread = e.thread and o.mail_id = e.mail_id and o.mailbox_id = $2 ${o}`
  const emails = new Map<number, number>()
  const threads = new Map<number, number>()
  for (const [kind, mailboxId, count] of (await db.arrays(text, values)) as [number, number, number][])
    (kind === 0 ? emails : threads).set(mailboxId, count)
  return { state: scope.state, emails, threads }
}
