// The server side of SMTP and LMTP as a conversation without a socket.
//         RFC 5321, RFC 2033 (LMTP), RFC 6409 (submission), RFC 2920 (PIPELINING), RFC 3207, RFC 3030, RFC 4954
//
// Bytes heard in, replies out. What was heard is obeyed to its last whole line and answered in one
// write; the write goes out before anything more is waited for (RFC 2920 §3.2).
//
// Invariants: every command gets exactly one reply, a mail one (in LMTP one for each recipient); a bad
// command never costs the connection, too many of them do; nothing heard before STARTTLS is obeyed
// after it; whatever way the connection ends, an open mail is abandoned and intake.closed() is called.

import { randomBytes } from 'node:crypto'
import { endless, replyTo, type Arrival } from './arrival.ts'
import {
  resetMail,
  type Answer,
  type Command,
  type Deed,
  type ServerOptions,
  type Session,
  type State,
} from './command.ts'
import { auth } from './commands/auth.ts'
import { bdat } from './commands/bdat.ts'
import { data } from './commands/data.ts'
import { ehlo } from './commands/ehlo.ts'
import { expn } from './commands/expn.ts'
import { helo } from './commands/helo.ts'
import { help } from './commands/help.ts'
import { lhlo } from './commands/lhlo.ts'
import { mail } from './commands/mail.ts'
import { noop } from './commands/noop.ts'
import { quit } from './commands/quit.ts'
import { rcpt } from './commands/rcpt.ts'
import { rset } from './commands/rset.ts'
import { starttls } from './commands/starttls.ts'
import { vrfy } from './commands/vrfy.ts'
import { Framer } from './framer.ts'
import type { Intake, SmtpRole, SmtpSession } from './intake.ts'
import { serverLimits } from './limits.ts'
import { Refusal, reply, writeReply, type Reply } from './replies.ts'
import { close, startTls, type Conversation, type Ear, type Peer, type Said } from '../wire/conversation.ts'

export type { ServerOptions } from './command.ts'

/** A conversation for each connection to one listener. What is not in `options` has a safe default. */
export function smtpServer(intake: Intake, options: ServerOptions): Conversation {
  const commands = options.role === 'lmtp' ? lmtpCommands : smtpCommands
  return (ear, peer) => new Server(openSession(intake, options, peer), commands, ear).talk()
}

type Commands = ReadonlyMap<string, Command<unknown>>

const shared = [mail, rcpt, data, bdat, rset, noop, quit, help, vrfy, expn, starttls, auth]
const tableOf = (list: readonly Command<unknown>[]): Commands => new Map(list.map((each) => [each.verb, each]))
const smtpCommands = tableOf([ehlo, helo, ...shared])
const lmtpCommands = tableOf([lhlo, ...shared])

function openSession(intake: Intake, options: ServerOptions, peer: Peer): Session {
  const connection: SmtpSession = {
    id: options.newId?.() ?? randomBytes(6).toString('hex'),
    role: options.role,
    peer,
    helo: '',
    protocol: options.role === 'lmtp' ? 'LMTP' : 'SMTP',
    facts: {},
  }
  return {
    connection,
    intake,
    options,
    limits: { ...serverLimits, ...options.limits },
    hostname: nameFor(options, peer),
    state: 'start',
    envelope: { session: connection, sender: '', body: '7BIT', smtputf8: false, dsn: {}, recipients: [] },
    chunks: undefined,
    mails: 0,
    authFailures: 0,
    mailRefused: false,
  }
}

function nameFor({ hostname }: ServerOptions, peer: Peer): string {
  return typeof hostname === 'string' ? hostname : hostname(peer)
}

const unknownCommand = reply(500, '5.5.1', 'Command is not known')
const notImplemented = reply(502, '5.5.1', 'Command is not implemented')
const helloFirst = reply(503, '5.5.1', 'Say EHLO first')
const mailFirst = reply(503, '5.5.1', 'Say MAIL first')
const mailIsOpen = reply(503, '5.5.1', 'A mail is open; RSET ends it')
const tlsFirst = reply(530, '5.7.0', 'Say STARTTLS first')
const tooManyErrors = reply(421, '4.7.0', 'Too many errors')
const tooManyIdle = reply(421, '4.7.0', 'Too many commands without a mail')
const notHttp = reply(421, '4.7.0', 'This is not a web server')
const flood = reply(421, '4.7.0', 'The refused mail does not end')
const tooSilent = reply(421, '4.4.2', 'Waited too long')
const stopping = reply(421, '4.3.2', 'This server is stopping, try again later')
const tooEarly = reply(554, '5.5.0', 'You spoke before the greeting')

// RFC 5321 §4.5.1 asks for none of these; they are known words, so 502 and not 500 (§4.2.4).
const unimplemented = new Set(['TURN', 'ETRN', 'ATRN', 'SEND', 'SOML', 'SAML', 'BURL', 'XCLIENT', 'XFORWARD'])
const webVerbs = /^(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|CONNECT|PATCH|TRACE|PRI) .* HTTP\/\d/i
// RFC 3207 §4: what may be said before TLS where TLS is required. AUTH says 538 itself.
const beforeTls = new Set(['EHLO', 'LHLO', 'NOOP', 'QUIT', 'STARTTLS', 'AUTH'])
const idleVerbs = new Set(['NOOP', 'RSET', 'HELP', 'VRFY', 'EXPN', 'EHLO', 'HELO', 'LHLO'])

class Server {
  #session: Session
  #commands: Commands
  #ear: Ear
  #framer: Framer
  #arrival: Arrival | undefined // the bytes heard belong to this mail
  #question: ((line: string) => Answer | Promise<Answer>) | undefined // the next line belongs to AUTH
  #tlsRequired: boolean
  #errors = 0
  #refusals = 0
  #idle = 0
  #stopping = false
  #isFirst = true // nothing was heard yet

  constructor(session: Session, commands: Commands, ear: Ear) {
    this.#session = session
    this.#commands = commands
    this.#ear = ear
    this.#framer = new Framer(session.limits)
    this.#tlsRequired = session.options.tlsRequired ?? session.connection.role === 'submission'
  }

  async *talk(): AsyncGenerator<Said, void, void> {
    const session = this.#session
    try {
      this.#ear.patience(session.limits.commandSilence)
      const greeting = await this.#greet()
      yield writeReply(greeting)
      if (greeting.code !== 220) return yield close
      yield* this.#converse()
    } finally {
      await this.#arrival?.abandon()
      await session.chunks?.abandon()
      session.intake.closed(session.connection)
    }
  }

  async #greet(): Promise<Reply> {
    const { options, hostname, intake, connection, limits } = this.#session
    try {
      await intake.connect(connection)
    } catch (error) {
      const { code, status, text } = replyTo(error, this.#session)
      // A greeting is 220, 421 or 554 (RFC 5321 §3.1, §4.3.2).
      return code === 554 || code === 421 ? reply(code, status, text) : reply(code >= 500 ? 554 : 421, status, text)
    }
    if (options.earlyTalkWait) {
      this.#ear.patience(options.earlyTalkWait)
      const heard = await this.#ear.next()
      this.#ear.patience(limits.commandSilence)
      if (heard instanceof Uint8Array) return tooEarly
      if (heard?.is === 'stopping') return stopping
    }
    return reply(220, '', `${hostname} ${options.banner ?? `${protocolNames[options.role]} Postern`}`)
  }

  async *#converse(): AsyncGenerator<Said, void, void> {
    let out = ''
    for (;;) {
      let said = this.#arrival ? await this.#takeMail(this.#arrival) : this.#takeLine()
      if (said instanceof Promise) said = await said
      if (said === undefined) {
        if (out !== '') yield out
        out = ''
        const end = await this.#listen()
        if (end === undefined) continue
        if (end !== '') yield end
        return yield close
      }
      if (typeof said === 'string') {
        out += said
        continue
      }
      yield out + said.last
      if (said.then === 'close') return yield close
      out = ''
      yield startTls
      if (!(await this.#secure())) return
    }
  }

  // Hears more. undefined: go on. Otherwise the last words.
  async #listen(): Promise<string | undefined> {
    const heard = await this.#ear.next()
    if (heard instanceof Uint8Array) {
      this.#framer.push(heard)
      if (!this.#isFirst) return undefined
      this.#isFirst = false
      // A TLS handshake on a port without TLS (RFC 8446 §5.1): its client cannot read our words.
      return heard[0] === 0x16 ? '' : undefined
    }
    if (heard === undefined) return ''
    if (heard.is === 'silence') return writeReply(tooSilent)
    if (heard.is === 'stopping') {
      this.#stopping = true
      if (!this.#hasMailInHand) return writeReply(stopping)
    }
    return undefined
  }

  get #hasMailInHand(): boolean {
    return this.#arrival !== undefined || this.#session.chunks !== undefined
  }

  async #secure(): Promise<boolean> {
    const session = this.#session
    this.#framer.discard()
    for (;;) {
      const heard = await this.#ear.next()
      if (heard === undefined) return false
      // Whatever is heard before the handshake is done came in clear text.
      if (heard instanceof Uint8Array || heard.is === 'woken') continue
      if (heard.is !== 'secured') return false
      resetMail(session)
      const { connection } = session
      connection.peer = { ...connection.peer, tls: heard.tls }
      connection.helo = ''
      connection.protocol = connection.role === 'lmtp' ? 'LMTP' : 'SMTP'
      connection.login = undefined
      session.state = 'start'
      session.hostname = nameFor(session.options, connection.peer)
      return true
    }
  }

  async #takeMail(arrival: Arrival): Promise<string | undefined | Last> {
    const said = await arrival.take(this.#framer)
    if (said === undefined) return undefined
    if (said === endless) return { last: writeReply(flood), then: 'close' }
    this.#arrival = undefined
    this.#ear.patience(this.#session.limits.commandSilence)
    this.#idle = 0
    if (said.startsWith('421')) return { last: said, then: 'close' }
    if (!this.#stopping || this.#hasMailInHand) return said
    return { last: said + writeReply(stopping), then: 'close' }
  }

  // The next line, obeyed. undefined: there is none yet.
  #takeLine(): string | undefined | Last | Promise<string | Last> {
    const question = this.#question
    const line = this.#framer.line(question !== undefined)
    if (line === undefined) {
      return this.#framer.skipped > this.#session.limits.swallowed
        ? this.#leave(unknownCommand, tooManyErrors)
        : undefined
    }
    this.#question = undefined
    if (typeof line !== 'string') return this.#answer(line, '')
    try {
      const answer = question ? question(line) : this.#obey(line)
      if (!(answer instanceof Promise)) return this.#answer(answer, line)
      return answer.then(
        (settled) => this.#answer(settled, line),
        (error: unknown) => this.#answer(replyTo(error, this.#session), line),
      )
    } catch (error) {
      return this.#answer(replyTo(error, this.#session), line)
    }
  }

  #obey(line: string): Answer | Promise<Answer> {
    const session = this.#session
    const space = line.indexOf(' ')
    const verb = (space < 0 ? line : line.slice(0, space)).toUpperCase()
    const command = this.#commands.get(verb)
    if (this.#tlsRequired && !session.connection.peer.tls && !beforeTls.has(verb)) {
      if (command) throw new Refusal(tlsFirst)
    }
    if (!command) return this.#refuseUnknown(verb, line)
    if (idleVerbs.has(verb) && !session.connection.login && ++this.#idle > session.limits.idleCommands) {
      return { reply: tooManyIdle, next: 'close' }
    }
    const request = command.read(space < 0 ? '' : line.slice(space + 1), session)
    if (!command.allowedIn.includes(session.state)) throw new Refusal(outOfPlace(session.state, verb))
    return command.run(session, request)
  }

  #refuseUnknown(verb: string, line: string): Answer {
    if (webVerbs.test(line) || verb.startsWith('SSH-')) return { reply: notHttp, next: 'close' }
    return unimplemented.has(verb) ? notImplemented : unknownCommand
  }

  #answer(answer: Answer, line: string): string | Last {
    const deed = 'next' in answer ? answer : undefined
    const said = deed ? deed.reply : (answer as Reply)
    const counted = said && said.code >= 400 ? this.#count(said, line) : undefined
    if (counted) return this.#leave(said!, counted)
    const words = said ? writeReply(said) : ''
    // Whoever says 421 closes (RFC 5321 §3.8), the house as well as we.
    if (said?.code === 421) return { last: words, then: 'close' }
    return deed ? this.#do(deed, words) : words
  }

  #do({ next }: Deed, words: string): string | Last {
    if (next === 'close') return { last: words, then: 'close' }
    if (next === 'tls') return { last: words, then: 'tls' }
    if ('answer' in next) this.#question = next.answer
    else {
      this.#arrival = next.arrival
      this.#ear.patience(this.#session.limits.dataSilence)
    }
    return words
  }

  // Counts a "no"; the last words when it was one too many.
  #count(said: Reply, line: string): Reply | undefined {
    const { limits, mailRefused } = this.#session
    if (/^MAIL\b/i.test(line) && said !== mailIsOpen) this.#session.mailRefused = true
    if (said.code < 500) return undefined
    const isError = said.code <= 504 && said.code !== 502
    if (!isError) return ++this.#refusals > limits.refusals ? tooManyErrors : undefined
    // Behind a refused MAIL, a pipelining client has said its RCPTs and DATA already.
    if (said.code === 503 && mailRefused && /^(?:RCPT|DATA)\b/i.test(line)) return undefined
    return ++this.#errors > limits.errors ? tooManyErrors : undefined
  }

  #leave(said: Reply, last: Reply): Last {
    return { last: writeReply(said) + writeReply(last), then: 'close' }
  }
}

interface Last {
  last: string
  then: 'close' | 'tls'
}

const protocolNames: Record<SmtpRole, string> = { mx: 'ESMTP', submission: 'ESMTP', lmtp: 'LMTP' }

function outOfPlace(state: State, verb: string): Reply {
  if (state === 'start') return helloFirst
  return verb === 'MAIL' || state === 'chunks' ? mailIsOpen : mailFirst
}
