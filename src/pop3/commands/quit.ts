// QUIT                                                                                         RFC 1939 §4, §6
//
// Invariant: "+OK" after a DELE says that the messages are gone for good, power loss included.

import { readNothing, type Command } from '../command.ts'
import { remove } from '../drop.ts'
import { err, ok } from '../replies.ts'

export const quit: Command<undefined> = {
  verb: 'QUIT',
  allowedIn: ['authorization', 'transaction'],
  read: readNothing,

  async run(session) {
    const { drop, language, store } = session
    session.state = 'ended'
    if (!drop) return ok(language, 'goodbye')
    try {
      return ok(language, (await remove(store, drop)) > 0 ? 'goodbye-deleted' : 'goodbye')
    } catch (error) {
      session.host.report?.(error)
      return err(language, 'not-removed', 'SYS/TEMP')
    }
  },
}
