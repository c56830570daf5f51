// What a server says: a code, an enhanced status code and words.        RFC 5321 §4.2, RFC 2034, RFC 3463
//
// Invariant: whatever the words hold, what is written is lines of printable text of at most 512 bytes.

import type { Trouble, TroubleCode } from '../wire/troubles.ts'

export interface Reply {
  code: number
  status: string // '5.1.1', or '' where RFC 2034 §4 wants none
  text: string | string[] // one line, or several
}

export function reply(code: number, status: string, text: string | string[]): Reply {
  return { code, status, text }
}

/** A "no" that becomes the reply. */
export class Refusal extends Error {
  reply: Reply
  trouble?: TroubleCode // of the house, where it came from one

  constructor(reply: Reply) {
    super(`${reply.code} ${reply.status} ${typeof reply.text === 'string' ? reply.text : reply.text.join(' ')}`)
    this.name = 'Refusal'
    this.reply = reply
  }
}

/** The reply as it goes on the wire. Multi-line replies repeat the status on each line (RFC 2034 §4). */
export function writeReply({ code, status, text }: Reply): string {
  const lead = status === '' ? '' : `${status} `
  if (typeof text === 'string' && text.length <= longestText && !unprintable.test(text)) {
    return `${code} ${lead}${text}\r\n`
  }
  const lines = (typeof text === 'string' ? [text] : text).flatMap(cutLine)
  return lines.map((line, i) => `${code}${i < lines.length - 1 ? '-' : ' '}${lead}${line}\r\n`).join('')
}

// 512 bytes without code, status and CRLF (RFC 5321 §4.5.3.1.5).
const longestText = 480
const unprintable = /[^\x20-\x7e]/

// RFC 5321 §4.2 allows ASCII only; what is not becomes '?', so nobody can write a line of ours.
function cutLine(text: string): string[] {
  const plain = text.replace(/[\r\n\t]+/g, ' ').replace(/[^\x20-\x7e]/gu, '?')
  const lines: string[] = []
  let rest = plain
  while (rest.length > longestText) {
    const space = rest.lastIndexOf(' ', longestText)
    const cut = space > 0 ? space : longestText
    lines.push(rest.slice(0, cut))
    rest = rest.slice(cut).trimStart()
  }
  lines.push(rest)
  return lines
}

// The troubles of the house in the words of SMTP. A trouble that is not here is "try later".
const troubleReplies: Partial<Record<TroubleCode, Reply>> = {
  'no-such-domain': reply(550, '5.1.2', 'No such domain here'),
  'no-such-account': reply(550, '5.1.1', 'No such mailbox here'),
  'bad-address': reply(553, '5.1.3', 'Not an address'),
  'wrong-password': reply(535, '5.7.8', 'Name or password is wrong'),
  'account-closed': reply(550, '5.2.1', 'This account is closed'),
  'protocol-off': reply(535, '5.7.8', 'Sending by SMTP is switched off for this account'),
  'too-many-failures': reply(454, '4.7.0', 'Too many failed sign-ins, try later'),
  'tls-required': reply(538, '5.7.11', 'Encryption is required'),
  'not-permitted': reply(550, '5.7.1', 'Not permitted'),
  'over-quota': reply(452, '4.2.2', 'Mailbox is full'),
  'too-large': reply(552, '5.3.4', 'Mail is too large'),
  'too-many-recipients': reply(452, '4.5.3', 'Too many recipients'),
  'too-many-mails': reply(450, '4.7.1', 'Too many mails, try later'),
  'mail-loop': reply(554, '5.4.6', 'This mail goes in circles'),
  'not-your-address': reply(550, '5.7.1', 'This sender address is not yours'),
  'relay-denied': reply(550, '5.7.1', 'Relaying denied'),
  policy: reply(550, '5.7.1', 'Refused by policy'),
  'disk-full': reply(452, '4.3.1', 'No space left, try later'),
}

/** The Refusal for a Trouble; `text` replaces the words, not the code. */
export function refusalOf(trouble: Trouble, text?: string): Refusal {
  const words = troubleReplies[trouble.code] ?? laterReply
  const refusal = new Refusal(text === undefined ? words : { ...words, text })
  refusal.trouble = trouble.code
  return refusal
}

export const laterReply = reply(451, '4.3.0', 'Something is wrong here, try later')
