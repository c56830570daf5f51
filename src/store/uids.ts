// The uids of a mailbox in order: sequence number <-> uid.
//
// A list never changes: with() and without() give a new list that shares what stayed the same, so
// every session keeps its own picture of a mailbox (RFC 9051 §5.5: no surprise EXPUNGE) at the cost of what
// changed. Uids lie in chunks; finding one is two binary searches, changing one copies one
// chunk and the row of chunk heads.

const chunkSize = 512

/** Ascending uids. `starts[i]` is how many uids lie before chunk i. */
export class UidList {
  readonly length: number
  readonly chunks: readonly Uint32Array[]
  readonly starts: Float64Array

  constructor(chunks: readonly Uint32Array[]) {
    this.chunks = chunks
    this.starts = new Float64Array(chunks.length)
    let length = 0
    for (let i = 0; i < chunks.length; i++) {
      this.starts[i] = length
      length += chunks[i]!.length
    }
    this.length = length
  }

  /** The list of `uids`, which must ascend strictly. */
  static of(uids: ArrayLike<number>): UidList {
    const chunks: Uint32Array[] = []
    for (let from = 0; from < uids.length; from += chunkSize) {
      const chunk = new Uint32Array(Math.min(chunkSize, uids.length - from))
      for (let i = 0; i < chunk.length; i++) chunk[i] = uids[from + i]!
      chunks.push(chunk)
    }
    return new UidList(chunks)
  }

  /** The uid of message number `seq` (from 1); undefined beyond the end. */
  uidAt(seq: number): number | undefined {
    if (!(seq >= 1 && seq <= this.length)) return undefined
    const index = lastAtMost(this.starts, seq - 1)
    return this.chunks[index]![seq - 1 - this.starts[index]!]
  }

  /** The number (from 1) of the message with `uid`; 0 when it is not here. */
  seqOf(uid: number): number {
    const place = this.#place(uid)
    if (place.index < 0) return 0
    return this.chunks[place.index]![place.offset] === uid ? this.starts[place.index]! + place.offset + 1 : 0
  }

  has(uid: number): boolean {
    return this.seqOf(uid) > 0
  }

  /** How many uids are below `uid`. */
  countBelow(uid: number): number {
    const { index, offset } = this.#place(uid)
    if (index < 0) return 0
    return this.starts[index]! + offset + (this.chunks[index]![offset]! < uid ? 1 : 0)
  }

  get last(): number {
    return this.uidAt(this.length) ?? 0
  }

  /** The uids of messages number `from` to `to` (both included, clipped to the list). */
  slice(from: number, to: number): number[] {
    const first = Math.max(1, from)
    const end = Math.min(to, this.length)
    const found: number[] = []
    if (first > end) return found
    let index = lastAtMost(this.starts, first - 1)
    let offset = first - 1 - this.starts[index]!
    for (let left = end - first + 1; left > 0; index++, offset = 0) {
      const chunk = this.chunks[index]!
      for (; offset < chunk.length && left > 0; offset++, left--) found.push(chunk[offset]!)
    }
    return found
  }

  /** The uids between `low` and `high` (both included). */
  between(low: number, high: number): number[] {
    return this.slice(this.countBelow(low) + 1, this.countBelow(high + 1))
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (const chunk of this.chunks) yield* chunk
  }

  /** This list and `uids` (ascending). Those that are here already count once. */
  with(uids: readonly number[]): UidList {
    if (uids.length === 0) return this
    const last = this.last
    const chunks = this.chunks.slice()
    const fresh = uids[0]! > last ? uids : []
    if (fresh.length === 0) return this.#merged(uids)
    const tail = chunks.at(-1)
    let from = 0
    if (tail && tail.length < chunkSize) {
      const room = Math.min(chunkSize - tail.length, fresh.length)
      const longer = new Uint32Array(tail.length + room)
      longer.set(tail)
      for (let i = 0; i < room; i++) longer[tail.length + i] = fresh[i]!
      chunks[chunks.length - 1] = longer
      from = room
    }
    for (; from < fresh.length; from += chunkSize) chunks.push(Uint32Array.from(fresh.slice(from, from + chunkSize)))
    return new UidList(chunks)
  }

  /** This list without `uids` (any order); those that are not here do not matter. */
  without(uids: readonly number[]): UidList {
    const touched = new Map<number, Set<number>>()
    for (const uid of uids) {
      const { index, offset } = this.#place(uid)
      if (index < 0 || this.chunks[index]![offset] !== uid) continue
      const gone = touched.get(index)
      if (gone) gone.add(uid)
      else touched.set(index, new Set([uid]))
    }
    if (touched.size === 0) return this
    const chunks: Uint32Array[] = []
    for (let i = 0; i < this.chunks.length; i++) {
      const gone = touched.get(i)
      const chunk = gone ? this.chunks[i]!.filter((uid) => !gone.has(uid)) : this.chunks[i]!
      if (chunk.length === 0) continue
      const before = chunks.at(-1)
      // What shrank joins its neighbour, so that the number of chunks follows the number of uids.
      if (gone && before && before.length + chunk.length <= chunkSize / 2)
        chunks[chunks.length - 1] = joined(before, chunk)
      else chunks.push(chunk)
    }
    return new UidList(chunks)
  }

  #merged(uids: readonly number[]): UidList {
    const all = new Set(this)
    const before = all.size
    for (const uid of uids) all.add(uid)
    return all.size === before ? this : UidList.of(Uint32Array.from(all).sort())
  }

  /** The place of the largest uid at most `uid`; index -1 when all are larger. */
  #place(uid: number): { index: number; offset: number } {
    let low = 0
    let high = this.chunks.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      if (this.chunks[middle]![0]! <= uid) low = middle + 1
      else high = middle - 1
    }
    if (high < 0) return { index: -1, offset: 0 }
    return { index: high, offset: lastAtMost(this.chunks[high]!, uid) }
  }
}

export const noUids = new UidList([])

/** What a session must tell its client: uids of `before` that are not in `after`, and the reverse. */
export function difference(before: UidList, after: UidList): { gone: number[]; arrived: number[] } {
  const gone: number[] = []
  const arrived: number[] = []
  if (before === after) return { gone, arrived }
  let i = 0
  let j = 0
  const lefts = before.chunks
  const rights = after.chunks
  let a = 0
  let b = 0
  while (i < lefts.length || j < rights.length) {
    const left = lefts[i]
    const right = rights[j]
    if (left === right && a === b) {
      // Shared chunks are equal without looking.
      i++
      j++
      a = b = 0
      continue
    }
    const x = left ? left[a]! : Infinity
    const y = right ? right[b]! : Infinity
    if (x <= y) {
      if (x < y) gone.push(x)
      if (++a === left!.length) {
        a = 0
        i++
      }
    }
    if (y <= x) {
      if (y < x) arrived.push(y)
      if (++b === right!.length) {
        b = 0
        j++
      }
    }
  }
  return { gone, arrived }
}

function joined(a: Uint32Array, b: Uint32Array): Uint32Array {
  const both = new Uint32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** The index of the last entry of ascending `values` that is at most `wanted`; -1 when none is. */
function lastAtMost(values: Uint32Array | Float64Array, wanted: number): number {
  let low = 0
  let high = values.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (values[middle]! <= wanted) low = middle + 1
    else high = middle - 1
  }
  return high
}
