// SORT: uids in the order of keys (RFC 5256 §2.2, RFC 5957).

import type { Store } from './store.ts'

export interface SortKey {
  by: 'arrival' | 'cc' | 'date' | 'from' | 'size' | 'subject' | 'to' | 'displayfrom' | 'displayto'
  reverse: boolean
}

/** `uids` in the order of `keys`, ties by uid. Uids that are gone are left out. */
export async function sort(
  _store: Store,
  _mailboxId: number,
  _uids: readonly number[],
  _keys: SortKey[],
): Promise<number[]> {
  throw new Error('sort is being written')
}
