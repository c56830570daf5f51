// The kinds of setting: how each is written in TOML and in the environment, and what it is in the code.

import { Trouble } from '../wire/troubles.ts'

export interface Setting<T> {
  kind: string // for the manual
  unit?: string
  preset: string // the default as an operator would write it
  value: T // the default
  en: string // one sentence
  zh: string
  /** From TOML (any shape) or from the environment (text). Throws an Error that says what is wanted. */
  read(given: unknown): T
}

interface Words {
  en: string
  zh: string
}

function setting<T>(
  kind: string,
  preset: string,
  words: Words,
  read: (given: unknown) => T,
  unit?: string,
): Setting<T> {
  return { kind, preset, unit, ...words, read, value: read(preset) }
}

export const text = (preset: string, words: Words): Setting<string> =>
  setting('text', preset, words, (given) => {
    if (typeof given !== 'string') throw new Error('a text in quotes is wanted')
    return given
  })

/** Words that a protocol says within one of its lines: printable ASCII, so that none of it ends the line. */
export const phrase = (preset: string, words: Words, most: number): Setting<string> =>
  setting(
    'text',
    preset,
    words,
    (given) => {
      if (typeof given === 'string' && given.length <= most && /^[\x20-\x7e]*$/.test(given)) return given.trim()
      throw new Error(`a text in quotes of at most ${most} letters without accents is wanted`)
    },
    'characters',
  )

export const flag = (preset: boolean, words: Words): Setting<boolean> =>
  setting('true | false', String(preset), words, (given) => {
    if (given === true || given === 'true') return true
    if (given === false || given === 'false') return false
    throw new Error('true or false is wanted')
  })

export const count = (
  preset: number,
  words: Words,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
  unit?: string,
): Setting<number> =>
  setting(
    'number',
    String(preset),
    words,
    (given) => {
      const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
      if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number
      const end = most < Number.MAX_SAFE_INTEGER ? ` and at most ${most}` : ''
      throw new Error(`a whole number of at least ${least}${end} is wanted`)
    },
    unit,
  )

const sizes: Record<string, number> = { B: 1, KB: 1 << 10, MB: 1 << 20, GB: 1 << 30, TB: 2 ** 40 }

/** '100GB' -> bytes; KB is 1,024 bytes. Throws an Error that says what is wanted. */
export function readSize(given: unknown): number {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?\s*$/i.exec(String(given))
  if (!found) throw new Error('a size like "50MB" is wanted')
  return Math.floor(Number(found[1]) * (sizes[`${(found[2] ?? '').toUpperCase()}B`] ?? 1))
}

export const size = (preset: string, words: Words): Setting<number> => setting('size', preset, words, readSize, 'bytes')

const spans: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** '5m' -> milliseconds. Throws an Error that says what is wanted. */
export function readSpan(given: unknown): number {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(String(given))
  if (!found) throw new Error('a time like "30s", "5m", "4h" or "5d" is wanted')
  return Number(found[1]) * (spans[found[2] ?? ''] ?? 1)
}

/** `most`: the longest that makes sense, as an operator would write it. */
export const span = (preset: string, words: Words, most?: string): Setting<number> =>
  setting(
    'time',
    preset,
    words,
    (given) => {
      const milliseconds = readSpan(given)
      if (most !== undefined && milliseconds > readSpan(most)) throw new Error(`a time of at most ${most} is wanted`)
      return milliseconds
    },
    'milliseconds',
  )

export const choice = <const T extends string>(options: readonly T[], preset: T, words: Words): Setting<T> =>
  setting(options.join(' | '), preset, words, (given) => {
    const found = options.find((option) => option === given)
    if (found === undefined) throw new Error(`one of ${options.map((option) => `"${option}"`).join(', ')} is wanted`)
    return found
  })

/** A list of texts; in the environment separated by commas. */
export const list = (preset: string[], words: Words): Setting<string[]> =>
  setting('list', preset.join(','), words, (given) => {
    if (Array.isArray(given) && given.every((one) => typeof one === 'string')) return given as string[]
    if (typeof given === 'string')
      return given
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
    throw new Error('a list of texts is wanted')
  })

/** Tables ([[name]] in TOML) whose columns `readRow` checks. Not settable by the environment. */
export const tables = <T>(readRow: (row: Record<string, unknown>) => T, words: Words): Setting<T[]> =>
  setting('tables', '', words, (given) => {
    if (given === '') return []
    if (!Array.isArray(given)) throw new Error('tables in double brackets are wanted')
    return given.map((row) => readRow(row as Record<string, unknown>))
  })

/** Turns the Error of a kind into the trouble the operator sees. */
export function badSetting(key: string, error: unknown): Trouble {
  return new Trouble('bad-setting', { key, why: (error as Error).message })
}
