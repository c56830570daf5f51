// ManageSieve, the server's side, without a socket.                                                  RFC 5804
//
// Invariants:
//   a command nobody can read costs the client that command, never the session, until there are too many
//   nothing heard before TLS is read after it
//   what a client was told is stored is on disk

import { close, type Conversation, type Ear, type Heard, type Peer, type Said } from '../wire/conversation.ts'
import { readWords } from './command.ts'
import { commands } from './commands.ts'
import { capabilitiesOf } from './commands/capability.ts'
import { Framer, type Frame } from './framer.ts'
import { manageSieveLimits } from './limits.ts'
import { ok, Refusal, refusalFor, turnedDown } from './replies.ts'
import type { ManageSieveHost, Session } from './session.ts'

let sessions = 0

/** The conversation that net/pump.ts drives for every connection to the managesieve listener. */
export function manageSieve(host: ManageSieveHost): Conversation {
  return (ear, peer) => converse(openSession(host, ear, peer))
}

function openSession(host: ManageSieveHost, ear: Ear, peer: Peer): Session {
  const limits = { ...manageSieveLimits, ...host.options.limits }
  return {
    id: `managesieve-${process.pid}-${++sessions}`,
    host,
    limits,
    peer,
    ear,
    framer: new Framer(limits),
    state: 'stranger',
    account: undefined,
    challenge: undefined,
    failedLogins: 0,
    badCommands: 0,
  }
}

async function* converse(session: Session): AsyncGenerator<Said, void, void> {
  const { ear, framer, limits } = session
  ear.patience(limits.idleBeforeLogin)
  yield capabilitiesOf(session) + ok('ManageSieve is ready')
  while (session.state !== 'ended') {
    const frame = framer.next()
    if (frame) {
      yield* answer(session, frame)
      continue
    }
    if (framer.swallowed > limits.swallow) {
      yield turnedDown(new Refusal('too-long', { ends: true }))
      break
    }
    const heard = await ear.next()
    if (heard === undefined) return
    if (Buffer.isBuffer(heard)) framer.push(heard)
    else {
      const words = farewell(heard)
      if (words === undefined) continue
      yield turnedDown(words)
      break
    }
  }
  yield close
}

/** What is said beside bytes, when it ends the session. */
function farewell(heard: Exclude<Heard, Buffer>): Refusal | undefined {
  if (heard.is === 'silence') return new Refusal('idle', { ends: true })
  if (heard.is === 'stopping') return new Refusal('stopping', { code: 'TRYLATER', ends: true })
  return undefined
}

async function* answer(session: Session, frame: Frame): AsyncGenerator<Said, void, void> {
  try {
    const said = begin(session, frame)
    if (typeof said === 'string' || said instanceof Promise) yield await said
    else yield* said
  } catch (thrown) {
    const refusal = refusalFor(thrown)
    if (!refusal) session.host.report?.(thrown)
    if (refusal?.ends) session.state = 'ended'
    yield turnedDown(refusal ?? new Refusal('try-later', { code: 'TRYLATER' }))
  }
}

/** Reads a frame and begins what it asks for. */
function begin(session: Session, frame: Frame) {
  const { challenge, limits } = session
  session.challenge = undefined
  if ('tooLong' in frame) throw offence(session, new Refusal('too-long', { code: 'QUOTA/MAXSIZE' }))
  const { verb, args } = read(session, () => readWords(frame.lines, frame.literals, limits.arguments))
  if (challenge && verb === '') return challenge(args)
  const command = commands.get(verb)
  if (!command || challenge) throw offence(session, new Refusal('unknown'))
  if (!command.allowedIn.includes(session.state)) {
    throw offence(session, new Refusal(session.state === 'stranger' ? 'sign-in-first' : 'not-now'))
  }
  return command.run(
    session,
    read(session, () => command.read(args)),
  )
}

function read<T>(session: Session, reading: () => T): T {
  try {
    return reading()
  } catch (thrown) {
    throw thrown instanceof Refusal ? offence(session, thrown) : thrown
  }
}

/** Counted: too many end the session. */
function offence(session: Session, refusal: Refusal): Refusal {
  if (++session.badCommands <= session.limits.badCommands) return refusal
  return new Refusal('too-many-mistakes', { ends: true })
}
