// The history as the other rooms hold it: a buffered writer for what promises nothing (refusals, failed
// logins), and the retention sweep.
//
// Invariants:
//   note() never waits and never throws; memory is bounded, what does not fit is counted and the count is written
//   what must not be lost goes through writeEvents in the transaction that makes it true, not through note()

import type { Database } from '../sql/sql.ts'
import { sweepEvents, writeEvents, type Event } from './events.ts'
import { trackingDefaults, type TrackingLimits } from './limits.ts'

export interface Tracking {
  /** Writes the event within limits.flushMilliseconds, together with others. */
  note(event: Event): void
  /** Resolves when everything noted so far is written, or the database refused it. */
  flush(): Promise<void>
  /** Deletes what is older than the retention time. */
  sweep(): Promise<number>
  close(): Promise<void>
}

export function openTracking(
  db: Database,
  clock: () => number = Date.now,
  overrides: Partial<TrackingLimits> = {},
): Tracking {
  const limits = { ...trackingDefaults, ...overrides }
  let waiting: Event[] = []
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    if (timer) clearTimeout(timer)
    timer = undefined
    const events = waiting
    const count = lost
    waiting = []
    lost = 0
    if (count > 0) events.push({ at: clock(), kind: 'lost', details: { count } })
    if (events.length === 0) return
    try {
      await db.transaction((sql) => writeEvents(sql, events))
    } catch {
      // The database cannot answer: they wait for the next flush, as many as there is room for.
      waiting = [...events.filter((event) => event.kind !== 'lost'), ...waiting]
      const surplus = Math.max(0, waiting.length - limits.bufferedEvents)
      waiting.splice(0, surplus)
      lost += count + surplus
    }
  }

  async function flush(): Promise<void> {
    while (writing) await writing
    writing = write().finally(() => (writing = undefined))
    await writing
  }

  const sweeping = setInterval(() => void sweep().catch(() => {}), limits.sweepMilliseconds).unref() // comes again

  function sweep(): Promise<number> {
    return sweepEvents(db, clock() - limits.retention, limits.sweepRows)
  }

  return {
    note(event) {
      if (waiting.length >= limits.bufferedEvents) {
        waiting.shift()
        lost++
      }
      waiting.push(event)
      if (waiting.length >= limits.flushEvents && !writing) void flush()
      else timer ??= setTimeout(() => void flush(), limits.flushMilliseconds).unref()
    },
    flush,
    sweep,
    async close() {
      clearInterval(sweeping)
      await flush()
      if (timer) clearTimeout(timer)
    },
  }
}
