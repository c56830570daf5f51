// Reads the arguments of a method, each with the words a developer of a client needs when it is wrong.
// RFC 8620 §1.2-§1.4 (Id, Int, Date, UTCDate), §3.6.2 (invalidArguments).
//
// Pure; nothing here waits. Every function throws MethodError invalidArguments.

import { MethodError } from './method.ts'

export type Arguments = Record<string, unknown>

export function invalid(name: string, wanted: string): MethodError {
  return new MethodError('invalidArguments', `"${name}" must be ${wanted}`, { arguments: [name] })
}

/** Arguments nobody knows are refused: a misspelt one would otherwise be lost without a word. */
export function onlyKnown(args: Arguments, known: readonly string[]): void {
  const odd = Object.keys(args).find((name) => !known.includes(name))
  if (odd !== undefined) throw new MethodError('invalidArguments', `"${odd}" is not known`, { arguments: [odd] })
}

export function isObject(value: unknown): value is Arguments {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** Id: 1 to 255 of A-Z a-z 0-9 - _ (RFC 8620 §1.2). */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,255}$/.test(value)
}

/** An Id, or "#" and a creation id (RFC 8620 §5.3). */
export function isReference(value: unknown): value is string {
  return isId(value) || (typeof value === 'string' && /^#.{1,255}$/s.test(value))
}

export function readText(args: Arguments, name: string): string
export function readText<Otherwise>(args: Arguments, name: string, otherwise: Otherwise): string | Otherwise
export function readText(args: Arguments, name: string, ...otherwise: unknown[]): unknown {
  const value = args[name]
  if (value == null && otherwise.length > 0) return otherwise[0]
  if (typeof value !== 'string') throw invalid(name, 'a text')
  return value
}

export function readFlag(args: Arguments, name: string, otherwise: boolean): boolean {
  const value = args[name]
  if (value == null) return otherwise
  if (typeof value !== 'boolean') throw invalid(name, 'true or false')
  return value
}

/** UnsignedInt within the safe integers; `least` 1 for a PositiveInt. */
export function readCount<Otherwise>(
  args: Arguments,
  name: string,
  otherwise: Otherwise,
  least = 0,
): number | Otherwise {
  const value = args[name]
  if (value == null) return otherwise
  if (!Number.isSafeInteger(value) || (value as number) < least) throw invalid(name, `a whole number from ${least} on`)
  return value as number
}

/** Int, may be negative. */
export function readInt(args: Arguments, name: string, otherwise: number): number {
  const value = args[name]
  if (value == null) return otherwise
  if (!Number.isSafeInteger(value)) throw invalid(name, 'a whole number')
  return value as number
}

/** A list of texts; null and absent are `otherwise`. */
export function readTexts<Otherwise>(args: Arguments, name: string, otherwise: Otherwise): string[] | Otherwise {
  const value = args[name]
  if (value == null) return otherwise
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) throw invalid(name, 'a list of texts')
  return value as string[]
}

export function readObject<Otherwise>(args: Arguments, name: string, otherwise: Otherwise): Arguments | Otherwise {
  const value = args[name]
  if (value == null) return otherwise
  if (!isObject(value)) throw invalid(name, 'an object')
  return value
}

/** Date or UTCDate as milliseconds; undefined when the text is none. RFC 8620 §1.4, RFC 3339. */
export function readDate(value: unknown): number | undefined {
  const date = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
  if (typeof value !== 'string' || value.length > 40) return undefined
  const found = date.exec(value)
  if (!found) return undefined
  const time = Date.parse(value)
  // Date.parse turns 30 February into 2 March.
  const isDay = new Date(`${found[1]}T00:00:00Z`).toISOString().startsWith(found[1] as string)
  return Number.isNaN(time) || !isDay ? undefined : time
}

/** Milliseconds as a UTCDate, without fractions (RFC 8620 §1.4). */
export function utcDate(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}
