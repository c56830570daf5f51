// Identities: what a person may write as. Name, address, signatures.                       RFC 8621 §6
//
// Invariants:
//   every address that an account may send as by itself (its own, its others, those granted to it) has an identity
//   that the house made and nobody deletes; the account's primary one comes first
//   an identity is there only while its address belongs to the account: what is taken back is not listed
//   the address of an identity never changes

import { normalAddress } from '../mail/address.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { accountByAddress, accountById, type Account } from './accounts.ts'
import { grantsOf } from './aliases.ts'
import { sendableAs } from './delegations.ts'
import { directoryLimits } from './limits.ts'
import { mayWriteFrom } from './senders.ts'

export interface IdentityAddress {
  name: string | null
  email: string
}

export interface Identity {
  id: number
  name: string
  address: string
  replyTo: IdentityAddress[] | null
  bcc: IdentityAddress[] | null
  textSignature: string
  htmlSignature: string
  mayDelete: boolean
}

export type IdentityChanges = Partial<Omit<Identity, 'id' | 'address' | 'mayDelete'>>

interface Row {
  id: number
  address: string
  own: number
  name: string | null // null: as the account is called
  reply_to: string | null
  bcc: string | null
  text_signature: string
  html_signature: string
}

const columns = 'id, address, own, name, reply_to, bcc, text_signature, html_signature'

/** The identities of an account, the primary one first. Throws Trouble no-such-account. */
export async function listIdentities(db: Database, accountId: number): Promise<Identity[]> {
  const account = await accountById(db, accountId)
  if (!account) throw new Trouble('no-such-account', { id: accountId })
  const addresses = await ownAddresses(db, account)
  let rows = await readRows(db, accountId)
  const made = new Set(rows.filter(({ own }) => own === 1).map(({ address }) => address))
  const missing = addresses.filter((address) => !made.has(address))
  if (missing.length > 0) {
    await db.transaction(async (sql) => {
      for (const address of missing) await sql.run(insertOwn, [accountId, address])
    })
    rows = await readRows(db, accountId)
  }
  const places = new Map(addresses.map((address, place) => [address, place]))
  const identities: [place: number, Identity][] = []
  for (const row of rows) {
    const place = row.own === 1 ? places.get(row.address) : addresses.length
    if (place === undefined || (row.own === 0 && !(await mayWriteFrom(db, accountId, row.address)))) continue
    identities.push([place, await toIdentity(db, row, account)])
  }
  return identities.sort(([a, one], [b, other]) => a - b || one.id - other.id).map(([, identity]) => identity)
}

const insertOwn = `insert into identity (account_id, address, own) values ($1, $2, 1) on conflict do nothing`

function readRows(db: Reader, accountId: number): Promise<Row[]> {
  return db.all<Row>(`select ${columns} from identity where account_id = $1 order by id`, [accountId])
}

/** The primary address, other addresses, addresses granted, those of people who let this one write for them. */
async function ownAddresses(db: Reader, { id, address }: Account): Promise<string[]> {
  const others = await db.arrays('select address from address where account_id = $1 order by address limit $2', [
    id,
    directoryLimits.page,
  ])
  const delegated = (await sendableAs(db, id, Date.now())).map((one) => one.address)
  return [...new Set([address, ...others.map(([other]) => other as string), ...(await grantsOf(db, id)), ...delegated])]
}

/** The name of an address that was granted is that of whose it is. */
async function toIdentity(db: Reader, row: Row, account: Account): Promise<Identity> {
  const isGranted = row.name === null && row.address !== account.address
  const owner = isGranted ? await accountByAddress(db, row.address) : undefined
  const read = (text: string | null): IdentityAddress[] | null =>
    text === null ? null : (JSON.parse(text) as IdentityAddress[])
  return {
    id: row.id,
    name: row.name ?? (owner?.name || account.name),
    address: row.address,
    replyTo: read(row.reply_to),
    bcc: read(row.bcc),
    textSignature: row.text_signature,
    htmlSignature: row.html_signature,
    mayDelete: row.own === 0,
  }
}

/**
 * Another identity. Throws Trouble not-your-address, too-large (a text), in-use (enough identities; details.limit).
 */
export function createIdentity(
  db: Database,
  accountId: number,
  address: string,
  changes: IdentityChanges,
): Promise<number> {
  return db.transaction(async (sql) => {
    if (!(await mayWriteFrom(sql, accountId, address))) throw new Trouble('not-your-address', { address })
    const text = 'select count(*) as n from identity where account_id = $1 and own = 0'
    const limit = directoryLimits.identities
    if ((await sql.one<{ n: number }>(text, [accountId]))!.n >= limit) throw new Trouble('in-use', { limit })
    const row = await sql.one<{ id: number }>(
      `insert into identity (account_id, address, own, name) values ($1, $2, 0, '') returning id`,
      [accountId, normalAddress(address)],
    )
    await write(sql, accountId, row!.id, changes)
    return row!.id
  })
}

/** Throws Trouble no-such-account where the account has no such identity, too-large. */
export function changeIdentity(db: Database, accountId: number, id: number, changes: IdentityChanges): Promise<void> {
  return db.transaction((sql) => write(sql, accountId, id, changes))
}

async function write(sql: Writer, accountId: number, id: number, changes: IdentityChanges): Promise<void> {
  checkChanges(changes)
  const said = (value: IdentityAddress[] | null): string | null => (value === null ? null : JSON.stringify(value))
  const set: [column: string, value: string | null][] = []
  if (changes.name !== undefined) set.push(['name', changes.name])
  if (changes.replyTo !== undefined) set.push(['reply_to', said(changes.replyTo)])
  if (changes.bcc !== undefined) set.push(['bcc', said(changes.bcc)])
  if (changes.textSignature !== undefined) set.push(['text_signature', changes.textSignature])
  if (changes.htmlSignature !== undefined) set.push(['html_signature', changes.htmlSignature])
  const found = await sql.one('select id from identity where id = $1 and account_id = $2', [id, accountId])
  if (!found) throw new Trouble('no-such-account', { identity: id })
  for (const [column, value] of set) await sql.run(`update identity set ${column} = $2 where id = $1`, [id, value])
}

function checkChanges({ name = '', replyTo, bcc, textSignature = '', htmlSignature = '' }: IdentityChanges): void {
  const { signature, identityAddresses } = directoryLimits
  if (name.length > directoryLimits.name) throw new Trouble('too-large', { limit: directoryLimits.name })
  if (Math.max(textSignature.length, htmlSignature.length) > signature)
    throw new Trouble('too-large', { limit: signature })
  for (const list of [replyTo, bcc]) {
    if ((list?.length ?? 0) > identityAddresses) throw new Trouble('too-large', { limit: identityAddresses })
  }
}

/** Throws Trouble no-such-account where there is none, not-permitted for one that the house made. */
export function deleteIdentity(db: Database, accountId: number, id: number): Promise<void> {
  return db.transaction(async (sql) => {
    const text = 'select own from identity where id = $1 and account_id = $2'
    const row = await sql.one<{ own: number }>(text, [id, accountId])
    if (!row) throw new Trouble('no-such-account', { identity: id })
    if (row.own === 1) throw new Trouble('not-permitted')
    await sql.run('delete from identity where id = $1', [id])
  })
}
