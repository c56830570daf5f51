// Email/changes                                                                  RFC 8621 §4.3

import { emailChanges } from '../../store/emailchanges.ts'
import { changesMethod } from '../mailchanges.ts'

export const emailChangesMethod = changesMethod('Email/changes', 'M', ({ house }, scope, since, most) =>
  emailChanges(house.store.db, scope, since, most),
)
