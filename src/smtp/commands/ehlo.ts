// EHLO name                                                    RFC 5321 §4.1.1.1, RFC 1869
//
// Says hello and asks what we can. Ends an open mail (RFC 5321 §4.1.4).

import { always, authIsOffered, type Command, type Session } from '../command.ts'
import { readClientName } from '../grammar.ts'
import { reply, type Reply } from '../replies.ts'
import { greet } from './helo.ts'

export const ehlo: Command<string> = {
  verb: 'EHLO',
  allowedIn: always,
  read: readClientName,
  run: (session, name) => hello(session, name, 'ESMTP'),
}

/** The answer to EHLO and LHLO: our name and what we can. */
export function hello(session: Session, name: string, protocol: 'ESMTP' | 'LMTP'): Reply {
  greet(session, name, protocol)
  return reply(250, '', [`${session.hostname} greets ${name}`, ...extensions(session)])
}

// BINARYMIME is not offered: such a mail could not be passed on to a peer without it (RFC 3030 §3).
function extensions(session: Session): string[] {
  const { connection, options, limits } = session
  const offered = [
    'PIPELINING', // RFC 2920
    `SIZE ${limits.size}`, // RFC 1870
    '8BITMIME', // RFC 6152
    'SMTPUTF8', // RFC 6531
    'CHUNKING', // RFC 3030
    'DSN', // RFC 3461
    'ENHANCEDSTATUSCODES', // RFC 2034
    `LIMITS MAILMAX=${limits.mails} RCPTMAX=${limits.recipients}`, // RFC 9422
    'HELP',
  ]
  if (options.tlsAvailable && !connection.peer.tls) offered.push('STARTTLS') // RFC 3207
  if (authIsOffered(session) && !connection.login) offered.push('AUTH PLAIN LOGIN') // RFC 4954
  if (options.hold && connection.role === 'submission') {
    const { seconds, now } = options.hold
    const until = new Date(now() + seconds * 1_000).toISOString().replace(/\.\d+/, '')
    offered.push(`FUTURERELEASE ${seconds} ${until}`) // RFC 4865
  }
  return offered
}
