// The client side of POP3: fetches what is new in a maildrop.        RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 3206
//
// Invariants: nothing is said of name or password before the certificate was found to be right; a mail is deleted there
// only after take() has resolved in this session, or did in one before; what the server says is bounded.

import { startTls, type Ear, type Peer, type Said } from '../wire/conversation.ts'
import { Failure } from './failure.ts'
import { Hearing } from './hearing.ts'
import type { FetchingLimits } from './limits.ts'
import { checkTls, plainResponse, type Login, type Taking } from './taking.ts'

type Talk<T = void> = AsyncGenerator<Said, T, void>

interface Dropped {
  number: number
  size: number
  key: string | undefined
}

export function pop3Fetch(login: Login, taking: Taking, limits: FetchingLimits): (ear: Ear, peer: Peer) => Talk {
  return async function* (ear, peer) {
    const hearing = new Hearing(ear, limits)
    const greeting = await hearing.line()
    if (!greeting.startsWith('+OK')) throw new Failure('busy', greeting)
    yield* secure(hearing, peer, login)
    yield* signIn(hearing, login, limits)
    const mails = yield* list(hearing, login, limits)
    const gone = yield* fetchNew(hearing, mails, login, taking)
    yield 'QUIT\r\n'
    const goodbye = await hearing.line() // only now what was deleted is (RFC 1939 §6)
    if (!goodbye.startsWith('+OK')) throw new Failure('busy', goodbye)
    await taking.forget(gone)
  }
}

async function* secure(hearing: Hearing, peer: Peer, login: Login): Talk {
  if (login.tls === 'tls') return checkTls(peer.tls)
  yield 'STLS\r\n' // RFC 2595 §4; who does not know it says -ERR
  const answer = await hearing.line()
  if (!answer.startsWith('+OK')) throw new Failure('no-tls', answer)
  yield startTls
  checkTls(await hearing.secured())
}

async function* signIn(hearing: Hearing, login: Login, limits: FetchingLimits): Talk {
  const offers = (yield* listing(hearing, 'CAPA', limits)) ?? []
  if (offers.some((line) => /^SASL(?: .*)? PLAIN(?: |$)/i.test(line))) {
    const response = plainResponse(login)
    // RFC 5034 §4: a command is at most 255 octets; else the response waits for a "+".
    const isShort = response.length < 240
    yield isShort ? `AUTH PLAIN ${response}\r\n` : 'AUTH PLAIN\r\n'
    let answer = await hearing.line()
    if (answer.startsWith('+') && !answer.startsWith('+OK')) {
      yield `${response}\r\n`
      answer = await hearing.line()
    }
    return checkAnswer(answer)
  }
  if (/[\r\n\0]/.test(login.username + login.password)) throw new Failure('wrong-password')
  yield `USER ${login.username}\r\n`
  checkAnswer(await hearing.line())
  yield `PASS ${login.password}\r\n`
  checkAnswer(await hearing.line())
}

/** RFC 2449 §8, RFC 3206: some refusals are not about the password. */
function checkAnswer(answer: string): void {
  if (answer.startsWith('+OK')) return
  if (!answer.startsWith('-ERR')) throw new Failure('nonsense', answer)
  const isLater = /^-ERR \[(?:SYS\/|IN-USE|LOGIN-DELAY)/i.test(answer)
  throw new Failure(isLater ? 'busy' : 'wrong-password', answer.slice(5))
}

async function* list(hearing: Hearing, login: Login, limits: FetchingLimits): Talk<Dropped[]> {
  const sizes = yield* listing(hearing, 'LIST', limits)
  if (!sizes) throw new Failure('nonsense', 'LIST was refused')
  const mails = new Map<number, Dropped>()
  for (const line of sizes) {
    const [, number, size] = /^(\d{1,9}) (\d{1,15})(?: |$)/.exec(line) ?? []
    if (number === undefined) throw new Failure('nonsense', line)
    mails.set(Number(number), { number: Number(number), size: Number(size), key: undefined })
  }
  const names = mails.size > 0 ? yield* listing(hearing, 'UIDL', limits) : []
  if (!names && login.keep) throw new Failure('no-names')
  const times = new Map<string, number>()
  for (const line of names ?? []) {
    const [, number, key] = /^(\d{1,9}) ([\x21-\x7e]{1,255})$/.exec(line) ?? []
    const mail = mails.get(Number(number))
    if (!mail || key === undefined) continue
    const time = (times.get(key) ?? 0) + 1
    times.set(key, time)
    mail.key = time === 1 ? key : login.keep ? `${key} ${time}` : undefined
  }
  if (!login.keep) {
    // A name that two mails have may be the other's in the next session: only their bytes say what was taken.
    for (const mail of mails.values()) if (mail.key !== undefined && times.get(mail.key)! > 1) mail.key = undefined
  }
  return [...mails.values()]
}

/** Gives the names of what is not there any more when the session has ended well. */
async function* fetchNew(hearing: Hearing, mails: Dropped[], { keep }: Login, taking: Taking): Talk<string[]> {
  const seen = await taking.seen('')
  let isAll = true
  for (const { number, size, key } of mails) {
    const isNew = key === undefined || !seen.has(key)
    if (isNew) {
      if (!(isAll &&= taking.goesOn())) continue
      if (!(await taking.fits(size))) continue
      yield `RETR ${number}\r\n`
      const answer = await hearing.line()
      if (answer.startsWith('-ERR')) continue // it went in the meantime
      if (!answer.startsWith('+OK')) throw new Failure('nonsense', answer)
      await taking.take({ key, flags: [], receivedAt: undefined }, hearing.dotted())
    }
    if (keep) continue
    yield `DELE ${number}\r\n`
    await hearing.line()
  }
  if (!isAll) return []
  taking.complete()
  const there = new Set(mails.map(({ key }) => key))
  return [...seen].filter((key) => !there.has(key))
}

/** A multi-line answer; undefined when it is refused. */
async function* listing(hearing: Hearing, command: string, limits: FetchingLimits): Talk<string[] | undefined> {
  yield `${command}\r\n`
  const answer = await hearing.line()
  if (answer.startsWith('-ERR')) return undefined
  if (!answer.startsWith('+OK')) throw new Failure('nonsense', answer)
  const lines: string[] = []
  for (let line = await hearing.line(); line !== '.'; line = await hearing.line()) {
    if (lines.push(line) > limits.listed) throw new Failure('too-many')
  }
  return lines
}
