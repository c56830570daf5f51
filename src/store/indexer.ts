// The indexer: words and previews of mails, made after their acknowledgement, and the questions they answer.
//
// On SQLite it works apart, in threads and in a file of its own (aside.ts); on PostgreSQL in this thread and in the
// database (inside.ts), where several nodes share it.
//
// Invariants:
//   a mail that the indexer has not reached is found all the same: it is read
//   mail.stale is raised in the transaction that gives a mail to another account, and is lowered after its words name
//   that account; on PostgreSQL a new mail begins stale, on SQLite it is known by its number

import type { Blobs } from '../blobs/blobs.ts'
import type { Database, Writer } from '../sql/sql.ts'
import { startAside } from './aside.ts'
import { startInside } from './inside.ts'
import type { StoreLimits } from './limits.ts'
import type { Asked } from './matching.ts'

export interface Indexer {
  /** Something was placed: look when there is time. Returns at once. */
  wake(): void
  /** Resolves when everything placed before the call is indexed (or could not be). */
  caughtUp(): Promise<void>
  /** Uids that match, ascending. Throws Trouble unavailable. */
  find(asked: Asked): Promise<number[]>
  /** Previews by mail id, of those that are indexed. */
  previews(mailIds: readonly number[]): Promise<Map<number, string>>
  /** Part of the transaction that deletes the mails: their words and previews go, at once or soon. */
  drop(sql: Writer, mailIds: readonly number[]): Promise<void>
  /** Ends indexing: what was in hand is done, or begun anew by the next start. Questions are answered as before. */
  stop(): Promise<void>
  /** Ends everything. */
  close(): Promise<void>
}

/** Starts at once with what was left over. */
export function startIndexer(db: Database, blobs: Blobs, limits: StoreLimits): Indexer {
  return db.engine === 'sqlite' ? startAside(db, blobs, limits) : startInside(db, blobs, limits)
}
