// Answers kept for as long as their TTLs allow.                  RFC 1035 §7.4, RFC 2308 §5, RFC 9520
//
// Invariants:
//   nothing is given out after its time
//   the sizes of what is kept never add up to more than `capacity`; the longest unused goes first

import { DnsTrouble, type Answer, type RecordType } from './resolver.ts'

export type Kept = Answer | DnsTrouble

interface Entry {
  kept: Kept
  ends: number // milliseconds
  size: number
}

export class AnswerCache {
  #entries = new Map<string, Entry>() // in order of use
  #capacity: number
  #size = 0
  #now: () => number

  /** `capacity` in bytes, as sizes of answers. */
  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity
    this.#now = now
  }

  get(name: string, type: RecordType): Kept | undefined {
    const key = `${type} ${name}`
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    const left = entry.ends - this.#now()
    if (left <= 0) {
      this.#size -= entry.size
      return undefined
    }
    this.#entries.set(key, entry)
    if (entry.kept instanceof DnsTrouble) return entry.kept
    return { ...entry.kept, ttl: Math.floor(left / 1000) }
  }

  /** Keeps an answer or a "no" for `ttl` seconds; 0 keeps nothing. */
  put(name: string, type: RecordType, kept: Kept, ttl: number): void {
    if (ttl <= 0) return
    const key = `${type} ${name}`
    const size = 200 + 2 * key.length + (kept instanceof DnsTrouble ? 0 : sizeOf(kept))
    const before = this.#entries.get(key)
    if (before) this.#size -= before.size
    this.#entries.delete(key)
    this.#entries.set(key, { kept, ends: this.#now() + ttl * 1000, size })
    this.#size += size
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#capacity) break
      this.#entries.delete(oldest)
      this.#size -= entry.size
    }
  }

  get size(): number {
    return this.#size
  }
}

/** About what the answer weighs in memory: enough to keep the cache bounded. */
function sizeOf(answer: Answer): number {
  let size = 0
  for (const record of answer.records) {
    size += 100
    if (typeof record === 'string') size += record.length
    else for (const value of Object.values(record)) size += typeof value === 'number' ? 8 : value.length
  }
  return size
}
