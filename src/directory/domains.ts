// The domains of the house, and other names for them.
//
// Invariants:
//   names are in normalDomain form (A-labels)
//   at most one domain is the default one, and while there is a living real domain there is one
//   an alias domain points at a real domain, never at another alias, and has no addresses of its own

import { normalDomain, splitAddress, normalAddress } from '../mail/address.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'

export interface Domain {
  id: number
  name: string
  aliasOf: string | undefined
  isDefault: boolean
  separators: string // characters that part user and detail: '+'; '' for none
  catchAll: string | undefined // an address that gets what nobody else gets
  createdAt: number
  deletedAt: number | undefined
}

interface DomainRow {
  id: number
  name: string
  alias_of_name: string | null
  is_default: number
  separators: string
  catch_all: string | null
  created_at: number
  deleted_at: number | null
}

const selectDomain = `
  select d.id, d.name, t.name as alias_of_name, d.is_default, d.separators, d.catch_all, d.created_at, d.deleted_at
    from domain d left join domain t on t.id = d.alias_of`

/** All domains, living ones only unless `deleted`. */
export async function listDomains(db: Reader, deleted = false): Promise<Domain[]> {
  const rows = await db.all<DomainRow>(`${selectDomain} order by d.name`)
  return rows.map(toDomain).filter((domain) => deleted || domain.deletedAt === undefined)
}

/** A domain, also a deleted one. Throws no-such-domain. */
export async function domainByName(db: Reader, name: string): Promise<Domain> {
  const row = await db.one<DomainRow>(`${selectDomain} where d.name = $1`, [normalDomain(name) ?? ''])
  if (!row) throw new Trouble('no-such-domain', { domain: name })
  return toDomain(row)
}

/** A domain that mail can have. Throws no-such-domain. */
export async function livingDomain(db: Reader, name: string): Promise<Domain> {
  const domain = await domainByName(db, name)
  if (domain.deletedAt !== undefined) throw new Trouble('no-such-domain', { domain: name })
  return domain
}

/** The names of all domains and alias domains that mail is taken for. */
export async function localDomains(db: Reader): Promise<string[]> {
  const rows = await db.all<{ name: string }>(livingNames)
  return rows.map((row) => row.name)
}

const livingNames = `select name from domain where deleted_at is null order by name`

/** True for domains and alias domains that mail is taken for. `domain` in any form. */
export async function isLocalDomain(db: Reader, domain: string): Promise<boolean> {
  const name = normalDomain(domain)
  if (name === undefined) return false
  return (await db.one(`select id from domain where name = $1 and deleted_at is null`, [name])) !== undefined
}

export interface NewDomain {
  name: string
  aliasOf?: string
  isDefault?: boolean
  separators?: string
}

/** Throws bad-address, already-exists, no-such-domain (of aliasOf), bad-setting. */
export function createDomain(db: Database, input: NewDomain): Promise<Domain> {
  return db.transaction((sql) => insertDomain(sql, input))
}

/** The same inside somebody's transaction. */
export async function insertDomain(sql: Writer, input: NewDomain): Promise<Domain> {
  const name = normalDomain(input.name)
  // A name that ends in digits would be read as an IPv4 address by half the world.
  if (name === undefined || /(^|\.)\d+$/.test(name)) throw new Trouble('bad-address', { domain: input.name })

  const target = input.aliasOf === undefined ? undefined : await livingDomain(sql, input.aliasOf)
  if (target?.aliasOf !== undefined) throw new Trouble('bad-setting', { setting: 'alias', value: target.name })

  const inserted = await sql.run(
    `insert into domain (name, alias_of, separators, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [name, target?.id ?? null, checkSeparators(input.separators ?? '+'), Date.now()],
  )
  if (inserted === 0) throw new Trouble('already-exists', { domain: name })
  if (target === undefined) await keepDefault(sql, input.isDefault ? name : undefined)
  return domainByName(sql, name)
}

export interface DomainChanges {
  isDefault?: true
  separators?: string
  catchAll?: string | null
}

/** Changes a domain. Throws no-such-domain, bad-address, bad-setting. */
export function changeDomain(db: Database, name: string, changes: DomainChanges): Promise<Domain> {
  return db.transaction(async (sql) => {
    const domain = await livingDomain(sql, name)
    if (domain.aliasOf !== undefined) throw new Trouble('bad-setting', { setting: 'alias', value: domain.name })
    if (changes.separators !== undefined) {
      const separators = checkSeparators(changes.separators)
      await sql.run(`update domain set separators = $2 where id = $1`, [domain.id, separators])
    }
    if (changes.catchAll !== undefined) {
      const target = changes.catchAll === null ? null : checkTarget(changes.catchAll)
      await sql.run(`update domain set catch_all = $2 where id = $1`, [domain.id, target])
    }
    if (changes.isDefault) await keepDefault(sql, domain.name)
    return domainByName(sql, domain.name)
  })
}

/**
 * The domain takes no more mail and nobody signs in under it; people and mail stay until purged.
 * Its alias domains stop with it. Throws no-such-domain.
 */
export function deleteDomain(db: Database, name: string): Promise<void> {
  return db.transaction(async (sql) => {
    const domain = await livingDomain(sql, name)
    const text = `update domain set deleted_at = $2, is_default = 0 where (id = $1 or alias_of = $1) and deleted_at is null`
    await sql.run(text, [domain.id, Date.now()])
    await keepDefault(sql, undefined)
  })
}

/** Undoes deleteDomain, with the alias domains. Throws no-such-domain. */
export function restoreDomain(db: Database, name: string): Promise<void> {
  return db.transaction(async (sql) => {
    const domain = await domainByName(sql, name)
    if (domain.aliasOf !== undefined) await livingDomain(sql, domain.aliasOf)
    await sql.run(`update domain set deleted_at = null where id = $1 or alias_of = $1`, [domain.id])
    await keepDefault(sql, undefined)
  })
}

/** Forgets a deleted domain. Throws no-such-domain, in-use while it lives or has accounts or aliases. */
export function purgeDomain(db: Database, name: string): Promise<void> {
  return db.transaction(async (sql) => {
    const domain = await domainByName(sql, name)
    if (domain.deletedAt === undefined) throw new Trouble('in-use', { domain: domain.name })
    const text = `select count(*) as n from address where domain_id = $1`
    const addresses = (await sql.one<{ n: number }>(text, [domain.id]))?.n ?? 0
    if (addresses > 0) throw new Trouble('in-use', { domain: domain.name, addresses })
    await sql.run(`delete from domain where alias_of = $1`, [domain.id])
    await sql.run(`delete from domain where id = $1`, [domain.id])
  })
}

/** The domain a bare user name belongs to where nothing else says so. */
export async function defaultDomain(db: Reader): Promise<string | undefined> {
  const row = await db.one<{ name: string }>(`select name from domain where is_default = 1`)
  return row?.name
}

// Makes `wanted` the default, or the oldest living real domain when there is none.
async function keepDefault(sql: Writer, wanted: string | undefined): Promise<void> {
  const name = wanted ?? (await defaultDomain(sql)) ?? (await oldest(sql))
  await sql.run(`update domain set is_default = 0 where is_default = 1 and name is distinct from $1`, [name ?? null])
  if (name !== undefined) await sql.run(`update domain set is_default = 1 where name = $1`, [name])
}

async function oldest(sql: Reader): Promise<string | undefined> {
  const text = `select name from domain where deleted_at is null and alias_of is null order by id limit 1`
  return (await sql.one<{ name: string }>(text))?.name
}

function checkSeparators(separators: string): string {
  if (!/^[-+=_.#~!]{0,4}$/.test(separators))
    throw new Trouble('bad-setting', { setting: 'separators', value: separators })
  return separators
}

/** The normal form of an address mail may be sent on to. Throws bad-address. */
export function checkTarget(address: string): string {
  if (!splitAddress(address)) throw new Trouble('bad-address', { address })
  return normalAddress(address)
}

function toDomain(row: DomainRow): Domain {
  return {
    id: row.id,
    name: row.name,
    aliasOf: row.alias_of_name ?? undefined,
    isDefault: row.is_default !== 0,
    separators: row.separators,
    catchAll: row.catch_all ?? undefined,
    createdAt: row.created_at,
    deletedAt: row.deleted_at ?? undefined,
  }
}
