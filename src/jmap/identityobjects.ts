// Identities as JMAP tells them.                                                  RFC 8621 §6
//
// Invariant: the state says the list, so that whatever changes it (a grant taken back, another name of the account)
// changes the state.

import { hash } from 'node:crypto'
import { listIdentities, type Identity, type IdentityAddress, type IdentityChanges } from '../directory/identities.ts'
import { objectId } from '../store/objectids.ts'
import { isObject } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import type { Call } from './method.ts'

export const submissionCapability = 'urn:ietf:params:jmap:submission'

export const identityProperties = [
  'id',
  'name',
  'email',
  'replyTo',
  'bcc',
  'textSignature',
  'htmlSignature',
  'mayDelete',
] as const

export interface IdentityList {
  list: Identity[]
  state: string
}

export async function identitiesOf({ house, account }: Pick<Call, 'house' | 'account'>): Promise<IdentityList> {
  const list = await listIdentities(house.store.db, account)
  return { list, state: hash('sha256', JSON.stringify(list), 'base64url').slice(0, 20) }
}

export function tellIdentity({ id, address, ...same }: Identity): Record<(typeof identityProperties)[number], unknown> {
  return { id: objectId('I', id), email: address, ...same }
}

/** The properties that a client sets; others are left out. Throws setError invalidProperties. */
export function readIdentity(object: Record<string, unknown>): IdentityChanges {
  const changes: IdentityChanges = {}
  for (const name of ['name', 'textSignature', 'htmlSignature'] as const) {
    const value = object[name]
    if (value === undefined) continue
    if (value !== null && typeof value !== 'string') throw wrong(name, 'A text')
    changes[name] = name === 'name' ? cleanName(value ?? '') : (value ?? '')
  }
  for (const name of ['replyTo', 'bcc'] as const) {
    const value = object[name]
    if (value !== undefined) changes[name] = value === null ? null : readAddresses(name, value)
  }
  return changes
}

/** It goes into headers: one line, nothing that turns the direction of writing. */
function cleanName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

function readAddresses(property: string, value: unknown): IdentityAddress[] {
  if (!Array.isArray(value)) throw wrong(property, 'A list of addresses')
  return value.map((one) => {
    const { name = null, email } = isObject(one) ? one : {}
    const isEmail = typeof email === 'string' && /^[^\s@][^\x00-\x1f\x7f]{0,300}@[^\s@]+$/.test(email)
    if (!isEmail || (name !== null && typeof name !== 'string')) throw wrong(property, 'Objects with email, and name')
    return { name: name === null ? null : cleanName(name), email }
  })
}
