// ContactCard/set                                                                RFC 9610 §3.5
//
// A contact is in exactly one address book (maxAddressBooksPerCard is 1); another one moves it.

import { randomUUID } from 'node:crypto'
import type { AddressBook } from '../../directory/addressbooks.ts'
import { addContacts, deleteContact, moveContact, replaceContact } from '../../directory/cards.ts'
import { objectId } from '../../store/objectids.ts'
import {
  booksOf,
  contactsCapability,
  contactState,
  findContact,
  mustWrite,
  readBookId,
  readContactCard,
  refusing,
  tellContact,
  tellContacts,
} from '../contactobjects.ts'
import { method, setError, type Call } from '../method.ts'
import { applyPatch, touched, type Patch } from '../patch.ts'
import { checkState, readSet, SetResults, type SetArguments } from '../standard.ts'

export const contactCardSet = method<SetArguments>({
  name: 'ContactCard/set',
  capability: contactsCapability,
  read: readSet,
  async run(call, asked) {
    const books = await booksOf(call)
    const before = contactState(books)
    checkState(asked.ifInState, before)
    const results = new SetResults()
    await results.each(call, asked, {
      create: (object) => createContact(call, books, object),
      update: (id, patch) => update(call, books, id, patch),
      destroy: (id) => destroyContact(call, books, id),
    })
    return results.answer(call.accountId, before, contactState(await tellContacts(call, 'ContactCard')))
  },
})

/** Also for ContactCard/copy. */
export async function createContact(
  call: Call,
  books: readonly AddressBook[],
  object: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { store } = call.house
  const book = writable(books, readBookId(call, object['addressBookIds']))
  const uid = object['uid'] ?? `urn:uuid:${randomUUID()}`
  const card = readContactCard({ ...object, uid })
  const [id = 0] = await refusing(() =>
    store.db.transaction((sql) => addContacts(sql, book.id, [{ card }], store.clock())),
  )
  return { id: objectId('C', id), ...(object['uid'] === undefined && { uid }) }
}

function writable(books: readonly AddressBook[], id: number): AddressBook {
  const book = books.find((one) => one.id === id)
  const missing = { properties: ['addressBookIds'], description: 'There is no such address book' }
  if (!book) throw setError('invalidProperties', missing)
  mustWrite(book)
  return book
}

async function update(call: Call, books: readonly AddressBook[], id: string, patch: Patch): Promise<null> {
  const { store } = call.house
  const { contact, book } = await findContact(call, books, id)
  mustWrite(book)
  const before = tellContact(contact, null)
  const after = applyPatch(before, patch)
  const fixed = ['id', 'created'].filter(
    (name) => touched(patch).has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
  if (after['uid'] !== contact.card.uid) fixed.push('uid') // RFC 9610 §3
  if (fixed.length > 0) throw setError('invalidProperties', { properties: fixed, description: 'It never changes' })
  const to = writable(books, readBookId(call, after['addressBookIds']))
  const { created: _created, updated: _updated, ...rest } = after
  const { created, updated } = contact.card
  const card = readContactCard({ ...rest, ...(created && { created }), ...(updated && { updated }) })
  await refusing(() =>
    store.db.transaction(async (sql) => {
      if (to.id !== contact.bookId) await moveContact(sql, contact.id, to.id)
      const isOther = [...touched(patch)].some((name) => name !== 'addressBookIds')
      if (isOther) await replaceContact(sql, contact.id, { card }, store.clock())
    }),
  )
  return null
}

/** Also for ContactCard/copy with onSuccessDestroyOriginal. */
export async function destroyContact(call: Call, books: readonly AddressBook[], id: string): Promise<void> {
  const { contact, book } = await findContact(call, books, id)
  mustWrite(book)
  await refusing(() => call.house.store.db.transaction((sql) => deleteContact(sql, contact.id)))
}
