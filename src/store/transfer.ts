// COPY and MOVE: messages into another mailbox, all or nothing, by a few statements.
//
// The mail stays one row: a copy points at it. Within an account it keeps its EMAILID (RFC 8474 §5.1). Flags go
// along as far as the rights in the target reach (RFC 4314 §4).

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { briefly, countLess, messageColumns, removeRows, takeUids, type Brief, type Counts } from './counters.ts'
import { allFlags, flagBits } from './flags.ts'
import { addUse, dischargeHolder, takeHolder } from './holders.ts'
import { adoptKeywords } from './keywords.ts'
import { ascending, breathe, pieces } from './sets.ts'
import type { Store } from './store.ts'

export interface Copied {
  from: number
  to: number
}

/** What goes along of the flags of a message. */
export interface KeptFlags {
  flags: number // mask of flagBits
  keywords: boolean
}

const everyFlag: KeptFlags = { flags: allFlags, keywords: true }

/**
 * Copies messages to another (or the same) mailbox: all or nothing (RFC 9051 §6.4.7). Uids that are gone are left
 * out. Throws Trouble no-such-mailbox, over-quota, too-many-keywords.
 */
export function copyMessages(
  store: Store,
  from: number,
  uids: readonly number[],
  to: number,
  kept = everyFlag,
): Promise<Copied[]> {
  return transfer(store, { from, to, kept, move: false }, uids)
}

/** The same, and the originals are gone in the same moment (RFC 6851). */
export function moveMessages(
  store: Store,
  from: number,
  uids: readonly number[],
  to: number,
  kept = everyFlag,
): Promise<Copied[]> {
  return transfer(store, { from, to, kept, move: true }, uids)
}

interface Transfer {
  from: number
  to: number
  kept: KeptFlags
  move: boolean
}

async function transfer(
  store: Store,
  { from, to, kept, move }: Transfer,
  wanted: readonly number[],
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

    if (kept.keywords) await adoptKeywords(sql, to, found.keywords)
    const modseq = modseqs.get(target)!
    const first = await takeUids(sql, to, modseq, countsWith(found, kept.flags))
    await copyRows(sql, { from, to, account: target, modseq, first, uids: found.uids, savedAt: store.clock(), kept })
    news.push({ accountId: target, mailboxId: to, modseq, kind: 'arrived' })
    if (source !== target) await reindex(sql, to, first, found.uids.length)
    if (move) {
      await removeRows(sql, from, modseqs.get(source)!, found.uids)
      const { total, unseen, deleted, size } = countsWith(found, allFlags)
      await sql.run(countLess, [from, total, unseen, deleted, size, modseqs.get(source)!])
      news.push({ accountId: source, mailboxId: from, modseq: modseqs.get(source)!, kind: 'gone' })
    }
    return found.uids.map((uid, i) => ({ from: uid, to: first + i }))
  })
  store.changes.publish(news)
  if (news.length > 0) store.indexer.wake()
  return copied
}

/** What messages count for when only the flags of `mask` are left to them. */
function countsWith({ uids, unseen, deleted, size }: Brief, mask: number): Counts {
  const total = uids.length
  return { total, unseen: mask & flagBits.seen ? unseen : total, deleted: mask & flagBits.deleted ? deleted : 0, size }
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

interface Copying {
  from: number
  to: number
  account: number
  modseq: number
  first: number
  uids: number[]
  savedAt: number
  kept: KeptFlags
}

const copyText = (where: string): string => `
insert into message (${messageColumns.join(', ')})
select cast($2 as bigint), cast($3 as bigint) + row_number() over (order by uid), cast($4 as bigint), mail_id,
  cast($5 as bigint), cast($5 as bigint), flags & cast($7 as bigint), size, received_at, cast($6 as bigint),
  case when cast($8 as bigint) = 1 then keywords else '' end, thread
  from message where mailbox_id = $1 and ${where}`

async function copyRows(sql: Writer, copying: Copying): Promise<void> {
  const { from, to, account, modseq, first, uids, savedAt, kept } = copying
  const along = [kept.flags, kept.keywords ? 1 : 0]
  let next = first
  for (const piece of pieces('uid', uids, 9)) {
    await sql.run(copyText(piece.where), [from, to, next - 1, account, modseq, savedAt, ...along, ...piece.values])
    next += piece.numbers.length
    if (next < first + uids.length) await breathe()
  }
}

/** Mails that came to another account must be found by its searches: the index names accounts. */
async function reindex(sql: Writer, mailboxId: number, first: number, count: number): Promise<void> {
  await sql.run(
    'update mail set stale = stale + 1 where id in (select mail_id from message where mailbox_id = $1 and uid between $2 and $3)',
    [mailboxId, first, first + count - 1],
  )
}
