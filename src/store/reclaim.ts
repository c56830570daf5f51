// Space of erased mails comes back: out of groups of blobs that are mostly dead, the living are copied, then the
// whole group goes. What lives is what a row of mail, upload or file_piece names; nothing else is believed.
//
// Invariants:
//   a row names the old copy until the new one is durable, and the new one from then on; a crash in between
//   leaves a copy that nobody names, which the count of its group finds
//   a group goes only when no row has named one of its blobs for a grace, longer than anybody works with rows
//   that were read before, and again none does at the end of it
//   copying leaves most of the free space alone: a copy takes room at once, the old group gives it back later. A group
//   that is dead altogether needs none to go

import type { BlobGroup, BlobRef } from '../blobs/blobs.ts'
import { Trouble } from '../wire/troubles.ts'
import { breathe } from './sets.ts'
import type { Store } from './store.ts'

export interface Reclaimed {
  copied: number // bytes of living blobs
  freed: number // bytes of groups that are gone
}

/** One look at all groups, and as much copying as is due. Throws when a group cannot be copied now; the others went on. */
export type Reclaim = (isStopped: () => boolean) => Promise<Reclaimed>

interface Round extends Reclaimed {
  isStopped: () => boolean
  isShort: boolean // of space
  counts: number // of groups that were not due
  failure?: unknown
}

const countsInRound = 4
const refsScanned = 20_000 // rows looked at by one statement
const copiedAtOnce = 32

/** What reclaiming needs of the store. */
export type Ground = Pick<Store, 'db' | 'blobs' | 'mails' | 'limits' | 'clock'>

export function openReclaim(store: Ground): Reclaim {
  const { blobs, limits, clock } = store
  const empty = new Map<number, { since: number; copied: number }>() // groups that no row names
  const damaged = new Set<number>() // groups with a blob that cannot be read: they stay as they are
  let looked = -Infinity

  async function look(round: Round, group: BlobGroup): Promise<void> {
    const known = empty.get(group.id)
    if (known) {
      const grace = round.isShort ? limits.reclaimGraceShort : limits.reclaimGrace
      if (clock() - known.since >= grace) await finish(round, group)
      return
    }
    if (damaged.has(group.id) || round.copied >= limits.reclaimBytes * (round.isShort ? 16 : 1)) return
    const isWorthIt = (dead: number): boolean =>
      dead * 100 >= group.bytes * (round.isShort ? limits.reclaimDeadShort : limits.reclaimDead)
    const isDue = isWorthIt(group.dead)
    if (isDue ? !(await hasRoom(group.bytes - group.dead)) : group.counted || round.counts++ >= countsInRound) return
    const dead = await blobs.count(group.id, living(store, group))
    const alive = group.bytes - dead
    if (!isWorthIt(dead) || !(await hasRoom(alive))) return
    await copyOut(round, group)
    if (!round.isStopped() && !(await isNamed(store, group))) empty.set(group.id, { since: clock(), copied: alive })
    round.copied += alive
  }

  async function hasRoom(bytes: number): Promise<boolean> {
    const space = bytes > 0 ? await blobs.space() : undefined
    if (!space) return true
    let twice = bytes // that are there as copies and in groups that still wait
    for (const { copied } of empty.values()) twice += copied
    const free = space.free - bytes
    return free >= limits.reclaimReserve && twice * 100 <= (free + twice) * limits.reclaimRoom
  }

  async function copyOut(round: Round, group: BlobGroup): Promise<void> {
    for await (const refs of living(store, group)) {
      for (let from = 0; from < refs.length; from += copiedAtOnce) {
        if (round.isStopped()) return
        await copySome(refs.slice(from, from + copiedAtOnce), group.id)
        await breathe()
      }
    }
  }

  async function copySome(refs: BlobRef[], groupId: number): Promise<void> {
    const results = await Promise.allSettled(refs.map(async (ref) => [ref, await blobs.copy(ref)] as const))
    const copies = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const left = await rename(store, copies)
    await Promise.allSettled(left.map((ref) => blobs.drop(ref))) // what fails here is counted sooner or later
    const failure = results.find((result) => result.status === 'rejected')?.reason as unknown
    if (failure === undefined) return
    if (!(failure instanceof Trouble)) damaged.add(groupId)
    throw failure
  }

  async function finish(round: Round, group: BlobGroup): Promise<void> {
    if (await isNamed(store, group)) empty.delete(group.id)
    else if (await blobs.retire(group.id)) {
      empty.delete(group.id)
      round.freed += group.bytes
    }
  }

  return async (isStopped) => {
    const space = await blobs.space()
    const isShort = space !== undefined && space.free * 100 < space.total * limits.spaceShort
    const round: Round = { copied: 0, freed: 0, counts: 0, isStopped, isShort }
    if (!isShort && clock() - looked < limits.reclaimEvery) return round
    looked = clock()
    const groups = await blobs.groups()
    for (const group of groups.sort((a, b) => b.dead / b.bytes - a.dead / a.bytes)) {
      if (isStopped()) break
      try {
        await look(round, group)
      } catch (error) {
        round.failure = error
        if (error instanceof Trouble) break // the disk or the database: the others will not fare better
      }
    }
    if (round.failure !== undefined) throw round.failure
    return round
  }
}

/** Lets rows name the copies. Gives what no row names now: the old ones, and copies of what was erased meanwhile. */
async function rename(store: Ground, copies: (readonly [old: BlobRef, copy: BlobRef])[]): Promise<BlobRef[]> {
  if (copies.length === 0) return []
  const changed = await store.db.transaction(async (sql) => {
    const rows: { mails: number[]; isNamed: boolean }[] = []
    for (const [old, copy] of copies) {
      const ids = await sql.arrays('update mail set blob_ref = $2 where blob_ref = $1 returning id', [old, copy])
      const uploads = await sql.run('update upload set blob_ref = $2 where blob_ref = $1', [old, copy])
      const pieces = await sql.run('update file_piece set blob_ref = $2 where blob_ref = $1', [old, copy])
      rows.push({ mails: ids.map((row) => row[0] as number), isNamed: ids.length + uploads + pieces > 0 })
    }
    return rows
  })
  store.mails.forget(changed.flatMap(({ mails }) => mails))
  return copies.map(([old, copy], i) => (changed[i]!.isNamed ? old : copy))
}

/** The blobs with bytes in a group that rows name, each once: those of mails, then those of uploads alone, then those of files, which share none. */
async function* living(ground: Ground, group: BlobGroup): AsyncGenerator<BlobRef[], void, void> {
  yield* livingIn('mail where', ground, group)
  yield* livingIn(
    'upload where not exists (select 1 from mail where mail.blob_ref = upload.blob_ref) and',
    ground,
    group,
  )
  yield* livingIn('file_piece where', ground, group)
}

async function* livingIn(
  from: string,
  { db, blobs }: Ground,
  { id, likely }: BlobGroup,
): AsyncGenerator<BlobRef[], void, void> {
  const isLikely = likely.map((_, i) => `blob_ref like $${i + 3}`).join(' or ')
  const page = `select max(blob_ref), string_agg(case when ${isLikely} then blob_ref end, ' ')
    from (select blob_ref from ${from} blob_ref > $1 order by blob_ref limit $2) as page`
  for (let last: string | null = ''; ;) {
    const rows = (await db.apart.arrays(page, [last, refsScanned, ...likely])) as [string | null, string | null][]
    const [end, found]: [string | null, string | null] = rows[0]!
    if (end === null) return
    last = end
    const refs = [...new Set(found?.split(' '))].filter((ref) => blobs.isIn(ref, id))
    if (refs.length > 0) yield refs
  }
}

async function isNamed(store: Ground, group: BlobGroup): Promise<boolean> {
  for await (const refs of living(store, group)) if (refs.length > 0) return true
  return false
}
