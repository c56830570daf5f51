// LHLO name                                                    RFC 2033 §4.1
//
// The hello of LMTP; EHLO and HELO are not known there.

import { always, type Command } from '../command.ts'
import { readClientName } from '../grammar.ts'
import { hello } from './ehlo.ts'

export const lhlo: Command<string> = {
  verb: 'LHLO',
  allowedIn: always,
  read: readClientName,
  run: (session, name) => hello(session, name, 'LMTP'),
}
