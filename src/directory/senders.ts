// Whose address is this: MAIL FROM and From: of a submission belong to the login (P24).

import { normalAddress, splitAddress } from '../mail/address.ts'
import type { Reader } from '../sql/sql.ts'
import { ownForm } from './accounts.ts'
import { directoryLimits } from './limits.ts'
import { answersForRole, cuts, isReadable } from './recipients.ts'

interface OwnerRow {
  address: string
  account_id: number | null
}

/**
 * True when the account may send as `address`: its own address, an alias that leads to it alone, an
 * address it was granted, one of these with a detail, or a role of a domain whose administrator it is.
 */
export async function ownsAddress(db: Reader, accountId: number, address: string): Promise<boolean> {
  if (!isReadable(address)) return false
  const normal = await ownForm(db, address)
  const split = splitAddress(normal)
  if (!split) return false
  if (await isOf(db, accountId, normal)) return true
  if (await entryOf(db, normal)) return false

  const domain = await db.one<{ separators: string }>(livingSeparators, [split.domain])
  if (!domain) return false
  for (const [user] of cuts(split.local, domain.separators)) {
    const base = normalAddress(`${user}@${split.domain}`)
    if (await isOf(db, accountId, base)) return true
    if (await entryOf(db, base)) return false // somebody else's, and so is every detail of it
  }
  return answersForRole(db, accountId, split.local, split.domain)
}

const livingSeparators = `select separators from domain where name = $1 and deleted_at is null`

async function isOf(db: Reader, accountId: number, address: string): Promise<boolean> {
  const text = `select account_id from sender_grant where address = $1 and account_id = $2`
  const granted = await db.one(text, [address, accountId])
  return granted !== undefined || leadsTo(db, accountId, address)
}

/** Follows an alias as long as each has one target only. */
async function leadsTo(db: Reader, accountId: number, address: string): Promise<boolean> {
  let at = address
  for (let depth = 0; depth < directoryLimits.aliasDepth; depth++) {
    const entry = await entryOf(db, at)
    if (!entry) return false
    if (entry.account_id !== null) return entry.account_id === accountId
    const targets = await db.all<{ target: string }>(`select target from alias_target where address = $1 limit 2`, [at])
    const [only, another] = targets
    if (!only || another) return false
    at = only.target
  }
  return false
}

function entryOf(db: Reader, address: string): Promise<OwnerRow | undefined> {
  const text = `
    select a.address, a.account_id from address a join domain d on d.id = a.domain_id
     where a.address = $1 and d.deleted_at is null`
  return db.one<OwnerRow>(text, [address])
}
