// Login names: what people type as "account", and what is known of its owner when he signs in.

import { normalAddress, normalDomain } from '../mail/address.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { accountById, ownForm, type Account } from './accounts.ts'
import { defaultDomain } from './domains.ts'
import { isReadable } from './recipients.ts'

/**
 * A login name as an address (TR5). A bare name belongs to the domain of the host that was asked
 * (the name of the listener or of SNI, with labels taken off the front until a domain of ours is
 * left: mail.uni.example is uni.example's), else to the default domain. A name that cannot be an
 * address comes back in lower case or as '': it matches nothing.
 */
export async function normalLogin(db: Reader, name: string, host?: string): Promise<string> {
  const trimmed = name.trim()
  if (trimmed === '' || !isReadable(trimmed)) return ''
  const login = trimmed.includes('@') ? await ownForm(db, trimmed) : await inDomain(db, trimmed, host)
  return isReadable(login) ? login : ''
}

async function inDomain(db: Reader, name: string, host: string | undefined): Promise<string> {
  const domain = (host === undefined ? undefined : await domainOfHost(db, host)) ?? (await defaultDomain(db))
  return domain === undefined ? name.toLowerCase() : normalAddress(`${name}@${domain}`)
}

const realDomain = `
  select coalesce(t.name, d.name) as name
    from domain d left join domain t on t.id = d.alias_of
   where d.name = $1 and d.deleted_at is null and t.deleted_at is null`

/** The domain of ours that a host name is in. */
export async function domainOfHost(db: Reader, host: string): Promise<string | undefined> {
  const name = normalDomain(host)
  if (name === undefined) return undefined
  const labels = name.split('.')
  for (let first = 0; first < Math.min(labels.length, 4); first++) {
    const row = await db.one<{ name: string }>(realDomain, [labels.slice(first).join('.')])
    if (row) return row.name
  }
  return undefined
}

/** What signing in must know of a name. */
export interface Credentials {
  account: Account | undefined
  passwordHash: string | undefined
  lockedHere: number // milliseconds until when, for this source; 0: not locked
  lockedEverywhere: number
}

const findCredentials = `
  select p.id, p.password, h.until as here, e.until as everywhere
    from (select cast($1 as text) as name) asked
    left join address a on a.address = asked.name
    left join account p on p.id = a.account_id
    left join sign_in_lock h on h.name = asked.name and h.source = $2
    left join sign_in_lock e on e.name = asked.name and e.source = ''`

interface CredentialsRow {
  id: number | null
  password: string | null
  here: number | null
  everywhere: number | null
}

/** By a name of normalLogin and the network it is tried from (not ''). */
export async function credentialsOf(db: Reader, name: string, source: string): Promise<Credentials> {
  const row = await db.one<CredentialsRow>(findCredentials, [name, source])
  const id = row?.id ?? undefined
  return {
    account: id === undefined ? undefined : await accountById(db, id),
    passwordHash: row?.password ?? undefined,
    lockedHere: row?.here ?? 0,
    lockedEverywhere: row?.everywhere ?? 0,
  }
}

export interface SignInLock {
  name: string
  source: string // '' for everywhere
  until: number // milliseconds
  failures: number
}

/** Locks a name, whether anybody has it or not. Old locks go. The number of locks is bounded by `most`. */
export async function lockSignIn(db: Database, lock: SignInLock, now: number, most: number): Promise<void> {
  await db.transaction(async (sql) => {
    await sql.run(`delete from sign_in_lock where until <= $1`, [now])
    await sql.run(dropEarliest, [most - 1])
    await sql.run(putLock, [lock.name, lock.source, lock.until, lock.failures])
  })
}

const dropEarliest = `
  delete from sign_in_lock where (name, source) in (
    select name, source from sign_in_lock order by until desc limit 1000 offset $1)`
const putLock = `
  insert into sign_in_lock (name, source, until, failures) values ($1, $2, $3, $4)
  on conflict (name, source) do update set until = excluded.until, failures = excluded.failures`

/** Locks that still hold, of one name or of all. */
export function listLocks(db: Reader, now: number, name = ''): Promise<SignInLock[]> {
  const text = `
    select name, source, until, failures from sign_in_lock
     where until > $1 and ($2 = '' or name = $2) order by until desc, name limit 1000`
  return db.all<SignInLock>(text, [now, name])
}

/** Opens a name again. Gives the number of locks that were there. */
export function unlockSignIn(sql: Writer, name: string): Promise<number> {
  return sql.run(`delete from sign_in_lock where name = $1`, [name])
}

/** What a session that is open must know of its account. */
export interface Presence {
  account: Account
  password: string // changes with every new password; tells nothing about it
}

/** How an account stands now; undefined when it is gone. */
export async function presenceOf(db: Reader, accountId: number): Promise<Presence | undefined> {
  const account = await accountById(db, accountId)
  if (!account) return undefined
  const row = await db.one<{ changed: number | null }>(
    'select password_changed_at as changed from account where id = $1',
    [accountId],
  )
  return { account, password: String(row?.changed ?? '') }
}
