// Mails a house sends by itself about a mail that came: vacation replies and notifications.
//                                                     RFC 3834, RFC 5230 §4.5-§5, RFC 5436 §2
//
// Pure: facts in, a reason for silence or the bytes of a mail out. That the same sender is not answered twice in a
// period, and that what is written leaves through the one gate, is the caller's business.
// Invariants: nothing a stranger or a script wrote can end a line of ours; a reply goes to the envelope's sender only,
// with the null sender (RFC 3834 §3.3).

import { decodeText, readAddresses, readMessageIds } from '../mime/headers.ts'
import type { Address } from '../mime/mime.ts'
import { quotedPrintable, writeAddressHeader, writeHeader } from '../mime/write.ts'
import { isHeaderName, outgoingAddress } from '../sieve/addresses.ts'
import type { SieveField } from '../sieve/mail.ts'
import { mailDate } from './date.ts'

/** The mail that is answered, as its header says and as it came. */
export interface Answered {
  fields: readonly SieveField[]
  sender: string // of the envelope; '' is the null sender
  own: readonly string[] // all addresses of the person, the one the mail came to first
}

/** Why a mail must not be answered by a machine. */
export type Silence =
  | 'null-sender' // a notification of delivery, or a reply of another machine
  | 'system-sender' // MAILER-DAEMON, list-request and their like
  | 'own-mail'
  | 'automatic' // it says that a machine wrote it, or that it wants no answer
  | 'list'
  | 'not-addressed' // the person stands neither in To nor in Cc: came by a list, an alias or a blind copy

/** undefined when a reply may be sent. RFC 5230 §4.5, §4.6; RFC 3834 §2. */
export function whySilent({ fields, sender, own }: Answered): Silence | undefined {
  const address = outgoingAddress(sender)
  if (address === undefined) return 'null-sender'
  if (isSystemAddress(address)) return 'system-sender'
  if (own.some((each) => sameAddress(each, address))) return 'own-mail'
  if (fields.some(({ name }) => /^list-/i.test(name))) return 'list'
  if (fields.some(isAutomatic)) return 'automatic'
  return addressedAs(fields, own) === undefined ? 'not-addressed' : undefined
}

/** What no person sends from. RFC 5230 §4.6, RFC 3834 §2. */
function isSystemAddress(address: string): boolean {
  const local = address.slice(0, address.lastIndexOf('@')).toLowerCase()
  return (
    /^(mailer-daemon|mailerdaemon|postmaster|listserv|majordomo|mdaemon|no-?reply|do-?not-?reply)$/.test(local) ||
    /^owner-|-(request|owner|bounces?|relay)(\+.*)?$|^bounces?[-+]/.test(local)
  )
}

function isAutomatic({ name, text }: SieveField): boolean {
  switch (name.toLowerCase()) {
    case 'auto-submitted': // RFC 3834 §5
      return text.split(/[;(]/, 1)[0]!.trim().toLowerCase() !== 'no'
    case 'precedence':
      return /^(bulk|list|junk)$/i.test(text.trim())
    case 'x-auto-response-suppress': // Exchange; OOF: out of office, AutoReply: other replies
      return text.split(',').some((word) => /^(all|oof|autoreply)$/i.test(word.trim()))
    case 'x-autoreply':
    case 'x-autorespond':
      return true
    default:
      return false
  }
}

const recipientFields = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc'])

/** Which of the person's addresses the mail names; a reply comes from it. RFC 5230 §4.5 and §5.1. */
export function addressedAs(fields: readonly SieveField[], own: readonly string[]): string | undefined {
  const named = fields
    .filter(({ name }) => recipientFields.has(name.toLowerCase()))
    .flatMap(({ written }) => readAddresses(written))
    .map(addressOf)
  return own.find((each) => named.some((other) => sameAddress(each, other)))
}

function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

export interface AutoReply {
  from: string // a mailbox as a person writes it: 'Name <address>' or an address
  subject?: string
  text: string
  mime: boolean // `text` is a MIME entity: header, empty line, body (RFC 5230 §4.4)
  messageId: string // without angle brackets
  at: number
}

/** The reply as a whole mail with CRLF line ends; it is sent from the null sender to answered.sender. */
export function writeAutoReply(answered: Answered, reply: AutoReply): Buffer {
  const { fields } = answered
  const [id] = idsOf(fields, 'message-id')
  const head = [
    writeHeader('Date', mailDate(reply.at)),
    writeAddressHeader('From', readAddresses(reply.from)),
    writeAddressHeader('To', [personWritingFrom(answered)]),
    writeHeader('Subject', short(reply.subject === undefined ? subjectOf(fields) : decodeText(reply.subject))),
    `Message-ID: <${reply.messageId}>\r\n`,
    ...(id === undefined ? [] : [idHeader('In-Reply-To', [id]), idHeader('References', references(fields, id))]),
    'Auto-Submitted: auto-replied (vacation)\r\n', // RFC 5230 §5.6
    'X-Auto-Response-Suppress: All\r\n', // Exchange does not know the line above
  ]
  return Buffer.from(head.join('') + (reply.mime ? entity(reply.text) : plainBody(reply.text)))
}

/** RFC 5230 §5.3: "Auto: " and the subject of the mail. */
function subjectOf(fields: readonly SieveField[]): string {
  const subject = textOf(fields, 'subject').trim()
  return subject === '' ? '自動回覆 Automated reply' : `Auto: ${subject}`
}

const longestSubject = 256 // characters

/** A line can be folded at single blanks only. */
function tidy(value: string): string {
  return value.replace(/\s+/g, ' ').trim()
}

function short(subject: string): string {
  const line = tidy(subject)
  const characters = Array.from(line)
  return characters.length <= longestSubject ? line : `${characters.slice(0, longestSubject - 1).join('')}…`
}

/** The envelope's sender, with the name the mail gives it. */
function personWritingFrom({ fields, sender }: Answered): Address {
  const to = readAddresses(`<${outgoingAddress(sender) ?? ''}>`)[0] ?? { name: '', mailbox: '', host: '' }
  for (const name of ['sender', 'resent-from', 'from', 'reply-to']) {
    for (const field of fields) {
      if (field.name.toLowerCase() !== name) continue
      const found = readAddresses(field.written).find((each) => sameAddress(addressOf(each), addressOf(to)))
      if (found) return { ...to, name: found.name }
    }
  }
  return to
}

function addressOf({ mailbox, host }: Address): string {
  return `${mailbox}@${host}`
}

const mostReferences = 20

/** RFC 5322 §3.6.4: the thread's first id and its last ones stay. */
function references(fields: readonly SieveField[], id: string): string[] {
  const before = idsOf(fields, textOf(fields, 'references') === '' ? 'in-reply-to' : 'references')
  const ids = [...before.filter((each) => each !== id), id]
  return ids.length <= mostReferences ? ids : [ids[0]!, ...ids.slice(1 - mostReferences)]
}

/** The message ids of a field that can be written again as they are. */
function idsOf(fields: readonly SieveField[], name: string): string[] {
  return readMessageIds(textOf(fields, name)).filter((id) => /^<[\x21-\x7e]{1,900}>$/.test(id))
}

function idHeader(name: string, ids: string[]): string {
  return `${name}: ${ids.join('\r\n ')}\r\n`
}

function textOf(fields: readonly SieveField[], name: string): string {
  return fields.find((field) => field.name.toLowerCase() === name)?.text ?? ''
}

function plainBody(text: string): string {
  return (
    'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n' +
    `Content-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(text)}\r\n`
  )
}

// RFC 5322 §2.1.1: lines of at most 998 octets; here of printable ASCII.
const mimeField = /^content-[a-z-]{1,100}:[\t\x20-\x7e]{0,800}(\r\n[\t\x20-\x7e]{1,990})*$/i

/** A MIME entity as the script wrote it. Of its header only what is MIME's: it must not write a From of its own. */
function entity(text: string): string {
  const lines = text.replace(/\r?\n|\r/g, '\r\n')
  const blank = lines.startsWith('\r\n') ? 0 : lines.indexOf('\r\n\r\n')
  if (blank === -1) return plainBody(text)
  const fields = lines.slice(0, blank).split(/\r\n(?![ \t])/)
  const kept = fields.filter((field) => mimeField.test(field))
  return `MIME-Version: 1.0\r\n${kept.map((field) => `${field}\r\n`).join('')}\r\n${lines.slice(blank).replace(/^(\r\n){1,2}/, '')}\r\n`
}

export interface Notification {
  from: string // a mailbox as a person writes it
  owner: string // address of the person whose script it is (RFC 5436 §2.7.1)
  to: readonly string[] // mailboxes as written
  cc: readonly string[]
  headers: readonly [string, string][] // the other fields of the mailto
  body?: string
  message?: string // :message
  importance: 1 | 2 | 3
  messageId: string // without angle brackets
  at: number
}

/** Fields we write ourselves; a mailto cannot set them. RFC 5436 §2.3. */
const ours =
  /^(date|from|sender|to|cc|bcc|subject|message-id|auto-submitted|importance|x-priority|mime-version|received|return-path|resent-.*|content-.*|list-.*|dkim-.*|arc-.*|authentication-results)$/i
const importances = { 1: ['1 (High)', 'high'], 2: ['3 (Normal)', 'normal'], 3: ['5 (Low)', 'low'] } as const

/** A notification about a mail with these fields, as a whole mail. RFC 5436 §2.7. */
export function writeNotification(fields: readonly SieveField[], notice: Notification): Buffer {
  const named = notice.headers.find(([name]) => name.toLowerCase() === 'subject')?.[1]
  const subject = notice.message ?? named ?? textOf(fields, 'subject')
  const [priority, importance] = importances[notice.importance]
  const lists = (['To', 'Cc'] as const).flatMap((name) => {
    const all = (name === 'To' ? notice.to : notice.cc).flatMap((each) => readAddresses(each))
    return all.length === 0 ? [] : [writeAddressHeader(name, all)]
  })
  const head = [
    writeHeader('Date', mailDate(notice.at)),
    writeAddressHeader('From', readAddresses(notice.from)),
    ...lists,
    writeHeader('Subject', short(subject === '' ? '新郵件 New mail' : subject)),
    `Message-ID: <${notice.messageId}>\r\n`,
    `Auto-Submitted: auto-notified; owner-email="${notice.owner.replace(/[^\x21-\x7e]|["\\]/g, '').slice(0, 320)}"\r\n`,
    `X-Priority: ${priority}\r\nImportance: ${importance}\r\n`,
    ...notice.headers
      .filter(([name]) => isHeaderName(name) && !ours.test(name))
      .map(([name, value]) => writeHeader(name, tidy(value))),
  ]
  return Buffer.from(head.join('') + plainBody(notice.body ?? bodyOf(fields)))
}

function bodyOf(fields: readonly SieveField[]): string {
  return `From: ${textOf(fields, 'from')}\r\nSubject: ${textOf(fields, 'subject')}\r\nDate: ${textOf(fields, 'date')}`
}

/** Whether a notification may be sent about a mail: never about one a machine sent. RFC 5436 §2.8. */
export function mayNotify(fields: readonly SieveField[]): boolean {
  return !fields.some((field) => field.name.toLowerCase() === 'auto-submitted' && isAutomatic(field))
}
