// IMAP4rev2 and IMAP4rev1, the server's side, without a socket. RFC 9051, RFC 3501; the extensions are
// named in capabilities.ts.
//
// A session cuts what it hears into commands (framer.ts), finds each in the table (commands.ts), lets it read and
// run, and says its tagged answer last. Answers to pipelined commands are gathered and leave together.
//
// Invariants:
//   a command nobody can read costs the client that command, never the session, until there are too many
//   what a command did is durable before its tagged OK is said
//   nothing heard before TLS is read after it

import { close, type Conversation, type Ear, type Heard, type Peer, type Said } from '../wire/conversation.ts'
import { bad, bye, no, ourMistake, Refusal, refusalFor, status } from './answers.ts'
import { capabilities } from './capabilities.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { Framer, type Cut } from './framer.ts'
import { checkRights, hasFreshRights, tellNews } from './news.ts'
import { Printed } from './printed.ts'
import { Scanner } from './scanner.ts'
import { deselect, limitsOf, speaksUtf8, type ImapHost, type Session } from './session.ts'

let sessions = 0

/** The conversation that net/pump.ts drives for every connection to the imap and imaps listeners. */
export function imap(host: ImapHost): Conversation {
  const printed = new Printed(limitsOf(host.options).printed)
  return async function* (ear, peer) {
    const session = openSession(host, printed, ear, peer)
    try {
      yield* converse(session)
    } finally {
      deselect(session)
    }
  }
}

function openSession(host: ImapHost, printed: Printed, ear: Ear, peer: Peer): Session {
  const limits = limitsOf(host.options)
  return {
    id: `imap-${process.pid}-${++sessions}`,
    host,
    store: host.store,
    limits,
    printed,
    peer,
    ear,
    framer: new Framer(limits.commandBeforeLogin, limits.swallowBeforeLogin),
    state: 'greeted',
    person: undefined,
    enabled: { rev2: false, utf8: false, condstore: false, qresync: false },
    compressed: false,
    selected: undefined,
    saved: [],
    failedLogins: 0,
  }
}

async function* converse(session: Session): AsyncGenerator<Said, void, void> {
  session.ear.patience(session.limits.idleBeforeLogin)
  const manners = mannersOf(session)
  const opened = performance.now()
  const breath = breathing(session.limits.atOnce)
  let gathered = status(
    '*',
    'OK',
    `${session.host.options.hostname} Postern ready`,
    `CAPABILITY ${capabilities(session)}`,
  )
  while (session.state !== 'ended') {
    const cut = session.framer.next()
    if (!cut) {
      if (session.state === 'greeted' && performance.now() - opened > session.limits.beforeLogin) {
        gathered += status('*', 'BYE', 'Logging in took too long')
        break
      }
      if (gathered !== '') yield gathered
      gathered = ''
      const heard = await session.ear.next()
      breath.begin()
      if (heard === undefined) return
      const farewell = hear(session, heard)
      if (farewell === undefined) continue
      yield farewell
      yield close
      return
    }
    for await (const said of answer(session, cut, manners)) {
      const pause = breath.take()
      if (pause) await pause
      if (typeof said === 'string') {
        gathered += said
        if (gathered.length < session.limits.gather) continue
        yield gathered
      } else {
        if (gathered !== '') yield gathered
        yield said
      }
      gathered = ''
    }
    const pause = breath.take()
    if (pause) await pause
  }
  if (gathered !== '') yield gathered
  yield close
}

/**
 * Long work lets everyone else have a turn: what is asked of the store may be answered without ever leaving
 * the microtask queue.
 */
function breathing(atOnce: number): { begin(): void; take(): Promise<void> | undefined } {
  let since = performance.now()
  return {
    begin() {
      since = performance.now()
    },
    take() {
      if (performance.now() - since < atOnce) return undefined
      return new Promise((resolve) => {
        setImmediate(() => {
          since = performance.now()
          resolve()
        })
      })
    },
  }
}

/** Outside a command: bytes go to the framer, the rest is a reason to wait on or to say goodbye. */
function hear(session: Session, heard: Heard): string | undefined {
  if (Buffer.isBuffer(heard)) {
    session.framer.push(heard)
    return undefined
  }
  if (heard.is === 'silence') return status('*', 'BYE', 'Nothing heard for too long')
  if (heard.is === 'stopping') return status('*', 'BYE', 'The server is going down, connect again')
  return undefined // woken outside IDLE: told after the next command
}

/** Counts commands that were no commands; too many end the session. */
function mannersOf(session: Session): { offend(): void } {
  let offences = 0
  let since = Date.now()
  return {
    offend() {
      const time = Date.now()
      if (time - since > 60_000) {
        since = time
        offences = 0
      }
      if (++offences > session.limits.badCommands) throw bye('Too many bad commands')
    },
  }
}

async function* answer(session: Session, cut: Cut, manners: { offend(): void }): AsyncGenerator<Said, void, void> {
  try {
    if (cut.is === 'command') yield* perform(session, cut.text, manners)
    else if (cut.is === 'literal') yield* offer(session, cut.size, cut.waits, manners)
    else if (cut.is === 'endless') throw bye('The command is too long', 'TOOBIG')
    else if (cut.is === 'skipped') {
      if (!cut.tooLong) return // its refusal was said when it was dropped
      manners.offend()
      yield status(tagOf(cut.text), 'BAD', 'The command is too long', 'TOOBIG')
    } else throw new Error('a piece of a mail outside APPEND')
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || (thrown.kind !== 'BYE' && thrown.kind !== 'GONE')) throw thrown
    if (thrown.kind === 'BYE') yield status('*', 'BYE', thrown.message, thrown.code)
    session.state = 'ended'
  }
}

/** The tag of a command that could not be read, or "*". */
function tagOf(text: string): string {
  return new Scanner(text).match(/[^\x00-\x20\x7f-\xff(){%*"\\+]{1,60}(?= )/y) ?? '*'
}

// A literal is announced. A mail streams into its command; anything else is gathered while there is room.
async function* offer(
  session: Session,
  size: number,
  waits: boolean,
  manners: { offend(): void },
): AsyncGenerator<Said, void, void> {
  const { framer, limits } = session
  if (framer.literals === 1 || streamsMaybe.test(framer.beginning())) {
    const text = framer.text()
    if (isMail(session, text)) {
      yield* perform(session, text, manners)
      framer.drop() // what a refused APPEND still had to say
      return
    }
  }
  if (size <= framer.room && framer.literals <= limits.literals) {
    framer.gather()
    if (waits) yield Buffer.from('+ Go on\r\n')
    return
  }
  manners.offend()
  if (waits) {
    const tag = tagOf(framer.text())
    framer.forget()
    yield status(tag, 'BAD', 'The literal is too long', 'TOOBIG')
  } else if (size > framer.swallow) {
    throw bye('The literal is too long', 'TOOBIG')
  } else {
    framer.skip(true)
  }
}

const streamsMaybe = /^[^ ]+ (?:UID )?(?:APPEND|REPLACE) /i

/** Is the literal just announced a mail? Also when the command is wrong already: nothing more is needed to say so. */
function isMail(session: Session, text: string): boolean {
  if (!streamsMaybe.test(text)) return false
  const scan = new Scanner(text, speaksUtf8(session))
  try {
    scan.tag()
    findCommand(scan)?.read(scan)
    return true
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown
    return !scan.atEnd() // at the end: the literal is the mailbox name, or its like
  }
}

function findCommand(scan: Scanner): Command | undefined {
  scan.space()
  let verb = scan.match(/[A-Za-z]{1,20}/y)?.toUpperCase()
  if (verb === undefined) return scan.fail('a command')
  if (verb === 'UID') {
    scan.space()
    verb = `UID ${scan.match(/[A-Za-z]{1,20}/y)?.toUpperCase() ?? scan.fail('a command')}`
  }
  return commands.get(verb)
}

async function* perform(session: Session, text: string, manners: { offend(): void }): AsyncGenerator<Said, void, void> {
  const scan = new Scanner(text, speaksUtf8(session))
  let tag = '*'
  let found: Command | undefined
  try {
    tag = scan.tag()
    found = findCommand(scan)
    if (!found) throw bad('There is no such command')
    if (!found.allowedIn.includes(session.state)) throw notNow(session, found)
    const order = found.read(scan)
    scan.end()
    if (session.selected && !hasFreshRights(session)) await checkRights(session, session.selected)
    const running = found.run(session, order)
    const finished = Symbol.asyncIterator in running ? yield* running : await running
    const news = await tellNews(session, found.tells ?? 'everything')
    yield news + status(tag, 'OK', finished.text, finished.code)
    if (finished.after) yield* finished.after(session)
  } catch (thrown) {
    const refusal = refusalFor(thrown)
    if (!refusal) {
      const about = { session: session.id, account: session.person?.id, command: found?.verb }
      session.host.report(thrown, about)
    }
    const { kind, message, code } = refusal ?? ourMistake
    if (kind === 'BYE' || kind === 'GONE') throw thrown
    if (kind === 'BAD' || session.state === 'greeted') manners.offend()
    yield status(tag, kind, message, code)
  }
}

function notNow(session: Session, command: Command): Refusal {
  if (session.state === 'greeted') return command.allowedIn.length === 0 ? bad('Not possible') : no('Log in first')
  if (command.allowedIn.includes('greeted')) return bad('You are logged in already')
  return bad('Select a mailbox first', 'CLIENTBUG')
}
