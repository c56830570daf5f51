// A change by CardDAV is told to whoever listens by JMAP.

import { addressBooksOf, type AddressBook } from '../../directory/addressbooks.ts'
import { booksState, contactState } from '../../jmap/contactobjects.ts'
import type { DavAsked } from './asking.ts'

export async function tellDav({ house, user }: DavAsked, { owner }: Pick<AddressBook, 'owner'>): Promise<void> {
  const account = owner === 0 ? user.id : owner
  const books = await addressBooksOf(house.store.db, { id: account, admin: account === user.id && user.admin }, account)
  house.jmap.push.tell(account, { ContactCard: contactState(books), AddressBook: booksState(books) })
}
