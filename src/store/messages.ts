// Messages: mails in mailboxes. Placing, appending, copying, moving, expunging, reading in pages.
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
import { flagBits, maskOf, type Flag } from './flags.ts'
import { addUse, chargeHolders, dischargeHolder, takeHolder, type Charge } from './holders.ts'
import { adoptKeywords, checkKeywords, splitKeywords } from './keywords.ts'
import { storeLimits } from './limits.ts'
import { takeMailbox } from './mailboxes.ts'
import { insertMail, sizeOf, type MailRow, type NewMail } from './mails.ts'
import type { Crossed } from './quota.ts'
import { ascending, breathe, groups, pieces, ranges, rowsText } from './sets.ts'
import type { Store } from './store.ts'

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

interface Arrival {
  accountId: number
  mailboxId: number
  mailId: number
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
        flags: target.flags ? maskOf(target.flags) : 0,
        keywords: target.keywords ?? [],
        size,
        receivedAt: target.receivedAt ?? mail.receivedAt,
      })
    }
  }
  const placed = await insertMessages(sql, withoutTwins(arrivals), (accountId) => taken.get(accountId)!.modseq, true)
  if (!mail.isNew) await sql.run('update mail set indexed = 0 where id = $1', [mail.id]) // the index names accounts
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

const messageColumns = [
  'mailbox_id',
  'uid',
  'account_id',
  'mail_id',
  'modseq',
  'created_modseq',
  'flags',
  'size',
  'received_at',
  'saved_at',
  'keywords',
]
const noCasts = messageColumns.map(() => '')

async function insertRows(sql: Writer, arrivals: Arrival[], placed: Placed[]): Promise<void> {
  const savedAt = Date.now()
  const head = `insert into message (${messageColumns.join(', ')}) values`
  let at = 0
  for (const group of groups(arrivals)) {
    const values: Value[] = []
    for (const { mailboxId, accountId, mailId, flags, size, receivedAt, keywords } of group) {
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
      )
    }
    await sql.run(rowsText('messages', head, noCasts, group.length, ''), values)
  }
}

function isUnseen(flags: number): number {
  return flags & flagBits.seen ? 0 : 1
}

function isDeleted(flags: number): number {
  return flags & flagBits.deleted ? 1 : 0
}

/** A message of APPEND. */
export interface Appending {
  mail: NewMail
  flags: number // mask of flagBits
  keywords: string[]
  receivedAt: number // INTERNALDATE
}

/**
 * Appends messages to a mailbox: all of them or none (RFC 3502). Throws Trouble no-such-mailbox, over-quota,
 * bad-keyword, too-many-keywords, too-many-mails.
 */
export async function appendMessages(store: Store, mailboxId: number, items: readonly Appending[]): Promise<Placement> {
  if (items.length > store.limits.appendsAtOnce)
    throw new Trouble('too-many-mails', { limit: store.limits.appendsAtOnce })
  for (const { keywords } of items) checkKeywords(keywords)
  const sizes = items.map(({ mail }) => sizeOf({ trace: mail.trace, size: mail.blob.size }))
  const appended = await store.db.transaction(async (sql) => {
    const owner = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [mailboxId])
    if (!owner) throw new Trouble('no-such-mailbox', { mailboxId })
    const accountId = owner.account_id
    const charge = { accountId, size: sum(sizes), messages: items.length }
    const { taken, crossed } = await chargeHolders(sql, [charge])
    const { modseq } = taken.get(accountId)!
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
      arrivals.push({ accountId, mailboxId, mailId: row.id, flags, keywords: adopted, size: sizes[i]!, receivedAt })
    }
    const placed = arrivals.map((_, i) => ({ mailboxId, accountId, uid: first + i, modseq }))
    await insertRows(sql, arrivals, placed)
    return placement(placed, crossed)
  })
  announce(store, appended.slice(0, 1)) // one piece of news for all: they have one modseq
  return appended
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

interface Counts {
  total: number
  unseen: number
  deleted: number
  size: number
}

const countMore = `
update mailbox set uid_next = uid_next + $2, total = total + $2, unseen = unseen + $3, deleted = deleted + $4,
  size = size + $5, modseq = $6
 where id = $1 and selectable = 1
returning uid_next`

/** Room for messages in a mailbox whose account is taken; the first of their uids. */
async function takeUids(sql: Writer, mailboxId: number, modseq: number, more: Counts): Promise<number> {
  const row = await sql.one<{ uid_next: number }>(countMore, [
    mailboxId,
    more.total,
    more.unseen,
    more.deleted,
    more.size,
    modseq,
  ])
  if (!row) throw new Trouble('no-such-mailbox', { mailboxId })
  return row.uid_next - more.total
}

const countLess = `
update mailbox set total = total - $2, unseen = unseen - $3, deleted = deleted - $4, size = size - $5, modseq = $6
 where id = $1`

export interface Copied {
  from: number
  to: number
}

/**
 * Copies messages to another (or the same) mailbox: all or nothing (RFC 9051 §6.4.7). Uids that are gone are left
 * out. Throws Trouble no-such-mailbox, over-quota, too-many-keywords.
 */
export function copyMessages(store: Store, from: number, uids: readonly number[], to: number): Promise<Copied[]> {
  return transfer(store, from, uids, to, false)
}

/** The same, and the originals are gone in the same moment (RFC 6851). */
export function moveMessages(store: Store, from: number, uids: readonly number[], to: number): Promise<Copied[]> {
  return transfer(store, from, uids, to, true)
}

async function transfer(
  store: Store,
  from: number,
  wanted: readonly number[],
  to: number,
  move: boolean,
): Promise<Copied[]> {
  const uids = ascending(wanted)
  if (uids.length === 0) return []
  const news: Change[] = []
  const copied = await store.db.transaction(async (sql) => {
    news.length = 0
    const accounts = await accountsOf(sql, [from, to])
    const source = accounts.get(from)!
    const target = accounts.get(to)!
    const modseqs = new Map<number, number>()
    for (const id of ascending([source, target])) modseqs.set(id, (await takeHolder(sql, id)).modseq)

    const found = await briefly(sql, from, uids)
    if (found.uids.length === 0) return []
    const charge = { size: found.size, messages: found.uids.length }
    if (source !== target || !move) await addUse(sql, { accountId: target, ...charge })
    if (source !== target && move) await dischargeHolder(sql, { accountId: source, ...charge })

    await adoptKeywords(sql, to, found.keywords)
    const modseq = modseqs.get(target)!
    const counts = { total: found.uids.length, unseen: found.unseen, deleted: found.deleted, size: found.size }
    const first = await takeUids(sql, to, modseq, counts)
    await copyRows(sql, { from, to, account: target, modseq, first, uids: found.uids, savedAt: store.clock() })
    news.push({ accountId: target, mailboxId: to, modseq, kind: 'arrived' })
    if (source !== target) await reindex(sql, to, first, found.uids.length)
    if (move) {
      await removeRows(sql, from, modseqs.get(source)!, found.uids)
      await sql.run(countLess, [from, counts.total, counts.unseen, counts.deleted, counts.size, modseqs.get(source)!])
      news.push({ accountId: source, mailboxId: from, modseq: modseqs.get(source)!, kind: 'gone' })
    }
    return found.uids.map((uid, i) => ({ from: uid, to: first + i }))
  })
  store.changes.publish(news)
  if (news.length > 0) store.indexer.wake()
  return copied
}

async function accountsOf(sql: Reader, mailboxIds: number[]): Promise<Map<number, number>> {
  const accounts = new Map<number, number>()
  for (const id of mailboxIds) {
    const row = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [id])
    if (!row) throw new Trouble('no-such-mailbox', { mailboxId: id })
    accounts.set(id, row.account_id)
  }
  return accounts
}

interface Brief {
  uids: number[]
  unseen: number
  deleted: number
  size: number
  keywords: string[]
}

/** What counters need to know of messages. */
async function briefly(sql: Reader, mailboxId: number, uids: readonly number[]): Promise<Brief> {
  const brief: Brief = { uids: [], unseen: 0, deleted: 0, size: 0, keywords: [] }
  const keywords = new Set<string>()
  for (const piece of pieces('uid', uids, 2)) {
    const text = `select uid, flags, size, keywords from message where mailbox_id = $1 and ${piece.where}`
    for (const [uid, flags, size, words] of (await sql.arrays(text, [mailboxId, ...piece.values])) as Brief4[]) {
      brief.uids.push(uid)
      brief.unseen += isUnseen(flags)
      brief.deleted += isDeleted(flags)
      brief.size += size
      if (words !== '') for (const keyword of splitKeywords(words)) keywords.add(keyword)
    }
  }
  brief.uids.sort((a, b) => a - b)
  brief.keywords = [...keywords]
  return brief
}

type Brief4 = [uid: number, flags: number, size: number, keywords: string]

interface Copying {
  from: number
  to: number
  account: number
  modseq: number
  first: number
  uids: number[]
  savedAt: number
}

const copyText = (where: string): string => `
insert into message (${messageColumns.join(', ')})
select cast($2 as bigint), cast($3 as bigint) + row_number() over (order by uid), cast($4 as bigint), mail_id,
  cast($5 as bigint), cast($5 as bigint), flags, size, received_at, cast($6 as bigint), keywords
  from message where mailbox_id = $1 and ${where}`

async function copyRows(sql: Writer, { from, to, account, modseq, first, uids, savedAt }: Copying): Promise<void> {
  let next = first
  for (const piece of pieces('uid', uids, 7)) {
    await sql.run(copyText(piece.where), [from, to, next - 1, account, modseq, savedAt, ...piece.values])
    next += piece.numbers.length
    if (next < first + uids.length) await breathe()
  }
}

/** Mails that came to another account must be found by its searches: the index names accounts. */
async function reindex(sql: Writer, mailboxId: number, first: number, count: number): Promise<void> {
  await sql.run(
    'update mail set indexed = 0 where id in (select mail_id from message where mailbox_id = $1 and uid between $2 and $3)',
    [mailboxId, first, first + count - 1],
  )
}

const expungeText = (where: string): string => `
insert into expunged (mailbox_id, modseq, uid, account_id, mail_id)
select mailbox_id, cast($2 as bigint), uid, account_id, mail_id from message where mailbox_id = $1 and ${where}`

async function removeRows(sql: Writer, mailboxId: number, modseq: number, uids: readonly number[]): Promise<void> {
  let left = uids.length
  for (const piece of pieces('uid', uids, 3)) {
    await sql.run(expungeText(piece.where), [mailboxId, modseq, ...piece.values])
    const away = `delete from message where mailbox_id = $1 and cast($2 as bigint) > 0 and ${piece.where}`
    await sql.run(away, [mailboxId, modseq, ...piece.values])
    left -= piece.numbers.length
    if (left > 0) await breathe()
  }
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
    const found = await briefly(sql, mailboxId, marked)
    if (found.uids.length === 0) return { gone: [], change: undefined }
    await removeRows(sql, mailboxId, holder.modseq, found.uids)
    const { uids: gone, unseen, deleted, size } = found
    await sql.run(countLess, [mailboxId, gone.length, unseen, deleted, size, holder.modseq])
    await dischargeHolder(sql, { accountId: row.account_id, size, messages: gone.length })
    const change: Change = { accountId: row.account_id, mailboxId, modseq: holder.modseq, kind: 'gone' }
    return { gone, change }
  })
  if (change) store.changes.publish([change])
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

export interface MessageRow {
  uid: number
  modseq: number
  mailId: number
  flags: number // mask of flagBits
  keywords: string // ascending, separated by spaces
  size: number // bytes, with trace: RFC822.SIZE
  receivedAt: number // INTERNALDATE
  savedAt: number // SAVEDATE (RFC 8514)
}

const rowColumns = 'uid, modseq, mail_id, flags, keywords, size, received_at, saved_at'

type RowArray = [number, number, number, number, string, number, number, number]

function toMessageRow(row: Value[]): MessageRow {
  const [uid, modseq, mailId, flags, keywords, size, receivedAt, savedAt] = row as RowArray
  return { uid, modseq, mailId, flags, keywords, size, receivedAt, savedAt }
}

/** Messages with uids from `from` to `to` (both included), ascending, at most `limit`. */
export async function messagesIn(
  db: Reader,
  mailboxId: number,
  from: number,
  to: number,
  limit: number,
): Promise<MessageRow[]> {
  const text = `select ${rowColumns} from message where mailbox_id = $1 and uid between $2 and $3 order by uid limit $4`
  return (await db.arrays(text, [mailboxId, from, to, limit])).map(toMessageRow)
}

/** The messages of `uids` (ascending) that are there, ascending. Ask for pages: the answer is one array. */
export async function messagesOf(db: Reader, mailboxId: number, uids: readonly number[]): Promise<MessageRow[]> {
  return (await rowsOf(db, rowColumns, mailboxId, uids)).map(toMessageRow)
}

/** Rows whose first column is the uid, for `uids` (ascending) and for no others. */
async function rowsOf(db: Reader, selected: string, mailboxId: number, uids: readonly number[]): Promise<Value[][]> {
  const found: Value[][][] = []
  for (const range of ranges(uids, storeLimits.pageRows)) {
    if (range.numbers.length < 4) {
      for (const piece of pieces('uid', range.numbers, 2))
        found.push(
          await db.arrays(`select ${selected} from message where mailbox_id = $1 and ${piece.where}`, [
            mailboxId,
            ...piece.values,
          ]),
        )
      continue
    }
    const text = `select ${selected} from message where mailbox_id = $1 and uid between $2 and $3 order by uid`
    const rows = await db.arrays(text, [mailboxId, range.low, range.high])
    if (range.high - range.low + 1 === range.numbers.length) found.push(rows)
    else {
      const asked = new Set(range.numbers)
      found.push(rows.filter((row) => asked.has(row[0] as number)))
    }
  }
  return found.length === 1 ? found[0]! : found.flat()
}

export type FlagsRow = [uid: number, flags: number, keywords: string, modseq: number]

/** The fast way to flags: for FETCH FLAGS of thousands. */
export async function flagsOf(db: Reader, mailboxId: number, uids: readonly number[]): Promise<FlagsRow[]> {
  return (await rowsOf(db, 'uid, flags, keywords, modseq', mailboxId, uids)) as unknown as FlagsRow[]
}

export type FetchRow = MessageRow & { mail?: MailRow }

/** Messages with their mails, for FETCH of a page of `uids` (ascending). */
export async function fetchPage(
  store: Store,
  mailboxId: number,
  uids: readonly number[],
  want: { mail: boolean },
): Promise<FetchRow[]> {
  const rows: FetchRow[] = await messagesOf(store.db, mailboxId, uids)
  if (!want.mail) return rows
  const mails = await store.mails.get(rows.map((row) => row.mailId))
  for (const row of rows) row.mail = mails.get(row.mailId)
  return rows
}

/** Messages that came or changed after `modseq`, ascending by uid (RFC 7162 §3.1.4.1). */
export async function changedSince(
  db: Reader,
  mailboxId: number,
  modseq: number,
  from = 1,
  to = 0xffff_ffff,
): Promise<MessageRow[]> {
  const rows = await db.arrays(
    `select ${rowColumns} from message where mailbox_id = $1 and modseq > $2 and uid between $3 and $4`,
    [mailboxId, modseq, from, to],
  )
  return rows.map(toMessageRow).sort((a, b) => a.uid - b.uid)
}

/**
 * Uids that left the mailbox after `modseq`, ascending. When that is longer ago than the store remembers: all
 * uids that were ever given and are not there, which RFC 7162 §3.2.5.1 allows.
 */
export async function vanishedSince(db: Reader, mailboxId: number, modseq: number): Promise<number[]> {
  const rows = await db.arrays(
    `select 0, uid_next, expunged_floor from mailbox where id = $1
      union all
     select 1, uid, 0 from expunged where mailbox_id = $1 and modseq > $2`,
    [mailboxId, modseq],
  )
  const uids: number[] = []
  for (const [kind, value, floor] of rows as [number, number, number][]) {
    if (kind === 1) uids.push(value)
    else if (floor > modseq) return absentBelow(db, mailboxId, value)
  }
  return uids.sort((a, b) => a - b)
}

async function absentBelow(db: Reader, mailboxId: number, uidNext: number): Promise<number[]> {
  const absent: number[] = []
  let next = 1
  const text = 'select uid from message where mailbox_id = $1 and uid >= $2 order by uid limit $3'
  for (;;) {
    const page = await db.arrays(text, [mailboxId, next, storeLimits.pageRows])
    for (const row of page) {
      for (; next < (row[0] as number); next++) absent.push(next)
      next++
    }
    if (page.length < storeLimits.pageRows) break
    await breathe()
  }
  for (; next < uidNext; next++) absent.push(next)
  return absent
}
