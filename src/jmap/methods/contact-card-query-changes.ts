// ContactCard/queryChanges                                                       RFC 9610 §3.4, RFC 8620 §5.6
//
// Whatever changed since counts as removed, and as added where it is in the list now.

import { contactChanges } from '../../directory/cards.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { readCount, readFlag, readText } from '../arguments.ts'
import { orderOf, readContactQuery } from '../contactfilter.ts'
import { booksOf, contactsCapability, contactState, readContactState } from '../contactobjects.ts'
import { method, MethodError } from '../method.ts'
import { queryContacts, type ContactQuery } from './contact-card-query.ts'

interface Asked {
  query: ContactQuery
  since: string
  most: number
  upTo: string | undefined
  calculateTotal: boolean
}

export const contactCardQueryChanges = method<Asked>({
  name: 'ContactCard/queryChanges',
  capability: contactsCapability,
  read(args, limits) {
    const query = readContactQuery(args)
    orderOf(query.sort)
    return {
      query,
      since: readText(args, 'sinceQueryState'),
      most: Math.min(readCount(args, 'maxChanges', limits.queryResults, 1), limits.queryResults),
      upTo: readText(args, 'upToId', undefined),
      calculateTotal: readFlag(args, 'calculateTotal', false),
    }
  },
  async run(call, { query, since: asked, most, upTo, calculateTotal }) {
    const books = await booksOf(call)
    const { since, seen } = readContactState(asked, books)
    if (books.some(({ id, cards }) => !seen.has(id) && cards > 0))
      throw new MethodError('cannotCalculateChanges', 'Read them anew')
    const { changed, gone, hasMore } = await contactChanges(call.house.store.db, [...seen], since, most)
    if (hasMore) throw new MethodError('tooManyChanges', `There are more than ${most} changes`)
    const ids = await queryContacts(call, books, query)
    const touched = new Set(changed.map(({ id }) => id))
    const last = upTo === undefined ? -1 : ids.indexOf(objectNumber('C', upTo) ?? -1)
    const added = ids.flatMap((id, index) =>
      touched.has(id) && (last < 0 || index <= last) ? [{ id: objectId('C', id), index }] : [],
    )
    return {
      accountId: call.accountId,
      oldQueryState: asked,
      newQueryState: contactState(books),
      ...(calculateTotal ? { total: ids.length } : {}),
      removed: [...touched, ...gone.map(({ id }) => id)].map((id) => objectId('C', id)),
      added,
    }
  },
})
