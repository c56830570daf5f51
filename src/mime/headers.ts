// Header blocks: fields as they stand, and the fields IMAP ENVELOPE and JMAP want, decoded.  RFC 5322 §2.2, §3.6
//
// Promises: never throws; linear; lines that are no field are passed over. Works on blocks with CRLF or bare LF.
// A block is read as one string of octets: one character for each byte.

import type { Address, MailHeaders } from './mime.ts'
import { readAddresses } from './addresses.ts'
import { readDate } from './dates.ts'
import { decodeText } from './words.ts'

export { readAddresses, readDate, decodeText }

export interface Field {
  name: string // as it stands
  raw: Buffer // the whole field with its folds and its line end
  value: Buffer // after the colon: unfolded, without white space around, not decoded
}

/** Where one field lies in a block of octets: name start..colon, value colon+1..end, line end included. */
export type FieldRange = (start: number, colon: number, end: number) => void

/**
 * Calls `field` for each field of a block in order and `other` for each line that is none (RFC 5322 §2.2:
 * a name is printable ASCII; white space before the colon is the obsolete form of §4.5).
 */
export function eachField(block: string, field: FieldRange, other?: (start: number, end: number) => void): void {
  let start = 0
  let colon = block.indexOf(':')
  while (start < block.length) {
    let end = block.indexOf('\n', start) + 1 || block.length
    for (let c = block.charCodeAt(end); c === 32 || c === 9; c = block.charCodeAt(end)) {
      end = block.indexOf('\n', end) + 1 || block.length
    }
    if (colon !== -1 && colon < start) colon = block.indexOf(':', start)
    if (colon > start && colon < end && isName(block, start, colon)) field(start, colon, end)
    else other?.(start, end)
    start = end
  }
}

function isName(block: string, start: number, colon: number): boolean {
  let end = colon
  while (end > start && (block.charCodeAt(end - 1) === 32 || block.charCodeAt(end - 1) === 9)) end--
  for (let i = start; i < end; i++) {
    const c = block.charCodeAt(i)
    if (c <= 32 || c >= 127) return false
  }
  return end > start
}

/** The fields of a block, in order. `raw` and unfolded values share the block's memory. */
export function readFields(headerBlock: Uint8Array): Field[] {
  const bytes = Buffer.from(headerBlock.buffer, headerBlock.byteOffset, headerBlock.byteLength)
  const block = bytes.toString('latin1')
  const fields: Field[] = []
  eachField(block, (start, colon, end) => {
    const name = block.slice(start, colon).trimEnd()
    fields.push({ name, raw: bytes.subarray(start, end), value: valueBytes(bytes, block, colon + 1, end) })
  })
  return fields
}

function valueBytes(bytes: Buffer, block: string, from: number, to: number): Buffer {
  let start = from
  let end = to
  while (end > start && block.charCodeAt(end - 1) <= 32) end--
  while (start < end && block.charCodeAt(start) <= 32) start++
  const firstFold = block.indexOf('\n', start)
  if (firstFold === -1 || firstFold >= end) return bytes.subarray(start, end)
  return Buffer.from(unfold(block.slice(start, end)), 'latin1')
}

/** Opens the folds of a value: the line ends go, the white space stays. RFC 5322 §2.2.3. */
export function unfold(value: string): string {
  return value.includes('\n') ? value.replace(/\r?\n/g, '') : value
}

/** Message ids with their angle brackets, in order. RFC 5322 §3.6.4; ids without brackets are taken word by word. */
export function readMessageIds(text: string): string[] {
  const bare = text.replace(/[\r\n\t]+/g, ' ')
  const ids = bare.match(/<[^<>]+>/g)
  if (ids) return ids.map((id) => (id.includes(' ') ? id.replaceAll(' ', '') : id))
  return bare.split(' ').flatMap((word) => (word.includes('@') ? [`<${word.replace(/[<>]/g, '')}>`] : []))
}

/** Turns the octets of one value into Unicode; encoded words stay. */
export type Decoder = (octets: string) => string

/** The values MailHeaders is made of, as octets, unfolded. Missing ones are undefined. */
export type HeaderValues = Partial<Record<HeaderName, string>>
export type HeaderName =
  | 'date'
  | 'subject'
  | 'from'
  | 'sender'
  | 'reply-to'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'in-reply-to'
  | 'message-id'
  | 'references'

/** Decodes the fields of one mail. */
export function mailHeaders(values: HeaderValues, unicode: Decoder): MailHeaders {
  const text = (name: HeaderName): string => {
    const value = values[name]
    return value === undefined ? '' : unicode(value)
  }
  const addresses = (name: HeaderName): Address[] => {
    const value = values[name]
    return value === undefined ? [] : readAddresses(unicode(value))
  }
  const dateText = text('date')
  const headers: MailHeaders = {
    dateText,
    subject: decodeText(text('subject')),
    from: addresses('from'),
    sender: addresses('sender'),
    replyTo: addresses('reply-to'),
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    inReplyTo: text('in-reply-to'),
    messageId: firstId(text('message-id')),
    references: values.references === undefined ? [] : readMessageIds(text('references')),
  }
  const date = dateText === '' ? undefined : readDate(dateText)
  if (date !== undefined) headers.date = date
  return headers
}

/** The id as it stands when it is none by the RFC: ENVELOPE shows it, and threads compare it. */
function firstId(text: string): string {
  if (text === '') return ''
  return /^<[^<>\s]+>$/.test(text) ? text : (readMessageIds(text)[0] ?? text.trim())
}
