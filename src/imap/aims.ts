// From what a command aims at (numbers, uids, "$") to messages of the client's picture.

import type { UidList } from '../store/uids.ts'
import { bad } from './answers.ts'
import { pictureOf } from './news.ts'
import type { Scanner } from './scanner.ts'
import { last, normal, positionsOf, readSequence, type Ranges, type Sequence } from './sequences.ts'
import type { Session } from './session.ts'

export interface Aim {
  sequence: Sequence
  byUid: boolean
}

export function readAim(scan: Scanner, byUid: boolean): Aim {
  return { sequence: readSequence(scan), byUid }
}

/** Messages by number: ranges of positions in the picture. */
export interface Aimed {
  picture: UidList
  positions: Ranges
}

/** Throws BAD for a number beyond the last message (RFC 9051 §9 seq-number); uids that are not there do not matter. */
export async function takeAim(session: Session, { sequence, byUid }: Aim): Promise<Aimed> {
  const picture = await pictureOf(session)
  if (sequence === '$') return { picture, positions: positionsOf(picture, session.saved) }
  if (byUid) return { picture, positions: positionsOf(picture, normal(sequence, picture.last)) }
  const highest = picture.length
  for (const [, to] of sequence) if (to !== last && to > highest) throw bad('There is no message of that number')
  return { picture, positions: numbersIn(sequence, highest) }
}

/** Message numbers as positions: those that are there. */
export function numbersIn(numbers: Ranges, highest: number): Ranges {
  if (highest === 0) return [] // "1:*" of an empty mailbox names nothing, and is nobody's mistake
  // So is "4:*" where 3 is the last: clients ask so for what may have come.
  const there = normal(numbers, highest).filter(([from]) => from <= highest)
  return there.map(([from, to]) => [from, Math.min(to, highest)])
}

/** A page of messages: numbers and uids side by side. */
export interface Page {
  seqs: number[]
  uids: number[]
}

/** The aimed messages in pages of at most `size`. */
export function* pagesOf({ picture, positions }: Aimed, size: number): Generator<Page, void, void> {
  let page: Page = { seqs: [], uids: [] }
  for (const [first, end] of positions) {
    for (let from = first; from <= end;) {
      const uids = picture.slice(from, Math.min(end, from + size - page.uids.length - 1))
      for (let i = 0; i < uids.length; i++) page.seqs.push(from + i)
      if (page.uids.length === 0) page.uids = uids
      else for (const uid of uids) page.uids.push(uid)
      from += uids.length
      if (page.uids.length < size) continue
      yield page
      page = { seqs: [], uids: [] }
    }
  }
  if (page.uids.length > 0) yield page
}

/** All aimed uids, ascending. */
export function uidsOf({ picture, positions }: Aimed): number[] {
  if (positions.length === 1) return picture.slice(...positions[0]!)
  const uids: number[] = []
  for (const [from, to] of positions) for (const uid of picture.slice(from, to)) uids.push(uid)
  return uids
}

// partial-range (RFC 9394 §3): 1:100 from the first, -1:-100 from the last.
export interface Partial {
  from: number
  to: number
  text: string
}

export function readPartial(scan: Scanner): Partial {
  const start = scan.at
  const negative = scan.peek() === '-'
  const one = readEnd(scan, negative)
  scan.expect(':')
  const other = readEnd(scan, negative)
  const text = scan.text.slice(start, scan.at)
  return { from: Math.min(one, other) * (negative ? -1 : 1), to: Math.max(one, other) * (negative ? -1 : 1), text }
}

function readEnd(scan: Scanner, negative: boolean): number {
  if (negative) scan.expect('-')
  return scan.nzNumber()
}

/** The places (from 0, end exclusive) that a partial range names among `count` results. */
export function placesOf({ from, to }: Partial, count: number): [start: number, end: number] {
  if (from > 0) return [Math.min(from - 1, count), Math.min(to, count)]
  return [Math.max(0, count + to), Math.max(0, count + from + 1)]
}

/** The part of some positions that a partial range names. */
export function cutPositions(positions: Ranges, partial: Partial): Ranges {
  const count = positions.reduce((sum, [from, to]) => sum + to - from + 1, 0)
  const [start, end] = placesOf(partial, count)
  const cut: Ranges = []
  let passed = 0
  for (const [from, to] of positions) {
    const size = to - from + 1
    const first = Math.max(from, from + start - passed)
    const final = Math.min(to, from + end - passed - 1)
    if (first <= final) cut.push([first, final])
    passed += size
  }
  return cut
}
