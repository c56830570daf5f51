// DATA                                                         RFC 5321 §4.1.1.4
//
// The mail follows, up to CRLF.CRLF. Only a mail with at least one recipient gets a 354.

import { Arrival } from '../arrival.ts'
import type { Command } from '../command.ts'
import { Refusal, reply } from '../replies.ts'
import { readNothing } from '../grammar.ts'

export const data: Command<void> = {
  verb: 'DATA',
  allowedIn: ['mail', 'rcpt'],
  read: readNothing,
  async run(session) {
    if (session.envelope.recipients.length === 0) throw new Refusal(noRecipients)
    const sink = await session.intake.message(session.envelope)
    return { reply: goAhead, next: { arrival: new Arrival(session, sink, 'data') } }
  },
}

const goAhead = reply(354, '', 'Go ahead, end with <CRLF>.<CRLF>')
// RFC 2033 §4.2 asks for 503 in LMTP, RFC 5321 §3.3 allows it in SMTP.
export const noRecipients = reply(503, '5.5.1', 'No valid recipients')
