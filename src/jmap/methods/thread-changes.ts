// Thread/changes                                                                 RFC 8621 §3.2

import { threadChanges } from '../../store/emailchanges.ts'
import { changesMethod } from '../mailchanges.ts'

export const threadChangesMethod = changesMethod('Thread/changes', 'T', ({ house }, scope, since, most) =>
  threadChanges(house.store.db, scope, since, most),
)
