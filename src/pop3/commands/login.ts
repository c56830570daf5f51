// USER name, PASS password                                                                     RFC 1939 §7
// AUTH mechanism [initial-response]                                                            RFC 5034, RFC 4616
//
// Invariants:
//   no name and no password is looked at on a connection without TLS (unless the operator said so)
//   one answer for an unknown name and a wrong password
//   the transaction state begins with the mailbox's lock held

import { mailboxByRole } from '../../store/mailboxes.ts'
import type { Said } from '../../wire/conversation.ts'
import { fromUtf8, type Command } from '../command.ts'
import { openDrop } from '../drop.ts'
import { ok, Refusal, refusalFor } from '../replies.ts'
import { mayLogin, type Session } from '../session.ts'
import { mechanisms } from './capa.ts'

export const user: Command<string> = {
  verb: 'USER',
  allowedIn: ['authorization'],

  read(argument) {
    const name = fromUtf8(argument ?? '').trim()
    if (name === '') throw new Refusal('argument-expected')
    return name
  },

  run(session, name) {
    refusePlain(session)
    session.name = name
    return ok(session.language, 'password-please')
  },
}

export const pass: Command<string> = {
  verb: 'PASS',
  allowedIn: ['authorization'],

  // All of the line: a password may hold spaces.
  read: (argument) => fromUtf8(argument ?? ''),

  async run(session, password) {
    refusePlain(session)
    const { name } = session
    session.name = undefined
    if (name === undefined) throw new Refusal('user-first')
    return signIn(session, name, password)
  },
}

interface Mechanism {
  mechanism: string // '' asks for the list
  initial: string | undefined
}

export const auth: Command<Mechanism> = {
  verb: 'AUTH',
  allowedIn: ['authorization'],

  read(argument) {
    const [mechanism = '', initial, more] = (argument ?? '').trim().split(/ +/)
    if (more !== undefined) throw new Refusal('argument-unexpected')
    return { mechanism: mechanism.toUpperCase(), initial: initial === '=' ? '' : initial }
  },

  async *run(session, { mechanism, initial }) {
    refusePlain(session)
    if (mechanism === '') {
      yield `${ok(session.language, 'mechanisms')}${mechanisms.join('\r\n')}\r\n.\r\n`
    } else if (mechanism === 'PLAIN') {
      const { name, password } = readPlain(decode(initial ?? (yield* ask(session, ''))))
      yield await signIn(session, name, password)
    } else if (mechanism === 'LOGIN') {
      const name = decode(initial ?? (yield* ask(session, 'User Name')))
      const password = decode(yield* ask(session, 'Password'))
      yield await signIn(session, fromUtf8(name), fromUtf8(password))
    } else throw new Refusal('no-such-mechanism')
  },
}

/** message = [authzid] NUL authcid NUL passwd. RFC 4616 §2. */
function readPlain(octets: string): { name: string; password: string } {
  const [authorize, name, password, more] = octets.split('\0').map(fromUtf8)
  if (authorize === undefined || name === undefined || password === undefined || more !== undefined) {
    throw new Refusal('bad-response')
  }
  // Acting as somebody else is not offered.
  if (authorize !== '' && authorize !== name) throw new Refusal('wrong-password', 'AUTH')
  return { name, password }
}

function decode(base64: string): string {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new Refusal('not-base64')
  return Buffer.from(base64, 'base64').toString('latin1')
}

/** One challenge and the line that answers it. "*" is the client's way out, RFC 5034 §4. */
async function* ask(session: Session, challenge: string): AsyncGenerator<Said, string, void> {
  const { framer, limits, ear } = session
  yield `+ ${Buffer.from(challenge).toString('base64')}\r\n`
  framer.limit = limits.response
  try {
    for (;;) {
      const line = framer.next()
      if (line && 'tooLong' in line) throw new Refusal('too-long')
      if (line?.text === '*') throw new Refusal('given-up')
      if (line) return line.text.trim()
      if (framer.swallowed > limits.swallow) throw new Refusal('too-long', undefined, true)
      const heard = await ear.next()
      if (Buffer.isBuffer(heard)) framer.push(heard)
      else if (heard === undefined || heard.is !== 'woken') throw new Refusal('idle', undefined, true)
    }
  } finally {
    framer.limit = limits.line
  }
}

function refusePlain(session: Session): void {
  if (!mayLogin(session)) throw new Refusal('start-tls-first')
}

async function signIn(session: Session, name: string, password: string): Promise<string> {
  const { host, peer, limits, store, locks, id } = session
  const account = await host.signIn({ name, password, door: 'pop3', peer, sessionId: id }).catch((thrown: unknown) => {
    const refusal = refusalFor(thrown)
    if (!refusal) throw thrown
    const ends = ++session.failedLogins >= limits.failedLogins
    throw new Refusal(refusal.word, refusal.code, ends)
  })
  const inbox = await mailboxByRole(store.db, account.id, 'inbox')
  if (!inbox) throw new Refusal('try-later', 'SYS/TEMP')
  const release = await locks.take(inbox.id)
  if (!release) throw new Refusal('in-use', 'IN-USE')
  session.release = release
  try {
    session.drop = await openDrop(store, inbox, limits)
  } catch (thrown) {
    release()
    throw thrown
  }
  session.state = 'transaction'
  session.ear.patience(limits.idle)
  return ok(session.language, 'logged-in')
}
