// Messages: mails in mailboxes. Placing, appending, expunging; copying and moving lie in transfer.ts, reading in rows.ts.
//
// Invariants, each kept by one transaction:
//   uids in a mailbox only grow and are never used twice                 (RFC 9051 §2.3.1.1)
//   mailbox.modseq is at least the modseq of every message in it         (RFC 7162 §3.1)
//   everything a transaction does in an account has one modseq, larger than any before
//   holder.used is the sum of the sizes of the account's messages; a refused charge refuses all
//   a uid that leaves a mailbox is in `expunged` from the same moment    (RFC 7162 §3.2.7)

import type { Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { briefly, countLess, isDeleted, isUnseen, messageColumns, removeRows, takeUids } from './counters.ts'
import { maskOf, type Flag } from './flags.ts'
import { chargeHolders, dischargeHolder, takeHolder, type Charge } from './holders.ts'
import { adoptKeywords, checkKeywords } from './keywords.ts'
import { storeLimits } from './limits.ts'
import { takeMailbox } from './nodes.ts'
import { insertMail, sizeOf, type MailRow, type NewMail } from './mails.ts'
import type { Crossed } from './quota.ts'
import { ascending, groups, pieces, rowsText } from './sets.ts'
import type { Store } from './store.ts'

export {
  changedSince,
  fetchPage,
  flagsOf,
  messagesIn,
  messagesOf,
  vanishedSince,
  type FetchRow,
  type FlagsRow,
  type MessageRow,
} from './rows.ts'
export { copyMessages, moveMessages, type Copied, type KeptFlags } from './transfer.ts'

/** Where a mail is to be placed. */
export interface Target {
  accountId: number
  mailboxId?: number // INBOX when not given
  flags?: Flag[]
  keywords?: string[]
  receivedAt?: number // INTERNALDATE; the mail's own when not given
}

export interface Placed {
  mailboxId: number
  accountId: number
  uid: number
  modseq: number
}

/** What was placed, and which warning levels of a quota were reached by it: tell those owners once. */
export type Placement = Placed[] & { crossed: Crossed[] }

function placement(placed: Placed[], crossed: Crossed[]): Placement {
  return Object.assign(placed, { crossed })
}

/** Tells sessions and the indexer what was placed. Call it after the transaction that placed is committed. */
export function announce(store: Store, placed: readonly Placed[]): void {
  store.changes.publish(
    placed.map(({ accountId, mailboxId, modseq }) => ({ accountId, mailboxId, modseq, kind: 'arrived' as const })),
  )
  store.indexer.wake()
}

/** One row to be. */
export interface Arrival {
  accountId: number
  mailboxId: number
  mailId: number
  thread: number // of the mail
  flags: number
  keywords: string[]
  size: number
  receivedAt: number
}

export interface Placing {
  beyondQuota?: boolean // for the notice that a mailbox is full
}

/**
 * Places one mail in the mailboxes of many people: all or nothing. A mailbox named twice gets it once.
 * Part of the caller's transaction; announce() it afterwards. Throws Trouble over-quota, no-such-account
 * (details.accountId), no-such-mailbox (details.mailboxId), too-many-recipients. Keywords that a mailbox cannot take any
 * more are left out: a mail is worth more than its label.
 */
export async function placeMail(
  sql: Writer,
  mail: MailRow,
  targets: readonly Target[],
  { beyondQuota = false }: Placing = {},
): Promise<Placement> {
  if (targets.length > storeLimits.targetsPerMail)
    throw new Trouble('too-many-recipients', { limit: storeLimits.targetsPerMail })
  const size = sizeOf(mail)
  const byAccount = new Map<number, Map<number, Target>>()
  for (const target of targets) {
    const mailboxes = byAccount.get(target.accountId) ?? new Map<number, Target>()
    byAccount.set(target.accountId, mailboxes)
    const mailboxId = target.mailboxId ?? 0
    const before = mailboxes.get(mailboxId)
    mailboxes.set(mailboxId, before ? united(before, target) : target)
  }
  const charges: Charge[] = [...byAccount].map(([accountId, { size: count }]) => ({
    accountId,
    size: size * count,
    messages: count,
  }))
  charges.sort((a, b) => a.accountId - b.accountId)
  const { taken, crossed } = await chargeHolders(sql, charges, beyondQuota)

  const arrivals: Arrival[] = []
  for (const { accountId } of charges) {
    for (const target of byAccount.get(accountId)!.values()) {
      arrivals.push({
        accountId,
        mailboxId: target.mailboxId ?? taken.get(accountId)!.inbox_id,
        mailId: mail.id,
        thread: mail.thread,
        flags: target.flags ? maskOf(target.flags) : 0,
        keywords: target.keywords ?? [],
        size,
        receivedAt: target.receivedAt ?? mail.receivedAt,
      })
    }
  }
  const placed = await insertMessages(sql, withoutTwins(arrivals), (accountId) => taken.get(accountId)!.modseq, true)
  if (!mail.isNew) await sql.run('update mail set stale = stale + 1 where id = $1', [mail.id]) // the index names accounts
  const twins = arrivals.length - placed.length
  if (twins > 0) await giveBackTwins(sql, charges, placed, size)
  return placement(placed, crossed)
}

function united(a: Target, b: Target): Target {
  return {
    ...a,
    flags: [...new Set([...(a.flags ?? []), ...(b.flags ?? [])])],
    keywords: [...new Set([...(a.keywords ?? []), ...(b.keywords ?? [])])],
  }
}

/** INBOX may have been named both by its id and by saying nothing. */
function withoutTwins(arrivals: Arrival[]): Arrival[] {
  const seen = new Map<number, Arrival>()
  for (const arrival of arrivals) {
    const before = seen.get(arrival.mailboxId)
    if (before) {
      before.flags |= arrival.flags
      before.keywords = [...before.keywords, ...arrival.keywords]
    } else seen.set(arrival.mailboxId, arrival)
  }
  return seen.size === arrivals.length ? arrivals : [...seen.values()]
}

async function giveBackTwins(sql: Writer, charges: Charge[], placed: Placed[], size: number): Promise<void> {
  for (const { accountId, messages } of charges) {
    const twins = messages - placed.filter((each) => each.accountId === accountId).length
    if (twins > 0) await dischargeHolder(sql, { accountId, size: size * twins, messages: twins })
  }
}

const chargeMailboxes = [
  `update mailbox set uid_next = uid_next + 1, total = total + 1, unseen = unseen + v.column2,
     deleted = deleted + v.column3, size = size + v.column4, modseq = v.column5 from (values`,
  `) as v where mailbox.id = v.column1 and mailbox.account_id = v.column6 and selectable = 1 returning id, uid_next`,
] as const

const chargeMailbox = `
update mailbox set uid_next = uid_next + 1, total = total + 1, unseen = unseen + $2, deleted = deleted + $3,
  size = size + $4, modseq = $5
 where id = $1 and account_id = $6 and selectable = 1
returning id, uid_next`

const six = ['bigint', 'bigint', 'bigint', 'bigint', 'bigint', 'bigint']

/** Rows for arrivals in different mailboxes of accounts that are taken and charged. */
async function insertMessages(
  sql: Writer,
  arrivals: Arrival[],
  modseqOf: (accountId: number) => number,
  dropKeywords: boolean,
): Promise<Placed[]> {
  const uids = new Map<number, number>()
  for (const group of groups(arrivals)) {
    const values = group.flatMap((arrival) => [
      arrival.mailboxId,
      isUnseen(arrival.flags),
      isDeleted(arrival.flags),
      arrival.size,
      modseqOf(arrival.accountId),
      arrival.accountId,
    ])
    const text =
      group.length === 1
        ? chargeMailbox
        : rowsText('mailboxes', chargeMailboxes[0], six, group.length, chargeMailboxes[1])
    for (const row of await sql.all<{ id: number; uid_next: number }>(text, values)) uids.set(row.id, row.uid_next - 1)
  }
  const missing = uids.size < arrivals.length && arrivals.find((arrival) => !uids.has(arrival.mailboxId))
  if (missing) throw new Trouble('no-such-mailbox', { mailboxId: missing.mailboxId })

  for (const arrival of arrivals) {
    if (arrival.keywords.length === 0) continue
    checkKeywords(arrival.keywords)
    arrival.keywords = await adoptKeywords(sql, arrival.mailboxId, arrival.keywords, dropKeywords)
  }
  const placed = arrivals.map(({ mailboxId, accountId }) => ({
    mailboxId,
    accountId,
    uid: uids.get(mailboxId)!,
    modseq: modseqOf(accountId),
  }))
  await insertRows(sql, arrivals, placed)
  return placed
}

const noCasts = messageColumns.map(() => '')

/** Rows for arrivals whose uids are taken. */
export async function insertRows(sql: Writer, arrivals: Arrival[], placed: Placed[]): Promise<void> {
  const savedAt = Date.now()
  const head = `insert into message (${messageColumns.join(', ')}) values`
  let at = 0
  for (const group of groups(arrivals)) {
    const values: Value[] = []
    for (const { mailboxId, accountId, mailId, thread, flags, size, receivedAt, keywords } of group) {
      const { uid, modseq } = placed[at++]!
      values.push(
        mailboxId,
        uid,
        accountId,
        mailId,
        modseq,
        modseq,
        flags,
        size,
        receivedAt,
        savedAt,
        keywords.join(' '),
        thread,
      )
    }
    await sql.run(rowsText('messages', head, noCasts, group.length, ''), values)
  }
}

/** A message of APPEND. */
export interface Appending {
  mail: NewMail
  flags: number // mask of flagBits
  keywords: string[]
  receivedAt: number // INTERNALDATE
}

/** A message that goes in the moment in which others come. */
export interface Replaced {
  mailboxId: number
  uid: number
}

/**
 * Appends messages to a mailbox: all of them or none (RFC 3502), and takes away the one they replace, if any, by the same
 * transaction (RFC 8508). Throws Trouble no-such-mailbox, over-quota, bad-keyword, too-many-keywords, too-many-mails, and
 * no-such-message when what was to be replaced is gone.
 */
export async function appendMessages(
  store: Store,
  mailboxId: number,
  items: readonly Appending[],
  replaced?: Replaced,
): Promise<Placement> {
  if (items.length > store.limits.appendsAtOnce)
    throw new Trouble('too-many-mails', { limit: store.limits.appendsAtOnce })
  for (const { keywords } of items) checkKeywords(keywords)
  const sizes = items.map(({ mail }) => sizeOf({ trace: mail.trace, size: mail.blob.size }))
  let gone: Change | undefined
  const appended = await store.db.transaction(async (sql) => {
    gone = undefined
    const accountId = await ownerOf(sql, mailboxId)
    const charge = { accountId, size: sum(sizes), messages: items.length }
    // Accounts are taken in ascending order.
    const other = replaced ? await ownerOf(sql, replaced.mailboxId) : accountId
    const before = other < accountId ? await takeHolder(sql, other) : undefined
    const { taken, crossed } = await chargeHolders(sql, [charge])
    const { modseq } = taken.get(accountId)!
    if (replaced) {
      const { modseq: at } = before ?? (other > accountId ? await takeHolder(sql, other) : taken.get(accountId)!)
      gone = { accountId: other, mailboxId: replaced.mailboxId, modseq: at, kind: 'gone' }
      if ((await takeAway(sql, gone, [replaced.uid])).length === 0) throw new Trouble('no-such-message')
    }
    const mask = { total: items.length, unseen: 0, deleted: 0, size: charge.size }
    for (const { flags } of items) {
      mask.unseen += isUnseen(flags)
      mask.deleted += isDeleted(flags)
    }
    const first = await takeUids(sql, mailboxId, modseq, mask)
    const arrivals: Arrival[] = []
    for (const [i, { mail, flags, keywords, receivedAt }] of items.entries()) {
      const row = await insertMail(sql, mail)
      const adopted = await adoptKeywords(sql, mailboxId, keywords)
      arrivals.push({
        accountId,
        mailboxId,
        mailId: row.id,
        thread: row.thread,
        flags,
        keywords: adopted,
        size: sizes[i]!,
        receivedAt,
      })
    }
    const placed = arrivals.map((_, i) => ({ mailboxId, accountId, uid: first + i, modseq }))
    await insertRows(sql, arrivals, placed)
    return placement(placed, crossed)
  })
  if (gone) store.changes.publish([gone])
  announce(store, appended.slice(0, 1)) // one piece of news for all: they have one modseq
  return appended
}

async function ownerOf(sql: Reader, mailboxId: number): Promise<number> {
  const owner = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [mailboxId])
  if (!owner) throw new Trouble('no-such-mailbox', { mailboxId })
  return owner.account_id
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

/**
 * Takes messages away for good: those of `uids`, with onlyDeleted only those of them that have \Deleted, or all that have it.
 * Large expunges are done in several transactions. The uids that are gone, ascending.
 * Throws Trouble no-such-mailbox.
 */
export async function expunge(
  store: Store,
  mailboxId: number,
  uids: readonly number[] | 'all-deleted',
  { onlyDeleted = false } = {},
): Promise<number[]> {
  const wanted = uids === 'all-deleted' ? await deletedIn(store.db, mailboxId) : ascending(uids)
  const gone: number[] = []
  for (let from = 0; from < wanted.length; from += store.limits.pageRows) {
    const slice = wanted.slice(from, from + store.limits.pageRows)
    gone.push(...(await expungeSlice(store, mailboxId, slice, onlyDeleted || uids === 'all-deleted')))
  }
  return gone
}

async function deletedIn(db: Reader, mailboxId: number): Promise<number[]> {
  const mailbox = await db.one<{ deleted: number }>('select deleted from mailbox where id = $1', [mailboxId])
  if (!mailbox) throw new Trouble('no-such-mailbox', { mailboxId })
  if (mailbox.deleted === 0) return []
  const rows = await db.arrays('select uid from message where mailbox_id = $1 and (flags & 8) <> 0', [mailboxId])
  return rows.map((row) => row[0] as number).sort((a, b) => a - b)
}

async function expungeSlice(
  store: Store,
  mailboxId: number,
  uids: readonly number[],
  onlyDeleted: boolean,
): Promise<number[]> {
  const { gone, change } = await store.db.transaction(async (sql) => {
    const { holder, row } = await takeMailbox(sql, mailboxId)
    const marked = onlyDeleted ? await stillDeleted(sql, mailboxId, uids) : uids
    const change: Change = { accountId: row.account_id, mailboxId, modseq: holder.modseq, kind: 'gone' }
    return { gone: await takeAway(sql, change, marked), change }
  })
  if (gone.length > 0) store.changes.publish([change])
  return gone
}

/** Takes messages out of a mailbox whose account is taken. Those that were there, ascending. */
export async function takeAway(sql: Writer, { accountId, mailboxId, modseq }: Change, uids: readonly number[]) {
  const { uids: gone, unseen, deleted, size } = await briefly(sql, mailboxId, uids)
  if (gone.length === 0) return gone
  await removeRows(sql, mailboxId, modseq, gone)
  await sql.run(countLess, [mailboxId, gone.length, unseen, deleted, size, modseq])
  await dischargeHolder(sql, { accountId, size, messages: gone.length })
  return gone
}

async function stillDeleted(sql: Reader, mailboxId: number, uids: readonly number[]): Promise<number[]> {
  const marked: number[] = []
  for (const piece of pieces('uid', uids, 2)) {
    const text = `select uid from message where mailbox_id = $1 and (flags & 8) <> 0 and ${piece.where}`
    for (const row of await sql.arrays(text, [mailboxId, ...piece.values])) marked.push(row[0] as number)
  }
  return marked.sort((a, b) => a - b)
}
