// How an account is shown: for programs and for people.

import { readSize } from '../config/kinds.ts'
import type { Account } from '../directory/accounts.ts'
import type { Database } from '../sql/sql.ts'
import { quotaOf, type Quota } from '../store/quota.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Desk } from './desk.ts'
import { sizeText } from './print.ts'

/** An account as JSON says it: what outside tools rely on. */
export function publicForm(account: Account & { use?: Quota }, use = account.use): object {
  const { className, ownQuota: _, use: __, ...rest } = account
  return { ...rest, class: className, ...(use && { used: use.used, messages: use.messages }) }
}

/** Its status as a word. */
export function stateOf(account: Account, desk: Desk): string {
  if (account.deletedAt !== undefined) return desk.say({ en: 'deleted', zh: '已刪除' })
  const words = {
    active: { en: 'active', zh: '使用中' },
    suspended: { en: 'suspended', zh: '停權' },
    closed: { en: 'closed', zh: '關閉' },
  }
  return desk.say(words[account.status])
}

/** Bytes as people read them; 0 is no limit. */
export function quotaText(quota: number, desk: Desk): string {
  return quota === 0 ? desk.say({ en: 'no limit', zh: '不限' }) : sizeText(quota)
}

/** '100GB' -> bytes. Throws bad-setting. */
export function sizeOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  try {
    return readSize(given)
  } catch (error) {
    throw new Trouble('bad-setting', { setting: 'quota', value: given, allowed: (error as Error).message })
  }
}

/** What it uses; undefined where it has no mailboxes. */
export async function useOf(db: Database, id: number): Promise<Quota | undefined> {
  try {
    return await quotaOf(db, id)
  } catch (error) {
    if (error instanceof Trouble && error.code === 'no-such-account') return undefined
    throw error
  }
}
