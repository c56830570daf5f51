// Whose address is this: MAIL FROM and From: of a submission belong to the login (P24).

import { normalAddress, splitAddress } from '../mail/address.ts'
import type { Reader } from '../sql/sql.ts'
import { ownForm } from './accounts.ts'
import { writingFor } from './delegations.ts'
import { directoryLimits } from './limits.ts'
import { answersForRole, cuts, isReadable } from './recipients.ts'

interface OwnerRow {
  address: string
  account_id: number | null
}

/** By what right an account writes from an address. */
export interface Standing {
  /** self: his own | granted: given to him by name | as, behalf: of somebody who lets him (delegations.ts) */
  by: 'self' | 'granted' | 'as' | 'behalf'
  /** Whose address it is, where that is somebody else. */
  ownerId?: number
}

/**
 * By what right the account may send as `address`: its own address, an alias that leads to it alone, an address it was
 * granted, one of somebody who lets it, one of these with a detail, or a role of a domain whose administrator it is.
 * undefined: by none.
 */
export async function standingOf(
  db: Reader,
  accountId: number,
  address: string,
  now: number = Date.now(),
): Promise<Standing | undefined> {
  if (!isReadable(address)) return undefined
  const normal = await ownForm(db, address)
  const split = splitAddress(normal)
  if (!split) return undefined
  const whole = await standingAs(db, accountId, normal, now)
  if (whole) return whole
  if (await entryOf(db, normal)) return undefined

  const domain = await db.one<{ separators: string }>(livingSeparators, [split.domain])
  if (!domain) return undefined
  for (const [user] of cuts(split.local, domain.separators)) {
    const base = normalAddress(`${user}@${split.domain}`)
    const standing = await standingAs(db, accountId, base, now)
    if (standing) return standing
    if (await entryOf(db, base)) return undefined // somebody else's, and so is every detail of it
  }
  return (await answersForRole(db, accountId, split.local, split.domain)) ? { by: 'self' } : undefined
}

/** Whether an address is the account's own, or was given to it by name. */
export async function ownsAddress(db: Reader, accountId: number, address: string): Promise<boolean> {
  const by = (await standingOf(db, accountId, address))?.by
  return by === 'self' || by === 'granted'
}

/** Whether it may write from an address by any right. */
export async function mayWriteFrom(db: Reader, accountId: number, address: string): Promise<boolean> {
  return (await standingOf(db, accountId, address)) !== undefined
}

const livingSeparators = `select separators from domain where name = $1 and deleted_at is null`

async function standingAs(db: Reader, accountId: number, address: string, now: number): Promise<Standing | undefined> {
  const ownerId = await ownerOf(db, address)
  if (ownerId === accountId) return { by: 'self' }
  const text = `select account_id from sender_grant where address = $1 and account_id = $2`
  if (await db.one(text, [address, accountId])) return { by: 'granted', ...(ownerId !== undefined && { ownerId }) }
  const by = ownerId === undefined ? undefined : await writingFor(db, ownerId, accountId, now)
  return by && { by, ownerId }
}

/** The account that an address leads to: follows an alias as long as each has one target only. */
async function ownerOf(db: Reader, address: string): Promise<number | undefined> {
  let at = address
  for (let depth = 0; depth < directoryLimits.aliasDepth; depth++) {
    const entry = await entryOf(db, at)
    if (!entry) return undefined
    if (entry.account_id !== null) return entry.account_id
    const targets = await db.all<{ target: string }>(`select target from alias_target where address = $1 limit 2`, [at])
    const [only, another] = targets
    if (!only || another) return undefined
    at = only.target
  }
  return undefined
}

function entryOf(db: Reader, address: string): Promise<OwnerRow | undefined> {
  const text = `
    select a.address, a.account_id from address a join domain d on d.id = a.domain_id
     where a.address = $1 and d.deleted_at is null`
  return db.one<OwnerRow>(text, [address])
}
