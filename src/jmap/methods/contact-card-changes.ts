// ContactCard/changes                                                            RFC 9610 §3.2
//
// The contacts of a book that was not seen at the old state come as created, all at once: they are told whole, or not
// at all where they are more than was asked for.

import { contactChanges, contactsOfBook } from '../../directory/cards.ts'
import { objectId } from '../../store/objectids.ts'
import { booksOf, contactsCapability, readContactState, stateText } from '../contactobjects.ts'
import { method, MethodError } from '../method.ts'
import { readChanges, type ChangesArguments } from '../standard.ts'

export const contactCardChanges = method<ChangesArguments>({
  name: 'ContactCard/changes',
  capability: contactsCapability,
  read: readChanges,
  async run(call, { sinceState, maxChanges }) {
    const { db } = call.house.store
    const books = await booksOf(call)
    const { since, seen } = readContactState(sinceState, books)
    const fresh = books.filter(({ id, cards }) => !seen.has(id) && cards > 0)
    const count = fresh.reduce((sum, { cards }) => sum + cards, 0)
    if (count >= maxChanges) throw new MethodError('cannotCalculateChanges', 'There is another address book: read anew')
    const news: number[] = []
    for (const { id } of fresh) news.push(...(await contactsOfBook(db, id, 0, maxChanges)).map((one) => one.id))
    const changes = await contactChanges(db, [...seen], since, maxChanges - news.length)
    const known = changes.changed.filter(({ id }) => !news.includes(id))
    const ids = (list: { id: number }[]): string[] => list.map(({ id }) => objectId('C', id))
    return {
      accountId: call.accountId,
      oldState: sinceState,
      newState: stateText(
        changes.upTo,
        books.map(({ id }) => id),
      ),
      hasMoreChanges: changes.hasMore,
      created: [...news.map((id) => objectId('C', id)), ...ids(known.filter(({ isNew }) => isNew))],
      updated: ids(known.filter(({ isNew }) => !isNew)),
      destroyed: ids(changes.gone.filter(({ id, isNew }) => !isNew && !news.includes(id))),
    }
  },
})
