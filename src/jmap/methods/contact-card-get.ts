// ContactCard/get                                                                RFC 9610 §3.1

import { contactsById, contactsOfBook, type Contact } from '../../directory/cards.ts'
import { objectNumber } from '../../store/objectids.ts'
import { booksOf, contactsCapability, contactState, tellContact } from '../contactobjects.ts'
import { method, MethodError, type Call } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

export const contactCardGet = method<GetArguments>({
  name: 'ContactCard/get',
  capability: contactsCapability,
  // Any property may be one of a Card (RFC 9553 §1.8).
  read: (args, limits) => readGet(args, limits, (property) => /^[^\x00-\x1f]{1,255}$/.test(property)),
  async run(call, { ids, properties }) {
    const books = await booksOf(call)
    const readable = new Set(books.map(({ id }) => id))
    const asked = ids && resolveIds(call, ids)
    const numbers = asked?.map((id) => objectNumber('C', id)).filter((id) => id !== undefined)
    const found = numbers ? await contactsById(call.house.store.db, numbers) : await all(call, [...readable])
    const list = found.filter(({ bookId }) => readable.has(bookId)).map((one) => tellContact(one, properties))
    const there = new Set(list.map(({ id }) => id))
    return {
      accountId: call.accountId,
      state: contactState(books),
      list,
      notFound: asked ? asked.filter((id) => !there.has(id)) : [],
    }
  },
})

async function all({ house }: Call, books: number[]): Promise<Contact[]> {
  const most = house.limits.maxObjectsInGet
  const found: Contact[] = []
  for (const book of books) {
    found.push(...(await contactsOfBook(house.store.db, book, 0, most + 1 - found.length)))
    if (found.length > most) throw new MethodError('requestTooLarge', `At most ${most} objects: ask for their ids`)
  }
  return found
}
