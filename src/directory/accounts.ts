// Accounts: who is here, with what rights.
//
// Invariants:
//   account.address has a row in address, as every other address of the account
//   an address belongs to one account or is one alias, never both, and is never given to another
//   while its account or alias has not been purged
//   a password is kept as its hash only; no function here but credentialsOf gives that out

import { normalAddress, splitAddress } from '../mail/address.ts'
import type { Database, Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { eraseAddressBooks } from './addressbooks.ts'
import { classByName, standardClass } from './classes.ts'
import { livingDomain } from './domains.ts'
import { directoryLimits } from './limits.ts'
import { changeList, protocolList, switchesFrom, type Protocol, type Switches } from './protocols.ts'

export type AccountStatus = 'active' | 'suspended' | 'closed'

export interface Account {
  id: number
  address: string // the primary one, in normalAddress form
  name: string // of the person, for people to read
  domain: string
  className: string
  status: AccountStatus // closed also while its domain is deleted
  reason: string // why it is suspended or closed
  admin: boolean
  shared: boolean // of a unit: nobody signs in to it, its members use it (delegations.ts)
  quota: number // bytes, its own or its class's
  ownQuota: number | undefined // bytes, where the account has another quota than its class
  protocols: Switches // class, person and administrator together
  protocolsLocked: Protocol[] // switches that only an administrator may turn
  forwarding: boolean
  mustChange: boolean // the password is a one-time one
  createdAt: number
  deletedAt: number | undefined // set: waits to be purged
}

interface AccountRow {
  id: number
  address: string
  name: string
  domain: string
  domain_deleted: number | null
  class: string
  status: AccountStatus
  reason: string
  admin: number
  shared: number
  quota: number | null
  class_quota: number
  class_off: string
  forwarding: number
  protocols_off: string
  protocols_locked: string
  must_change: number
  created_at: number
  deleted_at: number | null
}

const columns = `
  p.id, p.address, p.name, d.name as domain, d.deleted_at as domain_deleted, p.class, p.status, p.reason, p.admin, p.shared,
  p.quota, c.quota as class_quota, c.protocols_off as class_off, c.forwarding, p.protocols_off, p.protocols_locked,
  p.must_change, p.created_at, p.deleted_at`
const its = `join domain d on d.id = p.domain_id join class c on c.name = p.class`

const byId = `select ${columns} from account p ${its} where p.id = $1`
const byAddress = `select ${columns} from address a join account p on p.id = a.account_id ${its} where a.address = $1`

/** Any account, also a closed one; undefined when there is none. */
export async function accountById(db: Reader, id: number): Promise<Account | undefined> {
  const row = await db.one<AccountRow>(byId, [id])
  return row && toAccount(row)
}

/** The account that has this address, as its first or another of its own. No plus form, no list, no catch-all. */
export async function accountByAddress(db: Reader, address: string): Promise<Account | undefined> {
  if (address.length > directoryLimits.address) return undefined
  const row = await db.one<AccountRow>(byAddress, [await ownForm(db, address)])
  return row && toAccount(row)
}

/** accountByAddress, or Trouble no-such-account. */
export async function findAccount(db: Reader, address: string): Promise<Account> {
  const account = await accountByAddress(db, address)
  if (!account) throw new Trouble('no-such-account', { address })
  return account
}

/** The normal form of an address, written in its real domain where it was written in an alias domain. */
export async function ownForm(db: Reader, address: string): Promise<string> {
  const split = splitAddress(address)
  if (!split) return normalAddress(address)
  const text = `select t.name from domain d join domain t on t.id = d.alias_of where d.name = $1 and d.deleted_at is null`
  const target = await db.one<{ name: string }>(text, [split.domain])
  const normal = normalAddress(address)
  return target ? `${normal.slice(0, normal.lastIndexOf('@'))}@${target.name}` : normal
}

export interface Page {
  domain?: string
  className?: string
  admin?: boolean
  deleted?: boolean // also those that wait to be purged
  after?: number // the id of the last account of the page before
  limit?: number
}

/** Accounts by id, a page at a time. */
export async function listAccounts(db: Reader, page: Page = {}): Promise<Account[]> {
  const limit = Math.min(page.limit ?? directoryLimits.page, directoryLimits.page)
  const text = `
    select ${columns} from account p ${its}
     where p.id > $1
       and ($2 = '' or d.name = $2)
       and ($3 = '' or p.class = $3)
       and ($4 = 0 or p.admin = 1)
       and ($5 = 1 or p.deleted_at is null)
     order by p.id limit $6`
  const values = [page.after ?? 0, page.domain ?? '', page.className ?? '', page.admin ? 1 : 0, page.deleted ? 1 : 0]
  const rows = await db.all<AccountRow>(text, [...values, limit])
  return rows.map(toAccount)
}

/** All accounts, however many, one after the other. */
export async function* eachAccount(db: Reader, page: Omit<Page, 'after' | 'limit'> = {}): AsyncGenerator<Account> {
  let after = 0
  for (;;) {
    const accounts = await listAccounts(db, { ...page, after })
    yield* accounts
    const last = accounts.at(-1)
    if (!last || accounts.length < directoryLimits.page) return
    after = last.id
  }
}

export interface NewAccount {
  address: string
  name?: string
  className?: string
  admin?: boolean
  shared?: boolean // nobody ever signs in to it
  quota?: number // bytes; absent: the class's
  passwordHash?: string // PHC string; absent: nobody can sign in with a password
  mustChange?: boolean
}

/**
 * A new account. `also` runs in the same transaction: what other rooms keep of an account.
 * Throws bad-address, no-such-domain, no-such-class, already-exists, bad-setting,
 * not-permitted for a shared account with a password or an administrator's rights.
 */
export function createAccount(
  db: Database,
  input: NewAccount,
  also?: (sql: Writer, account: Account) => Promise<void>,
): Promise<Account> {
  return db.transaction(async (sql) => {
    const account = await insertAccount(sql, input)
    await also?.(sql, account)
    return account
  })
}

/** The same inside somebody's transaction. */
export async function insertAccount(sql: Writer, input: NewAccount): Promise<Account> {
  if (input.shared && (input.admin || input.passwordHash !== undefined)) throw new Trouble('not-permitted')
  const { address, domainId } = await newAddress(sql, input.address)
  const className = input.className ?? standardClass
  await classByName(sql, className)
  checkQuota(input.quota)
  const now = Date.now()
  const made = await sql.one<{ id: number }>(
    `insert into account (address, name, domain_id, class, admin, quota, password, password_changed_at, must_change, created_at, shared)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning id`,
    [
      address,
      cleanName(input.name ?? ''),
      domainId,
      className,
      input.admin ? 1 : 0,
      input.quota ?? null,
      input.passwordHash ?? null,
      input.passwordHash === undefined ? null : now,
      input.mustChange ? 1 : 0,
      now,
      input.shared ? 1 : 0,
    ],
  )
  if (!made) throw new Trouble('already-exists', { address })
  await insertAddress(sql, address, domainId, made.id)
  const account = await accountById(sql, made.id)
  if (!account) throw new Error(`account ${made.id} is gone inside its own transaction`)
  return account
}

/** Checks that an address may be given away here. Throws bad-address, no-such-domain. */
export async function newAddress(sql: Reader, address: string): Promise<{ address: string; domainId: number }> {
  const split = splitAddress(address)
  const local = split?.local.normalize('NFC') ?? ''
  if (!split || local.length > directoryLimits.localPart || /[\p{Cc}\p{Cf}\p{Cs}]/u.test(local)) {
    throw new Trouble('bad-address', { address })
  }
  const domain = await livingDomain(sql, split.domain)
  if (domain.aliasOf !== undefined) throw new Trouble('bad-address', { address, domain: domain.aliasOf })
  return { address: normalAddress(address), domainId: domain.id }
}

/** Gives an address to an account, or (account undefined) to an alias. Throws already-exists. */
export async function insertAddress(
  sql: Writer,
  address: string,
  domainId: number,
  accountId: number | undefined,
): Promise<void> {
  const inserted = await sql.run(
    `insert into address (address, domain_id, account_id, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [address, domainId, accountId ?? null, Date.now()],
  )
  if (inserted === 0) throw new Trouble('already-exists', { address })
}

export interface AccountChanges {
  name?: string
  className?: string
  admin?: boolean
  quota?: number | null // bytes; null: the class's
  status?: AccountStatus
  reason?: string // goes with status
}

/** Changes an account inside somebody's transaction. Throws no-such-account, no-such-class, bad-setting. */
export async function changeAccount(sql: Writer, id: number, changes: AccountChanges): Promise<Account> {
  const set: [string, Value][] = []
  if (changes.name !== undefined) set.push(['name', cleanName(changes.name)])
  if (changes.className !== undefined) set.push(['class', (await classByName(sql, changes.className)).name])
  if (changes.admin !== undefined) set.push(['admin', changes.admin ? 1 : 0])
  if (changes.admin && present(await accountById(sql, id), id).shared) throw new Trouble('not-permitted')
  if (changes.quota !== undefined) set.push(['quota', checkQuota(changes.quota ?? undefined) ?? null])
  if (changes.status !== undefined) set.push(['status', changes.status], ['reason', cleanName(changes.reason ?? '')])
  for (const [column, value] of set) await sql.run(`update account set ${column} = $2 where id = $1`, [id, value])
  return present(await accountById(sql, id), id)
}

/**
 * Replaces the password. Signed-in sessions of others are the doors' affair. Throws no-such-account, not-permitted for
 * a shared account, which has none.
 */
export async function setPassword(
  sql: Writer,
  id: number,
  passwordHash: string | undefined,
  options: { mustChange?: boolean } = {},
): Promise<void> {
  const account = await sql.one<{ shared: number }>('select shared from account where id = $1', [id])
  if (account?.shared) throw new Trouble('not-permitted', { why: 'shared' })
  const text = `update account set password = $2, password_changed_at = $3, must_change = $4 where id = $1`
  const changed = await sql.run(text, [id, passwordHash ?? null, Date.now(), options.mustChange ? 1 : 0])
  if (changed === 0) throw new Trouble('no-such-account', { id })
}

/** A password for an account that has none; false when it got one meanwhile. It stays one that must be changed. */
export async function giveFirstPassword(sql: Writer, id: number, passwordHash: string): Promise<boolean> {
  const text = `update account set password = $2, password_changed_at = $3 where id = $1 and password is null and shared = 0`
  return (await sql.run(text, [id, passwordHash, Date.now()])) > 0
}

export interface SwitchChange {
  protocols: Protocol[]
  on?: boolean // absent: leaves the switches and only locks or unlocks
  lock?: boolean // administrators only
  by: 'administrator' | 'person'
}

/** Turns a person's switches. Throws not-permitted when he turns one that is locked; no-such-account. TR14. */
export function switchProtocols(db: Database, id: number, change: SwitchChange): Promise<Account> {
  return db.transaction(async (sql) => {
    const text = `select protocols_off, protocols_locked from account where id = $1`
    const row = await sql.one<{ protocols_off: string; protocols_locked: string }>(text, [id])
    if (!row) throw new Trouble('no-such-account', { id })

    const locked = protocolList(row.protocols_locked).filter((name) => change.protocols.includes(name))
    const byPerson = change.by === 'person'
    if (byPerson && (locked.length > 0 || change.lock !== undefined)) {
      throw new Trouble('not-permitted', { protocols: locked.join(', ') })
    }
    const off =
      change.on === undefined ? row.protocols_off : changeList(row.protocols_off, change.protocols, !change.on)
    const lock = changeList(
      row.protocols_locked,
      change.lock === undefined ? [] : change.protocols,
      change.lock === true,
    )
    await sql.run(`update account set protocols_off = $2, protocols_locked = $3 where id = $1`, [id, off, lock])
    return present(await accountById(sql, id), id)
  })
}

/** First step of two: nobody signs in, no mail comes, mail and addresses stay. Throws no-such-account. */
export async function deleteAccount(sql: Writer, id: number): Promise<void> {
  const text = `update account set status = 'closed', deleted_at = $2 where id = $1 and deleted_at is null`
  if ((await sql.run(text, [id, Date.now()])) === 0) throw new Trouble('no-such-account', { id })
}

/** Undoes deleteAccount. Throws no-such-account. */
export async function restoreAccount(sql: Writer, id: number): Promise<void> {
  const text = `update account set status = 'active', reason = '', deleted_at = null where id = $1 and deleted_at is not null`
  if ((await sql.run(text, [id])) === 0) throw new Trouble('no-such-account', { id })
}

/** Second step: forgets a deleted account and frees its addresses. Throws in-use while it is not deleted. */
export async function purgeAccount(sql: Writer, id: number): Promise<void> {
  const account = present(await accountById(sql, id), id)
  if (account.deletedAt === undefined) throw new Trouble('in-use', { address: account.address })
  await sql.run(`delete from sender_grant where account_id = $1`, [id])
  await sql.run(`delete from address where account_id = $1`, [id])
  await sql.run(`delete from sign_in_lock where name = $1`, [account.address])
  await sql.run(`delete from web_session where account_id = $1`, [id])
  await sql.run(`delete from push_subscription where account_id = $1`, [id])
  await sql.run(`delete from identity where account_id = $1`, [id])
  await sql.run(`delete from vacation where account_id = $1`, [id])
  await sql.run(`delete from preference where account_id = $1`, [id])
  await eraseAddressBooks(sql, id)
  await sql.run(`delete from delegation where owner_id = $1 or delegate_id = $1`, [id])
  await sql.run(`delete from script where account_id = $1`, [id])
  await sql.run(`delete from filter_memory where account_id = $1`, [id])
  await sql.run(
    `delete from external_seen where external_id in (select id from external_account where account_id = $1)`,
    [id],
  )
  await sql.run(`delete from external_account where account_id = $1`, [id])
  await sql.run(`delete from account where id = $1`, [id])
}

function present(account: Account | undefined, id: number): Account {
  if (!account) throw new Trouble('no-such-account', { id })
  return account
}

function checkQuota(quota: number | undefined): number | undefined {
  if (quota !== undefined && !(Number.isSafeInteger(quota) && quota >= 0)) {
    throw new Trouble('bad-setting', { setting: 'quota', value: String(quota) })
  }
  return quota
}

// Names go into headers and terminals: no control characters (U+202E and kin included).
function cleanName(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  if (clean.length > directoryLimits.name)
    throw new Trouble('bad-setting', { setting: 'name', limit: directoryLimits.name })
  return clean
}

function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    address: row.address,
    name: row.name,
    domain: row.domain,
    className: row.class,
    status: row.domain_deleted === null ? row.status : 'closed',
    reason: row.reason,
    admin: row.admin !== 0,
    shared: row.shared !== 0,
    quota: row.quota ?? row.class_quota,
    ownQuota: row.quota ?? undefined,
    protocols: switchesFrom(row.class_off, row.protocols_off),
    protocolsLocked: protocolList(row.protocols_locked),
    forwarding: row.forwarding !== 0,
    mustChange: row.must_change !== 0,
    createdAt: row.created_at,
    deletedAt: row.deleted_at ?? undefined,
  }
}
