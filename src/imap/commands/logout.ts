// LOGOUT                                                    RFC 9051 §6.1.3

import { done } from '../answers.ts'
import { anyState, nothing, type Command } from '../command.ts'

export const logout: Command<undefined> = {
  verb: 'LOGOUT',
  allowedIn: anyState,
  tells: 'nothing',
  read: nothing,

  async *run() {
    yield '* BYE See you\r\n'
    return {
      ...done('Logged out'),
      async *after(session) {
        session.state = 'ended'
      },
    }
  },
}
