// The store: what every function that changes mailboxes needs in hand.
//
// Functions that take a Store do their own transaction and tell `changes` after it; functions that
// take a Writer are part of the caller's transaction, and the caller calls announce() after it.

import type { Blobs } from '../blobs/blobs.ts'
import type { Database } from '../sql/sql.ts'
import { Changes } from './changes.ts'
import { openCounts, type Counts } from './emailcounts.ts'
import { openLists, type Lists } from './emaillists.ts'
import { startIndexer, type Indexer } from './indexer.ts'
import { storeLimits, type StoreLimits } from './limits.ts'
import { openMails, type Mails } from './mails.ts'
import { openRecents, type Recents } from './recent.ts'
import { openViews, type Views } from './view.ts'

export interface Store {
  db: Database
  blobs: Blobs
  changes: Changes
  views: Views
  mails: Mails
  recents: Recents
  counts: Counts
  lists: Lists
  indexer: Indexer
  limits: StoreLimits
  clock: () => number
  /** Ends the indexer and forgets the caches. The database and the blobs stay open: they are the caller's. */
  close(): Promise<void>
}

export interface StoreOptions {
  limits?: Partial<StoreLimits>
  clock?: () => number
}

/** Opens the store over a database whose migrations have run. The indexer starts catching up at once. */
export function openStore(db: Database, blobs: Blobs, options: StoreOptions = {}): Store {
  const limits = { ...storeLimits, ...options.limits }
  const changes = new Changes()
  if (db.between) changes.join(db.between, limits.lookEvery)
  const views = openViews(db, changes, limits)
  const mails = openMails(db, limits)
  const recents = openRecents(db)
  const counts = openCounts(db, limits)
  const indexer = startIndexer(db, blobs, limits)
  return {
    db,
    blobs,
    changes,
    views,
    mails,
    recents,
    counts,
    lists: openLists(),
    indexer,
    limits,
    clock: options.clock ?? Date.now,
    async close() {
      await indexer.close()
      await recents.close()
      views.close()
      changes.close()
    },
  }
}
