// What this tab remembers through a reload or a crash: which draft its open composer was writing.

import type { Compose } from '../route.ts'

const name = 'postern.composing'

interface Remembered {
  start: string
  key: string
}

function read(): Remembered | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

/** The key of the draft that was open here, started the same way. */
export function tabKey(start: Compose): string | undefined {
  const kept = read()
  return kept?.start === JSON.stringify(start) ? kept.key : undefined
}

export function rememberTab(start: Compose, key: string): void {
  sessionStorage.setItem(name, JSON.stringify({ start: JSON.stringify(start), key } satisfies Remembered))
}

export function forgetTab(start: Compose): void {
  if (tabKey(start) !== undefined) sessionStorage.removeItem(name)
}
