// Aliases: addresses that are somebody's other name, or that lead to a list of addresses.
//
// Invariant: an alias has at least one target; targets are in normal form.

import { normalDomain } from '../mail/address.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { accountByAddress, findAccount, insertAddress, newAddress, ownForm } from './accounts.ts'
import { checkTarget } from './domains.ts'
import { directoryLimits } from './limits.ts'

export interface Alias {
  address: string
  account: string | undefined // the account whose other name it is
  targets: string[] // where it leads otherwise
  createdAt: number
}

/**
 * A new alias. One target that is an account of ours makes it that account's own other address;
 * anything else is a list. Throws bad-address, no-such-domain, already-exists, too-many-recipients.
 */
export function createAlias(db: Database, alias: string, targets: string[]): Promise<Alias> {
  return db.transaction((sql) => insertAlias(sql, alias, targets))
}

/** The same inside somebody's transaction. */
export async function insertAlias(sql: Writer, alias: string, targets: string[]): Promise<Alias> {
  const normal = await checkTargets(sql, targets)
  const { address, domainId } = await newAddress(sql, alias)
  const owner = normal.length === 1 ? await accountByAddress(sql, normal[0] ?? '') : undefined
  await insertAddress(sql, address, domainId, owner?.id)
  if (!owner) await insertTargets(sql, address, normal)
  return { address, account: owner?.address, targets: owner ? [] : normal, createdAt: Date.now() }
}

/** Gives an alias other targets. Throws no-such-account when there is no such alias, and as createAlias. */
export function changeAlias(db: Database, alias: string, targets: string[]): Promise<Alias> {
  return db.transaction(async (sql) => {
    const address = await ownForm(sql, alias)
    await removeAlias(sql, address)
    return insertAlias(sql, address, targets)
  })
}

/** Frees the address. Throws no-such-account; in-use when it is an account's primary address. */
export function deleteAlias(db: Database, alias: string): Promise<void> {
  return db.transaction((sql) => removeAlias(sql, alias))
}

async function removeAlias(sql: Writer, alias: string): Promise<void> {
  const address = await ownForm(sql, alias)
  if (await sql.one(`select id from account where address = $1`, [address])) throw new Trouble('in-use', { address })
  await sql.run(`delete from alias_target where address = $1`, [address])
  await sql.run(`delete from sender_grant where address = $1`, [address])
  if ((await sql.run(`delete from address where address = $1`, [address])) === 0) {
    throw new Trouble('no-such-account', { address })
  }
}

const selectAliases = `
  select a.address, p.address as account, t.target, a.created_at
    from address a
    join domain d on d.id = a.domain_id
    left join account p on p.id = a.account_id
    left join alias_target t on t.address = a.address
   where (p.id is null or p.address <> a.address)
     and a.address > $1 and ($2 = '' or d.name = $2) and ($3 = 0 or a.account_id = $3)
   order by a.address, t.target limit $4`

interface AliasRow {
  address: string
  account: string | null
  target: string | null
  created_at: number
}

export interface AliasPage {
  domain?: string
  accountId?: number // other addresses of one account
  after?: string // the last address of the page before
}

/** Aliases by address, about directoryLimits.page rows of them at a time. */
export async function listAliases(db: Reader, page: AliasPage = {}): Promise<Alias[]> {
  // One alias never fills the page: its last one may be cut short and is then left for the next.
  const limit = directoryLimits.page + directoryLimits.aliasTargets
  const domain = page.domain === undefined ? '' : (normalDomain(page.domain) ?? page.domain)
  const rows = await db.all<AliasRow>(selectAliases, [page.after ?? '', domain, page.accountId ?? 0, limit])
  const aliases = new Map<string, Alias>()
  for (const row of rows) {
    const { address, account, created_at: createdAt } = row
    const alias = aliases.get(address) ?? { address, account: account ?? undefined, targets: [], createdAt }
    if (row.target !== null) alias.targets.push(row.target)
    aliases.set(address, alias)
  }
  const all = [...aliases.values()]
  return rows.length === limit ? all.slice(0, -1) : all
}

/** All aliases, however many. */
export async function* eachAlias(db: Reader, page: Omit<AliasPage, 'after'> = {}): AsyncGenerator<Alias> {
  let after = ''
  for (;;) {
    const aliases = await listAliases(db, { ...page, after })
    yield* aliases
    const last = aliases.at(-1)
    if (!last) return
    after = last.address
  }
}

/** Lets an account send as an address that is not its own. Throws no-such-account, bad-address. P24. */
export function grantSender(db: Database, address: string, account: string): Promise<void> {
  return db.transaction(async (sql) => {
    const { id } = await findAccount(sql, account)
    const text = `insert into sender_grant (address, account_id, created_at) values ($1, $2, $3) on conflict do nothing`
    await sql.run(text, [await ownForm(sql, checkTarget(address)), id, Date.now()])
  })
}

/** Takes the right back. Throws no-such-account when it was never given. */
export function revokeSender(db: Database, address: string, account: string): Promise<void> {
  return db.transaction(async (sql) => {
    const { id } = await findAccount(sql, account)
    const text = `delete from sender_grant where address = $1 and account_id = $2`
    const gone = await sql.run(text, [await ownForm(sql, address), id])
    if (gone === 0) throw new Trouble('no-such-account', { address })
  })
}

/** The addresses an account was allowed to send as, beside its own. */
export async function grantsOf(db: Reader, accountId: number): Promise<string[]> {
  const text = `select address from sender_grant where account_id = $1 order by address`
  return (await db.all<{ address: string }>(text, [accountId])).map((row) => row.address)
}

async function checkTargets(sql: Reader, targets: string[]): Promise<string[]> {
  if (targets.length > directoryLimits.aliasTargets) {
    throw new Trouble('too-many-recipients', { limit: directoryLimits.aliasTargets })
  }
  const normal = new Set<string>()
  for (const target of targets) normal.add(await ownForm(sql, checkTarget(target)))
  if (normal.size === 0) throw new Trouble('bad-address', { address: '' })
  return [...normal]
}

async function insertTargets(sql: Writer, address: string, targets: string[]): Promise<void> {
  for (const target of targets) {
    await sql.run(`insert into alias_target (address, target) values ($1, $2)`, [address, target])
  }
}
