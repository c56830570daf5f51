// The holder row of an account: its turn, its one modseq counter, its use of the quota.
//
// Invariants:
//   whoever changes anything of an account first takes its holder row, so changes of one account are in
//   one order and modseqs are committed in the order they were given
//   a transaction that changes several accounts takes them in ascending order

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { settle, type Crossed, type Use } from './quota.ts'
import { groups, list, listLength, padded, rowsText } from './sets.ts'

export interface Taken extends Use {
  modseq: number // of this transaction, for everything it changes in the account
  inbox_id: number
  uid_validity: number
}

const take = `
update holder set modseq = modseq + 1 where account_id = $1
returning account_id, modseq, used, quota, announced, inbox_id, uid_validity`

/** Takes an account for this transaction and gives the modseq of its changes. Throws Trouble no-such-account. */
export async function takeHolder(sql: Writer, accountId: number): Promise<Taken> {
  const taken = await sql.one<Taken>(take, [accountId])
  if (!taken) throw new Trouble('no-such-account', { accountId })
  return taken
}

export interface Charge {
  accountId: number
  size: number // bytes more
  messages: number
}

const charging = (add: string, size: string, from: string, who: string, beyondQuota: boolean): string => `
update holder set modseq = modseq + 1, used = used + ${size}, messages = messages + ${add} ${from} ${who}
  ${beyondQuota ? '' : `and (quota = 0 or ${size} <= 0 or used + ${size} <= quota)`}
returning account_id, modseq, used, quota, announced, inbox_id, uid_validity`

const chargeOne = [false, true].map((beyond) => charging('$3', '$2', '', 'where account_id = $1', beyond))
const chargeMany = [false, true].map((beyond) =>
  charging('v.column3', 'v.column2', 'from (values |', ') as v where holder.account_id = v.column1', beyond).split('|'),
)
const three = ['bigint', 'bigint', 'bigint']

/**
 * Takes accounts (ascending) and charges them. Throws Trouble over-quota (unless beyondQuota) or no-such-account,
 * with details.accountId: then nobody is charged.
 */
export async function chargeHolders(
  sql: Writer,
  charges: readonly Charge[],
  beyondQuota = false,
): Promise<{ taken: Map<number, Taken>; crossed: Crossed[] }> {
  const taken = new Map<number, Taken>()
  const way = beyondQuota ? 1 : 0
  for (const group of groups(charges)) {
    const [head, tail] = chargeMany[way] as [string, string]
    const text = group.length === 1 ? chargeOne[way]! : rowsText(`charge${way}`, head, three, group.length, tail)
    const values = group.flatMap((charge) => [charge.accountId, charge.size, charge.messages])
    const rows = await sql.all<Taken>(text, values)
    for (const row of rows) taken.set(row.account_id, row)
    const refused = rows.length < group.length && group.find((charge) => !taken.has(charge.accountId))
    if (refused) throw await whyRefused(sql, refused.accountId)
  }
  const crossed: Crossed[] = []
  for (const row of taken.values()) {
    const level = await settle(sql, row)
    if (level) crossed.push(level)
  }
  return { taken, crossed }
}

async function whyRefused(sql: Reader, accountId: number): Promise<Trouble> {
  const row = await sql.one('select 1 as one from holder where account_id = $1', [accountId])
  return new Trouble(row ? 'over-quota' : 'no-such-account', { accountId })
}

const add = `
update holder set used = used + $2, messages = messages + $3
 where account_id = $1 and (quota = 0 or $2 <= 0 or used + $2 <= quota)
returning account_id, used, quota, announced`

/** Charges an account that this transaction has taken. Throws Trouble over-quota. */
export async function addUse(sql: Writer, { accountId, size, messages }: Charge): Promise<Crossed[]> {
  const row = await sql.one<Use>(add, [accountId, size, messages])
  if (!row) throw new Trouble('over-quota', { accountId })
  const crossed = await settle(sql, row)
  return crossed ? [crossed] : []
}

const discharge = `
update holder set used = used - $2, messages = messages - $3 where account_id = $1
returning account_id, used, quota, announced`

/** Gives back what messages used. The account has been taken by this transaction. */
export async function dischargeHolder(sql: Writer, { accountId, size, messages }: Charge): Promise<void> {
  const row = await sql.one<Use>(discharge, [accountId, size, messages])
  if (row) await settle(sql, row)
}

/** How far the changes of accounts have come; accounts that are gone are left out. */
export async function modseqsOf(db: Reader, accountIds: readonly number[]): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  for (let from = 0; from < accountIds.length; from += listLength) {
    const part = accountIds.slice(from, from + listLength)
    const text = `select account_id, modseq from holder where account_id in ${list(part.length, 1)}`
    for (const [id, modseq] of (await db.arrays(text, padded(part))) as [number, number][]) found.set(id, modseq)
  }
  return found
}
