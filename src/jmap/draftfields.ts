// Header fields of an email that is created: from properties, or from header:{name}:as{form}.     RFC 8621 §4.1.2, §4.6
//
// Pure. Invariants: no value gets a line of its own into the header; a field is set by one property only.

import { isAscii } from 'node:buffer'
import type { Address } from '../mime/mime.ts'
import { dateInZone, writeIds } from '../mime/compose.ts'
import { writeAddressHeader, writeHeader } from '../mime/write.ts'
import { isObject, readDate } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import { readHeaderProperty, type HeaderForm } from './headerforms.ts'

/** A field as it is written: name, and its lines with CRLF. */
export interface DraftField {
  name: string // lower case
  text: string
}

/** The properties of an Email that are header fields. */
const ofProperty = new Map<string, [name: string, form: HeaderForm]>([
  ['sentAt', ['Date', 'date']],
  ['from', ['From', 'addresses']],
  ['sender', ['Sender', 'addresses']],
  ['replyTo', ['Reply-To', 'addresses']],
  ['to', ['To', 'addresses']],
  ['cc', ['Cc', 'addresses']],
  ['bcc', ['Bcc', 'addresses']],
  ['subject', ['Subject', 'text']],
  ['messageId', ['Message-ID', 'ids']],
  ['inReplyTo', ['In-Reply-To', 'ids']],
  ['references', ['References', 'ids']],
])
const order = [...ofProperty.values()].map(([name]) => name.toLowerCase())

const mostFields = 500
const longestField = 64 << 10 // characters of one value

/** Whether a property is a field of the header. */
export function isFieldProperty(property: string): boolean {
  return ofProperty.has(property) || property.startsWith('header:')
}

/**
 * The fields that the properties of an object ask for. Throws setError invalidProperties. `mayName` says which names
 * header:... may have.
 */
export function readFields(
  object: Record<string, unknown>,
  properties: readonly string[],
  mayName: (name: string) => boolean,
): DraftField[] {
  const fields: DraftField[] = []
  const setBy = new Map<string, string>()
  for (const property of properties) {
    const plain = ofProperty.get(property)
    const header = plain ? undefined : readHeaderProperty(property)
    if (!plain && !header) throw wrong(property, 'There is no such property, or the field has no such form')
    const name = plain ? plain[0] : property.split(':')[1]!
    const key = name.toLowerCase()
    if (header && !mayName(key)) throw wrong(property, 'This field is not set so')
    if (setBy.has(key)) throw wrong(property, `"${setBy.get(key)}" sets the same field`)
    setBy.set(key, property)
    const value = object[property]
    if (value === null) continue
    const values = header?.all ? readList(property, value) : [value]
    for (const one of values)
      fields.push({ name: key, text: writeField(property, name, plain?.[1] ?? header!.form, one) })
    if (fields.length > mostFields) throw wrong(property, `At most ${mostFields} fields`)
  }
  return fields
}

/** In the order in which people expect them; others follow as they were given. */
export function sortFields(fields: readonly DraftField[]): DraftField[] {
  const place = ({ name }: DraftField): number => (order.includes(name) ? order.indexOf(name) : order.length)
  return fields.toSorted((a, b) => place(a) - place(b))
}

function writeField(property: string, name: string, form: HeaderForm, value: unknown): string {
  switch (form) {
    case 'raw':
      return writeRaw(property, name, readText(property, value))
    case 'text':
      return writeHeader(name, readText(property, value))
    case 'addresses':
      return addressField(name, readAddresses(property, value))
    case 'grouped':
      return addressField(name, readGroups(property, value))
    case 'ids':
      return writeIds(
        name,
        readList(property, value).map((id) => readToken(property, id, /^[^\s<>\x00-\x20\x7f-\uffff]{1,900}$/)),
      )
    case 'urls':
      return writeHeader(
        name,
        readList(property, value)
          .map((url) => `<${readToken(property, url, /^[!-;=?-~]{1,900}$/)}>`)
          .join(', '),
      )
    case 'date':
      return `${name}: ${readZonedDate(property, value)}\r\n`
  }
}

function readText(property: string, value: unknown): string {
  if (typeof value !== 'string' || value.length > longestField) throw wrong(property, 'A text')
  return value
}

function readList(property: string, value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > 10_000) throw wrong(property, 'A list')
  return value
}

function readToken(property: string, value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw wrong(property, 'A value is not what it should be')
  return value
}

/** What follows the colon, as the client wrote it. Folds stay; what is not ASCII is written in encoded words. */
function writeRaw(property: string, name: string, value: string): string {
  if (/\r(?!\n)|(?<!\r)\n|\r\n(?![ \t])|\0/.test(value)) throw wrong(property, 'Lines that are no folds')
  if (!isAscii(Buffer.from(value))) return writeHeader(name, value.replaceAll(/\r\n/g, '').trim())
  const lines = `${name}:${value}`.split('\r\n')
  if (lines.some((line) => line.length > 998)) throw wrong(property, 'A line has more than 998 characters')
  if (lines.slice(1).some((line) => line.trim() === '')) throw wrong(property, 'A line of white space alone')
  return `${lines.join('\r\n')}\r\n`
}

/** RFC 5322 §3.6.3: a field without addresses is none. */
function addressField(name: string, addresses: Address[]): string {
  return addresses.length === 0 ? '' : writeAddressHeader(name, addresses)
}

function readAddresses(property: string, value: unknown): Address[] {
  return readList(property, value).map((one) => {
    const { name = null, email } = isObject(one) ? one : {}
    if (typeof email !== 'string' || email.length > 1_000 || /[\x00-\x1f\x7f]/.test(email)) {
      throw wrong(property, 'Objects with email, and name')
    }
    if (name !== null && (typeof name !== 'string' || name.length > 10_000)) throw wrong(property, 'A name is a text')
    const at = email.lastIndexOf('@')
    // A draft may have half an address.
    return at < 1
      ? { name: name ?? '', mailbox: email.trim(), host: '' }
      : { name: name ?? '', mailbox: localPart(email.slice(0, at).trim()), host: email.slice(at + 1).trim() }
  })
}

/** "a b" in quotes is a b. */
function localPart(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text
}

function readGroups(property: string, value: unknown): Address[] {
  return readList(property, value).flatMap((one) => {
    const { name = null, addresses } = isObject(one) ? one : {}
    if (name !== null && typeof name !== 'string') throw wrong(property, 'A name is a text')
    const inside = readAddresses(property, addresses)
    if (name === null) return inside
    const mark = { name, mailbox: name, host: '' }
    return [{ ...mark, group: 'start' as const }, ...inside, { ...mark, group: 'end' as const }]
  })
}

function readZonedDate(property: string, value: unknown): string {
  const at = readDate(value)
  if (at === undefined) throw wrong(property, 'A date')
  const zone = /([+-])(\d\d):(\d\d)$/.exec(value as string)
  const minutes = zone ? (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === '-' ? -1 : 1) : 0
  return dateInZone(at, minutes)
}
