// What no session was told of yet: \Recent.                                             RFC 3501 §2.3.2
//
// A mailbox is divided by a uid: messages from mailbox.recent_uid on are news to everybody. The first session that
// may claim them does, and has them as its own.
//
// Invariants:
//   in one process a message is claimed once
//   a claim waits for nothing: it counts at once and is written a moment later. One that a crash takes, or that
//   another process has not read yet, makes messages \Recent once more, which the RFC prefers to never

import type { Database, Reader } from '../sql/sql.ts'
import type { Mailbox } from './nodes.ts'

export type Divided = Pick<Mailbox, 'id' | 'recentUid'>

export interface Recents {
  /** The first uid that nobody has claimed. */
  from(mailbox: Divided): number
  /** The same, and from now on all uids below `uidNext` are claimed. */
  claim(mailbox: Divided, uidNext: number): number
  /** Writes what is not written yet. */
  close(): Promise<void>
}

const writeDelay = 1_000 // milliseconds in which claims gather
const writesAtOnce = 8

const writeClaim = 'update mailbox set recent_uid = $2 where id = $1 and recent_uid < $2'

export function openRecents(db: Database): Recents {
  let claimed = new Map<number, number>() // not written yet
  let written = new Map<number, number>() // by the last writing: rows read before it may still be looked at
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  const from = ({ id, recentUid }: Divided): number => Math.max(recentUid, claimed.get(id) ?? 0, written.get(id) ?? 0)

  const write = async (): Promise<void> => {
    written = claimed
    claimed = new Map()
    const rows = [...written]
    for (let at = 0; at < rows.length; at += writesAtOnce)
      // One row a transaction: whoever holds several mailboxes must not meet us halfway.
      await Promise.all(rows.slice(at, at + writesAtOnce).map((row) => db.run(writeClaim, row)))
  }
  const writeSoon = (): void => {
    timer = undefined
    writing = writing
      .then(write)
      .catch((error: unknown) => process.emitWarning(`\\Recent is not kept: ${String(error)}`))
  }

  return {
    from,
    claim(mailbox, uidNext) {
      const first = from(mailbox)
      if (first >= uidNext) return first
      claimed.set(mailbox.id, uidNext)
      timer ??= setTimeout(writeSoon, writeDelay).unref()
      return first
    },
    async close() {
      clearTimeout(timer)
      if (claimed.size > 0) writeSoon()
      await writing
    },
  }
}

/** How many messages have uids from `from` on and below `uidNext`. */
export async function countFrom(db: Reader, mailboxId: number, from: number, uidNext: number): Promise<number> {
  const rows = await db.arrays('select count(*) from message where mailbox_id = $1 and uid >= $2 and uid < $3', [
    mailboxId,
    from,
    uidNext,
  ])
  return rows[0]![0] as number
}
