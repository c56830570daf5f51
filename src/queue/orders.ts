// What an operator may order of the queue, beside a running server or without one.
//
// Invariant: an entry that is being sent is left alone; nobody can tell any more whether it will arrive.

import type { Database, Writer } from '../sql/sql.ts'
import { writeEvents } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { findEntries, removeFinished, type EntryQuery, type ListedEntry } from './entries.ts'

export interface Ordered {
  done: number
  busy: number // being sent at the moment: left alone
}

/** Tries entries again now; held ones are released. */
export function retryEntries(db: Database, query: EntryQuery, now: number): Promise<Ordered> {
  const text = `
    update queue_entry set state = 'ready', node = null, next_at = $2, urgent = 1
     where id = $1 and (state <> 'sending' or next_at < $2)`
  return each(db, query, now, 'released', (sql, { id }) => sql.run(text, [id, now]))
}

/** Keeps entries from being tried until they are released. */
export function holdEntries(db: Database, query: EntryQuery, now: number): Promise<Ordered> {
  const text = `
    update queue_entry set state = 'held', node = null where id = $1 and (state <> 'sending' or next_at < $2)`
  return each(db, query, now, 'held', (sql, { id }) => sql.run(text, [id, now]))
}

/** Takes entries out of the queue; nobody is told. */
export function dropEntries(db: Database, query: EntryQuery, now: number): Promise<Ordered> {
  const text = `delete from queue_entry where id = $1 and (state <> 'sending' or next_at < $2)`
  return each(db, query, now, 'dropped', async (sql, { id, queueMail }) => {
    const gone = await sql.run(text, [id, now])
    if (gone > 0) await removeFinished(sql, [queueMail])
    return gone
  })
}

/** Page by page, so that a long queue does not hold the writer. Throws no-such-queue-entry when nothing fits. */
async function each(
  db: Database,
  query: EntryQuery,
  now: number,
  kind: 'released' | 'held' | 'dropped',
  order: (sql: Writer, entry: ListedEntry) => Promise<number>,
): Promise<Ordered> {
  const ordered: Ordered = { done: 0, busy: 0 }
  for (let after = 0; ;) {
    const entries = await findEntries(db, { ...query, after, limit: 200 })
    const last = entries.at(-1)
    if (!last) break
    after = last.id
    await db.transaction(async (sql) => {
      for (const entry of entries) {
        const { mail, address } = entry
        if ((await order(sql, entry)) === 0) {
          ordered.busy++
          continue
        }
        ordered.done++
        await writeEvents(sql, [{ at: now, kind, mail, address, details: { entry: entry.id, by: 'operator' } }])
      }
    })
  }
  if (ordered.done + ordered.busy === 0) throw new Trouble('no-such-queue-entry')
  return ordered
}
