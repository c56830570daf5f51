// EXPN list                                                    RFC 5321 §3.5.1, §7.3
//
// Known, and never done.

import { always, type Command } from '../command.ts'
import { reply } from '../replies.ts'

export const expn: Command<void> = {
  verb: 'EXPN',
  allowedIn: always,
  read() {},
  run: () => reply(502, '5.5.1', 'EXPN is not done here'),
}
