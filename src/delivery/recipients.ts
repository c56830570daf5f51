// Whom a recipient means, and whether there is room for them.
//
// Everything that can be refused is refused here, in the session, so that accepted mail never has to be
// returned to a forged sender (RFC 5321 §6.1 asks for the same care).

import { resolveRecipient } from '../directory/recipients.ts'
import { splitAddress } from '../mail/address.ts'
import type { Recipient, SmtpSession } from '../smtp/intake.ts'
import { quotaOf } from '../store/quota.ts'
import type { House } from './house.ts'
import { refuse } from './refusals.ts'

export type Destination = LocalDestination | RemoteDestination

export interface LocalDestination {
  kind: 'local'
  accountId: number
  detail: string
  delivered: string // the account's primary address
}

export interface RemoteDestination {
  kind: 'remote'
  address: string
  delivered: string
  forwarded: boolean // an address of ours that points outside; else plain relaying
}

/** A recipient as the session named it, and whom it stands for. */
export interface Asked {
  recipient: Recipient
  destinations: Destination[]
}

/** A recipient without a domain, or at the address it was spoken to: only postmaster. RFC 5321 §4.1.1.3, §4.5.1 */
export async function postmasterOf(house: House, address: string, session: SmtpSession): Promise<string> {
  const lower = address.toLowerCase()
  if (lower === 'postmaster') return `postmaster@${await house.mainDomain()}`
  const { localAddress } = session.peer
  const literal = localAddress.includes(':') ? `[ipv6:${localAddress.toLowerCase()}]` : `[${localAddress}]`
  return lower === `postmaster@${literal}` ? `postmaster@${await house.mainDomain()}` : address
}

export interface Asking {
  size: number // bytes that must fit into every local mailbox; 0 unknown
  mayRelay: boolean // the session may send to others' domains
  sender: string
}

/** Everybody an address stands for. Throws the Refusal that names the reason. */
export async function destinationsOf(house: House, address: string, asking: Asking): Promise<Destination[]> {
  const { size, mayRelay, sender } = asking
  const split = splitAddress(address)
  if (!split) throw refuse(501, '5.1.3', 'That is not an address')

  const resolved = await resolveRecipient(house.store.db, address)
  if (!resolved.known) {
    if (resolved.domainIsOurs) return [returnedBounce(house, address, sender)]
    if (!mayRelay) throw refuse(550, '5.7.1', 'Relaying denied: sign in first')
    if (split.domain.startsWith('[')) throw refuse(550, '5.1.2', 'Mail to address literals is not sent')
    if (!split.domain.includes('.')) throw refuse(550, '5.1.2', 'That is not a full domain name')
    return [{ kind: 'remote', address, delivered: address, forwarded: false }]
  }

  const destinations: Destination[] = []
  let refused: Error | undefined
  for (const destination of resolved.destinations) {
    if (destination.kind === 'remote') {
      destinations.push({ ...destination, delivered: address, forwarded: true })
      continue
    }
    try {
      destinations.push(await localDestination(house, destination, size))
    } catch (error) {
      // Of an alias with many, one full mailbox must not keep the mail from the others.
      refused = error as Error
      if (resolved.destinations.length === 1) throw error
    }
  }
  if (destinations.length === 0) throw refused ?? refuse(550, '5.1.1', 'No such mailbox here')
  return destinations
}

async function localDestination(
  house: House,
  { accountId, detail, delivered }: { accountId: number; detail: string; delivered: string },
  size: number,
): Promise<LocalDestination> {
  const { db } = house.store
  const { used, quota } = await quotaOf(db, accountId)
  if (quota > 0 && used + Math.max(size, 1) > quota) throw overQuota(house)
  return { kind: 'local', accountId, detail, delivered }
}

export function overQuota({ settings }: House): Error {
  return settings.overQuota === 'refuse'
    ? refuse(552, '5.2.2', 'The mailbox is full')
    : refuse(452, '4.2.2', 'The mailbox is full, try again later')
}

/** An address of ours that nobody has may be one we wrote ourselves for a forward: a return to it goes on. */
function returnedBounce(house: House, address: string, sender: string): Destination {
  const original = sender === '' ? house.srs.reverse(address, house.clock()) : undefined
  if (original === undefined) throw refuse(550, '5.1.1', 'No such mailbox here')
  return { kind: 'remote', address: original, delivered: address, forwarded: false }
}
