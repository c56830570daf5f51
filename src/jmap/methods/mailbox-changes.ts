// Mailbox/changes                                                                RFC 8621 §2.2
//
// When nothing but counts changed, updatedProperties says so.

import { mailboxChanges } from '../../store/emailchanges.ts'
import { changesMethod } from '../mailchanges.ts'

const counts = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads']

export const mailboxChangesMethod = changesMethod('Mailbox/changes', 'F', async ({ house }, scope, since, most) => {
  const changes = await mailboxChanges(house.store.db, scope, since, most)
  return changes && { ...changes, more: { updatedProperties: changes.onlyCounts ? counts : null } }
})
