// The quota of an account as JMAP shows it: one, of the bytes of all mail. RFC 9425 §4.
//
// Invariant: the state says quota and use, so two states tell what changed between them.

import type { Reader } from '../sql/sql.ts'
import { quotaOf } from '../store/quota.ts'
import { storeLimits } from '../store/limits.ts'

export const quotaId = 'octets'

export interface QuotaObject {
  id: string
  resourceType: 'octets'
  used: number
  hardLimit: number
  warnLimit: number
  softLimit: null
  scope: 'account'
  name: string
  types: string[]
  description: string
}

/** The quotas of an account (none where it has no limit), and their state. */
export async function quotasOf(db: Reader, account: number): Promise<{ list: QuotaObject[]; state: string }> {
  const { used, quota } = await quotaOf(db, account)
  const state = `${quota}.${used}`
  if (quota === 0) return { list: [], state }
  const warnLimit = Math.floor((quota * (storeLimits.warnAtPercent[0] ?? 100)) / 100)
  const words = { name: 'Mail', description: 'Bytes of all mail in the account' }
  const fixed = { id: quotaId, resourceType: 'octets', softLimit: null, scope: 'account', types: ['Email'] } as const
  return { list: [{ ...fixed, types: ['Email'], ...words, used, hardLimit: quota, warnLimit }], state }
}
