// Subscriptions that have no mailbox: a name outlives its mailbox, and may come before it. RFC 9051 §6.3.7, §6.3.5.
//
// A mailbox that is there carries its owner's subscription itself (mailbox.subscribed).
//
// Invariants:
//   whoever makes a mailbox, or gives it a name, takes over the subscription of that name
//   an account has at most limits.subscriptionsKept of them; what is beyond is refused, or forgotten with its mailbox

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { takeHolder } from './holders.ts'
import type { StoreLimits } from './limits.ts'
import { checkedPath, mailboxById, mailboxByPath, mailboxChange, type MailboxRow } from './nodes.ts'
import type { Store } from './store.ts'

const nameOf = (path: readonly string[]): string => path.join('/') // no name of a level has one

/** The paths an account is subscribed to that had no mailbox when they were kept, by name. */
export async function lostSubscriptions(db: Reader, accountId: number): Promise<string[][]> {
  const rows = await db.arrays('select name from subscription where account_id = $1 order by name', [accountId])
  return rows.map((row) => (row[0] as string).split('/'))
}

/**
 * Subscribes the owner of an account to a path, or ends that, whether or not a mailbox is there.
 * Throws Trouble no-such-account, bad-mailbox-name, too-many-mailboxes.
 */
export async function subscribePath(
  store: Store,
  accountId: number,
  wanted: readonly string[],
  subscribed: boolean,
): Promise<void> {
  const path = checkedPath(wanted, store.limits)
  const change = await store.db.transaction(async (sql) => {
    const { modseq } = await takeHolder(sql, accountId)
    if (!subscribed) await takeSubscription(sql, accountId, path)
    const mailbox = await mailboxByPath(sql, accountId, path)
    if (mailbox) {
      const text = 'update mailbox set subscribed = $2, changed_modseq = $3 where id = $1'
      await sql.run(text, [mailbox.id, subscribed ? 1 : 0, modseq])
      return mailboxChange(accountId, mailbox.id, modseq)
    }
    if (subscribed && !(await keepName(sql, accountId, nameOf(path), store.limits)))
      throw new Trouble('too-many-mailboxes', { limit: store.limits.subscriptionsKept })
    return undefined
  })
  if (change) store.changes.publish([change])
}

/** Before a mailbox goes: its name stays subscribed. */
export async function keepSubscription(sql: Writer, row: MailboxRow, limits: StoreLimits): Promise<void> {
  if (row.subscribed !== 1) return
  const mailbox = await mailboxById(sql, row.id)
  if (mailbox) await keepName(sql, row.account_id, nameOf(mailbox.path), limits)
}

/** After a path has got a mailbox: true when the owner was subscribed to its name. */
export async function takeSubscription(sql: Writer, accountId: number, path: readonly string[]): Promise<boolean> {
  const text = 'delete from subscription where account_id = $1 and name = $2'
  return (await sql.run(text, [accountId, nameOf(path)])) > 0
}

/** False when there are too many. */
async function keepName(sql: Writer, accountId: number, name: string, limits: StoreLimits): Promise<boolean> {
  const count = await sql.one<{ n: number }>(
    'select count(*) as n from subscription where account_id = $1 and name <> $2',
    [accountId, name],
  )
  if (count!.n >= limits.subscriptionsKept) return false
  await sql.run(
    'insert into subscription (account_id, name) values ($1, $2) on conflict (account_id, name) do nothing',
    [accountId, name],
  )
  return true
}
