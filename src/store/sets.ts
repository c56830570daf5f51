// Sets of numbers as SQL: a thousand uids are a few statements, and each statement's text is one of
// a handful, so that it stays prepared.

import type { Value } from '../sql/sql.ts'

/** One piece of a set: a condition on `column`, its first parameter numbered as asked, and the values. */
export interface Piece {
  where: string
  values: number[]
  numbers: number[] // the members of the set that this piece covers, ascending
}

// SQLite looks up each numbered place by walking over those before it: long lists of places cost their square.
const sizes = [1, 8, 64, 128]
export const listLength = 128 // numbers in one `in` list
const worthRange = 8

/**
 * `numbers` (ascending, different) in pieces of at most a few hundred: runs without a gap as
 * `between`, the rest as `in` lists. Parameters count from `$first`.
 */
export function pieces(column: string, numbers: readonly number[], first: number, runLimit = 2_000): Piece[] {
  const found: Piece[] = []
  let loose: number[] = []
  const flush = (): void => {
    for (let from = 0; from < loose.length; from += listLength) {
      const part = loose.slice(from, from + listLength)
      found.push({ where: `${column} in ${list(part.length, first)}`, values: padded(part), numbers: part })
    }
    loose = []
  }
  for (let i = 0; i < numbers.length;) {
    let end = i + 1
    while (end < numbers.length && numbers[end] === numbers[end - 1]! + 1 && end - i < runLimit) end++
    if (end - i >= worthRange) {
      flush()
      const run = numbers.slice(i, end)
      found.push({
        where: `${column} between $${first} and $${first + 1}`,
        values: [run[0]!, run.at(-1)!],
        numbers: run,
      })
    } else for (let j = i; j < end; j++) loose.push(numbers[j]!)
    i = end
  }
  flush()
  return found
}

/** Ranges that hold all of `numbers` (ascending), and little else: for reading, where strangers are filtered out. */
export function ranges(
  numbers: readonly number[],
  rowLimit: number,
): { low: number; high: number; numbers: number[] }[] {
  const found: { low: number; high: number; numbers: number[] }[] = []
  for (let i = 0; i < numbers.length;) {
    let end = i + 1
    while (end < numbers.length && numbers[end]! - numbers[end - 1]! <= 16 && end - i < rowLimit) end++
    found.push({ low: numbers[i]!, high: numbers[end - 1]!, numbers: numbers.slice(i, end) })
    i = end
  }
  return found
}

const lists = new Map<string, string>()

/** `($3, $4, ...)` with as many places as padded() gives for `count` values. */
export function list(count: number, first: number): string {
  const places = sizes.find((size) => size >= count)!
  const key = `${places}.${first}`
  let text = lists.get(key)
  if (text === undefined) {
    text = `(${Array.from({ length: places }, (_, i) => `$${first + i}`).join(', ')})`
    lists.set(key, text)
  }
  return text
}

/** The values of an `in` list, the last repeated until the list has one of its sizes. */
export function padded(values: readonly number[]): number[] {
  const places = sizes.find((size) => size >= values.length)!
  const full = values.slice()
  while (full.length < places) full.push(values.at(-1)!)
  return full
}

/** `rows` in groups of 8 and 1: two prepared statements, whatever the count. */
export function* groups<Row>(rows: readonly Row[]): Generator<Row[], void, undefined> {
  for (let from = 0; from < rows.length;) {
    const left = rows.length - from
    const size = left >= 8 ? 8 : 1
    yield rows.slice(from, from + size)
    from += size
  }
}

const texts = new Map<string, string>()

/**
 * `head values (...), (...) tail` for `count` rows of `columns` numbers and texts. `types` casts each
 * place, which PostgreSQL needs where nothing else says what a parameter is.
 */
export function rowsText(key: string, head: string, types: readonly string[], count: number, tail: string): string {
  const name = `${key}.${count}`
  let text = texts.get(name)
  if (text === undefined) {
    let place = 0
    const row = () => `(${types.map((type) => (type ? `cast($${++place} as ${type})` : `$${++place}`)).join(', ')})`
    text = `${head} ${Array.from({ length: count }, row).join(', ')} ${tail}`
    texts.set(name, text)
  }
  return text
}

/** What is in both; both ascending. `within` undefined: everything. */
export function both(found: number[], within: number[] | undefined): number[] {
  if (!within) return found
  const common: number[] = []
  for (let i = 0, j = 0; i < found.length && j < within.length;) {
    if (found[i] === within[j]) {
      common.push(found[i]!)
      i++
      j++
    } else if (found[i]! < within[j]!) i++
    else j++
  }
  return common
}

/** Ascending and without repeats. */
export function ascending(numbers: readonly number[]): number[] {
  let sorted = true
  for (let i = 1; i < numbers.length; i++) {
    if (!(numbers[i]! > numbers[i - 1]!)) {
      sorted = false
      break
    }
  }
  return sorted ? (numbers as number[]) : [...new Set(numbers)].sort((a, b) => a - b)
}

/** Lets everyone else have a turn: between slices of long work. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A pause that somebody may end: `end` does nothing when nobody rests. One at a time. */
export function openRest(): { rest(milliseconds: number): Promise<void>; end(): void } {
  let end: (() => void) | undefined
  return {
    rest: (milliseconds) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds).unref()
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    end: () => end?.(),
  }
}

/** Resolves after the event, or after so long. */
export async function before(event: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([event, late])
  clearTimeout(timer)
}

export type Row = Value[]
