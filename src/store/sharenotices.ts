// What somebody is told when mailboxes are shared with him, or no longer.                             RFC 9670 §3
//
// Invariants:
//   a notice's seq is a modseq of the account it is for; the state of the notices is the highest
//   an account keeps the newest limits.shareNotices of them, whether or not they were dismissed

import type { Reader, Writer } from '../sql/sql.ts'
import { takeHolder } from './holders.ts'
import { storeLimits } from './limits.ts'

export interface ShareNotice {
  id: number
  at: number // milliseconds
  byId: number // 0: an operator
  ownerId: number
  mailboxId: number
  name: string
  oldRights: string // letters of RFC 4314; '' for none
  newRights: string
}

/** For an account. Throws Trouble no-such-account. */
export async function insertShareNotice(
  sql: Writer,
  accountId: number,
  { at, byId, ownerId, mailboxId, name, oldRights, newRights }: Omit<ShareNotice, 'id'>,
): Promise<void> {
  if (oldRights === newRights) return
  const { modseq } = await takeHolder(sql, accountId)
  await sql.run(
    `insert into share_notice (account_id, seq, at, by_id, owner_id, mailbox_id, name, old_rights, new_rights)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [accountId, modseq, at, byId, ownerId, mailboxId, name, oldRights, newRights],
  )
  await sql.run(
    `delete from share_notice where account_id = $1 and seq <=
       (select seq from share_notice where account_id = $1 order by seq desc limit 1 offset $2)`,
    [accountId, storeLimits.shareNotices],
  )
}

/** The notices of an account, the newest first, and their state. */
export async function shareNotices(db: Reader, accountId: number): Promise<{ list: ShareNotice[]; state: number }> {
  const rows = await db.arrays(
    `select id, at, by_id, owner_id, mailbox_id, name, old_rights, new_rights, seq, gone from share_notice
      where account_id = $1 order by seq desc`,
    [accountId],
  )
  type Columns = [number, number, number, number, number, string, string, string, number, number]
  const list = (rows as Columns[])
    .filter((row) => row[9] === 0)
    .map(([id, at, byId, ownerId, mailboxId, name, oldRights, newRights]) => ({
      ...{ id, at, byId, ownerId, mailboxId, name, oldRights, newRights },
    }))
  return { list, state: (rows[0]?.[8] as number | undefined) ?? 0 }
}

/** What came and went after a state; undefined when that is not known any more. */
export async function shareNoticesSince(
  db: Reader,
  accountId: number,
  since: number,
  most: number,
): Promise<{ created: number[]; destroyed: number[]; state: number; hasMore: boolean } | undefined> {
  const known = 'select 1 from share_notice where account_id = $1 and seq = $2 limit 1'
  if (since !== 0 && !(await db.one(known, [accountId, since]))) return undefined
  const rows = (await db.arrays(
    'select id, seq, gone from share_notice where account_id = $1 and seq > $2 order by seq limit $3',
    [accountId, since, most + 1],
  )) as [number, number, number][]
  const told = rows.slice(0, most)
  return {
    created: told.filter((row) => row[2] === 0).map(([id]) => id),
    destroyed: told.filter((row) => row[2] === 1).map(([id]) => id),
    state: told.at(-1)?.[1] ?? since,
    hasMore: rows.length > most,
  }
}

/** Dismisses a notice. False when the account has none such. */
export async function dismissShareNotice(sql: Writer, accountId: number, id: number): Promise<boolean> {
  const { modseq } = await takeHolder(sql, accountId)
  const text = 'update share_notice set gone = 1, seq = $3 where id = $1 and account_id = $2 and gone = 0'
  return (await sql.run(text, [id, accountId, modseq])) > 0
}
