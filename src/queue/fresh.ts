// Mails that were accepted a moment ago, with their bytes: what leaves at once is not read back from the disk.
//
// Invariant: the buffers kept weigh at most `most` bytes; the oldest go first.

import type { MailRow } from '../store/mails.ts'

/** A mail as it was just stored. */
export interface Fresh {
  row: MailRow
  bytes: Buffer // the stored bytes
}

export interface FreshMails {
  keep(fresh: Fresh): void
  of(mailId: number): Fresh | undefined
  forget(mailId: number): void
}

export function openFresh(most: number): FreshMails {
  const mails = new Map<number, Fresh>()
  let kept = 0
  // A small buffer may hold on to the large one that it was cut from.
  const weigh = ({ bytes }: Fresh): number => bytes.buffer.byteLength

  function forget(mailId: number): void {
    const fresh = mails.get(mailId)
    if (!fresh) return
    mails.delete(mailId)
    kept -= weigh(fresh)
  }
  return {
    keep(fresh) {
      forget(fresh.row.id)
      mails.set(fresh.row.id, fresh)
      kept += weigh(fresh)
      for (const oldest of mails.keys()) {
        if (kept <= most) break
        forget(oldest)
      }
    },
    of: (mailId) => mails.get(mailId),
    forget,
  }
}
