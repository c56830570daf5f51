// LOGIN user password                                       RFC 9051 §6.2.3
// AUTHENTICATE PLAIN|LOGIN [initial-response]               RFC 9051 §6.2.2, RFC 4616, RFC 4959
//
// Invariant: no name and no password is asked for, or looked at, on a connection without TLS
// (unless the operator said so).

import { bad, bye, done, gone, no } from '../answers.ts'
import { capabilities, mayLogin } from '../capabilities.ts'
import { now, type Command, type Finished } from '../command.ts'
import { fromUtf8 } from '../scanner.ts'
import type { Session } from '../session.ts'
import { Refusal, refusalFor } from '../answers.ts'
import type { Said } from '../../wire/conversation.ts'

interface Secret {
  name: string
  password: string
}

export const login: Command<Secret> = {
  verb: 'LOGIN',
  allowedIn: ['greeted'],

  read(scan) {
    scan.space()
    const name = scan.unicode('a user name')
    scan.space()
    return { name, password: scan.unicode('a password') }
  },

  async run(session, secret) {
    return signIn(session, secret)
  },
}

interface Mechanism {
  mechanism: string
  initial: string | undefined
}

export const authenticate: Command<Mechanism> = {
  verb: 'AUTHENTICATE',
  allowedIn: ['greeted'],

  read(scan) {
    scan.space()
    const mechanism = scan.atom('a mechanism').toUpperCase()
    if (scan.atEnd()) return { mechanism, initial: undefined }
    scan.space()
    const initial = scan.match(/[A-Za-z0-9+/=]+/y) ?? scan.fail('base64 or "="')
    return { mechanism, initial: initial === '=' ? '' : initial }
  },

  async *run(session, { mechanism, initial }) {
    refusePlain(session)
    if (mechanism === 'PLAIN') return signIn(session, readPlain(initial ?? (yield* ask(session, ''))))
    if (mechanism !== 'LOGIN') throw no('There is no such mechanism', 'CANNOT')
    const name = decode(initial ?? (yield* ask(session, 'User Name')))
    const password = decode(yield* ask(session, 'Password'))
    return signIn(session, { name: fromUtf8(name), password: fromUtf8(password) })
  },
}

// message = [authzid] NUL authcid NUL passwd (RFC 4616 §2)
function readPlain(response: string): Secret {
  const [authorize, name, password, more] = decode(response).split('\0').map(fromUtf8)
  if (authorize === undefined || name === undefined || password === undefined || more !== undefined) {
    throw bad('A PLAIN response has a name and a password')
  }
  if (authorize !== '' && authorize !== name)
    throw no('Acting as somebody else is not offered here', 'AUTHORIZATIONFAILED')
  return { name, password }
}

function decode(response: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(response)) throw bad('That is not base64')
  return Buffer.from(response, 'base64').toString('latin1')
}

/** One challenge, one line of response. "*" is the client's way out. */
async function* ask(session: Session, challenge: string): AsyncGenerator<Said, string, void> {
  yield now(`+ ${Buffer.from(challenge).toString('base64')}\r\n`)
  for (;;) {
    const cut = session.framer.next()
    if (cut?.is === 'command') {
      if (cut.text === '*') throw bad('Given up')
      return cut.text
    }
    if (cut) {
      session.framer.drop()
      throw bye('That is no response to a challenge')
    }
    const heard = await session.ear.next()
    if (heard === undefined) throw gone()
    if (Buffer.isBuffer(heard)) session.framer.push(heard)
    else if (heard.is !== 'woken') throw bye('Nothing heard for too long')
  }
}

function refusePlain(session: Session): void {
  if (!mayLogin(session)) throw no('Start TLS first', 'PRIVACYREQUIRED')
}

async function signIn(session: Session, { name, password }: Secret): Promise<Finished> {
  refusePlain(session)
  const { host, peer, limits } = session
  try {
    session.person = await host.signIn({ name, password, door: 'imap', peer, sessionId: session.id })
  } catch (thrown) {
    const refusal = refusalFor(thrown)
    if (refusal && ++session.failedLogins >= limits.failedLogins)
      throw new Refusal('BYE', refusal.message, refusal.code)
    throw thrown
  }
  session.state = 'authenticated'
  session.framer.limit = limits.command
  session.framer.swallow = limits.swallow
  session.ear.patience(limits.idle)
  return done('Logged in', `CAPABILITY ${capabilities(session)}`)
}
