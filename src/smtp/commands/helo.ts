// HELO name                                                    RFC 5321 §4.1.1.1
//
// The hello of clients that know no extensions.

import { always, resetMail, type Command, type Session } from '../command.ts'
import { readClientName } from '../grammar.ts'
import type { SmtpSession } from '../intake.ts'
import { reply } from '../replies.ts'

export const helo: Command<string> = {
  verb: 'HELO',
  allowedIn: always,
  read: readClientName,
  run(session, name) {
    greet(session, name, 'SMTP')
    return reply(250, '', session.hostname)
  },
}

/** Notes who the client says it is and forgets an open mail. */
export function greet(session: Session, name: string, protocol: SmtpSession['protocol']): void {
  resetMail(session)
  session.state = 'ready'
  session.connection.helo = name
  session.connection.protocol = protocol
}
