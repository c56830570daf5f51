// ContactCard/query                                                              RFC 9610 §3.3

import { setImmediate } from 'node:timers/promises'
import type { AddressBook } from '../../directory/addressbooks.ts'
import { contactLines, type ContactLine } from '../../directory/cards.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { isMatch, needsCard, orderOf, readContactQuery, type ContactCondition } from '../contactfilter.ts'
import { booksOf, contactsCapability, contactState } from '../contactobjects.ts'
import { method, type Call } from '../method.ts'
import { readQuery, windowOf, type Comparator, type Filter, type QueryArguments } from '../standard.ts'

export interface ContactQuery {
  filter: Filter<ContactCondition> | undefined
  sort: Comparator[]
}

interface Asked {
  query: ContactQuery
  window: Omit<QueryArguments<unknown>, 'filter' | 'sort'>
}

export const contactCardQuery = method<Asked>({
  name: 'ContactCard/query',
  capability: contactsCapability,
  read(args) {
    const { filter: _filter, sort: _sort, ...others } = args
    const query = readContactQuery(args)
    orderOf(query.sort) // a sort nobody knows is refused at once
    return { query, window: readQuery(others, (condition) => condition) }
  },
  async run(call, { query, window }) {
    const { limits } = call.house
    const books = await booksOf(call)
    const ids = await queryContacts(call, books, query)
    const anchorAt = window.anchor === undefined ? -1 : ids.indexOf(objectNumber('C', window.anchor) ?? -1)
    const { start, end } = windowOf(window, ids.length, anchorAt, limits.queryResults)
    return {
      accountId: call.accountId,
      queryState: contactState(books),
      canCalculateChanges: true,
      position: start,
      ids: ids.slice(start, end).map((id) => objectId('C', id)),
      ...(window.calculateTotal ? { total: ids.length } : {}),
      ...(window.limit === undefined || window.limit > limits.queryResults ? { limit: limits.queryResults } : {}),
    }
  },
})

/** The ids of all that match, in order. Others have a turn between the pieces. */
export async function queryContacts(
  { house }: Call,
  books: readonly AddressBook[],
  { filter, sort }: ContactQuery,
): Promise<number[]> {
  const found: ContactLine[] = []
  const pieces = contactLines(
    house.store.db,
    books.map(({ id }) => id),
    needsCard(filter),
  )
  for await (const lines of pieces) {
    for (const line of lines) if (isMatch(filter, line)) found.push({ ...line, card: undefined })
    await setImmediate()
  }
  return found.sort(orderOf(sort)).map(({ id }) => id)
}
