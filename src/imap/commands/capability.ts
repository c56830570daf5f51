// CAPABILITY                                                RFC 9051 §6.1.1

import { done } from '../answers.ts'
import { capabilities } from '../capabilities.ts'
import { anyState, nothing, type Command } from '../command.ts'

export const capability: Command<undefined> = {
  verb: 'CAPABILITY',
  allowedIn: anyState,
  read: nothing,

  async *run(session) {
    yield `* CAPABILITY ${capabilities(session)}\r\n`
    return done('That is what I can')
  },
}
