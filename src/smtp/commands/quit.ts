// QUIT                                                         RFC 5321 §4.1.1.10

import { always, type Command } from '../command.ts'
import { readNothing } from '../grammar.ts'
import { reply } from '../replies.ts'

export const quit: Command<void> = {
  verb: 'QUIT',
  allowedIn: always,
  read: readNothing,
  run: () => ({ reply: reply(221, '2.0.0', 'Goodbye'), next: 'close' }),
}
