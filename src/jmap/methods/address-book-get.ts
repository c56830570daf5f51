// AddressBook/get                                                                RFC 9610 §2.1
//
// Who else may use a book is told to who may share it.

import { grantsOfBook, type AddressBook } from '../../directory/addressbooks.ts'
import { objectId } from '../../store/objectids.ts'
import { bookProperties, booksOf, booksState, contactsCapability } from '../contactobjects.ts'
import { method, type Call } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set(bookProperties)

export const addressBookGet = method<GetArguments>({
  name: 'AddressBook/get',
  capability: contactsCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run(call, { ids, properties }) {
    const books = await booksOf(call)
    const asked = ids && resolveIds(call, ids)
    const found = asked ? books.filter(({ id }) => asked.includes(objectId('K', id))) : books
    const list: Record<string, unknown>[] = []
    for (const book of found) list.push(await tellBook(call, book, properties))
    return {
      accountId: call.accountId,
      state: booksState(books),
      list,
      notFound: asked ? asked.filter((id) => !books.some((book) => objectId('K', book.id) === id)) : [],
    }
  },
})

export function rightsOf({ rights }: Pick<AddressBook, 'rights'>): Record<string, boolean> {
  return { mayRead: rights.read, mayWrite: rights.write, mayShare: rights.admin, mayDelete: rights.admin }
}

async function tellBook(call: Call, book: AddressBook, properties: string[] | null): Promise<Record<string, unknown>> {
  const wants = (name: string): boolean => !properties || properties.includes(name)
  const whole = {
    id: objectId('K', book.id),
    name: book.name,
    description: book.description === '' ? null : book.description,
    sortOrder: book.sortOrder,
    isDefault: book.isDefault,
    isSubscribed: book.isSubscribed,
    shareWith: wants('shareWith') ? await sharesOf(call, book) : null,
    myRights: rightsOf(book),
  }
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name === 'id' || wants(name)))
}

async function sharesOf({ house, user }: Call, book: AddressBook): Promise<Record<string, object> | null> {
  if (!book.rights.admin) return null
  const grants = await grantsOfBook(house.store.db, user, book.id)
  return grants.length === 0
    ? null
    : Object.fromEntries(grants.map((one) => [objectId('A', one.account), rightsOf(one)]))
}
