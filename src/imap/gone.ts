// Which uids of a client's cache are gone, when the store no longer remembers what it expunged.
// RFC 7162 §3.2.5.1, §3.2.5.2.

import type { UidList } from '../store/uids.ts'
import { normal, type Ranges } from './sequences.ts'

/**
 * The uids of `known` (normal) that are not in the mailbox, as ranges, whatever the size of `known`. Numbers and
 * uids that the client says belong together spare the front: up to the last pair that still fits, nothing went.
 */
export function goneOf(
  picture: UidList,
  known: Ranges,
  highest: number,
  match: { numbers: Ranges; uids: Ranges } | undefined,
): Ranges {
  const from = match ? lastMatch(picture, normal(match.numbers, picture.length), normal(match.uids, highest)) + 1 : 1
  const gone: Ranges = []
  for (const [low, high] of known) {
    let next = Math.max(low, from)
    const end = Math.min(high, highest)
    if (next > end) continue
    for (const uid of picture.between(next, end)) {
      if (uid > next) gone.push([next, uid - 1])
      next = uid + 1
    }
    if (next <= end) gone.push([next, end])
  }
  return gone
}

/** The highest uid whose number is still what the client says; 0 when none is. */
function lastMatch(picture: UidList, numbers: Ranges, uids: Ranges): number {
  const uidAt = walk(uids, picture.length)
  let fits = 0
  for (const number of walk(numbers, picture.length)) {
    const uid = uidAt.next().value
    if (uid === undefined || picture.uidAt(number) !== uid) break
    fits = uid
  }
  return fits
}

/** The numbers of ranges one by one, at most `most`. */
function* walk(ranges: Ranges, most: number): Generator<number, undefined, void> {
  let count = 0
  for (const [from, to] of ranges) {
    for (let number = from; number <= to; number++) {
      if (++count > most) return undefined
      yield number
    }
  }
  return undefined
}
