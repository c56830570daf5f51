// The indexer: words and previews of mails, after their acknowledgement.

import type { Blobs } from '../blobs/blobs.ts'
import type { Database } from '../sql/sql.ts'
import type { StoreLimits } from './limits.ts'

export interface Indexer {
  /** Something was placed: look when there is time. Returns at once. */
  wake(): void
  /** Resolves when everything placed before the call is indexed. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

export function startIndexer(_db: Database, _blobs: Blobs, _limits: StoreLimits): Indexer {
  return { wake() {}, async caughtUp() {}, async stop() {} }
}
