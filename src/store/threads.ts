// THREAD: which mail answers which (RFC 5256 §2.2, §3).

import type { Store } from './store.ts'

/** One message and its answers; uid 0: a mail that is not here, only its answers are. */
export interface ThreadNode {
  uid: number
  children: ThreadNode[]
}

/** Threads of `uids`, in the order of RFC 5256 §3. */
export async function threads(
  _store: Store,
  _mailboxId: number,
  _uids: readonly number[],
  _algorithm: 'orderedsubject' | 'references',
): Promise<ThreadNode[]> {
  throw new Error('threads is being written')
}
