// STARTTLS; AUTHENTICATE "mechanism" ["initial response"]                    RFC 5804 §2.1, §2.2; RFC 4616
//
// Invariants:
//   no name and no password is looked at on a connection without TLS (unless the operator said so)
//   nothing heard before the handshake is used after it
//   one answer for an unknown name and a wrong password

import { startTls } from '../../wire/conversation.ts'
import { readNothing, readStrings, type Command } from '../command.ts'
import { ok, Refusal, refusalFor, written } from '../replies.ts'
import { mayLogin, type Session } from '../session.ts'
import { capabilitiesOf } from './capability.ts'

export const starttls: Command<undefined> = {
  verb: 'STARTTLS',
  allowedIn: ['stranger'],
  read: readNothing,

  async *run(session) {
    if (session.peer.tls) throw new Refusal('tls-already')
    yield ok('Begin TLS')
    session.framer.forget()
    yield startTls
    for (;;) {
      const heard = await session.ear.next()
      if (heard === undefined) throw new Refusal('idle', { ends: true })
      if (Buffer.isBuffer(heard) || heard.is === 'woken') continue
      if (heard.is !== 'secured') throw new Refusal(heard.is === 'stopping' ? 'stopping' : 'idle', { ends: true })
      session.peer = { ...session.peer, tls: heard.tls }
      // A client learns anew what it may do: nothing said before can be trusted.
      yield capabilitiesOf(session) + ok('TLS is there')
      return
    }
  },
}

export const authenticate: Command<{ mechanism: string; initial: string | undefined }> = {
  verb: 'AUTHENTICATE',
  allowedIn: ['stranger'],

  read(args) {
    const [mechanism = '', initial] = readStrings(args, 1, 2)
    return { mechanism: mechanism.toUpperCase(), initial }
  },

  run(session, { mechanism, initial }) {
    if (!mayLogin(session)) throw new Refusal('start-tls-first', { code: 'ENCRYPT-NEEDED' })
    if (mechanism !== 'PLAIN') throw new Refusal('no-such-mechanism')
    if (initial !== undefined) return signIn(session, initial)
    session.challenge = (args) => signIn(session, readStrings(args, 1)[0]!)
    return `${written('')}\r\n`
  },
}

async function signIn(session: Session, response: string): Promise<string> {
  if (response === '*') throw new Refusal('given-up')
  const { name, password } = readPlain(response)
  const { host, peer, limits, id, ear } = session
  const attempt = { name, password, door: 'managesieve' as const, peer, sessionId: id }
  const account = await host.signIn(attempt).catch((thrown: unknown) => {
    const refusal = refusalFor(thrown)
    if (!refusal) throw thrown
    const { word, code } = refusal
    throw new Refusal(word, { code, ends: ++session.failedLogins >= limits.failedLogins })
  })
  session.account = account
  session.state = 'person'
  session.framer.literal = limits.literal
  ear.patience(limits.idle)
  return ok('Signed in')
}

/** message = [authzid] NUL authcid NUL passwd, in base64. RFC 4616 §2. Acting as somebody else is not offered. */
function readPlain(response: string): { name: string; password: string } {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(response)) throw new Refusal('bad-response')
  const [authorize, name, password, more] = Buffer.from(response, 'base64').toString('utf8').split('\0')
  if (authorize === undefined || name === undefined || password === undefined || more !== undefined) {
    throw new Refusal('bad-response')
  }
  if (authorize !== '' && authorize !== name) throw new Refusal('wrong-password')
  return { name, password }
}
