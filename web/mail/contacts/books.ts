// Asks for address books, groups and contacts, and changes them.                         RFC 9610
//
// A contact belongs to the account of its book; books of others lie in their accounts.

import { ask } from '../../parts/api.ts'
import type { Jmap } from '../jmap/client.ts'
import type { Query, SetAnswer, SetError } from '../jmap/types.ts'
import type { Card } from './card.ts'

export interface Book {
  id: string
  account: string
  name: string
  kind: 'own' | 'shared' | 'public'
  contacts: number
  rights: { read: boolean; write: boolean; export: boolean; admin: boolean }
}

/** A book, or a group in it. */
export interface Place {
  book: Book
  group: Card | undefined
}

export interface Shelf {
  books: Book[]
  groups: Card[]
}

export interface Found {
  cards: Card[]
  total: number
}

const properties =
  'id uid kind addressBookIds name nicknames emails phones organizations titles addresses notes members'.split(' ')

export const pageLength = 200 // contacts asked for at once
const membersAtOnce = 200 // of a group: the server takes 500 conditions

/** Throws Problem, MethodError. */
export async function readShelf(jmap: Jmap): Promise<Shelf> {
  const { books } = await ask<{ books: Book[] }>('GET', '/api/contacts/books')
  const accounts = [...new Set(books.map(({ account }) => account))]
  const groups = await Promise.all(accounts.map((account) => query(jmap, account, { kind: 'group' }, pageLength)))
  return { books, groups: groups.flatMap(({ cards }) => cards) }
}

export const isOf = (card: Card, book: Book): boolean => card.addressBookIds[book.id] === true

/** In the order of strokes. Groups are not among them. */
export async function readCards(jmap: Jmap, { book, group }: Place, text: string, most: number): Promise<Found> {
  const people = { operator: 'NOT', conditions: [{ kind: 'group' }] }
  const matching = text.trim() === '' ? [] : [{ text: text.trim() }]
  const among = (where: object): object => ({ operator: 'AND', conditions: [where, people, ...matching] })
  if (!group) return query(jmap, book.account, among({ inAddressBook: book.id }), most)
  const uids = Object.keys(group.members ?? {})
  const cards: Card[] = []
  for (let from = 0; from < uids.length; from += membersAtOnce) {
    const conditions = uids
      .slice(from, from + membersAtOnce)
      .flatMap((uid) => spellings(uid).map((one) => ({ uid: one })))
    const found = await query(jmap, book.account, among({ operator: 'OR', conditions }), membersAtOnce * 2)
    cards.push(...found.cards)
  }
  return { cards, total: cards.length }
}

/** A member may be named with or without urn:uuid: in front. RFC 9553 §2.1.6 */
function spellings(uid: string): string[] {
  const bare = uid.replace(/^urn:uuid:/i, '')
  return [bare, `urn:uuid:${bare}`]
}

async function query(jmap: Jmap, accountId: string, filter: object, limit: number): Promise<Found> {
  const found = jmap.call<Query>('ContactCard/query', { accountId, filter, limit, calculateTotal: true })
  const got = jmap.get<Card>('ContactCard', { accountId, '#ids': found.ref('/ids'), properties })
  const [{ ids, total = ids.length }, { list }] = await Promise.all([found, got])
  const byId = new Map(list.map((card) => [card.id, card]))
  return { cards: ids.flatMap((id) => byId.get(id) ?? []), total }
}

/** In the first of the accounts that has it: an address of the page does not say whose book it means. */
export async function readCard(jmap: Jmap, accounts: Iterable<string>, id: string): Promise<Card | undefined> {
  for (const accountId of new Set(accounts)) {
    const { list } = await jmap.get<Card>('ContactCard', { accountId, ids: [id], properties })
    if (list[0]) return list[0]
  }
  return undefined
}

/** Answers the new contact's id. Throws an Error with the server's words. */
export async function makeCard(jmap: Jmap, book: Book, card: object): Promise<string> {
  const whole = { '@type': 'Card', version: '1.0', ...card, addressBookIds: { [book.id]: true } }
  const answer = await set(jmap, book.account, { create: { made: whole } })
  return answer.created!['made']!.id
}

/** Null takes a property away. Throws an Error with the server's words. */
export async function changeCard(jmap: Jmap, accountId: string, id: string, changes: object): Promise<void> {
  await set(jmap, accountId, { update: { [id]: changes } })
}

/** Answers what puts them back. Throws an Error with the server's words. */
export async function deleteCards(jmap: Jmap, accountId: string, ids: readonly string[]): Promise<() => Promise<void>> {
  const { list } = await jmap.get<Record<string, unknown>>('ContactCard', { accountId, ids })
  await set(jmap, accountId, { destroy: ids })
  return async () => {
    const create = list.map(({ id: _id, created: _created, updated: _updated, ...rest }, i) => [`c${i}`, rest] as const)
    await set(jmap, accountId, { create: Object.fromEntries(create) })
  }
}

async function set(jmap: Jmap, accountId: string, args: object): Promise<SetAnswer> {
  const answer = await jmap.call<SetAnswer>('ContactCard/set', { accountId, ...args })
  const { notCreated, notUpdated, notDestroyed } = answer
  const [refused] = [notCreated, notUpdated, notDestroyed].flatMap((some): SetError[] => Object.values(some ?? {}))
  if (refused) throw new Error(refused.description ?? refused.type)
  return answer
}
