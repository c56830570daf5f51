// RCPT TO:<path> [NOTIFY=...] [ORCPT=...]                RFC 5321 §4.1.1.3, RFC 3461 §4.1, §4.2
//
// Names one recipient of the open mail; may be repeated. A refused recipient changes
// nothing for the others (RFC 5321 §3.3).
// Invariant: everyone in envelope.recipients has been admitted by intake.

import type { Command } from '../command.ts'
import { decodeXtext, readParameters, readPath, refuseUtf8, Scanner } from '../grammar.ts'
import type { Notify, Recipient } from '../intake.ts'
import { Refusal, reply } from '../replies.ts'

const known = ['NOTIFY', 'ORCPT'] as const

export const rcpt: Command<Recipient> = {
  verb: 'RCPT',
  allowedIn: ['mail', 'rcpt'],

  read(argument, session) {
    const scan = new Scanner(argument)
    scan.expect(/TO:/iy, '"TO:"')
    const address = readPath(scan, 'recipient', session.limits.path)
    if (scan.done) return { address }
    const { NOTIFY, ORCPT } = readParameters(scan, session.connection.protocol === 'SMTP' ? [] : known)
    return { address, notify: readNotify(NOTIFY), originalRecipient: readOriginal(ORCPT) }
  },

  async run(session, recipient) {
    const { envelope, intake, limits } = session
    if (!envelope.smtputf8) refuseUtf8(recipient.address)
    if (envelope.recipients.length >= limits.recipients) {
      // 452, not 552: the client keeps the mail and sends the rest later (RFC 5321 §4.5.3.1.10).
      throw new Refusal(reply(452, '4.5.3', `At most ${limits.recipients} recipients in one mail`))
    }
    await intake.recipient(envelope, recipient) // throws the Refusal that names the reason
    envelope.recipients.push(recipient)
    session.state = 'rcpt'
    return recipientAccepted
  },
}

const recipientAccepted = reply(250, '2.1.5', 'Recipient accepted')

// NEVER stands alone; the others may be joined, each once.
function readNotify(value: string | undefined): Notify | undefined {
  if (value === undefined) return undefined
  const words = value.toUpperCase().split(',')
  if (words.length === 1 && words[0] === 'NEVER') return 'never'
  const isKnown = words.every((word) => word === 'SUCCESS' || word === 'FAILURE' || word === 'DELAY')
  if (!isKnown || new Set(words).size < words.length) {
    throw new Refusal(reply(501, '5.5.4', 'NOTIFY is NEVER or a list of SUCCESS, FAILURE, DELAY'))
  }
  return {
    success: words.includes('SUCCESS'),
    failure: words.includes('FAILURE'),
    delay: words.includes('DELAY'),
  }
}

// ORCPT=addr-type;xtext, at most 500 characters. RFC 6533 §3: type utf-8 has its own escapes, \x{4E00}.
function readOriginal(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const found = /^([A-Za-z0-9-]+);(.+)$/.exec(value)
  if (!found || value.length > 500) throw new Refusal(reply(501, '5.5.4', 'ORCPT is type;address in xtext'))
  const [, type = '', text = ''] = found
  return `${type.toLowerCase()};${type.toLowerCase() === 'utf-8' ? decodeUtf8Xtext(text) : decodeXtext(text, 'ORCPT')}`
}

function decodeUtf8Xtext(text: string): string {
  const decoded = text.replace(/\\x\{([0-9A-F]{2,6})\}/g, (whole, hex: string) => {
    const point = parseInt(hex, 16)
    const isText = point >= 0x20 && point !== 0x7f && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
    return isText ? String.fromCodePoint(point) : whole
  })
  if (/[\x00-\x1f\x7f]/.test(decoded)) throw new Refusal(reply(501, '5.5.4', 'ORCPT holds control characters'))
  return decoded
}
