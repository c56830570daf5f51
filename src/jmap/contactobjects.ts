// Address books and contacts as JMAP tells them.                                 RFC 9610 §2, §3; RFC 9553
//
// Invariants:
//   the state of contacts says how far changes were told and which books were seen: who may see another book since is told
//   its contacts as new, and who may not see one any more is asked to read anew
//   the state of address books says the list: whatever changes it (a share that ends) changes the state

import { hash } from 'node:crypto'
import { BadCard, readCard, type Card } from '../contacts/card.ts'
import { addressBooksOf, type AddressBook } from '../directory/addressbooks.ts'
import { contactsById, type Contact } from '../directory/cards.ts'
import { objectId, objectNumber } from '../store/objectids.ts'
import { Trouble } from '../wire/troubles.ts'
import { utcDate } from './arguments.ts'
import { MethodError, setError, type Call } from './method.ts'

export const contactsCapability = 'urn:ietf:params:jmap:contacts'

/** The books of the call's account that who asks may read. */
export function booksOf({ house, user, account }: Pick<Call, 'house' | 'user' | 'account'>): Promise<AddressBook[]> {
  return addressBooksOf(house.store.db, user, account)
}

/** The state of AddressBook. */
export function booksState(books: readonly AddressBook[]): string {
  const told = books.map(({ cards: _cards, modseq: _modseq, pruned: _pruned, ...book }) => book)
  return hash('sha256', JSON.stringify(told), 'base64url').slice(0, 20)
}

export const bookProperties = [
  'id',
  'name',
  'description',
  'sortOrder',
  'isDefault',
  'isSubscribed',
  'shareWith',
  'myRights',
] as const

// -- the state of ContactCard: how far, and which books

const booksInState = 100

export function contactState(books: readonly AddressBook[]): string {
  return stateText(
    Math.max(0, ...books.map(({ modseq }) => modseq)),
    books.map(({ id }) => id),
  )
}

export function stateText(upTo: number, books: readonly number[]): string {
  const seen = [...books].sort((a, b) => a - b).slice(0, booksInState)
  return `${upTo}-${seen.map((id) => id.toString(36)).join('-')}`
}

/** Throws MethodError cannotCalculateChanges for what we never said, what is forgotten, and where a book went since. */
export function readContactState(state: string, books: readonly AddressBook[]): { since: number; seen: Set<number> } {
  const [number = '', ...ids] = state.split('-')
  const since = /^\d{1,15}$/.test(number) ? Number(number) : -1
  const seen = new Set(ids.filter((id) => /^[0-9a-z]{1,11}$/.test(id)).map((id) => parseInt(id, 36)))
  const there = new Set(books.map(({ id }) => id))
  const isKnown =
    since >= 0 &&
    [...seen].every((id) => there.has(id)) &&
    books.length <= booksInState &&
    books.every((book) => !seen.has(book.id) || book.pruned <= since)
  if (!isKnown) throw new MethodError('cannotCalculateChanges', 'Read them anew')
  return { since, seen }
}

// -- ContactCard

/** A Card of a contact, with what RFC 9610 §3 adds. */
export function tellContact(contact: Contact, properties: readonly string[] | null): Record<string, unknown> {
  const { id, bookId, createdAt, updatedAt, card } = contact
  const whole: Record<string, unknown> = {
    ...card,
    created: card.created ?? utcDate(createdAt),
    updated: utcDate(updatedAt),
    id: objectId('C', id),
    addressBookIds: { [objectId('K', bookId)]: true },
  }
  if (!properties) return whole
  return Object.fromEntries(
    ['id', ...properties].filter((name) => Object.hasOwn(whole, name)).map((name) => [name, whole[name]]),
  )
}

/** The one book that `addressBookIds` names, which may be created in the same request. Throws setError invalidProperties. */
export function readBookId(call: Call, value: unknown): number {
  const entries = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
  const [entry, ...more] = entries
  const wrong = (description: string): Error =>
    setError('invalidProperties', { properties: ['addressBookIds'], description })
  if (!entry || more.length > 0 || entry[1] !== true) throw wrong('A contact is in exactly one address book')
  const id = entry[0].startsWith('#') ? call.createdIds.get(entry[0].slice(1)) : entry[0]
  const number = id === undefined ? undefined : objectNumber('K', id)
  if (number === undefined) throw wrong('There is no such address book')
  return number
}

/** The Card of what a client sent; what JMAP adds is left out. Throws setError invalidProperties. */
export function readContactCard(object: Record<string, unknown>): Card {
  const { id: _id, addressBookIds: _books, blobId: _blob, ...said } = object
  const some = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null))
  try {
    return readCard(some)
  } catch (error) {
    if (!(error instanceof BadCard)) throw error
    throw setError('invalidProperties', { properties: [error.property], description: error.message })
  }
}

/** A contact of the call's account that who asks may read. Throws setError notFound. */
export async function findContact(
  call: Call,
  books: readonly AddressBook[],
  id: string,
): Promise<{ contact: Contact; book: AddressBook }> {
  const number = objectNumber('C', id)
  const [contact] = number === undefined ? [] : await contactsById(call.house.store.db, [number])
  const book = books.find((one) => one.id === contact?.bookId)
  if (!contact || !book) throw setError('notFound')
  return { contact, book }
}

/** Throws setError forbidden. */
export function mustWrite(book: AddressBook): void {
  if (!book.rights.write) throw setError('forbidden', { description: 'The address book may only be read' })
}

/** The directory's no, in the words of JMAP. */
export async function refusing<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed()
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    switch (error.code) {
      case 'no-such-address-book':
      case 'no-such-contact':
        throw setError('notFound')
      case 'already-exists':
        throw setError('invalidProperties', {
          properties: ['uid'],
          description: 'The address book has a contact of that uid',
        })
      case 'too-many-contacts':
      case 'in-use':
        throw setError('overQuota', { description: 'There are enough' })
      case 'bad-setting':
        throw setError('invalidProperties', { properties: ['name'], description: 'It has a name' })
      default:
        throw error
    }
  }
}

/** After a change: who listens is told the states. */
export async function tellContacts(call: Call, what: 'AddressBook' | 'ContactCard'): Promise<AddressBook[]> {
  const books = await booksOf(call)
  call.house.push.tell(call.account, { [what]: what === 'AddressBook' ? booksState(books) : contactState(books) })
  return books
}
