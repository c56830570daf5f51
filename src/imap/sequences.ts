// Sets of message numbers and uids, kept as ranges. RFC 9051 §9 sequence-set, RFC 5182 "$", RFC 9394.
//
// Invariant: a set is never expanded beyond the messages that are there.

import type { UidList } from '../store/uids.ts'
import type { Scanner } from './scanner.ts'
import { bad } from './answers.ts'
import { imapLimits } from './limits.ts'

/** Inclusive. In a Ranges from `normal()`: ascending, apart, from <= to. */
export type Range = [from: number, to: number]
export type Ranges = Range[]

/** '*' as it is read, before the mailbox is known. */
export const last = Number.MAX_SAFE_INTEGER

/** What a client wrote where a set is wanted: ranges, or the saved result of a SEARCH. */
export type Sequence = Ranges | '$'

// sequence-set = (seq-number / seq-range) ["," sequence-set] / seq-last-command
export function readSequence(scan: Scanner): Sequence {
  if (scan.accept('$')) return '$'
  return readRanges(scan)
}

export function readRanges(scan: Scanner): Ranges {
  const ranges: Ranges = []
  do {
    const from = readNumber(scan)
    const to = scan.accept(':') ? readNumber(scan) : from
    ranges.push(from <= to ? [from, to] : [to, from])
    if (ranges.length > imapLimits.ranges) throw bad('Too many ranges in a set', 'LIMIT')
  } while (scan.accept(','))
  return ranges
}

function readNumber(scan: Scanner): number {
  if (scan.accept('*')) return last
  const value = scan.nzNumber('a message number or "*"')
  // nz-number is 32 bit; a client's "1:99999999999" is a range to the end all the same.
  return value
}

/** The same set in order, touching ranges joined, '*' replaced by `highest`. */
export function normal(ranges: Ranges, highest: number): Ranges {
  const sorted: Ranges = ranges.map(([from, to]) => {
    if (from === last) return [highest, highest]
    // "5:*" includes the last message even when it is below 5 (RFC 9051 §9).
    if (to === last) return from > highest ? [highest, from] : [from, highest]
    return [from, to]
  })
  sorted.sort((a, b) => a[0] - b[0])
  const joined: Ranges = []
  let top: Range | undefined
  for (const range of sorted) {
    if (top && range[0] <= top[1] + 1) top[1] = Math.max(top[1], range[1])
    else joined.push((top = [range[0], range[1]]))
  }
  return joined
}

/** Ascending numbers as ranges. */
export function rangesOf(numbers: Iterable<number>): Ranges {
  const ranges: Ranges = []
  let top: Range | undefined
  for (const number of numbers) {
    if (top && number === top[1] + 1) top[1] = number
    else if (!top || number > top[1]) ranges.push((top = [number, number]))
  }
  return ranges
}

/** "1:3,5" of a normal set. */
export function printRanges(ranges: Ranges): string {
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}:${to === last ? '*' : to}`)).join(',')
}

/** "1:3,5" of ascending numbers. */
export function printSet(numbers: Iterable<number>): string {
  return printRanges(rangesOf(numbers))
}

/** Is `number` in a normal set? */
export function holds(ranges: Ranges, number: number): boolean {
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [from, to] = ranges[middle]!
    if (number < from) high = middle - 1
    else if (number > to) low = middle + 1
    else return true
  }
  return false
}

/** How many numbers a normal set has. */
export function countOf(ranges: Ranges): number {
  let count = 0
  for (const [from, to] of ranges) count += to - from + 1
  return count
}

/** Ranges of uids (normal) as ranges of positions. */
export function positionsOf(picture: UidList, uids: Ranges): Ranges {
  const positions: Ranges = []
  for (const [from, to] of uids) {
    const first = picture.countBelow(from) + 1
    const end = to === last ? picture.length : picture.countBelow(to + 1)
    if (first > end) continue
    const before = positions.at(-1)
    if (before && before[1] + 1 === first) before[1] = end
    else positions.push([first, end])
  }
  return positions
}
