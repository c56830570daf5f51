// Counters of a mailbox, and the rows behind them: what placing, copying and expunging share.
//
// Everything here is part of a transaction that has taken the account of the mailbox.

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { flagBits } from './flags.ts'
import { splitKeywords } from './keywords.ts'
import { breathe, pieces } from './sets.ts'

/** Of the table message, in the order in which rows are written. */
export const messageColumns = [
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
  'thread',
]

export function isUnseen(flags: number): number {
  return flags & flagBits.seen ? 0 : 1
}

export function isDeleted(flags: number): number {
  return flags & flagBits.deleted ? 1 : 0
}

export interface Counts {
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
export async function takeUids(sql: Writer, mailboxId: number, modseq: number, more: Counts): Promise<number> {
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

export const countLess = `
update mailbox set total = total - $2, unseen = unseen - $3, deleted = deleted - $4, size = size - $5, modseq = $6
 where id = $1`

export interface Brief {
  uids: number[]
  unseen: number
  deleted: number
  size: number
  keywords: string[]
}

/** What counters need to know of messages. */
export async function briefly(sql: Reader, mailboxId: number, uids: readonly number[]): Promise<Brief> {
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

const expungeText = (where: string): string => `
insert into expunged (mailbox_id, modseq, uid, account_id, mail_id, thread, created_modseq, hidden_modseq)
select mailbox_id, cast($2 as bigint), uid, account_id, mail_id, thread, created_modseq,
  case when (flags & 8) <> 0 then modseq else cast($2 as bigint) end from message where mailbox_id = $1 and ${where}`

export async function removeRows(
  sql: Writer,
  mailboxId: number,
  modseq: number,
  uids: readonly number[],
): Promise<void> {
  let left = uids.length
  for (const piece of pieces('uid', uids, 3)) {
    await sql.run(expungeText(piece.where), [mailboxId, modseq, ...piece.values])
    const away = `delete from message where mailbox_id = $1 and cast($2 as bigint) > 0 and ${piece.where}`
    await sql.run(away, [mailboxId, modseq, ...piece.values])
    left -= piece.numbers.length
    if (left > 0) await breathe()
  }
}
