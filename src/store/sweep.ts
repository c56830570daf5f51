// The sweeper: what nobody points at any more goes away, in bounded batches.
//
//   messages of deleted mailboxes; vanished uids beyond the number kept; mails without message and without hold, their
//   words, previews and bytes; then the space of these bytes (reclaim.ts)
//
// Invariants:
//   a mail is deleted only when it was seen without holder, and a grace later still is: longer than any transaction
//   that may be placing it lives
//   bytes are dropped after the row that named them is gone for good, and only when no other row names them; a crash
//   in between leaves a note (blob_drop) that the next sweep reads

import type { Reader } from '../sql/sql.ts'
import { openReclaim } from './reclaim.ts'
import type { Store } from './store.ts'
import { breathe, list, listLength, padded } from './sets.ts'
import { forgetFiles } from './files.ts'
import { forgetExpired } from './uploads.ts'

export interface Swept {
  messages: number // of deleted mailboxes
  vanished: number // uids forgotten
  mails: number
  blobs: number
}

export interface Sweeper {
  /** One whole sweep, or the one that is under way. */
  sweep(): Promise<Swept>
  stop(): Promise<void>
}

/** Sweeps every limits.sweepEvery milliseconds until it is stopped. */
export function startSweeper(store: Store): Sweeper {
  let running: Promise<Swept> | undefined
  let stopped = false
  const isStopped = (): boolean => stopped
  const reclaim = openReclaim(store)
  const sweepAll = async (): Promise<Swept> => {
    const swept = await sweepOnce(store, isStopped)
    if (!stopped) await reclaim(isStopped)
    return swept
  }
  const sweep = (): Promise<Swept> => (running ??= sweepAll().finally(() => (running = undefined)))
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => process.emitWarning(`sweeping waits: ${String(error)}`))
  }, store.limits.sweepEvery)
  timer.unref()
  return {
    sweep,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running?.catch(() => undefined)
    },
  }
}

async function sweepOnce(store: Store, isStopped: () => boolean): Promise<Swept> {
  const swept: Swept = { messages: 0, vanished: 0, mails: 0, blobs: 0 }
  const steps = [purgeMailboxes, forgetVanished, markLoose, deleteLoose, dropUploads, dropBlobs]
  for (const step of steps) if (!isStopped()) await step(store, swept, isStopped)
  return swept
}

type Step = (store: Store, swept: Swept, isStopped: () => boolean) => Promise<void>

const purgeMailboxes: Step = async ({ db, limits }, swept, isStopped) => {
  const gone = await db.arrays('select mailbox_id, account_id, modseq from mailbox_gone where purged = 0 limit $1', [
    limits.sweepBatch,
  ])
  for (const [mailboxId, accountId, modseq] of gone as [number, number, number][]) {
    // First it is said that changes before are not known any more, then they are forgotten.
    await db.run(
      `update holder set changes_floor = $2 where account_id = $1 and changes_floor < $2
          and (exists (select 1 from message where mailbox_id = $3) or exists (select 1 from expunged where mailbox_id = $3))`,
      [accountId, modseq, mailboxId],
    )
    for (const table of ['message', 'expunged']) {
      for (let left = true; left;) {
        if (isStopped()) return
        const key = table === 'message' ? 'uid' : 'modseq'
        const edge = await db.one<{ edge: number | null }>(
          `select max(edge) as edge from (select ${key} as edge from ${table} where mailbox_id = $1 order by ${key} limit $2) t`,
          [mailboxId, limits.sweepBatch],
        )
        left = edge?.edge != null
        if (!left) break
        const away = await db.run(`delete from ${table} where mailbox_id = $1 and ${key} <= $2`, [
          mailboxId,
          edge!.edge,
        ])
        if (table === 'message') swept.messages += away
        await breathe()
      }
    }
    await db.run('update mailbox_gone set purged = 1 where mailbox_id = $1 and purged = 0', [mailboxId])
  }
}

const forgetVanished: Step = async ({ db, limits }, swept, isStopped) => {
  const long = await db.apart.arrays(
    'select mailbox_id, max(account_id) from expunged group by mailbox_id having count(*) > $1',
    [limits.expungedKept],
  )
  for (const [mailboxId, accountId] of long as [number, number][]) {
    if (isStopped()) return
    const edge = await db.one<{ modseq: number }>(
      'select modseq from expunged where mailbox_id = $1 order by modseq desc, uid desc limit 1 offset $2',
      [mailboxId, limits.expungedKept],
    )
    if (!edge) continue
    // First it is said how far back is known, then it is forgotten.
    await db.transaction(async (sql) => {
      await sql.run(
        'update holder set changes_floor = case when changes_floor < $2 then $2 else changes_floor end where account_id = $1',
        [accountId, edge.modseq],
      )
      await sql.run('update mailbox set expunged_floor = $2 where id = $1 and expunged_floor < $2', [
        mailboxId,
        edge.modseq,
      ])
    })
    swept.vanished += await db.run('delete from expunged where mailbox_id = $1 and modseq <= $2', [
      mailboxId,
      edge.modseq,
    ])
    await breathe()
  }
}

const markLoose: Step = async ({ db, limits, clock }, _swept, isStopped) => {
  const ends = await db.one<{ first: number | null; last: number | null }>(
    'select (select min(id) from mail) as first, (select max(id) from mail) as last',
  )
  if (ends?.first == null || ends.last == null) return
  for (let from = ends.first; from <= ends.last; from += limits.sweepBatch) {
    if (isStopped()) return
    const loose = await db.apart.arrays(
      `select id from mail where id between $1 and $2 and held <= 0 and loose_at is null
          and not exists (select 1 from message where message.mail_id = mail.id)`,
      [from, Math.min(from + limits.sweepBatch - 1, ends.last)],
    )
    for (let i = 0; i < loose.length; i += listLength) {
      const ids = loose.slice(i, i + listLength).map((row) => row[0] as number)
      await db.run(`update mail set loose_at = $1 where id in ${list(ids.length, 2)}`, [clock(), ...padded(ids)])
    }
  }
}

const deleteLoose: Step = async (store, swept, isStopped) => {
  const { db, limits, clock } = store
  const before = clock() - limits.sweepGrace
  for (;;) {
    if (isStopped()) return
    const due = await db.arrays(
      'select id from mail where loose_at is not null and loose_at <= $1 order by loose_at limit 64',
      [before],
    )
    if (due.length === 0) return
    const ids = due.map((row) => row[0] as number)
    const gone = await db.transaction(async (sql) => {
      const rows = await sql.arrays(
        `delete from mail where id in ${list(ids.length, 1)} and held <= 0
            and not exists (select 1 from message where message.mail_id = mail.id) returning id, blob_ref`,
        padded(ids),
      )
      for (const [, ref] of rows as [number, string][])
        await sql.run('insert into blob_drop (blob_ref) values ($1) on conflict (blob_ref) do nothing', [ref])
      const away = rows.map((row) => row[0] as number)
      await store.indexer.drop(sql, away)
      // Somebody took the others up again.
      await sql.run(`update mail set loose_at = null where id in ${list(ids.length, 1)}`, padded(ids))
      return away
    })
    store.mails.forget(gone)
    store.indexer.wake()
    swept.mails += gone.length
    await breathe()
  }
}

const dropUploads: Step = async ({ db, clock, limits }) => {
  await db.transaction((sql) => forgetExpired(sql, clock()))
  await forgetFiles(db, clock(), limits.fileWait)
}

const dropBlobs: Step = async ({ db, blobs, limits }, swept, isStopped) => {
  let failure: unknown
  let last = ''
  for (;;) {
    const refs = (await db.arrays('select blob_ref from blob_drop where blob_ref > $1 order by blob_ref limit $2', [
      last,
      limits.sweepBatch,
    ])) as [string][]
    const settled: string[] = []
    for (const [ref] of refs) {
      if (isStopped()) break
      try {
        if (await isUnused(db, ref)) {
          await blobs.drop(ref)
          swept.blobs++
        }
        settled.push(ref)
      } catch (error) {
        failure = error // its note stays; the others go on
      }
    }
    await db.transaction(async (sql) => {
      for (const ref of settled) await sql.run('delete from blob_drop where blob_ref = $1', [ref])
    })
    if (isStopped() || refs.length < limits.sweepBatch) break
    last = refs.at(-1)![0]
  }
  if (failure !== undefined) throw failure
}

async function isUnused(db: Reader, ref: string): Promise<boolean> {
  const text =
    'select 1 as one from mail where blob_ref = $1 union all select 1 from upload where blob_ref = $1' +
    ' union all select 1 from file_piece where blob_ref = $1 limit 1'
  return (await db.one(text, [ref])) === undefined
}
