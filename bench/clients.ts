// Raw SMTP, IMAP and POP3 clients that cost the driver almost nothing.
//
// Server and driver share the machine, so these read by Buffer.indexOf, never look into a literal
// nobody asked for, and write what they can in one go. They speak only as much as a benchmark or a
// fault harness needs, and believe nothing: an unexpected answer throws with what was said.
//
// Invariants:
//   an acknowledgement is reported only for a complete answer line (CRLF seen)
//   answers are matched to commands in the order of sending; a lost connection rejects every one open
//   SMTP pipelining groups end at DATA (RFC 2920 §3.1); mail bytes are dot-stuffed by the caller once

import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where to connect: a loopback port, implicit TLS if said so (certificates are not checked: it is our own). */
export interface Door {
  port: number
  tls?: boolean
}

const nothing = Buffer.alloc(0)
const crlf = Buffer.from('\r\n')

function dial(door: Door, timeout = 60_000): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { port } = door
    const socket: Socket = door.tls
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect({ port, host: '127.0.0.1' })
    socket.setNoDelay(true)
    socket.setTimeout(timeout, () => socket.destroy(new Error(`port ${port} was silent for ${timeout} ms`)))
    socket.once('error', reject)
    socket.once(door.tls ? 'secureConnect' : 'connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** Tells `lost` once that the connection is gone, with the error if there was one. */
function whenLost(socket: Socket, lost: (error: Error) => void): void {
  let reason: Error | undefined
  socket.on('error', (error) => (reason = error))
  socket.once('close', () => lost(reason ?? new Error('connection closed by the server')))
}

/** Hands on whole lines without their CRLF; what is not a line yet is kept. */
function lineReader(heard: (line: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = nothing
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(crlf); end !== -1; end = bytes.indexOf(crlf, start)) {
      heard(bytes.subarray(start, end))
      start = end + 2
    }
    rest = start === bytes.length ? nothing : bytes.subarray(start)
  }
}

interface Waiting<T> {
  resolve(answer: T): void
  reject(error: Error): void
}

// ------------------------------------------------------------------------------------------- SMTP

export interface Reply {
  code: number
  text: string
}

export interface Smtp {
  banner: Reply
  /** Sends lines in one write and gives their replies in order. */
  ask(...lines: string[]): Promise<Reply[]>
  /** One mail. `bytes` are dot-stuffed and end with CRLF. `sent` is called when the last byte is handed to the socket. */
  send(from: string, to: string[], bytes: Buffer[], sent?: () => void): Promise<Sent>
  write(bytes: Buffer | string): void
  quit(): Promise<void>
  destroy(): void
  socket: Socket
}

export interface Sent {
  accepted: boolean
  reply: Reply // the last: of the dot, or of the command that failed
  recipients: Reply[]
}

/** Connects, reads the banner, says EHLO, and AUTH PLAIN if a name is given. */
export async function openSmtp(door: Door, login?: { name: string; password: string }): Promise<Smtp> {
  const socket = await dial(door)
  const waiting: Waiting<Reply>[] = []
  let at = 0 // waiting[at] is the next to be answered: shift() on a long array is slow
  let gone: Error | undefined

  const answer = (line: Buffer) => {
    if (line[3] === 0x2d) return // '-': more lines of this reply
    const text = line.toString('latin1', 0, line.length)
    const next = waiting[at++]
    if (at === waiting.length) at = waiting.length = 0
    next?.resolve({ code: Number(text.slice(0, 3)), text })
  }
  socket.on('data', lineReader(answer))
  whenLost(socket, (error) => {
    gone = error
    for (const one of waiting.splice(0).slice(at)) one.reject(error)
  })
  const reply = () =>
    new Promise<Reply>((resolve, reject) => {
      if (gone) reject(gone)
      else waiting.push({ resolve, reject })
    })

  const smtp: Smtp = {
    banner: await reply(),
    socket,
    ask(...lines) {
      const replies = Promise.all(lines.map(reply))
      socket.write(lines.join('\r\n') + '\r\n')
      return replies
    },
    async send(from, to, bytes, sent) {
      const commands = [`MAIL FROM:<${from}>`, ...to.map((address) => `RCPT TO:<${address}>`), 'DATA']
      const replies = await smtp.ask(...commands)
      const recipients = replies.slice(1, -1)
      const go = replies.at(-1)!
      if (go.code !== 354) {
        await smtp.ask('RSET')
        return { accepted: false, reply: replies.find((one) => one.code >= 400) ?? go, recipients }
      }
      const last = reply()
      socket.cork()
      for (const piece of bytes) socket.write(piece)
      socket.write('.\r\n', sent && (() => sent()))
      socket.uncork()
      const final = await last
      return { accepted: final.code === 250, reply: final, recipients }
    },
    write: (bytes) => void socket.write(bytes),
    async quit() {
      await smtp.ask('QUIT').catch(() => undefined)
      socket.destroy()
    },
    destroy: () => void socket.destroy(),
  }
  if (smtp.banner.code !== 220) throw new Error(`SMTP banner: ${smtp.banner.text}`)
  await smtp.ask('EHLO bench.example')
  if (login) {
    const token = Buffer.from(`\0${login.name}\0${login.password}`).toString('base64')
    const [said] = await smtp.ask(`AUTH PLAIN ${token}`)
    if (said?.code !== 235) throw new Error(`AUTH: ${said?.text}`)
  }
  return smtp
}

/** Puts a second dot before every line that begins with one (RFC 5321 §4.5.2) and makes the end a CRLF. */
export function dotStuffed(mail: Buffer): Buffer {
  const pieces: Buffer[] = []
  let start = 0
  if (mail[0] === 0x2e) pieces.push(Buffer.from('.'))
  for (let at = mail.indexOf('\r\n.'); at !== -1; at = mail.indexOf('\r\n.', at + 3)) {
    pieces.push(mail.subarray(start, at + 3), Buffer.from('.'))
    start = at + 3
  }
  if (pieces.length === 0 && mail.subarray(-2).equals(crlf)) return mail
  pieces.push(mail.subarray(start))
  if (!mail.subarray(-2).equals(crlf)) pieces.push(crlf)
  return Buffer.concat(pieces)
}

// ------------------------------------------------------------------------------------------- IMAP

export interface Tagged {
  ok: boolean
  text: string // 'OK [APPENDUID 1 2] done' without the tag
}

/** One untagged response: the line with `{n}` left where a literal stood, and the literals in order. */
export type Untagged = (line: string, literals: Buffer[]) => void

export interface Imap {
  banner: string
  /** Sends one command. With `heard` every untagged response is handed on, else they are skipped unread. */
  ask(command: string | (string | Buffer)[], heard?: Untagged): Promise<Tagged>
  /** Like ask, and throws what was said if it was not OK. */
  must(command: string | (string | Buffer)[], heard?: Untagged): Promise<Tagged>
  /** APPEND with a non-synchronising literal (RFC 7888). */
  append(mailbox: string, mail: Buffer, flags?: string): Promise<Tagged>
  /** Called for every untagged response from now on, also between commands (IDLE). */
  listen(heard: Untagged | undefined): void
  /** Called when a continuation request ('+ ...') comes. */
  onContinue(heard: ((text: string) => void) | undefined): void
  write(bytes: Buffer | string): void
  logout(): Promise<void>
  destroy(): void
  socket: Socket
  untagged: number // responses counted since the connection began
  bytesHeard: number
}

/** Connects and reads the greeting; logs in if a name is given. */
export async function openImap(door: Door, login?: { name: string; password: string }): Promise<Imap> {
  const socket = await dial(door)
  const waiting: (Waiting<Tagged> & { tag: string; heard: Untagged | undefined })[] = []
  let at = 0
  let tags = 0
  let gone: Error | undefined
  let always: Untagged | undefined
  let continued: ((text: string) => void) | undefined
  let greeted: ((line: string) => void) | undefined

  const respond = (line: string, literals: Buffer[]) => {
    if (greeted) return greeted(line)
    imap.untagged++
    waiting[at]?.heard?.(line, literals)
    always?.(line, literals)
  }
  const tagged = (line: string) => {
    const space = line.indexOf(' ')
    const next = waiting[at]
    if (!next || next.tag !== line.slice(0, space)) {
      return void socket.destroy(new Error(`unexpected IMAP answer: ${line.slice(0, 200)}`))
    }
    if (++at === waiting.length) at = waiting.length = 0
    const text = line.slice(space + 1)
    next.resolve({ ok: text.startsWith('OK'), text })
  }
  const listened = () => greeted !== undefined || always !== undefined || waiting[at]?.heard !== undefined
  const read = responseReader({
    wanted: listened,
    untagged: respond,
    skipped: () => imap.untagged++,
    tagged,
    continued: (line) => continued?.(line),
  })
  socket.on('data', (chunk: Buffer) => {
    imap.bytesHeard += chunk.length
    read(chunk)
  })
  whenLost(socket, (error) => {
    gone = error
    for (const one of waiting.splice(0).slice(at)) one.reject(error)
    at = 0
  })

  const imap: Imap = {
    banner: '',
    socket,
    untagged: 0,
    bytesHeard: 0,
    ask(command, heard) {
      const tag = `t${++tags}`
      return new Promise<Tagged>((resolve, reject) => {
        if (gone) return reject(gone)
        waiting.push({ tag, heard, resolve, reject })
        if (typeof command === 'string') return void socket.write(`${tag} ${command}\r\n`)
        socket.cork()
        socket.write(`${tag} `)
        for (const piece of command) socket.write(piece)
        socket.write(crlf)
        socket.uncork()
      })
    },
    async must(command, heard) {
      const answer = await imap.ask(command, heard)
      if (answer.ok) return answer
      const said = typeof command === 'string' ? command : String(command[0])
      throw new Error(`${said.slice(0, 100)}: ${answer.text}`)
    },
    append: (mailbox, mail, flags = '') =>
      imap.ask([`APPEND ${mailbox} ${flags ? `(${flags}) ` : ''}{${mail.length}+}\r\n`, mail]),
    listen: (heard) => (always = heard),
    onContinue: (heard) => (continued = heard),
    write: (bytes) => void socket.write(bytes),
    async logout() {
      await imap.ask('LOGOUT').catch(() => undefined)
      socket.destroy()
    },
    destroy: () => void socket.destroy(),
  }
  imap.banner = await new Promise<string>((resolve, reject) => {
    greeted = resolve
    socket.once('close', () => reject(new Error('connection closed before the greeting')))
  })
  greeted = undefined
  if (!imap.banner.startsWith('* ')) throw new Error(`IMAP greeting: ${imap.banner}`)
  if (login) await imap.must(`LOGIN ${login.name} ${login.password}`)
  return imap
}

interface Responses {
  wanted(): boolean // false: the untagged response is skipped without being copied
  untagged: Untagged
  skipped(): void
  tagged(line: string): void
  continued(line: string): void
}

// Cuts a stream into responses. A response is lines joined by literals (RFC 9051 §4.3); literals are
// stepped over by their length, so body bytes are never searched.
function responseReader(responses: Responses): (chunk: Buffer) => void {
  let rest: Buffer = nothing
  let literalLeft = 0
  let literalPieces: Buffer[] | undefined
  let open: { line: string; literals: Buffer[]; wanted: boolean } | undefined // after a literal, more follows

  const line = (bytes: Buffer, start: number, end: number): void => {
    const first = bytes[start]
    const length = literalLength(bytes, start, end)
    const isUntagged = open !== undefined || first === 0x2a
    if (isUntagged) {
      const wanted = open ? open.wanted : responses.wanted()
      if (length === undefined) {
        if (!wanted) responses.skipped()
        else responses.untagged((open?.line ?? '') + bytes.toString('utf8', start, end), open?.literals ?? [])
        open = undefined
        return
      }
      open ??= { line: '', literals: [], wanted }
      literalPieces = wanted ? [] : undefined
      literalLeft = length
      if (wanted) open.line += bytes.toString('utf8', start, end)
      if (wanted && length === 0) open.literals.push(nothing)
      return
    }
    if (first === 0x2b) responses.continued(bytes.toString('utf8', start, end))
    else responses.tagged(bytes.toString('utf8', start, end))
  }

  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    rest = nothing
    for (;;) {
      if (literalLeft > 0) {
        const take = Math.min(literalLeft, bytes.length - start)
        literalPieces?.push(bytes.subarray(start, start + take))
        literalLeft -= take
        start += take
        if (literalLeft > 0) return
        if (literalPieces)
          open!.literals.push(literalPieces.length === 1 ? literalPieces[0]! : Buffer.concat(literalPieces))
      }
      const end = bytes.indexOf(crlf, start)
      if (end === -1) break
      line(bytes, start, end)
      start = end + 2
    }
    if (start < bytes.length) rest = bytes.subarray(start)
  }
}

// '{123}' at the end of a line; undefined if it does not end so.
function literalLength(bytes: Buffer, start: number, end: number): number | undefined {
  if (bytes[end - 1] !== 0x7d) return undefined
  const brace = bytes.lastIndexOf(0x7b, end - 1)
  if (brace < start || brace === end - 2) return undefined
  let length = 0
  for (let at = brace + 1; at < end - 1; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    length = length * 10 + digit
  }
  return length
}

/** The number after a word in a response line: numberAfter('* STATUS a (MESSAGES 3)', 'MESSAGES') is 3. */
export function numberAfter(line: string, word: string): number | undefined {
  const found = line.indexOf(`${word} `)
  if (found === -1) return undefined
  const value = Number.parseInt(line.slice(found + word.length + 1), 10)
  return Number.isNaN(value) ? undefined : value
}

// ------------------------------------------------------------------------------------------- POP3

export interface Pop3 {
  banner: string
  ask(command: string): Promise<string>
  /** Sends many RETR at a time (RFC 2449 §6.6) and counts answers and bytes. */
  download(count: number, window?: number): Promise<{ mails: number; bytes: number }>
  quit(): Promise<void>
  destroy(): void
}

/** Connects and logs in. Throws what was said if the login failed. */
export async function openPop3(door: Door, login: { name: string; password: string }): Promise<Pop3> {
  const socket = await dial(door)
  const waiting: (Waiting<string> & { long: boolean })[] = []
  let body: string | undefined // the +OK line of a long answer whose dot has not come
  let gone: Error | undefined
  let bytesHeard = 0
  let rest: Buffer = nothing

  const settle = (text: string) => {
    body = undefined
    waiting.shift()?.resolve(text)
  }
  socket.on('data', (chunk: Buffer) => {
    bytesHeard += chunk.length
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (;;) {
      if (body !== undefined) {
        // Search begins at the CRLF before: an empty mail is '.' at once.
        const dot = bytes.indexOf('\r\n.\r\n', Math.max(0, start - 2))
        if (dot === -1) {
          rest = bytes.subarray(Math.max(start - 2, bytes.length - 4, 0))
          // What is kept begins inside the body; start must point behind it for the next search.
          return
        }
        start = dot + 5
        settle(body)
      }
      const end = bytes.indexOf(crlf, start)
      if (end === -1) break
      const text = bytes.toString('latin1', start, end)
      start = end + 2
      if (waiting[0]?.long && text.startsWith('+OK')) body = text
      else settle(text)
    }
    rest = start === bytes.length ? nothing : bytes.subarray(start)
  })
  whenLost(socket, (error) => {
    gone = error
    for (const one of waiting.splice(0)) one.reject(error)
  })
  const answer = (long: boolean) =>
    new Promise<string>((resolve, reject) => {
      if (gone) reject(gone)
      else waiting.push({ long, resolve, reject })
    })

  const pop3: Pop3 = {
    banner: await answer(false),
    ask(command) {
      const said = answer(/^(RETR|TOP|CAPA)|^(LIST|UIDL)$/i.test(command))
      socket.write(`${command}\r\n`)
      return said
    },
    async download(count, window = 50) {
      const before = bytesHeard
      let mails = 0
      for (let first = 1; first <= count; first += window) {
        const last = Math.min(count, first + window - 1)
        const answers: Promise<string>[] = []
        let commands = ''
        for (let number = first; number <= last; number++) {
          answers.push(answer(true))
          commands += `RETR ${number}\r\n`
        }
        socket.write(commands)
        for (const said of await Promise.all(answers)) {
          if (!said.startsWith('+OK')) throw new Error(`RETR: ${said}`)
          mails++
        }
      }
      return { mails, bytes: bytesHeard - before }
    },
    async quit() {
      await pop3.ask('QUIT').catch(() => undefined)
      socket.destroy()
    },
    destroy: () => void socket.destroy(),
  }
  for (const command of [`USER ${login.name}`, `PASS ${login.password}`]) {
    const said = await pop3.ask(command)
    if (!said.startsWith('+OK')) throw new Error(`${command.slice(0, 4)}: ${said}`)
  }
  return pop3
}
