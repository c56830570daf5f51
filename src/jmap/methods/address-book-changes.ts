// AddressBook/changes                                                            RFC 9610 §2.2
//
// A person has a handful of books, and what changes the list is not all done by him (shares come and go): the state
// tells whether something changed, and then they are read anew.

import { booksOf, booksState, contactsCapability } from '../contactobjects.ts'
import { method, MethodError } from '../method.ts'
import { readChanges, type ChangesArguments } from '../standard.ts'

export const addressBookChanges = method<ChangesArguments>({
  name: 'AddressBook/changes',
  capability: contactsCapability,
  read: readChanges,
  async run(call, { sinceState }) {
    const state = booksState(await booksOf(call))
    if (state !== sinceState) throw new MethodError('cannotCalculateChanges', 'Read them anew')
    const none = { created: [], updated: [], destroyed: [] }
    return { accountId: call.accountId, oldState: state, newState: state, hasMoreChanges: false, ...none }
  },
})
