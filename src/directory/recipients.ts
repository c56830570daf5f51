// Where mail to an address goes: the question of every RCPT TO.
//
// An address is looked for in this order: as it stands; with the detail after the domain's
// separator taken off (RFC 5233); postmaster@ and abuse@ at an administrator (RFC 5321 §4.5.1,
// RFC 2142 §2 and §4); the domain's catch-all. An alias is followed through aliases to its end.
//
// Invariants:
//   nobody is named twice among the destinations, however often the aliases name him
//   aliases in a circle end: each address is opened once
//   a plain address of ours costs one question to the database

import { normalAddress, splitAddress } from '../mail/address.ts'
import type { Reader } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'
import { defaultDomain } from './domains.ts'

export type Destination =
  | {
      kind: 'local'
      accountId: number
      address: string // the address of the house that led to the account, in normal form
      detail: string // what stood after the separator, as written; '' when nothing
      delivered: string // the account's primary address: Delivered-To
    }
  | { kind: 'remote'; address: string }

export type Resolution = { known: true; destinations: Destination[] } | { known: false; domainIsOurs: boolean }

/** The roles every domain has an ear for. */
const roles = new Set(['postmaster', 'abuse'])

/** What the tables say of one address. */
interface Found {
  domain: string // the real domain, when the address was in an alias domain
  separators: string
  catchAll: string | null
  entry: Entry | undefined
}
type Entry = Owned | { is: 'alias'; address: string }
interface Owned {
  is: 'account'
  address: string
  accountId: number
  primary: string
  closed: boolean
}

interface FoundRow {
  domain: string
  separators: string
  catch_all: string | null
  target: string | null
  target_deleted: number | null
  address: string | null
  account_id: number | null
  primary_address: string | null
  status: string | null
}

const findAddress = `
  select d.name as domain, d.separators, d.catch_all, t.name as target, t.deleted_at as target_deleted,
         a.address, a.account_id, p.address as primary_address, p.status
    from domain d
    left join domain t on t.id = d.alias_of
    left join address a on a.address = $2
    left join account p on p.id = a.account_id
   where d.name = $1 and d.deleted_at is null`

/**
 * Where mail to `address` goes. Not known: nobody has it; domainIsOurs says whether that is an
 * error of the address or the address is another house's. Members of an alias that are gone are left
 * out. Throws too-many-recipients where an alias grows beyond directoryLimits.
 */
export async function resolveRecipient(db: Reader, address: string): Promise<Resolution> {
  const written = await withDomain(db, address)
  const split = isReadable(written) ? splitAddress(written) : undefined
  const found = split && (await find(db, split.domain, written))
  if (!split || !found) return { known: false, domainIsOurs: false }

  const end = await locate(db, found, split.local)
  if (!end) return { known: false, domainIsOurs: true }
  const destinations = 'targets' in end ? await expand(db, end.targets) : [local(end)]
  return destinations.length > 0 ? { known: true, destinations } : { known: false, domainIsOurs: true }
}

/** Not longer than an address may be, and no control characters (NUL is no text to PostgreSQL). */
export function isReadable(address: string): boolean {
  return address.length <= directoryLimits.address && !/[\x00-\x1f\x7f]/.test(address)
}

/** RCPT TO:<postmaster> is allowed without a domain. RFC 5321 §4.1.1.3. */
async function withDomain(db: Reader, address: string): Promise<string> {
  if (address.toLowerCase() !== 'postmaster') return address
  return `postmaster@${(await defaultDomain(db)) ?? ''}`
}

async function find(db: Reader, domain: string, address: string): Promise<Found | undefined> {
  const row = await db.one<FoundRow>(findAddress, [domain, normalAddress(address)])
  if (!row) return undefined
  if (row.target !== null) {
    if (row.target_deleted !== null) return undefined
    return find(db, row.target, `${address.slice(0, address.lastIndexOf('@'))}@${row.target}`)
  }
  return { domain: row.domain, separators: row.separators, catchAll: row.catch_all, entry: entryOf(row) }
}

function entryOf(row: FoundRow): Entry | undefined {
  const { address, account_id: accountId, primary_address: primary, status } = row
  if (address === null) return undefined
  if (accountId === null || primary === null) return { is: 'alias', address }
  return { is: 'account', address, accountId, primary, closed: status === 'closed' }
}

/** An account that has the address, or targets to follow. */
type End = { owned: Owned; detail: string } | { targets: string[] }

async function locate(db: Reader, found: Found, localPart: string): Promise<End | undefined> {
  if (found.entry) return endOf(db, found.entry, '')
  for (const [user, detail] of cuts(localPart, found.separators)) {
    const entry = (await find(db, found.domain, `${user}@${found.domain}`))?.entry
    if (entry) return endOf(db, entry, detail)
  }
  if (roles.has(localPart.toLowerCase())) {
    const owned = await administratorOf(db, found.domain)
    if (owned) return { owned, detail: '' }
  }
  return found.catchAll === null ? undefined : { targets: [found.catchAll] }
}

// A suspended account still gets its mail; a closed one is gone.
async function endOf(db: Reader, entry: Entry, detail: string): Promise<End | undefined> {
  if (entry.is === 'alias') return { targets: await targetsOf(db, entry.address) }
  return entry.closed ? undefined : { owned: entry, detail }
}

/** Ways to part user and detail, the longest user first: wang-li-news is wang-li's before it is wang's. */
export function cuts(localPart: string, separators: string): [user: string, detail: string][] {
  const ways: [string, string][] = []
  for (let at = localPart.length - 1; at > 0 && ways.length < directoryLimits.detailCuts; at--) {
    const separator = localPart[at]
    if (separator !== undefined && separators.includes(separator)) {
      ways.push([localPart.slice(0, at), localPart.slice(at + 1)])
    }
  }
  return ways
}

// Of the domain itself first, then of the house; the one that is there longest.
const findAdministrator = `
  select p.id as account_id, p.address
    from account p join domain d on d.id = p.domain_id
   where p.admin = 1 and p.status = 'active' and d.deleted_at is null
   order by case when d.name = $1 then 0 else 1 end, p.id limit 1`

async function administratorOf(db: Reader, domain: string): Promise<Owned | undefined> {
  const row = await db.one<{ account_id: number; address: string }>(findAdministrator, [domain])
  return row && { is: 'account', address: row.address, accountId: row.account_id, primary: row.address, closed: false }
}

/** Whether this account is the one that hears postmaster@ and abuse@ of a domain that gave them to nobody. */
export async function answersForRole(
  db: Reader,
  accountId: number,
  localPart: string,
  domain: string,
): Promise<boolean> {
  return roles.has(localPart) && (await administratorOf(db, domain))?.accountId === accountId
}

async function targetsOf(db: Reader, alias: string): Promise<string[]> {
  const text = `select target from alias_target where address = $1 order by target`
  return (await db.all<{ target: string }>(text, [alias])).map((row) => row.target)
}

function local({ owned, detail }: { owned: Owned; detail: string }): Destination {
  const { accountId, address, primary: delivered } = owned
  return { kind: 'local', accountId, address, detail, delivered }
}

/** Follows targets to their ends, level by level. */
async function expand(db: Reader, targets: string[]): Promise<Destination[]> {
  const ends = new Map<string, Destination>()
  const opened = new Set<string>()
  let level = targets
  for (let depth = 0; level.length > 0 && depth < directoryLimits.aliasDepth; depth++) {
    const next: string[] = []
    for (const target of level) {
      if (opened.has(target)) continue
      opened.add(target)
      next.push(...(await openTarget(db, target, ends)))
      if (opened.size + next.length > directoryLimits.expansion) {
        throw new Trouble('too-many-recipients', { limit: directoryLimits.expansion })
      }
    }
    level = next
  }
  return [...ends.values()]
}

/** Puts the end that `target` is into `ends`, or gives the targets it opens into. */
async function openTarget(db: Reader, target: string, ends: Map<string, Destination>): Promise<string[]> {
  const split = splitAddress(target)
  if (!split) return []
  const found = await find(db, split.domain, target)
  if (!found) {
    ends.set(target, { kind: 'remote', address: target })
    return []
  }
  const end = await locate(db, found, split.local)
  if (end && 'targets' in end) return end.targets
  if (end) {
    const key = String(end.owned.accountId) // no address: it has no '@'
    if (!ends.has(key)) ends.set(key, local(end))
  }
  return []
}
