// STARTTLS                                                     RFC 3207
//
// Nothing heard or known before counts afterwards, not even the name the client gave (§4.2).

import { always, type Command } from '../command.ts'
import { readNothing } from '../grammar.ts'
import { Refusal, reply } from '../replies.ts'

export const starttls: Command<void> = {
  verb: 'STARTTLS',
  allowedIn: always,
  read: readNothing,
  run({ connection, options }) {
    if (connection.peer.tls) throw new Refusal(reply(503, '5.5.1', 'TLS is on already'))
    if (!options.tlsAvailable) throw new Refusal(reply(502, '5.5.1', 'STARTTLS is not offered'))
    return { reply: reply(220, '2.0.0', 'Begin TLS'), next: 'tls' }
  },
}
