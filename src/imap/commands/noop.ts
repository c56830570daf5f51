// NOOP, CHECK                                               RFC 9051 §6.1.2, RFC 3501 §6.4.1
//
// The moment to be told the news. Looks even when no change was heard of: another process may have made one.

import { done } from '../answers.ts'
import { anyState, nothing, whenSelected, type Command } from '../command.ts'

export const noop: Command<undefined> = {
  verb: 'NOOP',
  allowedIn: anyState,
  read: nothing,

  async run(session) {
    if (session.selected) session.selected.dirty = true
    return done('Nothing done')
  },
}

export const check: Command<undefined> = {
  verb: 'CHECK',
  allowedIn: whenSelected,
  read: nothing,

  async run(session) {
    if (session.selected) session.selected.dirty = true
    return done('All is on disk')
  },
}
