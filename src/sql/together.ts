// Small transactions of many callers in one: under load they share the cost of a commit.
//
// What arrives while a transaction is being written goes together into the next one.
// Invariants:
//   each work stands or falls alone: when the common transaction fails, each is tried again by itself
//   a work's promise resolves when its effect is durable
// As with transaction(), a work may be run more than once; only the last run counts.

import type { Database, Writer } from './sql.ts'

export interface TogetherLimits {
  most: number // works in one transaction
  atOnce: number // such transactions at the same time, where the engine has more than one writer
}

const togetherDefaults: TogetherLimits = { most: 100, atOnce: 4 }

export type Together = <T>(work: (sql: Writer) => Promise<T>) => Promise<T>

interface Job {
  work(sql: Writer): Promise<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

export function together(db: Database, limits: TogetherLimits = togetherDefaults): Together {
  const waiting: Job[] = []
  // SQLite has one writer: a second transaction would only split the batch. PostgreSQL waits in parallel.
  const atOnce = db.engine === 'sqlite' ? 1 : limits.atOnce
  let writing = 0

  async function all(jobs: Job[]): Promise<void> {
    let results: unknown[]
    try {
      results = await db.transaction(async (sql) => {
        const results: unknown[] = []
        for (const { work } of jobs) results.push(await work(sql))
        return results
      })
    } catch (error) {
      if (jobs.length === 1) jobs[0]!.reject(error)
      else for (const job of jobs) await all([job])
      return
    }
    jobs.forEach(({ resolve }, index) => resolve(results[index]))
  }

  async function write(): Promise<void> {
    writing++
    while (waiting.length > 0) await all(waiting.splice(0, limits.most))
    writing--
  }

  return <T>(work: (sql: Writer) => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as Job['resolve'], reject })
      if (writing < atOnce) void write()
    })
}
