// The client side of IMAP: fetches what is new in one mailbox.               RFC 9051, RFC 3501, RFC 4315, RFC 4616
//
// What is new is what has a larger UID than any before (RFC 9051 §2.3.1.1). Where UIDVALIDITY has changed everything
// is looked at again, and mails of the same bytes are not placed twice.
//
// Invariants: as of pop3.ts; what others have marked as deleted there is never expunged.

import { readDate } from '../mime/dates.ts'
import type { Flag } from '../store/flags.ts'
import { startTls, type Ear, type Peer, type Said } from '../wire/conversation.ts'
import { Failure } from './failure.ts'
import { Hearing } from './hearing.ts'
import type { FetchingLimits } from './limits.ts'
import { checkTls, plainResponse, type Login, type Offered, type Taking } from './taking.ts'

type Talk<T = void> = AsyncGenerator<Said, T, void>
type Literal = (line: string, size: number, pieces: AsyncIterable<Buffer>) => Promise<void>

interface Tagged {
  isOk: boolean
  text: string // code and words
}

interface Listed {
  uid: number
  size: number
  flags: Flag[]
  receivedAt: number | undefined
}

const deletedAtOnce = 200

export function imapFetch(login: Login, taking: Taking, limits: FetchingLimits): (ear: Ear, peer: Peer) => Talk {
  return (ear, peer) => new ImapFetch(login, taking, limits, new Hearing(ear, limits)).talk(peer)
}

class ImapFetch {
  #login: Login
  #taking: Taking
  #limits: FetchingLimits
  #hearing: Hearing
  #tag = 0
  #offers = new Set<string>()

  constructor(login: Login, taking: Taking, limits: FetchingLimits, hearing: Hearing) {
    this.#login = login
    this.#taking = taking
    this.#limits = limits
    this.#hearing = hearing
  }

  async *talk(peer: Peer): Talk {
    const greeting = await this.#hearing.line()
    if (!/^\* OK\b/i.test(greeting)) throw new Failure(/^\* BYE\b/i.test(greeting) ? 'busy' : 'nonsense', greeting)
    yield* this.#secure(peer)
    yield* this.#signIn()
    const validity = yield* this.#select()
    yield* this.#fetchNew(validity)
    if (!this.#login.keep) yield* this.#deleteTaken(validity)
    yield* this.#ask('LOGOUT')
  }

  async *#secure(peer: Peer): Talk {
    if (this.#login.tls === 'tls') return checkTls(peer.tls)
    const { isOk, text } = yield* this.#ask('STARTTLS')
    if (!isOk) throw new Failure('no-tls', text)
    yield startTls
    checkTls(await this.#hearing.secured())
  }

  async *#signIn(): Talk {
    yield* this.#capabilities()
    const { username, password } = this.#login
    let answer: Tagged
    if (this.#offers.has('AUTH=PLAIN')) {
      const response = plainResponse(this.#login)
      answer = this.#offers.has('SASL-IR')
        ? yield* this.#ask(`AUTHENTICATE PLAIN ${response}`)
        : yield* this.#ask('AUTHENTICATE PLAIN', [response])
    } else if (!this.#offers.has('LOGINDISABLED')) {
      const literals = [username, password].map((text) => Buffer.from(text))
      answer = yield* this.#ask(`LOGIN {${literals[0]!.length}}`, [
        Buffer.concat([literals[0]!, Buffer.from(` {${literals[1]!.length}}`)]),
        literals[1]!,
      ])
    } else throw new Failure('no-login')
    if (!answer.isOk) {
      const isLater = /^\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\b/i.test(answer.text)
      throw new Failure(isLater ? 'busy' : 'wrong-password', answer.text)
    }
    yield* this.#capabilities()
  }

  async *#capabilities(): Talk {
    this.#offers.clear()
    yield* this.#ask('CAPABILITY', [], (line) => {
      const found = /^\* CAPABILITY (.*)$/i.exec(line)
      for (const offer of found?.[1]?.toUpperCase().split(' ') ?? []) this.#offers.add(offer)
    })
  }

  /** Gives the UIDVALIDITY. */
  async *#select(): Talk<number> {
    let validity = 0
    const verb = this.#login.keep ? 'EXAMINE' : 'SELECT'
    const { isOk, text } = yield* this.#ask(`${verb} ${quoted(encodeFolder(this.#login.folder))}`, [], (line) => {
      validity = Number(/^\* OK \[UIDVALIDITY (\d{1,10})\]/i.exec(line)?.[1] ?? validity)
    })
    if (!isOk) throw new Failure('no-remote-folder', text)
    if (validity === 0) throw new Failure('nonsense', 'No UIDVALIDITY')
    return validity
  }

  async *#fetchNew(validity: number): Talk {
    const taking = this.#taking
    if (taking.mark.validity !== validity) taking.mark = { validity, uid: 0 }
    for (const { uid, size, flags, receivedAt } of yield* this.#list(taking.mark.uid)) {
      if (!taking.goesOn()) return
      if (!(await taking.fits(size))) {
        taking.mark.uid = uid
        continue
      }
      yield* this.#fetch({ key: `${validity} ${uid}`, flags, receivedAt }, uid)
    }
    taking.complete()
  }

  /** What is there after a UID, in the order of UIDs. */
  async *#list(after: number): Talk<Listed[]> {
    const found = new Map<number, Listed>()
    const { isOk, text } = yield* this.#ask(
      `UID FETCH ${after + 1}:* (UID RFC822.SIZE FLAGS INTERNALDATE)`,
      [],
      (line) => {
        const one = readFetch(line)
        // n:* gives the last mail also where it comes before n (RFC 9051 §6.4.9).
        if (one && one.uid > after) found.set(one.uid, one)
        if (found.size > this.#limits.listed) throw new Failure('too-many')
      },
    )
    if (!isOk) throw new Failure('nonsense', text)
    return [...found.values()].sort((a, b) => a.uid - b.uid)
  }

  async *#fetch(offered: Offered, uid: number): Talk {
    let isTaken = false
    const { mark } = this.#taking
    const { isOk, text } = yield* this.#ask(
      `UID FETCH ${uid} (UID BODY.PEEK[])`,
      [],
      undefined,
      async (line, size, pieces) => {
        if (isTaken || !/BODY\[\] \{\d+\}$/i.test(line)) throw new Failure('nonsense', line)
        isTaken = true
        if (size === 0) return // what is expunged meanwhile
        this.#taking.mark = { ...mark, uid }
        await this.#taking.take(offered, pieces)
      },
    )
    if (!isOk) throw new Failure('busy', text)
  }

  async *#deleteTaken(validity: number): Talk {
    const prefix = `${validity} `
    const uids = [...(await this.#taking.seen(prefix))]
      .map((key) => Number(key.slice(prefix.length)))
      .sort((a, b) => a - b)
    for (let from = 0; from < uids.length; from += deletedAtOnce) {
      const some = uids.slice(from, from + deletedAtOnce)
      const set = some.join(',')
      const marked = yield* this.#ask(`UID STORE ${set} +FLAGS.SILENT (\\Deleted)`)
      if (!marked.isOk) throw new Failure('busy', marked.text)
      if (!(yield* this.#expunge(some))) continue
      await this.#taking.forget(some.map((uid) => prefix + uid))
    }
  }

  /** Without UIDPLUS all that is marked would go: then ours stay marked until nobody else's are. */
  async *#expunge(uids: number[]): Talk<boolean> {
    if (this.#offers.has('UIDPLUS') || this.#offers.has('IMAP4REV2')) {
      return (yield* this.#ask(`UID EXPUNGE ${uids.join(',')}`)).isOk
    }
    const ours = new Set(uids)
    let isOnlyOurs = true
    const { isOk } = yield* this.#ask('UID SEARCH DELETED', [], (line) => {
      const found = /^\* SEARCH((?: \d{1,10})*) *$/i.exec(line)
      if (found) isOnlyOurs = (found[1]!.match(/\d+/g) ?? []).every((uid) => ours.has(Number(uid)))
    })
    return isOk && isOnlyOurs && (yield* this.#ask('EXPUNGE')).isOk
  }

  /** Says a command; what follows each "+" in `more`; hears untagged answers until the tagged one. */
  async *#ask(
    text: string,
    more: (string | Buffer)[] = [],
    heard: (line: string) => void = () => undefined,
    literal?: Literal,
  ): Talk<Tagged> {
    const tag = `f${++this.#tag}`
    yield `${tag} ${text}\r\n`
    let parts = 0
    for (;;) {
      const line = await this.#answer(literal)
      if (line.startsWith('+')) {
        const part = more[parts++]
        // RFC 9051 §6.2.2: "*" ends an exchange that nobody expected.
        yield part === undefined ? '*\r\n' : Buffer.concat([Buffer.from(part), Buffer.from('\r\n')])
      } else if (line.startsWith(`${tag} `)) {
        const [, word = '', rest = ''] = /^(OK|NO|BAD)(?: (.*))?$/i.exec(line.slice(tag.length + 1)) ?? []
        if (word === '') throw new Failure('nonsense', line)
        return { isOk: word.toUpperCase() === 'OK', text: rest }
      } else if (line.startsWith('* ')) {
        if (/^\* BYE\b/i.test(line) && text !== 'LOGOUT') throw new Failure('busy', line)
        heard(line)
      } else throw new Failure('nonsense', line)
    }
  }

  /** One answer, with its literals put in as quoted text; one of a body goes to `literal`. */
  async #answer(literal: Literal | undefined): Promise<string> {
    let line = await this.#hearing.line()
    for (;;) {
      const size = Number(/\{(\d{1,12})\}$/.exec(line.slice(-14))?.[1] ?? -1)
      if (size < 0) return line
      if (literal && /^\* \d+ FETCH .*BODY\[\] \{\d+\}$/i.test(line)) {
        await literal(line, size, this.#hearing.bytes(size))
        line = line.replace(/\{\d+\}$/, 'NIL')
      } else {
        if (size + line.length > this.#limits.lineBytes) throw new Failure('nonsense', 'A literal is too long')
        const pieces: Buffer[] = []
        for await (const piece of this.#hearing.bytes(size)) pieces.push(piece)
        line = line.replace(
          /\{\d+\}$/,
          quoted(
            Buffer.concat(pieces)
              .toString('latin1')
              .replace(/[\r\n]+/g, ' '),
          ),
        )
      }
      line += await this.#hearing.line()
      if (line.length > 2 * this.#limits.lineBytes) throw new Failure('nonsense', 'An answer is too long')
    }
  }
}

const flagNames: Record<string, Flag> = {
  '\\seen': 'seen',
  '\\flagged': 'flagged',
  '\\answered': 'answered',
  '\\draft': 'draft',
}

function readFetch(line: string): Listed | undefined {
  if (!/^\* \d{1,10} FETCH \(/i.test(line)) return undefined
  const uid = Number(/[ (]UID (\d{1,10})/i.exec(line)?.[1] ?? 0)
  const size = Number(/RFC822\.SIZE (\d{1,15})/i.exec(line)?.[1] ?? -1)
  if (uid === 0 || size < 0) return undefined // news of another mail
  const flags = /[ (]FLAGS \(([^)]*)\)/i.exec(line)?.[1] ?? ''
  const date = /INTERNALDATE "([^"]{1,40})"/i.exec(line)?.[1]
  return {
    uid,
    size,
    flags: flags
      .toLowerCase()
      .split(' ')
      .flatMap((flag) => flagNames[flag] ?? []),
    receivedAt: date === undefined ? undefined : readDate(date.trim().replace('-', ' ').replace('-', ' ')),
  }
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** RFC 3501 §5.1.3: UTF-16BE in base64 between "&" and "-"; "&-" is "&". */
export function encodeFolder(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-'
    const bytes = Buffer.from(run, 'utf16le').swap16()
    return `&${bytes.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`
  })
}
