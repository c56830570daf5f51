// STLS                                                                                         RFC 2595 §4
//
// Invariant: nothing heard before the handshake is used after it, and nothing said before it is remembered.

import { startTls } from '../../wire/conversation.ts'
import { readNothing, type Command } from '../command.ts'
import { ok, Refusal } from '../replies.ts'

export const stls: Command<undefined> = {
  verb: 'STLS',
  allowedIn: ['authorization'],
  read: readNothing,

  async *run(session) {
    if (session.peer.tls) throw new Refusal('no-tls-again')
    yield ok(session.language, 'begin-tls')
    session.framer.forget()
    session.name = undefined
    session.language = 'en'
    yield startTls
    for (;;) {
      const heard = await session.ear.next()
      if (heard === undefined) throw new Refusal('idle', undefined, true)
      if (Buffer.isBuffer(heard) || heard.is === 'woken') continue
      if (heard.is !== 'secured') throw new Refusal(heard.is === 'stopping' ? 'stopping' : 'idle', undefined, true)
      session.peer = { ...session.peer, tls: heard.tls }
      return
    }
  },
}
