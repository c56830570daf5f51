// What a patch of an Email asks for. Keywords and mailboxes change, all else of an email never does.     RFC 8621 §4.6
//
// Pure.

import type { Alteration, EmailOrder } from '../store/emailset.ts'
import { objectNumber } from '../store/objectids.ts'
import { isObject } from './arguments.ts'
import { setError, type SetRefusal } from './method.ts'
import { checkPatch, type Patch } from './patch.ts'

export interface EmailPatch {
  order: Pick<EmailOrder, 'keywords' | 'mailboxIds'>
  /** Properties that cannot change: the patch may name them only as they are. */
  fixed: Record<string, unknown>
}

export function wrong(property: string, description: string): SetRefusal {
  return setError('invalidProperties', { properties: [property], description })
}

/** Throws setError invalidPatch, invalidProperties. `resolve` replaces "#name" of a mailbox by its id. */
export function readEmailPatch(patch: Patch, resolve: (id: string) => string | undefined): EmailPatch {
  checkPatch(patch)
  const keywords = openAlteration('keywords', readKeyword)
  const mailboxIds = openAlteration('mailboxIds', (id) => readMailboxId(id, resolve))
  const fixed: Record<string, unknown> = {}
  for (const { path, value } of patch) {
    const [property, key, ...deeper] = path as [string, ...string[]]
    const alteration = property === 'keywords' ? keywords : property === 'mailboxIds' ? mailboxIds : undefined
    if (!alteration) {
      if (key !== undefined) throw wrong(property, 'It never changes')
      fixed[property] = value
    } else if (deeper.length > 0) throw setError('invalidPatch', { description: `"${path.join('/')}" leads nowhere` })
    else if (key === undefined) alteration.whole(value)
    else alteration.one(key, value)
  }
  return {
    order: { ...keywords.answer(), ...mailboxIds.answer() },
    fixed,
  }
}

function openAlteration<P extends string, T>(property: P, read: (key: string) => T) {
  let alteration: Alteration<T> | undefined
  return {
    whole(value: unknown): void {
      alteration = { set: readNames(property, value, read) }
    },
    one(key: string, value: unknown): void {
      if (value !== true && value !== null) throw wrong(property, 'A value is true or null')
      const parts = (alteration ??= { add: [], remove: [] }) as { add: T[]; remove: T[] }
      parts[value ? 'add' : 'remove'].push(read(key))
    },
    answer: () => (alteration ? { [property]: alteration } : {}) as { [name in P]?: Alteration<T> },
  }
}

/** { name: true, ... } as a list. Throws setError invalidProperties. */
export function readNames<T>(property: string, value: unknown, read: (key: string) => T): T[] {
  if (value === null && property === 'keywords') return []
  if (!isObject(value)) throw wrong(property, 'An object, its values true')
  return Object.entries(value).map(([key, flag]) => {
    if (flag !== true) throw wrong(property, 'Its values are true')
    return read(key)
  })
}

/** RFC 8621 §4.1.1: 1 to 255 visible letters of ASCII, without ( ) { ] % * " \ */
export function readKeyword(keyword: string): string {
  if (!/^[!#$&'+-Z[^-z|}~]{1,255}$/.test(keyword)) throw wrong('keywords', `"${keyword.slice(0, 50)}" is no keyword`)
  return keyword.toLowerCase()
}

/** The number of a mailbox. Throws setError invalidProperties. */
export function readMailboxId(id: string, resolve: (id: string) => string | undefined): number {
  const number = objectNumber('F', resolve(id) ?? '')
  if (number === undefined) throw wrong('mailboxIds', `There is no mailbox "${id.slice(0, 50)}"`)
  return number
}
