// DELE n, RSET, NOOP                                                                           RFC 1939 §5
//
// A mark is kept in the session alone; QUIT makes it true.

import { readNothing, readNumber, type Command } from '../command.ts'
import { mark, unmarkAll } from '../drop.ts'
import { ok } from '../replies.ts'
import { dropOf, messageOf } from '../session.ts'

export const dele: Command<number> = {
  verb: 'DELE',
  allowedIn: ['transaction'],
  read: readNumber,

  run(session, number) {
    const drop = dropOf(session)
    mark(drop, messageOf(drop, number))
    return ok(session.language, 'deleted')
  },
}

export const rset: Command<undefined> = {
  verb: 'RSET',
  allowedIn: ['transaction'],
  read: readNothing,

  run(session) {
    unmarkAll(dropOf(session))
    return ok(session.language, 'restored')
  },
}

export const noop: Command<undefined> = {
  verb: 'NOOP',
  allowedIn: ['transaction'],
  read: readNothing,
  run: (session) => ok(session.language, 'nothing'),
}
