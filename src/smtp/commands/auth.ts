// AUTH mechanism [initial response]                            RFC 4954, RFC 4616 (PLAIN), draft-murchison-sasl-login
//
// PLAIN and LOGIN, both only under TLS. Invariant: session.connection.login is set by intake's yes alone.

import { always, authIsOffered, type Answer, type Command, type Session } from '../command.ts'
import { replyTo } from '../arrival.ts'
import { Refusal, reply, type Reply } from '../replies.ts'

interface Request {
  mechanism: string
  initial: string | undefined // decoded
}

export const auth: Command<Request> = {
  verb: 'AUTH',
  allowedIn: always,

  read(argument) {
    const found = /^([A-Za-z0-9_-]{1,20})(?: +(\S+))? *$/.exec(argument)
    if (!found) throw new Refusal(reply(501, '5.5.4', 'Syntax: AUTH mechanism [initial response]'))
    const [, mechanism = '', initial] = found
    // RFC 4954 §4: '=' is an empty initial response.
    return { mechanism: mechanism.toUpperCase(), initial: initial === '=' ? '' : initial }
  },

  run(session, { mechanism, initial }) {
    refuseOutOfPlace(session)
    if (mechanism === 'PLAIN') return initial === undefined ? ask('', plain(session)) : plain(session)(initial)
    if (mechanism === 'LOGIN')
      return initial === undefined ? ask('Username:', loginName(session)) : loginName(session)(initial)
    throw new Refusal(reply(504, '5.5.4', 'Mechanism is not known here'))
  },
}

function refuseOutOfPlace(session: Session): void {
  const { connection, options } = session
  if (!(options.authOffered ?? options.role === 'submission')) {
    throw new Refusal(reply(502, '5.5.1', 'AUTH is not offered'))
  }
  if (!connection.peer.tls && options.tlsRequired !== false)
    throw new Refusal(reply(538, '5.7.11', 'Encryption is required'))
  if (!authIsOffered(session) || connection.login) throw new Refusal(reply(503, '5.5.1', 'Signed in already'))
  // RFC 4954 §4: not during a mail, not before EHLO.
  if (session.state !== 'ready') throw new Refusal(reply(503, '5.5.1', 'AUTH comes after EHLO and before MAIL'))
}

type Step = (line: string) => Answer | Promise<Answer>

function ask(challenge: string, answer: Step): Answer {
  return { reply: reply(334, '', Buffer.from(challenge).toString('base64')), next: { answer } }
}

// message = [authzid] NUL authcid NUL passwd, RFC 4616 §2.
function plain(session: Session): Step {
  return (line) => {
    const parts = decode(line).split('\0')
    const [authzid, name, password] = parts
    if (parts.length !== 3 || !name || !password) throw new Refusal(reply(501, '5.5.2', 'Not a PLAIN response'))
    // Nobody acts for somebody else here.
    if (authzid !== '' && authzid !== name) return failed(session, reply(535, '5.7.8', 'Name or password is wrong'))
    return signIn(session, name, password)
  }
}

function loginName(session: Session): Step {
  return (line) => {
    const name = decode(line)
    return ask('Password:', (second) => signIn(session, name, decode(second)))
  }
}

function decode(line: string): string {
  if (line === '*') throw new Refusal(reply(501, '5.0.0', 'Cancelled'))
  if (line.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(line))
    throw new Refusal(reply(501, '5.5.2', 'Not base64'))
  try {
    return strictUtf8.decode(Buffer.from(line, 'base64'))
  } catch {
    throw new Refusal(reply(501, '5.5.2', 'Not UTF-8'))
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

async function signIn(session: Session, name: string, password: string): Promise<Answer> {
  try {
    session.connection.login = await session.intake.authenticate(session.connection, name, password)
    return reply(235, '2.7.0', 'Signed in')
  } catch (error) {
    return failed(session, replyTo(error, session))
  }
}

function failed(session: Session, refusal: Reply): Answer {
  session.authFailures++
  return session.authFailures >= session.limits.authFailures ? { reply: refusal, next: 'close' } : refusal
}
