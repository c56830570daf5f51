// The indexer beside SQLite: threads of their own read the mails, keep the words in a file of their own and search it.
// This is the half in the main thread: it says when, waits, and notes in the database what is settled.
//
// Invariants:
//   no text is read, cut into words or compared in this thread, and the database's writer sees only small notes
//   threads are begun when there is something to do, and end when idle
//   a mail that ends its thread is tried alone, then put aside; searches read it

import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Blobs } from '../blobs/blobs.ts'
import type { Database, Reader } from '../sql/sql.ts'
import { statements } from '../sql/sqlite.ts'
import { openPool, type Pool } from '../workers/pool.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Indexer } from './indexer.ts'
import type { IndexAnswer, IndexJob } from './indexing.worker.ts'
import type { StoreLimits } from './limits.ts'
import type { Asked } from './matching.ts'
import { previewsIn } from './previews.ts'
import type { SearchAnswer, SearchJob } from './searching.worker.ts'
import { before, list, listLength, openRest, padded } from './sets.ts'
import { removeWordFile, wordFileOf, type Places } from './wordfile.ts'

const retryMilliseconds = 5_000
const restFactor = 4 // while mail keeps coming, it rests so much longer than it worked

/** Starts at once with what was left over. */
export function startAside(db: Database, blobs: Blobs, limits: StoreLimits): Indexer {
  const places: Places = { database: db.file!, words: wordFileOf(db.file!), blobs: blobs.folder }
  const previews = openPreviews(places.words)
  let pools = openPools(limits)
  let stopped = false
  let arrived = 0 // wake() was called so often since the last look
  let retry = true
  let crashes = 0 // of the thread, in a row
  let waiting: (() => void)[] = []
  const { rest, end: endRest } = openRest()
  let running: Promise<void> | undefined
  let renewing: Promise<void> | undefined

  const start = (): void => {
    running ??= work().finally(() => {
      running = undefined
      if (arrived > 0 && !stopped) start()
    })
  }

  async function work(): Promise<void> {
    while (!stopped && arrived > 0) {
      // Many at once cost less: until somebody waits, or enough have come.
      if (waiting.length === 0 && arrived < limits.indexBatch) await rest(limits.indexDelay)
      if (stopped) break
      arrived = 0
      const mine = waiting
      waiting = []
      try {
        for (let left = true; left && !stopped;) {
          const began = performance.now()
          const answer = await runOnce()
          left = answer.left
          // While mail keeps coming and nobody waits, others go first; the less, the further behind it is.
          const isBusy = arrived > 0 && mine.length + waiting.length === 0
          const patience = restFactor * (1 - answer.behind / (2 * limits.searchReads))
          if (left && isBusy && patience > 0) await rest(patience * (performance.now() - began))
        }
        crashes = 0
        for (const resolve of mine) resolve()
      } catch (error) {
        waiting.push(...mine)
        arrived++
        if (stopped) break
        crashes++
        process.emitWarning(`indexing waits: ${String(error)}`)
        await rest(retryMilliseconds)
      }
    }
    if (stopped) for (const resolve of waiting.splice(0)) resolve()
  }

  /** One job of the thread. */
  async function runOnce(): Promise<{ left: boolean; behind: number }> {
    await renewing
    const careful = crashes > 0
    const job: IndexJob = { places, limits, retry, careful, skip: crashes > 2 }
    const answer = (await pools.index.run({ input: job })) as IndexAnswer
    retry = false
    if (careful) crashes = 0
    await settle(answer)
    if (answer.damaged) await renew()
    return { left: answer.left || answer.damaged === true || careful, behind: answer.behind }
  }

  /** Lowers `stale` where it has not been raised meanwhile, and forgets what is gone from the words. */
  async function settle({ fresh, gone }: IndexAnswer): Promise<void> {
    if (fresh.length === 0 && gone.length === 0) return
    await db.transaction(async (sql) => {
      for (const { id, stale } of fresh)
        await sql.run('update mail set stale = 0 where id = $1 and stale = $2', [id, stale])
      for (let from = 0; from < gone.length; from += listLength) {
        const part = gone.slice(from, from + listLength)
        await sql.run(`delete from words_gone where mail_id in ${list(part.length, 1)}`, padded(part))
      }
    })
  }

  /** A damaged file of words is begun anew. */
  function renew(): Promise<void> {
    renewing ??= (async () => {
      const old = pools
      await Promise.all([old.index.close(), old.search.close()])
      previews.close()
      await removeWordFile(places.words)
      pools = openPools(limits)
      if (stopped) await pools.index.close()
    })().finally(() => {
      renewing = undefined
      indexer.wake()
    })
    return renewing
  }

  async function askThread(asked: Asked, patient: boolean): Promise<SearchAnswer> {
    await renewing
    const job: SearchJob = { places, limits, asked, patient }
    return (await pools.search.run({ input: job })) as SearchAnswer
  }

  const indexer: Indexer = {
    wake() {
      arrived++
      if (stopped) return
      if (arrived === limits.indexBatch) endRest()
      start()
    },
    caughtUp() {
      if (stopped) return Promise.resolve()
      return new Promise((resolve) => {
        waiting.push(resolve)
        indexer.wake()
        endRest()
      })
    },
    async find(asked) {
      let answer = await askThread(asked, false)
      if ('not' in answer) {
        if (answer.not === 'damaged') await renew()
        else await before(indexer.caughtUp(), limits.searchWait)
        answer = await askThread(asked, true)
      }
      if ('not' in answer) throw new Trouble('unavailable')
      return answer.uids
    },
    async previews(mailIds) {
      const reader = previews.reader()
      if (!reader) return new Map()
      return previewsIn(reader, mailIds).catch(() => new Map())
    },
    async drop(sql, mailIds) {
      for (const id of mailIds)
        await sql.run('insert into words_gone (mail_id) values ($1) on conflict (mail_id) do nothing', [id])
    },
    async stop() {
      stopped = true
      endRest()
      await pools.index.close()
      await running
      for (const resolve of waiting.splice(0)) resolve()
    },
    async close() {
      await indexer.stop()
      await renewing
      await pools.search.close()
      previews.close()
    },
  }

  void isDue(db, previews).then(
    (due) => due && indexer.wake(),
    () => indexer.wake(),
  )
  return indexer
}

interface Pools {
  index: Pool
  search: Pool
}

function openPools(limits: StoreLimits): Pools {
  const idle = limits.threadIdle
  return {
    index: openPool(new URL('indexing.worker.ts', import.meta.url), { count: 1, memory: limits.indexMemory, idle }),
    search: openPool(new URL('searching.worker.ts', import.meta.url), {
      count: limits.searchThreads,
      memory: limits.searchMemory,
      waiting: limits.searchesWaiting,
      time: limits.searchTime,
      idle,
    }),
  }
}

interface Previews {
  /** The file of words in this thread, for previews; undefined while it is not there. */
  reader(): Reader | undefined
  close(): void
}

function openPreviews(words: string): Previews {
  let db: DatabaseSync | undefined
  let reader: Reader | undefined
  return {
    reader() {
      if (reader || !existsSync(words)) return reader
      try {
        db = new DatabaseSync(words, { readOnly: true, timeout: 100 })
        return (reader = statements(db))
      } catch {
        return undefined // not ready yet, or damaged: whoever writes it will see
      }
    },
    close() {
      db?.close()
      db = reader = undefined
    },
  }
}

/** Whether there is anything to index, so that an idle house begins no thread. */
async function isDue(db: Database, previews: Previews): Promise<boolean> {
  const reader = previews.reader()
  const ever = await db.one<{ seq: number }>(`select seq from sqlite_sequence where name = 'mail'`)
  if (!reader) return ever !== undefined
  const noted = await db.one(`select id from mail where stale <> 0 union all select mail_id from words_gone limit 1`)
  const state = await reader.one<{ last: number; unread: number }>(
    'select last, (select count(*) from unread) as unread from progress',
  )
  return noted !== undefined || state!.unread > 0 || state!.last !== (ever?.seq ?? 0)
}
