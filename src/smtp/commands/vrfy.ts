// VRFY name                                                    RFC 5321 §3.5.3, §7.3
//
// Who is here is nobody's business: the same answer for every name.

import { always, type Command } from '../command.ts'
import { Refusal, reply } from '../replies.ts'

export const vrfy: Command<void> = {
  verb: 'VRFY',
  allowedIn: always,
  read(argument) {
    if (argument === '') throw new Refusal(reply(501, '5.5.4', 'Syntax: VRFY name'))
  },
  run: () => reply(252, '2.0.0', 'Cannot say, but send the mail and see'),
}
