// NOOP [words]                                                 RFC 5321 §4.1.1.9

import { always, type Command } from '../command.ts'
import { reply } from '../replies.ts'

export const noop: Command<void> = {
  verb: 'NOOP',
  allowedIn: always,
  read() {},
  run: () => done,
}

const done = reply(250, '2.0.0', 'Done nothing')
