// Where things are under /dav/.
//
//   /dav/                                    everybody
//   /dav/principals/A7/                      who signed in
//   /dav/addressbooks/A7/                    the address books he may take along
//   /dav/addressbooks/A7/BOOK/               one of his own by its path, one of others as ~ and its number
//   /dav/addressbooks/A7/BOOK/CARD.vcf
//
// Invariants: nobody sees the places of another account; a book that somebody may read but not export is not here,
// since a client takes all of it along.

import { addressBook, addressBooksOf, readableBooks, type AddressBook } from '../../directory/addressbooks.ts'
import type { Account } from '../../directory/accounts.ts'
import type { Database } from '../../sql/sql.ts'
import { objectId } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { HttpTrouble } from '../problems.ts'

export const davRoot = '/dav/'

export type Place =
  | { is: 'root' }
  | { is: 'principals' }
  | { is: 'principal' }
  | { is: 'homes' }
  | { is: 'home' }
  | { is: 'book'; name: string }
  | { is: 'card'; book: string; name: string }

/** Throws HttpTrouble no-such-page for what is none of this account's. */
export function readPlace(url: string, user: Account): Place {
  const nowhere = new HttpTrouble('no-such-page')
  const path = url.split(/[?#]/, 1)[0] as string
  if (!path.startsWith('/dav')) throw nowhere
  let parts: string[]
  try {
    parts = path.split('/').slice(2).map(decodeURIComponent)
  } catch {
    throw nowhere
  }
  if (parts.at(-1) === '') parts.pop()
  const isBad = parts.some(
    (part) => part === '' || part === '.' || part === '..' || /[\x00-\x1f\x7f/\\]/.test(part) || !part.isWellFormed(),
  )
  if (isBad || parts.length > 4) throw nowhere
  const [first, who, book, card] = parts
  if (first === undefined) return { is: 'root' }
  if (first !== 'principals' && first !== 'addressbooks') throw nowhere
  if (who === undefined) return { is: first === 'principals' ? 'principals' : 'homes' }
  if (who !== objectId('A', user.id)) throw nowhere
  if (first === 'principals') {
    if (book !== undefined) throw nowhere
    return { is: 'principal' }
  }
  if (book === undefined) return { is: 'home' }
  return card === undefined ? { is: 'book', name: book } : { is: 'card', book, name: card }
}

export function principalPath(user: Account): string {
  return `${davRoot}principals/${objectId('A', user.id)}/`
}
export function homePath(user: Account): string {
  return `${davRoot}addressbooks/${objectId('A', user.id)}/`
}
export function bookPath(user: Account, book: AddressBook): string {
  return `${homePath(user)}${book.owner === user.id ? encodeURIComponent(book.path) : `~${book.id}`}/`
}

/** The books of somebody's home. */
export async function booksAtHome(db: Database, user: Account): Promise<AddressBook[]> {
  const books = await readableBooks(db, user)
  return books.filter(({ owner, rights, isSubscribed }) => rights.export && (owner === user.id || isSubscribed))
}

/** undefined: there is none of that name. */
export async function findBook(db: Database, user: Account, name: string): Promise<AddressBook | undefined> {
  if (/^~\d{1,15}$/.test(name)) {
    const found = await addressBook(db, user, Number(name.slice(1))).catch((error: unknown) => {
      if (error instanceof Trouble && error.code === 'no-such-address-book') return undefined
      throw error
    })
    return found?.rights.export && found.owner !== user.id ? found : undefined
  }
  const own = await addressBooksOf(db, user, user.id)
  return own.find(({ owner, path }) => owner === user.id && path === name)
}
