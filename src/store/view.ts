// The current uids of mailboxes, shared by all sessions that look at them.
//
// A view is loaded when somebody first needs sequence numbers, and afterwards only what changed is
// read: uids from uid_next on, and the expunged since its modseq. The database is the truth: a change
// heard only marks a view stale, so it does not matter in which order news arrive or whether
// another process wrote.
//
// Invariants:
//   a view is the mailbox as it was at view.modseq, and at no other time
//   at most limits.cachedViews mailboxes and limits.cachedUids uids are kept; the longest unused goes first

import type { Database } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Changes } from './changes.ts'
import type { StoreLimits } from './limits.ts'
import { breathe } from './sets.ts'
import { noUids, UidList } from './uids.ts'

export interface View {
  mailboxId: number
  modseq: number // HIGHESTMODSEQ when this was read
  uidNext: number
  uids: UidList
}

export interface Views {
  /** The mailbox as it is now (at least as new as the call). Throws Trouble no-such-mailbox. */
  current(mailboxId: number): Promise<View>
  /** Only the uids of current(). */
  uids(mailboxId: number): Promise<UidList>
  /** The mailbox as it was at `modseq`, when `uidNext` was its UIDNEXT: for a SELECT that was answered from counters. */
  asOf(mailboxId: number, modseq: number, uidNext: number): Promise<View>
  /** The current view without waiting; undefined when it is not loaded or stale. */
  peek(mailboxId: number): View | undefined
  close(): void
}

interface Entry {
  view: View
  stale: boolean
}

const readDelta = `
select 0 as kind, modseq as a, uid_next as b, expunged_floor as c from mailbox where id = $1
 union all
select 1, uid, 0, 0 from expunged where mailbox_id = $1 and modseq > $2
 union all
select 2, uid, 0, 0 from message where mailbox_id = $1 and uid >= $3`

const readUids = `
select uid from message where mailbox_id = $1 and uid >= $2 order by uid limit $3`

export function openViews(db: Database, changes: Changes, limits: StoreLimits): Views {
  const entries = new Map<number, Entry>() // the longest unused first
  const loading = new Map<number, Promise<View>>()
  let kept = 0

  const unwatch = changes.watch({}, (change) => {
    if (change.mailboxId === 0) for (const entry of entries.values()) entry.stale = true
    const entry = entries.get(change.mailboxId)
    if (entry && change.kind !== 'flags') entry.stale = true
  })

  const keep = (view: View): View => {
    const before = entries.get(view.mailboxId)
    if (before) kept -= before.view.uids.length
    entries.delete(view.mailboxId)
    entries.set(view.mailboxId, { view, stale: false })
    kept += view.uids.length
    for (const [id, oldest] of entries) {
      if (entries.size <= limits.cachedViews && (kept <= limits.cachedUids || entries.size === 1)) break
      entries.delete(id)
      kept -= oldest.view.uids.length
    }
    return view
  }

  const forget = (mailboxId: number): void => {
    const entry = entries.get(mailboxId)
    if (entry) kept -= entry.view.uids.length
    entries.delete(mailboxId)
  }

  const refresh = async (mailboxId: number): Promise<View> => {
    const entry = entries.get(mailboxId)
    if (entry) entry.stale = false // what is heard from here on makes it stale again
    for (let from = entry?.view; ; from = undefined) {
      const fresh = await delta(from ?? (await load(mailboxId)))
      if (!fresh) continue // more was forgotten meanwhile than the list remembers: read it anew
      const current = entries.get(mailboxId)
      if (!current || current !== entry) return keep(fresh)
      kept += fresh.uids.length - current.view.uids.length
      current.view = fresh
      return fresh
    }
  }

  /** `view` brought to now by one statement, so that it is one moment of the mailbox. */
  const delta = async (view: View): Promise<View | undefined> => {
    const { mailboxId, modseq, uidNext, uids } = view
    const rows = (await db.arrays(readDelta, [mailboxId, modseq, uidNext])) as [number, number, number, number][]
    const gone: number[] = []
    const arrived: number[] = []
    let head: { modseq: number; uidNext: number; floor: number } | undefined
    for (const [kind, a, b, c] of rows) {
      if (kind === 1) gone.push(a)
      else if (kind === 2) arrived.push(a)
      else head = { modseq: a, uidNext: b, floor: c }
    }
    if (!head) {
      forget(mailboxId)
      throw new Trouble('no-such-mailbox', { mailboxId })
    }
    if (head.floor > modseq) return undefined
    arrived.sort((a, b) => a - b)
    return { mailboxId, modseq: head.modseq, uidNext: head.uidNext, uids: uids.with(arrived).without(gone) }
  }

  /** All uids, read in pages: not one moment yet, delta() makes it one. */
  const load = async (mailboxId: number): Promise<View> => {
    const head = await db.one<{ modseq: number }>('select modseq from mailbox where id = $1', [mailboxId])
    if (!head) throw new Trouble('no-such-mailbox', { mailboxId })
    const uids: number[] = []
    for (let from = 1; ;) {
      const page = await db.arrays(readUids, [mailboxId, from, limits.pageRows])
      for (const row of page) uids.push(row[0] as number)
      if (page.length > 0) from = uids.at(-1)! + 1
      if (page.length < limits.pageRows)
        return { mailboxId, modseq: head.modseq, uidNext: from, uids: uids.length > 0 ? UidList.of(uids) : noUids }
      await breathe()
    }
  }

  const freshen = (mailboxId: number): Promise<View> => {
    const running = loading.get(mailboxId)
    // A run that began before this call may have read before what the caller wants to see.
    const started = running
      ? running.then(
          () => refreshIfStale(mailboxId),
          () => refresh(mailboxId),
        )
      : refresh(mailboxId)
    const settled = started.finally(() => {
      if (loading.get(mailboxId) === settled) loading.delete(mailboxId)
    })
    loading.set(mailboxId, settled)
    return settled
  }
  const refreshIfStale = (mailboxId: number): Promise<View> | View => {
    const entry = entries.get(mailboxId)
    return entry && !entry.stale ? entry.view : refresh(mailboxId)
  }

  return {
    async current(mailboxId) {
      const entry = entries.get(mailboxId)
      if (!entry || entry.stale || loading.has(mailboxId)) return freshen(mailboxId)
      entries.delete(mailboxId)
      entries.set(mailboxId, entry)
      return entry.view
    },

    async uids(mailboxId) {
      return (await this.current(mailboxId)).uids
    },

    async asOf(mailboxId, modseq, uidNext) {
      const view = await this.current(mailboxId)
      if (view.modseq === modseq && view.uidNext === uidNext) return view
      if (view.modseq < modseq) {
        // Another process wrote and its news has not come yet.
        const entry = entries.get(mailboxId)
        if (entry) entry.stale = true
        return this.asOf(mailboxId, modseq, uidNext)
      }
      const later = view.uids.between(uidNext, 0xffff_ffff)
      const gone = (await db.arrays(
        'select uid from expunged where mailbox_id = $1 and modseq > $2 and modseq <= $3 and uid < $4 order by uid',
        [mailboxId, modseq, view.modseq, uidNext],
      )) as number[][]
      const back = gone.map((row) => row[0]!).sort((a, b) => a - b)
      return { mailboxId, modseq, uidNext, uids: view.uids.without(later).with(back) }
    },

    peek(mailboxId) {
      const entry = entries.get(mailboxId)
      return entry && !entry.stale && !loading.has(mailboxId) ? entry.view : undefined
    },

    close() {
      unwatch()
      entries.clear()
      kept = 0
    },
  }
}
