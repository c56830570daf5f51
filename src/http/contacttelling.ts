// A change of contacts that did not come by JMAP is told to whoever listens by it.

import type { Account } from '../directory/accounts.ts'
import { addressBooksOf, type AddressBook } from '../directory/addressbooks.ts'
import { booksState, contactState } from '../jmap/contactobjects.ts'
import type { WebHouse } from './house.ts'

/** `owner`: whose book changed; a book of the house is told to who changed it. */
export async function tellBook(house: WebHouse, user: Account, { owner }: Pick<AddressBook, 'owner'>): Promise<void> {
  const account = owner === 0 ? user.id : owner
  const books = await addressBooksOf(house.store.db, { id: account, admin: account === user.id && user.admin }, account)
  house.jmap.push.tell(account, { ContactCard: contactState(books), AddressBook: booksState(books) })
}
