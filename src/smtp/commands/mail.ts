// MAIL FROM:<path> [SIZE=] [BODY=] [SMTPUTF8] [RET=] [ENVID=] [AUTH=] [HOLDFOR=] [HOLDUNTIL=]
//                       RFC 5321 §4.1.1.2, RFC 1870 §4, RFC 6152, RFC 6531 §3.4, RFC 3461 §4.3, §4.4, RFC 4954 §5, RFC 4865 §4
//
// Opens a mail. Invariant: an open envelope has a sender that intake has admitted.

import type { Command, ServerOptions, Session } from '../command.ts'
import { decodeXtext, readNumber, readParameters, readPath, refuseUtf8, Scanner } from '../grammar.ts'
import type { Envelope } from '../intake.ts'
import { Refusal, reply } from '../replies.ts'
import { tooLarge } from '../arrival.ts'

type Request = Omit<Envelope, 'session' | 'recipients'>

const known = ['SIZE', 'BODY', 'SMTPUTF8', 'RET', 'ENVID', 'AUTH', 'HOLDFOR', 'HOLDUNTIL'] as const
const withoutHold = known.slice(0, -2)

export const mail: Command<Request> = {
  verb: 'MAIL',
  allowedIn: ['ready'],

  read(argument, session) {
    const scan = new Scanner(argument)
    scan.expect(/FROM:/iy, '"FROM:"')
    const sender = readPath(scan, 'sender', session.limits.path)
    if (scan.done) return { sender, body: '7BIT', smtputf8: false, dsn: {} }
    const { connection, options } = session
    const hold = connection.role === 'submission' ? options.hold : undefined
    // HELO knows no extensions (RFC 5321 §4.1.1.1).
    const given = readParameters(scan, connection.protocol === 'SMTP' ? [] : hold ? known : withoutHold)
    return {
      sender,
      declaredSize: given.SIZE === undefined ? undefined : readNumber(given.SIZE, 'SIZE'),
      body: readBody(given.BODY),
      smtputf8: readFlag(given.SMTPUTF8, 'SMTPUTF8'),
      dsn: { ret: readRet(given.RET), envid: readEnvid(given.ENVID) },
      auth: readAuth(given.AUTH),
      ...(hold && readHold(given, hold)),
    }
  },

  async run(session, request) {
    const { connection, limits } = session
    refuseStranger(session)
    if (!request.smtputf8) refuseUtf8(request.sender)
    if (session.mails >= limits.mails) throw new Refusal(reply(452, '4.5.3', 'Too many mails in one connection'))
    if ((request.declaredSize ?? 0) > limits.size) throw new Refusal(tooLarge(limits.size))
    const isLmtp = connection.role === 'lmtp'
    if (request.smtputf8) connection.protocol = isLmtp ? 'UTF8LMTP' : 'UTF8SMTP'
    else if (connection.protocol !== 'SMTP') connection.protocol = isLmtp ? 'LMTP' : 'ESMTP'
    const envelope: Envelope = { session: connection, ...request, recipients: [] }
    await session.intake.sender(envelope)
    session.envelope = envelope
    session.state = 'mail'
    session.mailRefused = false
    return senderAccepted
  },
}

const senderAccepted = reply(250, '2.1.0', 'Sender accepted')

// RFC 6409 §4.3: a submission needs a login, unless the house trusts the machine.
function refuseStranger({ connection }: Session): void {
  if (connection.role === 'submission' && !connection.login && !connection.facts.trusted) {
    throw new Refusal(reply(530, '5.7.0', 'Authentication required'))
  }
}

function readBody(value: string | undefined): '7BIT' | '8BITMIME' {
  if (value === undefined) return '7BIT'
  const body = value.toUpperCase()
  if (body === '7BIT' || body === '8BITMIME') return body
  throw new Refusal(reply(501, '5.5.4', 'BODY is 7BIT or 8BITMIME'))
}

function readFlag(value: string | undefined, what: string): boolean {
  if (value) throw new Refusal(reply(501, '5.5.4', `${what} has no value`))
  return value === ''
}

function readRet(value: string | undefined): 'FULL' | 'HDRS' | undefined {
  if (value === undefined) return undefined
  const ret = value.toUpperCase()
  if (ret === 'FULL' || ret === 'HDRS') return ret
  throw new Refusal(reply(501, '5.5.4', 'RET is FULL or HDRS'))
}

function readEnvid(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  if (value === '' || value.length > 100) throw new Refusal(reply(501, '5.5.4', 'ENVID has 1 to 100 characters'))
  return decodeXtext(value, 'ENVID')
}

function readAuth(value: string | undefined): string | undefined {
  if (value === '') throw new Refusal(reply(501, '5.5.4', 'AUTH is <> or an address'))
  return value === undefined ? undefined : decodeXtext(value, 'AUTH')
}

/** RFC 4865 §4: for so many seconds, or until a time; not both, and not longer than was offered. */
function readHold(
  { HOLDFOR, HOLDUNTIL }: { HOLDFOR?: string; HOLDUNTIL?: string },
  { seconds, now }: NonNullable<ServerOptions['hold']>,
): Pick<Envelope, 'hold'> {
  if (HOLDFOR === undefined && HOLDUNTIL === undefined) return {}
  if (HOLDFOR !== undefined && HOLDUNTIL !== undefined) throw wrong('HOLDFOR or HOLDUNTIL, not both')
  if (HOLDFOR !== undefined) {
    if (!/^\d{1,9}$/.test(HOLDFOR)) throw wrong('HOLDFOR is a number of seconds')
    if (Number(HOLDFOR) > seconds) throw wrong(`A mail is held for at most ${seconds} seconds`)
    return { hold: { seconds: Number(HOLDFOR) } }
  }
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i
  const until = form.test(HOLDUNTIL!) ? Date.parse(HOLDUNTIL!) : NaN
  if (Number.isNaN(until)) throw wrong('HOLDUNTIL is a date and time (RFC 3339)')
  if (until > now() + seconds * 1_000) throw wrong(`A mail is held for at most ${seconds} seconds`)
  return { hold: { until } }
}

function wrong(text: string): Refusal {
  return new Refusal(reply(501, '5.5.4', text))
}
