// Messages read: rows of a mailbox by uid, in pages, and what changed or vanished since a modseq.
//
// Answers come as arrays of the columns: an object for each row is made only where somebody wants objects.

import type { Reader, Value } from '../sql/sql.ts'
import { storeLimits } from './limits.ts'
import type { MailRow } from './mails.ts'
import { breathe, pieces, ranges } from './sets.ts'
import type { Store } from './store.ts'

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
  // +: by the index of modseqs, not along the mailbox.
  const rows = await db.arrays(
    `select ${rowColumns} from message where mailbox_id = $1 and modseq > $2 and +uid between $3 and $4`,
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
