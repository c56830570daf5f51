// POP3, the server's side, without a socket.        RFC 1939, 2449, 2595, 3206, 5034, 6856
//
// Lines come from the framer, each is found in the table, read and run; answers to pipelined commands are
// gathered and leave together.
//
// Invariants:
//   a line nobody can read costs the client that line, never the session, until there are too many
//   a message is removed by QUIT alone, and +OK is said after it is gone for good
//   however a session ends, its mailbox's lock is given back
//   nothing heard before TLS is read after it

import { close, type Conversation, type Ear, type Heard, type Peer, type Said } from '../wire/conversation.ts'
import { commands } from './commands.ts'
import { Framer, type Line } from './framer.ts'
import { pop3Limits } from './limits.ts'
import { openLocks, type Locks } from './locks.ts'
import { err, Refusal, refusalFor } from './replies.ts'
import type { Pop3Host, Session } from './session.ts'
import { text } from './words.ts'

// Of the process, not of a listener: pop3 and pop3s open the same mailboxes.
const processLocks = openLocks()
let sessions = 0

/** The conversation that net/pump.ts drives for every connection to the pop3 and pop3s listeners. */
export function pop3(host: Pop3Host): Conversation {
  const locks = host.options.locks ?? processLocks
  return async function* (ear, peer) {
    const session = openSession(host, locks, ear, peer)
    try {
      yield* converse(session)
    } finally {
      session.release?.()
    }
  }
}

function openSession(host: Pop3Host, locks: Locks, ear: Ear, peer: Peer): Session {
  const limits = { ...pop3Limits, ...host.options.limits }
  return {
    id: `pop3-${process.pid}-${++sessions}`,
    host,
    store: host.store,
    limits,
    locks,
    peer,
    ear,
    framer: new Framer(limits.line),
    state: 'authorization',
    language: 'en',
    name: undefined,
    drop: undefined,
    release: undefined,
    failedLogins: 0,
    badCommands: 0,
  }
}

async function* converse(session: Session): AsyncGenerator<Said, void, void> {
  const { ear, framer, limits } = session
  ear.patience(limits.idleBeforeLogin)
  const gathered = new Gathered()
  gathered.add(`+OK ${session.host.options.hostname} ${text('ready', session.language)}\r\n`)
  while (session.state !== 'ended') {
    const line = framer.next()
    if (!line) {
      if (framer.swallowed > limits.swallow) {
        gathered.add(err(session.language, 'too-long'))
        break
      }
      if (gathered.size > 0) yield gathered.take()
      const heard = await ear.next()
      if (heard === undefined) return
      if (Buffer.isBuffer(heard)) framer.push(heard)
      else if (farewell(session, heard, gathered)) break
      continue
    }
    // A short answer is gathered; the pieces of a long one are, up to a size, and deeds follow what was said.
    const answer = begin(session, line)
    if (typeof answer === 'string') gathered.add(answer)
    else {
      for await (const said of answer) {
        if (typeof said === 'symbol') {
          if (gathered.size > 0) yield gathered.take()
          yield said
        } else gathered.add(said)
        // A challenge waits for its answer, so nothing may be held back before the command is done.
        if (gathered.size >= limits.gather || isChallenge(said)) yield gathered.take()
      }
    }
    if (gathered.size >= limits.gather) yield gathered.take()
  }
  if (gathered.size > 0) yield gathered.take()
  yield close
}

function isChallenge(said: Said): boolean {
  return typeof said === 'string' && said.startsWith('+ ')
}

/** What is said beside bytes: true when the session is over. */
function farewell(session: Session, heard: Exclude<Heard, Buffer>, gathered: Gathered): boolean {
  if (heard.is === 'silence') gathered.add(err(session.language, 'idle'))
  else if (heard.is === 'stopping') gathered.add(err(session.language, 'stopping', 'SYS/TEMP'))
  else return false
  return true
}

/** Reads a line and begins what it asks for. */
function begin(session: Session, line: Line): string | AsyncGenerator<Said, void, void> {
  try {
    if ('tooLong' in line) throw offence(session, 'too-long')
    const space = line.text.indexOf(' ')
    const verb = (space === -1 ? line.text : line.text.slice(0, space)).toUpperCase()
    const command = commands.get(verb)
    if (!command) throw offence(session, 'unknown')
    if (!command.allowedIn.includes(session.state)) throw offence(session, 'not-now')
    const argument = command.read(space === -1 ? undefined : line.text.slice(space + 1))
    const answer = command.run(session, argument)
    return typeof answer === 'string' ? answer : guarded(session, answer)
  } catch (thrown) {
    return refuse(session, thrown)
  }
}

async function* guarded(
  session: Session,
  answer: Promise<string> | AsyncGenerator<Said, void, void>,
): AsyncGenerator<Said, void, void> {
  let begun = false
  try {
    if (answer instanceof Promise) yield await answer
    else {
      for await (const said of answer) {
        begun ||= typeof said !== 'string' && typeof said !== 'symbol'
        yield said
      }
    }
  } catch (thrown) {
    // In the middle of a mail no error can be told: what follows would be read as the mail's text.
    if (begun) session.state = 'ended'
    if (begun) session.host.report?.(thrown)
    else yield refuse(session, thrown)
  }
}

function offence(session: Session, word: 'too-long' | 'unknown' | 'not-now'): Refusal {
  return ++session.badCommands > session.limits.badCommands
    ? new Refusal('too-many-mistakes', undefined, true)
    : new Refusal(word)
}

/** The answer to something thrown. What is not a refusal is our mistake: reported, "try later". */
function refuse(session: Session, thrown: unknown): string {
  const refusal = refusalFor(thrown)
  if (!refusal) session.host.report?.(thrown)
  if (refusal?.ends) session.state = 'ended'
  return refusal ? err(session.language, refusal.word, refusal.code) : err(session.language, 'try-later', 'SYS/TEMP')
}

/** Answers that wait to leave together. */
class Gathered {
  size = 0
  private pieces: (string | Uint8Array)[] = []

  add(piece: string | Uint8Array): void {
    this.pieces.push(piece)
    this.size += piece.length
  }

  take(): string | Uint8Array {
    const pieces = this.pieces
    this.pieces = []
    this.size = 0
    if (pieces.length === 1) return pieces[0]!
    if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('')
    return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
  }
}
