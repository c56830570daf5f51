// Emails: the distinct mails of an account, whichever of its mailboxes hold them.                    RFC 8621 §4.1
//
// Invariants:
//   an email is there while a mailbox that the asker sees has a message of it without \Deleted   (RFC 8621 §4.1.1)
//   an email has a keyword when one of its messages has it, but $seen only when all have it
//   the state of an account is its modseq: what is read after a state is at least as new as it

import type { Reader, Value } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { flagBits } from './flags.ts'
import { splitKeywords } from './keywords.ts'
import { list, listLength, padded } from './sets.ts'

/** What somebody sees of an account. */
export interface Scope {
  accountId: number
  state: number // modseq of the account when this was read
  floor: number // changes are known after this modseq
  boxes: ScopeBox[] // that are seen
  trashId: number // 0: there is none
  /** Mailbox ids as conditions take them, ' 1 2 3 '; `hides` says whether they are the only ones seen, or the only ones not. */
  ids: string
  hides: boolean
}

export interface ScopeBox {
  id: number
  modseq: number
  uidNext: number
  floor: number // vanished uids are known after this modseq
  total: number
  unseen: number
  deleted: number
}

const readScope = `
select 0, modseq, changes_floor, 0, 0, 0, 0, null from holder where account_id = $1
 union all
select id, modseq, uid_next, expunged_floor, total, unseen, deleted, role from mailbox
 where account_id = $1 and selectable = 1
 union all
select -mailbox_id, 0, 0, 0, 0, 0, 0, null from mailbox_gone where account_id = $1 and purged = 0`

type ScopeRow = [number, number, number, number, number, number, number, string | null]

/**
 * An account as its owner sees it, or with `only` as somebody sees it who may read these mailboxes of it.
 * Throws Trouble no-such-account.
 */
export async function scopeOf(db: Reader, accountId: number, only?: readonly number[]): Promise<Scope> {
  const boxes: ScopeBox[] = []
  const gone: number[] = [] // their messages are still being swept away
  const seen = only && new Set(only)
  let head: { state: number; floor: number } | undefined
  let trashId = 0
  for (const row of (await db.arrays(readScope, [accountId])) as ScopeRow[]) {
    const [id, modseq, uidNext, floor, total, unseen, deleted, role] = row
    if (id === 0) head = { state: modseq, floor: uidNext }
    else if (id < 0) gone.push(-id)
    else if (!seen || seen.has(id)) {
      boxes.push({ id, modseq, uidNext, floor, total, unseen, deleted })
      if (role === 'trash') trashId = id
    }
  }
  if (!head) throw new Trouble('no-such-account', { accountId })
  const ids = seen ? boxes.map((box) => box.id) : gone
  return { accountId, ...head, boxes, trashId, ids: ` ${ids.join(' ')} `, hides: !seen }
}

/** Whether a message `m` is seen: a condition that begins with "and"; `place` gives the place of a value. */
export function isSeen(scope: Scope, place: (value: Value) => string, m = 'm'): string {
  const visible = `and (${m}.flags & ${flagBits.deleted}) = 0`
  return scope.hides && scope.ids === '  ' ? visible : `${visible} ${isInScope(scope, place, m)}`
}

/** The same without looking at \Deleted. */
export function isInScope({ ids, hides }: Scope, place: (value: Value) => string, m = 'm'): string {
  if (hides && ids === '  ') return ''
  return `and cast(${place(ids)} as text) ${hides ? 'not ' : ''}like '% ' || cast(${m}.mailbox_id as text) || ' %'`
}

export interface Email {
  id: number // of the mail
  thread: number
  mailboxIds: number[] // that are seen, ascending
  flags: number // mask of flagBits
  keywords: string[] // others, lower case, ascending
  size: number // bytes as it is read
  receivedAt: number
}

/** The emails of `ids` that are there, by id. Ask for pages. */
export async function emailsOf(db: Reader, scope: Scope, ids: readonly number[]): Promise<Map<number, Email>> {
  const emails = new Map<number, Email>()
  for (let from = 0; from < ids.length; from += listLength) {
    const part = ids.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, ...padded(part)]
    const seen = isSeen(scope, (value) => `$${values.push(value)}`)
    const rows = await db.arrays(
      `select m.mail_id, m.thread, m.mailbox_id, m.flags, m.keywords, m.size, m.received_at
         from mail x cross join message m
        where x.id in ${list(part.length, 2)} and m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id ${seen}`,
      values,
    )
    for (const row of rows as [number, number, number, number, string, number, number][]) gather(emails, row)
  }
  for (const email of emails.values()) {
    if (email.mailboxIds.length > 1) email.mailboxIds = [...new Set(email.mailboxIds)].sort((a, b) => a - b)
    if (email.keywords.length > 1) email.keywords = [...new Set(email.keywords)].sort()
  }
  return emails
}

function gather(emails: Map<number, Email>, row: [number, number, number, number, string, number, number]): void {
  const [id, thread, mailboxId, flags, words, size, receivedAt] = row
  const keywords = words === '' ? [] : splitKeywords(words.toLowerCase())
  const known = emails.get(id)
  if (!known) {
    emails.set(id, { id, thread, mailboxIds: [mailboxId], flags, keywords, size, receivedAt })
    return
  }
  known.mailboxIds.push(mailboxId)
  known.flags = ((known.flags | flags) & ~flagBits.seen) | (known.flags & flags & flagBits.seen)
  known.keywords.push(...keywords)
  known.receivedAt = Math.min(known.receivedAt, receivedAt)
}

/** The emails of threads, by thread: oldest first, then by id (RFC 8621 §3). Threads without emails are left out. */
export async function threadsOf(db: Reader, scope: Scope, threads: readonly number[]): Promise<Map<number, number[]>> {
  const received = new Map<number, Map<number, number>>()
  for (let from = 0; from < threads.length; from += listLength) {
    const part = threads.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, ...padded(part)]
    const seen = isSeen(scope, (value) => `$${values.push(value)}`)
    const rows = await db.arrays(
      `select m.thread, m.mail_id, m.received_at from message m
        where m.account_id = $1 and m.thread in ${list(part.length, 2)} ${seen}`,
      values,
    )
    for (const [thread, id, at] of rows as [number, number, number][]) {
      const emails = received.get(thread) ?? new Map<number, number>()
      received.set(thread, emails.set(id, Math.min(emails.get(id) ?? at, at)))
    }
  }
  const found = new Map<number, number[]>()
  for (const [thread, emails] of received) {
    const byTime = [...emails].sort(([a, at], [b, bt]) => at - bt || a - b)
    found.set(
      thread,
      byTime.map(([id]) => id),
    )
  }
  return found
}
