// What somebody did in another's name or in another's mailboxes: who, as whom, what. An event of kind 'delegate' each;
// its address is that of whose mail it was, its account that of who did it.
//
// Invariant: an act that was answered for is in the history.

import type { Database, Reader } from '../sql/sql.ts'
import { findEvents, writeEvents, type Event, type EventQuery } from './events.ts'

export interface Act {
  at: number // milliseconds
  /** Who: an account of ours, or (id absent) an operator at the machine. */
  by: { id?: number | undefined; address: string }
  /** The address of whose mail it is. */
  owner: string
  /** What: read, send, flags, delete, copy, move, add, folder, granted, changed, ended. */
  act: string
  mail?: string | undefined // history id
  session?: string | undefined
  peer?: string | undefined
  details?: Record<string, unknown>
}

export function actEvent({ at, by, owner, act, mail, session, peer, details }: Act): Event {
  return {
    at,
    kind: 'delegate',
    address: owner,
    ...(by.id !== undefined && { account: by.id }),
    ...(mail !== undefined && { mail }),
    ...(session !== undefined && { session }),
    ...(peer !== undefined && { peer }),
    details: { act, by: by.address, as: owner, ...details },
  }
}

/** Writes acts and waits until they are kept. */
export async function writeActs(db: Database, acts: Act[]): Promise<void> {
  if (acts.length > 0) await db.transaction((sql) => writeEvents(sql, acts.map(actEvent)))
}

/** What others did with the mail of an address, the newest first. */
export function actsFor(db: Reader, owner: string, page: Pick<EventQuery, 'after' | 'limit'> = {}): Promise<Event[]> {
  return findEvents(db, { address: owner, kind: 'delegate', newestFirst: true, ...page })
}
