// RSET                                                         RFC 5321 §4.1.1.5

import { always, resetMail, type Command } from '../command.ts'
import { readNothing } from '../grammar.ts'
import { reply } from '../replies.ts'

export const rset: Command<void> = {
  verb: 'RSET',
  allowedIn: always,
  read: readNothing,
  run(session) {
    resetMail(session)
    return flushed
  },
}

const flushed = reply(250, '2.0.0', 'Flushed')
