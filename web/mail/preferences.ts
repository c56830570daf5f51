// What somebody chose for the pages: kept by the server, so that it is the same on every device.
//
// Invariants: what the server says is checked before it is used, and what it does not say is the default; choices that
// a page needs before anything is asked (language, zone, theme, density) are mirrored on this device.

import { ask } from '../parts/api.ts'
import { cell, type Cell } from '../parts/cell.ts'

export interface Preferences {
  reading: 'plain' | 'html'
  writing: 'plain' | 'rich'
  undoSeconds: number // 0..30: how long a mail waits before it leaves
  quote: boolean // the answered mail stands under an answer
  signOnAnswers: boolean
  receipts: boolean // ask for receipts unless told otherwise
  shortcuts: boolean // single keys
  identity: string // the one new mails begin with; '' for the first
  zone: string
}

export const defaults: Preferences = {
  reading: 'plain',
  writing: 'plain',
  undoSeconds: 10,
  quote: true,
  signOnAnswers: true,
  receipts: false,
  shortcuts: true,
  identity: '',
  zone: 'Asia/Taipei',
}

const path = '/api/preferences'
const zoneKey = 'postern.zone'
const mirror = 'postern.preferences'

export const preferences: Cell<Preferences> = cell(readPreferences(mirrored()))

let loading: Promise<Preferences> | undefined

/** Asks the server once; where it cannot say, what this device remembers holds. */
export function loadPreferences(): Promise<Preferences> {
  loading ??= ask<Record<string, unknown>>('GET', path).then(
    (said) => take(said),
    () => {
      loading = undefined
      return preferences.get()
    },
  )
  return loading
}

let asked: Promise<unknown> = Promise.resolve()

/** Holds at once; throws Problem, and then it is as it was. */
export async function choose(change: Partial<Preferences>): Promise<void> {
  const before = preferences.get()
  preferences.set({ ...before, ...change })
  const answer = asked.then(() => ask<Record<string, unknown>>('PATCH', path, change)) // in the order they were made
  const turn = answer.catch(() => undefined)
  asked = turn
  try {
    const said = await answer
    if (asked === turn) take(said) // of several, the last answer knows them all
  } catch (error) {
    const back = Object.keys(change).map((key) => [key, before[key as keyof Preferences]])
    preferences.update((now) => ({ ...now, ...(Object.fromEntries(back) as Partial<Preferences>) }))
    throw error
  }
}

function take(said: Record<string, unknown>): Preferences {
  const next = readPreferences(said)
  preferences.set(next)
  localStorage.setItem(zoneKey, next.zone)
  localStorage.setItem(mirror, JSON.stringify(next))
  return next
}

function mirrored(): Record<string, unknown> {
  try {
    return JSON.parse(globalThis.localStorage?.getItem(mirror) ?? '{}') as Record<string, unknown>
  } catch {
    return {}
  }
}

export function readPreferences(said: Record<string, unknown>): Preferences {
  const flag = (key: 'quote' | 'signOnAnswers' | 'receipts' | 'shortcuts'): boolean =>
    typeof said[key] === 'boolean' ? said[key] : defaults[key]
  const seconds = said['undoSeconds']
  return {
    reading: said['reading'] === 'html' ? 'html' : 'plain',
    writing: said['writing'] === 'rich' ? 'rich' : 'plain',
    undoSeconds:
      typeof seconds === 'number' && seconds >= 0 && seconds <= 30 ? Math.round(seconds) : defaults.undoSeconds,
    quote: flag('quote'),
    signOnAnswers: flag('signOnAnswers'),
    receipts: flag('receipts'),
    shortcuts: flag('shortcuts'),
    identity: typeof said['identity'] === 'string' ? said['identity'] : '',
    zone: typeof said['zone'] === 'string' && isZone(said['zone']) ? said['zone'] : defaults.zone,
  }
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone }).format()
    return true
  } catch {
    return false
  }
}
