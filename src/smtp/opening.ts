// Opens a connection to a peer: greeting, hello, TLS, sign-in.    RFC 5321 §3.1, §3.2, RFC 2033, RFC 3207, RFC 4954
//
// Invariants: nothing heard before TLS counts after it; a password is said under TLS only; whatever goes wrong here
// is 'later' for every mail, for it says nothing of the mail.

import { Lost, noOffers, type Dialogue } from './dialogue.ts'
import { base64, unheard } from './outgoing.ts'
import { readOffers, type Answered } from './reader.ts'
import { startTls, type Said, type TlsFacts } from '../wire/conversation.ts'

export interface OpeningOptions {
  protocol: 'smtp' | 'lmtp'
  hostname: string // what we call ourselves
  /** never; offered: when the peer can; required: or nothing is sent. */
  tls: 'never' | 'offered' | 'required'
  /** Looks at the finished handshake (DANE, MTA-STS, a smart host's name); words: why it is not good enough. */
  judgeTls?: (facts: TlsFacts) => string | undefined
  /** For a smart host. Only said under TLS. */
  login?: { name: string; password: string }
}

/** Until mails can be sent. Leaves what the peer offers, and TLS, in the dialogue. Throws Lost. */
export async function* open(line: Dialogue, options: OpeningOptions): AsyncGenerator<Said, void, void> {
  const greeting = await line.hear(line.limits.greeting)
  if (greeting.code !== 220) throw line.notNow(greeting)
  yield* hello(line, options)
  yield* secure(line, options)
  if (options.login) yield* signIn(line, options.login)
}

async function* hello(line: Dialogue, { protocol, hostname }: OpeningOptions): AsyncGenerator<Said, void, void> {
  line.stage = 'hello'
  const hello = yield* line.ask(`${protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${hostname}`)
  if (hello.code === 250) {
    line.offers = readOffers(hello.lines)
    return
  }
  // RFC 5321 §3.2: a server that knows no EHLO knows HELO.
  if (protocol === 'lmtp' || hello.code < 500) throw line.notNow(hello)
  const old = yield* line.ask(`HELO ${hostname}`)
  if (old.code !== 250) throw line.notNow(old)
  line.offers = noOffers
}

async function* secure(line: Dialogue, options: OpeningOptions): AsyncGenerator<Said, void, void> {
  const { tls, judgeTls } = options
  line.stage = 'tls'
  if (!line.tls && tls !== 'never') {
    if (line.offers.startTls) yield* beginTls(line, options)
    else if (tls === 'required') throw new Lost(unheard('tls', 'The peer does not offer TLS', '4.7.10'))
  }
  const objection = line.tls && judgeTls?.(line.tls)
  if (objection) throw new Lost(unheard('tls', objection, '4.7.10'))
}

async function* beginTls(line: Dialogue, options: OpeningOptions): AsyncGenerator<Said, void, void> {
  const answered = yield* line.ask('STARTTLS')
  if (answered.code !== 220) {
    if (options.tls === 'required') throw line.notNow(answered)
    return
  }
  line.reader.discard()
  yield startTls
  line.tls = await handshake(line)
  // RFC 3207 §4.2: nothing that was heard in clear text counts.
  line.reader.discard()
  line.offers = noOffers
  yield* hello(line, options)
}

async function handshake(line: Dialogue): Promise<TlsFacts> {
  line.ear.patience(line.limits.command)
  for (;;) {
    const heard = await line.ear.next()
    if (heard === undefined) throw new Lost(unheard('tls', 'The TLS handshake failed', '4.7.5'))
    if (heard instanceof Uint8Array || heard.is === 'woken') continue
    if (heard.is === 'secured') return heard.tls
    if (heard.is === 'silence') throw new Lost(unheard('tls', 'The peer did not answer in time'))
    line.stopping = true
  }
}

async function* signIn(
  line: Dialogue,
  { name, password }: { name: string; password: string },
): AsyncGenerator<Said, void, void> {
  line.stage = 'auth'
  const { mechanisms } = line.offers
  if (!line.tls) throw new Lost(unheard('auth', 'No password is sent without TLS', '4.7.11'))
  let answered: Answered
  if (mechanisms.includes('PLAIN')) answered = yield* line.ask(`AUTH PLAIN ${base64(`\0${name}\0${password}`)}`)
  else if (mechanisms.includes('LOGIN')) {
    answered = yield* line.ask('AUTH LOGIN')
    if (answered.code === 334) answered = yield* line.ask(base64(name))
    if (answered.code === 334) answered = yield* line.ask(base64(password))
  } else throw new Lost(unheard('auth', 'The peer offers no way to sign in that we know', '4.7.0'))
  if (answered.code !== 235) throw line.notNow(answered)
}
