// Shares: what an account lets another do in its mailboxes from a time until a time. Beside the rights of single
// mailboxes (rights.ts), which have no dates; who may what is always answered there.
//
// Invariants:
//   a share counts from from_at on and no longer at until_at: nothing has to be done for it to end
//   a share has no right to administer (a): what is shared is never passed on
//   whoever listens is told when a share begins, changes or ends, also where another process did it

import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { takeHolder } from './holders.ts'
import { mailboxChange } from './nodes.ts'
import { normalRights } from './rights.ts'
import type { Store } from './store.ts'

/** The end of a share that has none. */
export const endless = 8_640_000_000_000_000

export interface Share {
  id: number // given by whoever keeps why it is
  accountId: number // whose mailboxes
  toId: number
  rights: string // letters of RFC 4314, without a
  mailboxIds?: readonly number[] // these alone; absent: all, those to come too
  fromAt: number // milliseconds
  untilAt: number // milliseconds; `endless`
}

/** Makes a share, or makes it anew. Throws Trouble no-such-mailbox for a mailbox of somebody else's, not-permitted for a. */
export async function putShare(sql: Writer, share: Share, now: number): Promise<void> {
  const rights = normalRights(share.rights)
  if (rights.includes('a') || share.toId === share.accountId) throw new Trouble('not-permitted')
  await sql.run('delete from share_mailbox where share_id = $1', [share.id])
  await sql.run(
    `insert into share (id, account_id, to_id, rights, from_at, until_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set rights = excluded.rights, from_at = excluded.from_at, until_at = excluded.until_at,
       changed_at = excluded.changed_at`,
    [share.id, share.accountId, share.toId, share.mailboxIds ? '' : rights, share.fromAt, share.untilAt, now],
  )
  for (const mailboxId of new Set(share.mailboxIds)) {
    const row = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [mailboxId])
    if (row?.account_id !== share.accountId) throw new Trouble('no-such-mailbox', { mailboxId })
    const text = 'insert into share_mailbox (share_id, mailbox_id, rights) values ($1, $2, $3)'
    await sql.run(text, [share.id, mailboxId, rights])
  }
}

/** Ends a share now. */
export async function endShare(sql: Writer, id: number, now: number): Promise<void> {
  const text =
    'update share set until_at = case when until_at > $2 then $2 else until_at end, changed_at = $2 where id = $1'
  await sql.run(text, [id, now])
}

/** The mailboxes that a share names, ascending; undefined: all of them. */
export async function mailboxesOfShare(db: Reader, id: number): Promise<number[] | undefined> {
  const share = await db.one<{ rights: string }>('select rights from share where id = $1', [id])
  if (!share || share.rights !== '') return undefined
  const rows = await db.arrays('select mailbox_id from share_mailbox where share_id = $1 order by mailbox_id', [id])
  return rows.map(([mailbox]) => mailbox as number)
}

/** What a mailbox's owner shares it for has changed: the mailboxes of these accounts are told of as changed. */
export async function tellShares(store: Store, accountIds: Iterable<number>): Promise<void> {
  for (const accountId of new Set(accountIds)) {
    const changes = await store.db.transaction(async (sql): Promise<Change[]> => {
      const holder = await takeHolder(sql, accountId).catch(() => undefined)
      if (!holder) return [] // it is leaving
      await sql.run('update mailbox set changed_modseq = $2 where account_id = $1', [accountId, holder.modseq])
      const rows = await sql.arrays('select id from mailbox where account_id = $1', [accountId])
      return rows.map(([id]) => mailboxChange(accountId, id as number, holder.modseq))
    })
    store.changes.publish(changes)
  }
}

export const shareLimits = {
  /** How often it is looked for what another process changed. */
  lookMilliseconds: 5_000,
  /** How long an ended share is kept, so that every process sees its end. */
  keptMilliseconds: 86_400_000,
  /** Clocks of processes may differ by so much. */
  slackMilliseconds: 2_000,
}

export interface ShareWatch {
  /** Looks now. */
  look(): Promise<void>
  stop(): Promise<void>
}

/** Tells of shares that begin, change or end. */
export function watchShares(store: Store, failed: (error: unknown) => void): ShareWatch {
  const { db, clock } = store
  let told = clock()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let looking: Promise<void> = Promise.resolve()

  async function turn(): Promise<void> {
    const now = clock()
    const owners = await changedSince(db, told, now)
    told = now
    await tellShares(store, owners)
    const next = await nextTurn(db, now)
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(() => void look(), Math.min(shareLimits.lookMilliseconds, Math.max(1, next - now))).unref()
  }
  function look(): Promise<void> {
    looking = looking.then(turn).catch((error: unknown) => {
      failed(error)
      if (!stopped) timer = setTimeout(() => void look(), shareLimits.lookMilliseconds).unref()
    })
    return looking
  }
  void look()
  return {
    look,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}

/** Whose shares began, ended or were changed after `since`. */
async function changedSince(db: Reader, since: number, now: number): Promise<number[]> {
  const rows = await db.arrays(
    `select distinct account_id from share
      where (from_at > $1 and from_at <= $2) or (until_at > $1 and until_at <= $2) or changed_at > $3`,
    [since, now, since - shareLimits.slackMilliseconds],
  )
  return rows.map(([id]) => id as number)
}

/** When the next share begins or ends. */
async function nextTurn(db: Reader, now: number): Promise<number> {
  const rows = await db.arrays(
    `select min(case when from_at > $1 then from_at else until_at end) from share where from_at > $1 or until_at > $1`,
    [now],
  )
  return (rows[0]?.[0] as number | null) ?? endless
}

/** Forgets shares that ended long ago. */
export async function sweepShares(db: Database, now: number): Promise<void> {
  await db.transaction(async (sql) => {
    const before = now - shareLimits.keptMilliseconds
    await sql.run('delete from share_mailbox where share_id in (select id from share where until_at < $1)', [before])
    await sql.run('delete from share where until_at < $1', [before])
  })
}
