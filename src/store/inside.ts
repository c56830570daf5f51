// The indexer inside PostgreSQL: words and previews lie in tables of the database.
//
// mail.stale is not 0 until a mail's words are kept, in the same transaction as the words: a crash loses
// nothing but time. -1: its bytes could not be read while others' could; it is tried again at the next start.
//
// It gives way: it works mail by mail and slice by slice between other people's turns, and rests between batches
// while mail keeps coming, unless somebody waits for it.

import type { Blobs } from '../blobs/blobs.ts'
import type { Database, Writer } from '../sql/sql.ts'
import { contentOf, readerOf, type Content } from './content.ts'
import type { Indexer } from './indexer.ts'
import type { StoreLimits } from './limits.ts'
import { readMails, type MailRow } from './mails.ts'
import { find } from './matching.ts'
import { previewsIn } from './previews.ts'
import { before, breathe, list, listLength, openRest, padded } from './sets.ts'
import { ownersOf } from './owners.ts'
import { wordTables } from './words.ts'

interface Indexed extends Content {
  mail: MailRow
}

const batch = 16 // mails of one transaction: others wait for the main thread
const fewUnindexed = 16 // more are not read at once: that holds up others
const restFactor = 4 // while mail keeps coming, it rests so much longer than it worked
const leastRest = 50 // milliseconds
const retryMilliseconds = 5_000

/** Starts at once with what was left over. */
export function startInside(db: Database, blobs: Blobs, limits: StoreLimits): Indexer {
  const tables = wordTables(db.engine)
  let stopped = false
  let wanted = true // somebody called wake() since the last look
  let waiting: (() => void)[] = []
  const { rest, end: endRest } = openRest()
  let running: Promise<void> | undefined

  const start = (): void => {
    running ??= work().finally(() => {
      running = undefined
      if (wanted && !stopped) start()
    })
  }

  // Those that could not be read come first of all: who waits for the index waits for them too.
  const triedAgain = db.run('update mail set stale = 1 where stale <> 0 and stale = -1').catch(() => undefined)

  async function work(): Promise<void> {
    await triedAgain
    while (!stopped && wanted) {
      wanted = false
      const mine = waiting
      waiting = []
      try {
        let left = true
        while (left && !stopped) {
          const began = performance.now()
          left = await indexBatch()
          const isBusy = wanted && mine.length + waiting.length === 0
          if (left && isBusy) await rest(Math.max(leastRest, restFactor * (performance.now() - began)))
        }
        for (const resolve of mine) resolve()
      } catch (error) {
        if (stopped) break
        waiting.push(...mine)
        wanted = true
        process.emitWarning(`indexing waits: ${String(error)}`)
        await rest(retryMilliseconds)
      }
    }
    if (stopped) for (const resolve of waiting.splice(0)) resolve()
  }

  /** Indexes some mails; false when there are no more. */
  async function indexBatch(): Promise<boolean> {
    const rows = await db.arrays('select id from mail where stale <> 0 and stale > 0 order by id limit $1', [batch])
    if (rows.length === 0) return false
    const mails = await readMails(
      db,
      rows.map((row) => row[0] as number),
    )
    const done: Indexed[] = []
    const failed: number[] = []
    let failure: unknown
    for (const mail of mails) {
      if (stopped) break
      try {
        done.push({ mail, ...(await contentOf(mail, readerOf(blobs, mail), limits)) })
      } catch (error) {
        failed.push(mail.id)
        failure = error
      }
      await breathe()
    }
    if (done.length === 0 && failed.length > 0 && failed.length === mails.length && mails.length > 1) throw failure
    await db.transaction((sql) => keep(sql, done, failed))
    return rows.length === batch || failed.length > 0
  }

  async function keep(sql: Writer, done: readonly Indexed[], failed: readonly number[]): Promise<void> {
    const ids = done.map(({ mail }) => mail.id)
    // A mail may have come to another account since it was read: the accounts are those of this moment.
    await mark(sql, ids, 0)
    await mark(sql, failed, -1)
    const owners = await ownersOf(sql, ids, limits.indexedAccounts)
    for (const { mail, words, preview } of done) {
      await tables.put(sql, mail.id, `${words} ${owners.get(mail.id) ?? ''}`.trimEnd())
      await sql.run('insert into preview (mail_id, text) values ($1, $2) on conflict (mail_id) do nothing', [
        mail.id,
        preview,
      ])
    }
  }

  start()

  return {
    wake() {
      wanted = true
      if (!stopped) start()
    },
    caughtUp() {
      if (stopped) return Promise.resolve()
      return new Promise((resolve) => {
        waiting.push(resolve)
        this.wake()
        endRest()
      })
    },
    async find(asked) {
      const library = {
        engine: db.engine,
        db,
        apart: db.apart,
        blobs,
        limits: { ...limits, searchReads: fewUnindexed },
      }
      const found = await find(library, asked, false)
      if (found !== 'many unindexed') return found
      await before(this.caughtUp(), limits.searchWait)
      return (await find(library, asked, true)) as number[]
    },
    async previews(mailIds) {
      return previewsIn(db, mailIds)
    },
    async drop(sql, mailIds) {
      await tables.drop(sql, mailIds)
      for (let from = 0; from < mailIds.length; from += listLength) {
        const part = mailIds.slice(from, from + listLength)
        await sql.run(`delete from preview where mail_id in ${list(part.length, 1)}`, padded(part))
      }
    },
    async stop() {
      stopped = true
      endRest()
      await running
      for (const resolve of waiting.splice(0)) resolve()
    },
    close() {
      return this.stop()
    },
  }
}

async function mark(sql: Writer, ids: readonly number[], state: 0 | -1): Promise<void> {
  if (ids.length === 0) return
  await sql.run(`update mail set stale = ${state} where id in ${list(ids.length, 1)}`, padded(ids))
}
