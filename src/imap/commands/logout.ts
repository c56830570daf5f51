// LOGOUT                                                    RFC 9051 §6.1.3

import { done } from '../answers.ts'
import { anyState, nothing, type Command } from '../command.ts'

export const logout: Command<undefined> = {
  verb: 'LOGOUT',
  allowedIn: anyState,
  tells: 'nothing',
  read: nothing,

  async *run(session) {
    yield '* BYE See you\r\n'
    session.state = 'ended' // once the OK is said, the connection is closed
    return done('Logged out')
  },
}
