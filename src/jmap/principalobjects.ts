// Principals: people of the house, and mailboxes of units.                                            RFC 9670 §2
//
// A principal has the id of its account. What somebody sees of people is the directory's to say.

import type { Principal } from '../directory/principals.ts'
import { objectId } from '../store/objectids.ts'
import { mailCapability } from './mailscope.ts'

export const principalsCapability = 'urn:ietf:params:jmap:principals'
export const ownerCapability = 'urn:ietf:params:jmap:principals:owner'

export const principalProperties = [
  'id',
  'type',
  'name',
  'description',
  'email',
  'timeZone',
  'capabilities',
  'accounts',
] as const

/** `visible`: the accounts that the one who asks may see something of. */
export function tellPrincipal(
  { id, name, address, shared }: Principal,
  visible: ReadonlySet<number>,
): Record<(typeof principalProperties)[number], unknown> {
  return {
    id: objectId('A', id),
    type: shared ? 'group' : 'individual',
    name: name || address,
    description: null,
    email: address,
    timeZone: null,
    capabilities: {},
    accounts: visible.has(id) ? { [objectId('A', id)]: { [mailCapability]: {} } } : null,
  }
}
