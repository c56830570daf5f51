// STARTTLS                                                  RFC 9051 §6.2.1

import { startTls, type Said } from '../../wire/conversation.ts'
import { bad, done } from '../answers.ts'
import { nothing, type Command } from '../command.ts'
import { Framer } from '../framer.ts'
import type { Session } from '../session.ts'

export const starttls: Command<undefined> = {
  verb: 'STARTTLS',
  allowedIn: ['greeted'],
  read: nothing,

  async run(session) {
    if (session.peer.tls) throw bad('TLS is on already')
    return { ...done('Begin TLS'), after: secure }
  },
}

async function* secure(session: Session): AsyncGenerator<Said, void, void> {
  // Bytes that came before the handshake are thrown away, here as in the pump (CVE-2011-0411).
  session.framer = new Framer(session.limits.commandBeforeLogin, session.limits.swallowBeforeLogin)
  yield startTls
  for (;;) {
    const heard = await session.ear.next()
    if (heard !== undefined && !Buffer.isBuffer(heard) && heard.is === 'woken') continue
    if (heard !== undefined && !Buffer.isBuffer(heard) && heard.is === 'secured') session.peer.tls = heard.tls
    else session.state = 'ended'
    return
  }
}
