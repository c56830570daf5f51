// Address books: of a person, shared ones, and the house's own.                         RFC 9610 §2
//
// Invariants:
//   contact_counter only grows; every change of a contact takes a number of its own from it, in the transaction that makes
//   the change, so that numbers are seen in their order
//   a person's own books grant him everything; all others what was granted to him or to everybody, and the house's own
//   everything to administrators; nobody who may not read a book learns of it
//   an account that looked at its books has one that is the default

import { randomUUID } from 'node:crypto'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'

export const everybody = 0
/** Whose books are the house's own. */
export const house = 0

/** Who asks. */
export interface Asker {
  id: number
  admin: boolean
}

export interface BookRights {
  read: boolean
  write: boolean
  export: boolean // as a file, or all at once by CardDAV
  admin: boolean // rename, share, delete
}

export interface AddressBook {
  id: number
  owner: number // account; 0: the house
  path: string // in CardDAV
  name: string
  description: string
  sortOrder: number
  isDefault: boolean
  isSubscribed: boolean
  cards: number
  modseq: number // of the last change of its contacts
  pruned: number // what went before this number is forgotten
  rights: BookRights
}

interface Row {
  id: number
  account_id: number
  path: string
  name: string
  description: string
  sort_order: number
  is_default: number
  cards: number
  modseq: number
  pruned: number
  rights: string | null
  unsubscribed: number | null
}

const select = `
  select b.id, b.account_id, b.path, b.name, b.description, b.sort_order, b.is_default, b.cards, b.modseq, b.pruned,
         g.rights, u.book_id as unsubscribed
    from address_book b
    left join address_book_grant g on g.book_id = b.id and g.account_id in ($1, 0)
    left join address_book_unsubscribed u on u.book_id = b.id and u.account_id = $1`
const mayRead = `(b.account_id = $1 or g.rights is not null or (b.account_id = 0 and $2 = 1))`

/** The books of an account that somebody may read. With his own come the house's; the first look makes the default one. */
export async function addressBooksOf(db: Database, asker: Asker, account: number): Promise<AddressBook[]> {
  const isOwn = account === asker.id
  const text = `${select} where b.account_id in ($3, $4) and ${mayRead} order by b.sort_order, b.id`
  const values = [asker.id, asker.admin ? 1 : 0, account, isOwn ? house : account]
  let books = merge(asker, await db.all<Row>(text, values))
  if (isOwn && !books.some(({ owner, isDefault }) => owner === account && isDefault)) {
    await db.transaction((sql) => ensureDefault(sql, account))
    books = merge(asker, await db.all<Row>(text, values))
  }
  return books.sort((a, b) => Number(b.owner === asker.id) - Number(a.owner === asker.id))
}

/** All books of whomever that somebody may read, his own first. */
export async function readableBooks(db: Database, asker: Asker): Promise<AddressBook[]> {
  const own = await addressBooksOf(db, asker, asker.id)
  const text = `${select} where g.rights is not null and b.account_id <> $1 and b.account_id <> 0 and $2 = $2 order by b.id limit $3`
  const others = await db.all<Row>(text, [asker.id, asker.admin ? 1 : 0, directoryLimits.page])
  return [...own, ...merge(asker, others)].filter(({ rights }) => rights.read)
}

/** Throws Trouble no-such-address-book where there is none, or he may not read it. */
export async function addressBook(db: Reader, asker: Asker, id: number): Promise<AddressBook> {
  const text = `${select} where b.id = $3 and ${mayRead}`
  const [book] = merge(asker, await db.all<Row>(text, [asker.id, asker.admin ? 1 : 0, id]))
  if (!book?.rights.read) throw new Trouble('no-such-address-book', { id })
  return book
}

/** Accounts that share a book with somebody. */
export async function bookSharers(db: Reader, asker: Pick<Asker, 'id'>): Promise<number[]> {
  const text = `
    select distinct b.account_id from address_book_grant g join address_book b on b.id = g.book_id
     where g.account_id in ($1, 0) and b.account_id <> $1 and b.account_id <> 0 order by b.account_id limit $2`
  return (await db.arrays(text, [asker.id, directoryLimits.page])).map(([id]) => id as number)
}

/** A book may be granted to somebody and to everybody: he has the rights of both. */
function merge(asker: Asker, rows: Row[]): AddressBook[] {
  const books = new Map<number, AddressBook>()
  for (const row of rows) {
    const isAll = row.account_id === asker.id || (row.account_id === house && asker.admin)
    const before = books.get(row.id)?.rights
    const has = (letter: string): boolean => isAll || row.rights?.includes(letter) === true
    books.set(row.id, {
      id: row.id,
      owner: row.account_id,
      path: row.path,
      name: row.name,
      description: row.description,
      sortOrder: row.sort_order,
      isDefault: row.is_default === 1 && row.account_id === asker.id,
      isSubscribed: row.unsubscribed === null,
      cards: row.cards,
      modseq: row.modseq,
      pruned: row.pruned,
      rights: {
        read: has('r') || before?.read === true,
        write: has('w') || before?.write === true,
        export: has('x') || before?.export === true,
        admin: has('a') || before?.admin === true,
      },
    })
  }
  return [...books.values()]
}

async function ensureDefault(sql: Writer, account: number): Promise<void> {
  const has = await sql.one('select id from address_book where account_id = $1 and is_default = 1', [account])
  if (has) return
  const first = await sql.one<{ id: number }>('select id from address_book where account_id = $1 order by id limit 1', [
    account,
  ])
  if (first) return void (await sql.run('update address_book set is_default = 1 where id = $1', [first.id]))
  const modseq = await nextChanges(sql, 1)
  await sql.run(
    `insert into address_book (account_id, path, name, is_default, modseq, created_at) values ($1, 'contacts', $2, 1, $3, $4)`,
    [account, firstName, modseq, Date.now()],
  )
}
const firstName = '通訊錄'

/** Takes numbers for so many changes; gives the last of them. */
export async function nextChanges(sql: Writer, count: number): Promise<number> {
  const text = 'update contact_counter set value = value + $1 where id = 1 returning value'
  return (await sql.one<{ value: number }>(text, [count]))!.value
}

export interface BookChanges {
  name?: string
  description?: string
  sortOrder?: number
  isSubscribed?: boolean
}

/** `path`: its name in CardDAV, when the client chose one. Throws already-exists (path), too-large, in-use (enough books). */
export function createAddressBook(
  db: Database,
  owner: number,
  { path = randomUUID(), ...changes }: BookChanges & { name: string; path?: string },
): Promise<number> {
  check(changes)
  return db.transaction(async (sql) => {
    const { n } = (await sql.one<{ n: number }>('select count(*) as n from address_book where account_id = $1', [
      owner,
    ]))!
    const limit = directoryLimits.addressBooks
    if (n >= limit) throw new Trouble('in-use', { limit })
    const modseq = await nextChanges(sql, 1)
    const made = await sql.one<{ id: number }>(
      `insert into address_book (account_id, path, name, description, sort_order, modseq, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
      [owner, path, changes.name, changes.description ?? '', changes.sortOrder ?? 0, modseq, Date.now()],
    )
    if (!made) throw new Trouble('already-exists', { path })
    return made.id
  })
}

/** Throws no-such-address-book, not-permitted, too-large. Whether one is subscribed is everybody's own matter. */
export function changeAddressBook(db: Database, asker: Asker, id: number, changes: BookChanges): Promise<void> {
  check(changes)
  const { isSubscribed, name, description, sortOrder } = changes
  return db.transaction(async (sql) => {
    const { rights } = await addressBook(sql, asker, id)
    if (isSubscribed === false)
      await sql.run(
        'insert into address_book_unsubscribed (account_id, book_id) values ($1, $2) on conflict do nothing',
        [asker.id, id],
      )
    if (isSubscribed === true)
      await sql.run('delete from address_book_unsubscribed where account_id = $1 and book_id = $2', [asker.id, id])
    if (name === undefined && description === undefined && sortOrder === undefined) return
    if (!rights.admin) throw new Trouble('not-permitted')
    await sql.run(
      `update address_book set name = coalesce($2, name), description = coalesce($3, description),
              sort_order = coalesce($4, sort_order) where id = $1`,
      [id, name ?? null, description ?? null, sortOrder ?? null],
    )
  })
}

function check({ name = 'a', description = '' }: BookChanges): void {
  if (name.trim() === '') throw new Trouble('bad-setting', { setting: 'name' })
  if (name.length > directoryLimits.addressBookName)
    throw new Trouble('too-large', { limit: directoryLimits.addressBookName })
  if (description.length > directoryLimits.addressBookDescription)
    throw new Trouble('too-large', { limit: directoryLimits.addressBookDescription })
}

/** Throws no-such-address-book; not-permitted for a book that is not the account's own. */
export function makeDefault(db: Database, account: number, id: number): Promise<void> {
  return db.transaction(async (sql) => {
    const book = await sql.one<{ account_id: number }>('select account_id from address_book where id = $1', [id])
    if (!book) throw new Trouble('no-such-address-book', { id })
    if (book.account_id !== account) throw new Trouble('not-permitted')
    await sql.run('update address_book set is_default = 0 where account_id = $1 and is_default = 1', [account])
    await sql.run('update address_book set is_default = 1 where id = $1', [id])
  })
}

/**
 * Deletes a book with all its contacts. `empty`: only when it has none, else Trouble in-use. Throws
 * no-such-address-book, not-permitted.
 */
export function deleteAddressBook(db: Database, asker: Asker, id: number, empty: boolean): Promise<void> {
  return db.transaction(async (sql) => {
    const { rights, cards } = await addressBook(sql, asker, id)
    if (!rights.admin) throw new Trouble('not-permitted')
    if (empty && cards > 0) throw new Trouble('in-use', { contacts: cards })
    await erase(sql, id)
  })
}

async function erase(sql: Writer, id: number): Promise<void> {
  await sql.run('delete from card where book_id = $1', [id])
  await sql.run('delete from card_gone where book_id = $1', [id])
  await sql.run('delete from address_book_grant where book_id = $1', [id])
  await sql.run('delete from address_book_unsubscribed where book_id = $1', [id])
  await sql.run('delete from address_book where id = $1', [id])
}

/** With an account go its books, and what was granted to it. */
export async function eraseAddressBooks(sql: Writer, account: number): Promise<void> {
  const books = await sql.all<{ id: number }>('select id from address_book where account_id = $1', [account])
  for (const { id } of books) await erase(sql, id)
  await sql.run('delete from address_book_grant where account_id = $1', [account])
  await sql.run('delete from address_book_unsubscribed where account_id = $1', [account])
  await sql.run('delete from unlisted_account where account_id = $1', [account])
}

// -- sharing

export interface Grant {
  account: number // 0: everybody
  rights: BookRights
}

/** Whom a book is shared with. Throws no-such-address-book, not-permitted. */
export async function grantsOfBook(db: Reader, asker: Asker, id: number): Promise<Grant[]> {
  if (!(await addressBook(db, asker, id)).rights.admin) throw new Trouble('not-permitted')
  const text = 'select account_id, rights from address_book_grant where book_id = $1 order by account_id'
  const rows = await db.all<{ account_id: number; rights: string }>(text, [id])
  return rows.map(({ account_id, rights }) => ({
    account: account_id,
    rights: {
      read: rights.includes('r'),
      write: rights.includes('w'),
      export: rights.includes('x'),
      admin: rights.includes('a'),
    },
  }))
}

/**
 * Shares a book with an account, or with everybody; no right at all ends it. Throws no-such-address-book,
 * not-permitted, no-such-account, in-use (shared with enough).
 */
export function grantBook(db: Database, asker: Asker, id: number, { account, rights }: Grant): Promise<void> {
  return db.transaction(async (sql) => {
    const book = await addressBook(sql, asker, id)
    if (!book.rights.admin) throw new Trouble('not-permitted')
    await sql.run('delete from address_book_grant where book_id = $1 and account_id = $2', [id, account])
    const letters =
      (rights.write || rights.read || rights.export || rights.admin ? 'r' : '') +
      (rights.write ? 'w' : '') +
      (rights.export ? 'x' : '') +
      (rights.admin ? 'a' : '')
    if (letters === '') return
    const isThere = account === everybody || (await sql.one('select id from account where id = $1', [account]))
    if (!isThere) throw new Trouble('no-such-account', { id: account })
    const { n } = (await sql.one<{ n: number }>('select count(*) as n from address_book_grant where book_id = $1', [
      id,
    ]))!
    const limit = directoryLimits.addressBookGrants
    if (n >= limit) throw new Trouble('in-use', { limit })
    await sql.run('insert into address_book_grant (book_id, account_id, rights) values ($1, $2, $3)', [
      id,
      account,
      letters,
    ])
  })
}
