// HELP [words]                                                 RFC 5321 §4.1.1.8

import { always, type Command } from '../command.ts'
import { reply } from '../replies.ts'

export const help: Command<void> = {
  verb: 'HELP',
  allowedIn: always,
  read() {},
  run: () => reply(214, '2.0.0', 'See RFC 5321'),
}
