// Contacts in address books. A contact is a JSContact Card (RFC 9553); groups are Cards that name others by their uid.
//
// Invariants, each kept by one transaction:
//   uid and path are unique in a book                                              (RFC 6352 §5.1)
//   card.modseq is the number of its last change, and none of its book's is above book.modseq
//   what went is remembered in card_gone until the book has forgotten it (book.pruned)
//   vcard is what a client put, byte for byte, and goes with the next change from elsewhere

import { createHash, randomUUID } from 'node:crypto'
import type { Card } from '../contacts/card.ts'
import { contactLimits } from '../contacts/limits.ts'
import { searchable } from '../contacts/searchable.ts'
import type { Database, Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { nextChanges } from './addressbooks.ts'
import { directoryLimits } from './limits.ts'

export interface Contact {
  id: number
  bookId: number
  path: string
  uid: string
  kind: string
  name: string
  createdAt: number
  updatedAt: number
  createdModseq: number
  modseq: number
  card: Card
  vcard: string | undefined
}

interface Row {
  id: number
  book_id: number
  path: string
  uid: string
  kind: string
  name: string
  created_at: number
  updated_at: number
  created_modseq: number
  modseq: number
  card: string
  vcard: string | null
}

const columns = 'id, book_id, path, uid, kind, name, created_at, updated_at, created_modseq, modseq, card, vcard'

function toContact(row: Row): Contact {
  return {
    id: row.id,
    bookId: row.book_id,
    path: row.path,
    uid: row.uid,
    kind: row.kind,
    name: row.name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdModseq: row.created_modseq,
    modseq: row.modseq,
    card: JSON.parse(row.card) as Card,
    vcard: row.vcard ?? undefined,
  }
}

/** `in ($2, $3 ...)` for a list of values, which are appended. */
function inList(values: Value[], list: readonly Value[]): string {
  return `in (${list.map((one) => `$${values.push(one)}`).join(', ') || 'null'})`
}

/** Contacts by id, in no order; those that are not there are left out. */
export async function contactsById(db: Reader, ids: readonly number[]): Promise<Contact[]> {
  if (ids.length === 0) return []
  const values: Value[] = []
  return (await db.all<Row>(`select ${columns} from card where id ${inList(values, ids)}`, values)).map(toContact)
}

/** Contacts of a book by their paths in CardDAV. */
export async function contactsByPath(db: Reader, bookId: number, paths: readonly string[]): Promise<Contact[]> {
  if (paths.length === 0) return []
  const values: Value[] = [bookId]
  const text = `select ${columns} from card where book_id = $1 and path ${inList(values, paths)}`
  return (await db.all<Row>(text, values)).map(toContact)
}

/** Contacts of a book by their uids. */
export async function contactsByUid(
  db: Reader,
  bookIds: readonly number[],
  uids: readonly string[],
): Promise<Contact[]> {
  const found: Contact[] = []
  for (let from = 0; from < uids.length; from += 500) {
    const values: Value[] = []
    const books = inList(values, bookIds)
    const text = `select ${columns} from card where book_id ${books} and uid ${inList(values, uids.slice(from, from + 500))}`
    found.push(...(await db.all<Row>(text, values)).map(toContact))
  }
  return found
}

/** A page of a book's contacts by id. */
export async function contactsOfBook(
  db: Reader,
  bookId: number,
  after = 0,
  limit = directoryLimits.page,
): Promise<Contact[]> {
  const text = `select ${columns} from card where book_id = $1 and id > $2 order by id limit $3`
  return (await db.all<Row>(text, [bookId, after, limit])).map(toContact)
}

/** What a listing of CardDAV says of each contact, without its content. */
export async function listOfBook(db: Reader, bookId: number): Promise<{ id: number; path: string; modseq: number }[]> {
  return db.all('select id, path, modseq from card where book_id = $1 order by id', [bookId])
}

export interface NewContact {
  card: Card
  vcard?: string // as a client put it
  path?: string
}

/**
 * Adds contacts to a book, all or none. Gives their ids in order. Throws already-exists (uid or path; details name
 * it), too-many-contacts, too-large.
 */
export async function addContacts(
  sql: Writer,
  bookId: number,
  contacts: readonly NewContact[],
  now: number,
): Promise<number[]> {
  const last = await nextChanges(sql, contacts.length)
  const limit = directoryLimits.contacts
  const room = await sql.run(
    'update address_book set cards = cards + $2, modseq = $3 where id = $1 and cards + $2 <= $4',
    [bookId, contacts.length, last, limit],
  )
  if (room === 0) throw new Trouble('too-many-contacts', { limit })
  const ids = new Map<string, number>()
  const first = last - contacts.length + 1
  for (let from = 0; from < contacts.length; from += rowsAtOnce) {
    const some = contacts.slice(from, from + rowsAtOnce)
    const paths = await freePaths(sql, bookId, some)
    const rows = some.map(({ card, vcard }, place): Value[] => {
      const modseq = first + from + place
      return [bookId, paths[place] as string, now, modseq, ...written(card, vcard, now, modseq)]
    })
    for (const { id, uid } of await sql.all<{ id: number; uid: string }>(insertText(rows), rows.flat()))
      ids.set(uid, id)
    const missing = some.find(({ card }) => !ids.has(card.uid))
    if (missing || ids.size < from + some.length) throw new Trouble('already-exists', { uid: missing?.card.uid ?? '' })
  }
  return contacts.map(({ card }) => ids.get(card.uid) as number)
}

const rowsAtOnce = 100

function insertText(rows: readonly Value[][]): string {
  const width = rows[0]?.length ?? 0
  const row = (at: number): string => Array.from({ length: width }, (_, n) => `$${at * width + n + 1}`).join(', ')
  return `
    insert into card (book_id, path, created_at, created_modseq, uid, kind, name, emails, words, sort_key, given, surname,
                      updated_at, modseq, card, vcard)
    values ${rows.map((_row, at) => `(${row(at)})`).join(', ')}
    on conflict do nothing returning id, uid`
}

/** Paths for new contacts: as they were chosen, else made of their uids where that is free. */
async function freePaths(sql: Reader, bookId: number, contacts: readonly NewContact[]): Promise<string[]> {
  const wanted = contacts.map(({ card, path }) => path ?? pathOf(card.uid))
  const longest = directoryLimits.contactPath
  if (wanted.some((path) => path.length > longest)) throw new Trouble('too-large', { limit: longest })
  const taken = new Set((await contactsByPath(sql, bookId, wanted)).map(({ path }) => path))
  return contacts.map(({ path }, place) => {
    const own = wanted[place] as string
    const free = path === undefined && taken.has(own) ? `${randomUUID()}.vcf` : own
    taken.add(free)
    return free
  })
}

function pathOf(uid: string): string {
  const name = uid.replace(/^urn:uuid:/i, '')
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)
  return `${isPlain ? name : createHash('sha256').update(uid).digest('base64url')}.vcf`
}

/** The columns from uid on. PostgreSQL's text cannot hold NUL. */
function written(card: Card, vcard: string | undefined, now: number, modseq: number): Value[] {
  const said = searchable(card)
  const text = JSON.stringify(card).replaceAll(String.raw`\u0000`, '')
  if (text.length > contactLimits.cardCharacters)
    throw new Trouble('too-large', { limit: contactLimits.cardCharacters })
  const emails = said.emails.slice(0, 50).join('\n')
  const { kind, name, words, sortKey, given, surname } = said
  return [card.uid, kind.slice(0, 50), name, emails, words, sortKey, given, surname, now, modseq, text, vcard ?? null]
}

/** Throws no-such-contact, already-exists (another contact of the book has the uid), too-large. */
export async function replaceContact(
  sql: Writer,
  id: number,
  { card, vcard }: NewContact,
  now: number,
): Promise<number> {
  const modseq = await nextChanges(sql, 1)
  const row = await sql.one<{ book_id: number }>('select book_id from card where id = $1', [id])
  if (!row) throw new Trouble('no-such-contact', { id })
  const other = await sql.one('select id from card where book_id = $1 and uid = $2 and id <> $3', [
    row.book_id,
    card.uid,
    id,
  ])
  if (other) throw new Trouble('already-exists', { uid: card.uid })
  await sql.run(
    `update card set uid = $2, kind = $3, name = $4, emails = $5, words = $6, sort_key = $7, given = $8, surname = $9,
                     updated_at = $10, modseq = $11, card = $12, vcard = $13 where id = $1`,
    [id, ...written(card, vcard, now, modseq)],
  )
  await sql.run('update address_book set modseq = $2 where id = $1', [row.book_id, modseq])
  return modseq
}

/** Into another book; it stays the same contact. Throws no-such-contact, already-exists, too-many-contacts. */
export async function moveContact(sql: Writer, id: number, bookId: number): Promise<void> {
  const modseq = await nextChanges(sql, 1)
  const [contact] = await contactsById(sql, [id])
  if (!contact) throw new Trouble('no-such-contact', { id })
  if (contact.bookId === bookId) return
  const twin = await sql.one('select id from card where book_id = $1 and uid = $2', [bookId, contact.uid])
  if (twin) throw new Trouble('already-exists', { uid: contact.uid })
  const limit = directoryLimits.contacts
  const room = await sql.run('update address_book set cards = cards + 1, modseq = $2 where id = $1 and cards < $3', [
    bookId,
    modseq,
    limit,
  ])
  if (room === 0) throw new Trouble('too-many-contacts', { limit })
  await noteGone(sql, contact, modseq)
  const [path = ''] = await freePaths(sql, bookId, [{ card: contact.card }])
  await sql.run('update card set book_id = $2, path = $3, modseq = $4, created_modseq = $4 where id = $1', [
    id,
    bookId,
    path,
    modseq,
  ])
}

/** Throws no-such-contact. */
export async function deleteContact(sql: Writer, id: number): Promise<void> {
  const modseq = await nextChanges(sql, 1)
  const [contact] = await contactsById(sql, [id])
  if (!contact) throw new Trouble('no-such-contact', { id })
  await sql.run('delete from card where id = $1', [id])
  await noteGone(sql, contact, modseq)
}

async function noteGone(sql: Writer, { id, bookId, path, createdModseq }: Contact, modseq: number): Promise<void> {
  await sql.run('update address_book set cards = cards - 1, modseq = $2 where id = $1', [bookId, modseq])
  await sql.run('insert into card_gone (book_id, modseq, card_id, path, created_modseq) values ($1, $2, $3, $4, $5)', [
    bookId,
    modseq,
    id,
    path,
    createdModseq,
  ])
  const old = await sql.one<{ modseq: number }>(
    'select modseq from card_gone where book_id = $1 order by modseq desc limit 1 offset $2',
    [bookId, directoryLimits.contactsGone],
  )
  if (!old) return
  await sql.run('delete from card_gone where book_id = $1 and modseq <= $2', [bookId, old.modseq])
  await sql.run('update address_book set pruned = $2 where id = $1', [bookId, old.modseq])
}

// -- what changed

export interface ContactChanges {
  changed: { id: number; path: string; modseq: number; isNew: boolean }[]
  gone: { id: number; path: string; isNew: boolean }[] // isNew: came and went since; nobody knew it
  upTo: number // everything up to this number was told
  hasMore: boolean
}

/**
 * What changed in books after a number, the oldest first, at most so many. What went from one of the books and is
 * in another of them now counts as changed alone.
 */
export async function contactChanges(
  db: Reader,
  books: readonly number[],
  since: number,
  most: number,
): Promise<ContactChanges> {
  const bounds: Value[] = []
  const last = await db.one<{ upto: number | null }>(
    `select max(modseq) as upto from address_book where id ${inList(bounds, books)}`,
    bounds,
  )
  // What changes while we read is told the next time: the two questions below see the same changes.
  const ceiling = Math.max(since, last?.upto ?? 0)
  const values: Value[] = [since, most + 1, ceiling]
  const their = inList(values, books)
  const changed = await db.all<{ id: number; path: string; modseq: number; created_modseq: number }>(
    `select id, path, modseq, created_modseq from card where modseq > $1 and modseq <= $3 and book_id ${their} order by modseq limit $2`,
    values,
  )
  const gone = await db.all<{ card_id: number; path: string; modseq: number; created_modseq: number }>(
    `select g.card_id, g.path, g.modseq, g.created_modseq from card_gone g
      where g.modseq > $1 and g.modseq <= $3 and g.book_id ${their}
        and not exists (select 1 from card c where c.id = g.card_id and c.book_id ${their})
      order by g.modseq limit $2`,
    values,
  )
  const all = [...changed, ...gone].sort((a, b) => a.modseq - b.modseq)
  const told = all.slice(0, most)
  const hasMore = all.length > most
  const upTo = hasMore ? (told.at(-1)?.modseq ?? since) : ceiling
  return {
    changed: changed
      .filter(({ modseq }) => modseq <= upTo)
      .map(({ id, path, modseq, created_modseq }) => ({ id, path, modseq, isNew: created_modseq > since })),
    gone: gone
      .filter(({ modseq }) => modseq <= upTo)
      .map(({ card_id, path, created_modseq }) => ({ id: card_id, path, isNew: created_modseq > since })),
    upTo,
    hasMore,
  }
}

// -- lists

/** What lists are made of: filtered and sorted without the content of a contact. */
export interface ContactLine {
  id: number
  bookId: number
  uid: string
  kind: string
  words: string
  sortKey: Buffer
  given: string
  surname: string
  createdAt: number
  updatedAt: number
  card: Card | undefined // when it was asked for
}

/** All contacts of books, a piece at a time, read away from the event loop. */
export async function* contactLines(
  db: Database,
  books: readonly number[],
  withCard: boolean,
): AsyncGenerator<ContactLine[], void, void> {
  for (const bookId of books) {
    let after = 0
    for (;;) {
      const rows = await db.apart.arrays(
        `select id, uid, kind, words, sort_key, given, surname, created_at, updated_at${withCard ? ', card' : ''}
           from card where book_id = $1 and id > $2 order by id limit $3`,
        [bookId, after, directoryLimits.page],
      )
      if (rows.length === 0) break
      yield rows.map((row) => ({
        id: row[0] as number,
        bookId,
        uid: row[1] as string,
        kind: row[2] as string,
        words: row[3] as string,
        sortKey: Buffer.from(row[4] as Uint8Array),
        given: row[5] as string,
        surname: row[6] as string,
        createdAt: row[7] as number,
        updatedAt: row[8] as number,
        card: withCard ? (JSON.parse(row[9] as string) as Card) : undefined,
      }))
      after = rows.at(-1)![0] as number
      if (rows.length < directoryLimits.page) break
    }
  }
}
