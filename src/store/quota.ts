// Quota: what an account uses is the sum of the sizes of its messages (a mail in two mailboxes counts
// twice, RFC 9208 §5.1 STORAGE), kept by the transactions that place and expunge.
//
// holder.announced is the warning level the owner was last told; it falls with the use, so a
// level is announced once each time it is crossed upwards.

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { storeLimits } from './limits.ts'

export interface Quota {
  used: number // bytes
  quota: number // bytes; 0: no limit
  messages: number
}

/** A warning level just reached: the owner is to be told once. */
export interface Crossed {
  accountId: number
  percent: number
}

/** Throws Trouble no-such-account. */
export async function quotaOf(db: Reader, accountId: number): Promise<Quota> {
  const row = await db.one<Quota>('select used, quota, messages from holder where account_id = $1', [accountId])
  if (!row) throw new Trouble('no-such-account', { accountId })
  return { used: row.used, quota: row.quota, messages: row.messages }
}

/** Sets the quota in bytes; 0 lifts it. A quota below what is used refuses new mail, and takes none away. */
export async function setQuota(sql: Writer, accountId: number, quota: number): Promise<void> {
  const row = await sql.one<Use>(
    'update holder set quota = $2, modseq = modseq + 1 where account_id = $1 returning account_id, used, quota, announced',
    [accountId, quota],
  )
  if (!row) throw new Trouble('no-such-account', { accountId })
  // A larger quota may lower the level; a smaller one is no news for the owner's inbox.
  await settle(sql, row)
}

export interface Use {
  account_id: number
  used: number
  quota: number
  announced: number
}

/** The highest warning level that is reached; 0 when none is. */
export function levelOf(used: number, quota: number): number {
  if (quota <= 0) return 0
  let level = 0
  for (const percent of storeLimits.warnAtPercent) if (used * 100 >= quota * percent) level = percent
  return level
}

/** Keeps holder.announced in step with the use; the level to announce when it rose. */
export async function settle(sql: Writer, row: Use): Promise<Crossed | undefined> {
  const level = levelOf(row.used, row.quota)
  if (level === row.announced) return undefined
  await sql.run('update holder set announced = $2 where account_id = $1', [row.account_id, level])
  return level > row.announced ? { accountId: row.account_id, percent: level } : undefined
}
