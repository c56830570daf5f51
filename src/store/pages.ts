// Columns of many messages and their mails, in pages, apart from the event loop.

import type { Value } from '../sql/sql.ts'
import type { Store } from './store.ts'

/** Rows [uid, ...columns] of those of `uids` (ascending) that are there, ascending, page by page. `m` is message, `x` mail. */
export async function* columnsOf(
  { db, limits }: Store,
  mailboxId: number,
  uids: readonly number[],
  columns: string,
): AsyncGenerator<Value[][], void, undefined> {
  for (let from = 0; from < uids.length; from += limits.pageRows) {
    const part = uids.slice(from, from + limits.pageRows)
    const asked = new Set(part)
    let low = part[0]!
    const high = part.at(-1)!
    while (low <= high) {
      // Uids of others may lie between: the limit keeps a page a page.
      const rows = await db.apart.arrays(
        `select m.uid, ${columns} from message m join mail x on x.id = m.mail_id
          where m.mailbox_id = $1 and m.uid between $2 and $3 order by m.uid limit $4`,
        [mailboxId, low, high, limits.pageRows],
      )
      yield rows.filter((row) => asked.has(row[0] as number))
      if (rows.length < limits.pageRows) break
      low = (rows.at(-1)![0] as number) + 1
    }
  }
}

const sortedAtOnce = 2_048

/** A stable sort that lets others have their turns: for a hundred thousand items. */
export async function sortSlowly<T>(
  items: T[],
  compare: (a: T, b: T) => number,
  breathe: () => Promise<void>,
): Promise<T[]> {
  let runs: T[][] = []
  for (let from = 0; from < items.length; from += sortedAtOnce) {
    if (from > 0) await breathe()
    runs.push(items.slice(from, from + sortedAtOnce).sort(compare))
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      const right = runs[i + 1]
      merged.push(right ? await merge(runs[i]!, right, compare, breathe) : runs[i]!)
    }
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T>(
  left: T[],
  right: T[],
  compare: (a: T, b: T) => number,
  breathe: () => Promise<void>,
): Promise<T[]> {
  const merged: T[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    if (compare(right[j]!, left[i]!) < 0) merged.push(right[j++]!)
    else merged.push(left[i++]!)
    if (merged.length % (sortedAtOnce * 4) === 0) await breathe()
  }
  for (; i < left.length; i++) merged.push(left[i]!)
  for (; j < right.length; j++) merged.push(right[j]!)
  return merged
}
