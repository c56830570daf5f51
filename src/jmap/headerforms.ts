// Header fields in the forms of JMAP: header:{name}[:as{form}][:all].                          RFC 8621 §4.1.2, §4.1.3
//
// Pure. Reading a property name never throws; what is no such property is undefined.

import { decodeText, readAddresses, readDate, readMessageIds, type Field } from '../mime/headers.ts'
import type { Address } from '../mime/mime.ts'

export type HeaderForm = 'raw' | 'text' | 'addresses' | 'grouped' | 'ids' | 'date' | 'urls'

export interface HeaderProperty {
  property: string // as the client wrote it
  name: string // lower case
  form: HeaderForm
  all: boolean
}

const forms: Record<string, HeaderForm> = {
  asRaw: 'raw',
  asText: 'text',
  asAddresses: 'addresses',
  asGroupedAddresses: 'grouped',
  asMessageIds: 'ids',
  asDate: 'date',
  asURLs: 'urls',
}

/** Fields of RFC 5322 and RFC 2369 have the forms that fit them; all others have every form (RFC 8621 §4.1.2). */
const allowed = new Map<string, HeaderForm[]>()
for (const name of ['date', 'resent-date']) allowed.set(name, ['date'])
for (const name of ['from', 'sender', 'reply-to', 'to', 'cc', 'bcc']) {
  allowed.set(name, ['addresses', 'grouped'])
  allowed.set(`resent-${name}`, ['addresses', 'grouped'])
}
for (const name of ['message-id', 'in-reply-to', 'references', 'resent-message-id']) allowed.set(name, ['ids'])
for (const name of ['subject', 'comments', 'keywords', 'list-id']) allowed.set(name, ['text'])
for (const name of ['help', 'unsubscribe', 'subscribe', 'post', 'owner', 'archive'])
  allowed.set(`list-${name}`, ['urls'])
for (const name of ['return-path', 'received']) allowed.set(name, [])

/** 'header:List-Id:asText:all' taken apart; undefined when it is none, or the field has no such form. */
export function readHeaderProperty(property: string): HeaderProperty | undefined {
  if (property.length > 200 || !property.startsWith('header:')) return undefined
  const [, name, ...more] = property.split(':')
  if (!name || !/^[!-9;-~]+$/.test(name)) return undefined
  const all = more.at(-1) === 'all'
  if (all) more.pop()
  if (more.length > 1) return undefined
  const form = more.length === 0 ? 'raw' : Object.hasOwn(forms, more[0]!) ? forms[more[0]!] : undefined
  const key = name.toLowerCase()
  if (!form || (form !== 'raw' && allowed.get(key)?.includes(form) === false)) return undefined
  return { property, name: key, form, all }
}

/** The value of such a property of a block's fields: of the last field of the name, or of all. */
export function headerValue(fields: readonly Field[], { name, form, all }: HeaderProperty): unknown {
  const own = fields.filter((field) => field.name.toLowerCase() === name)
  if (all) return own.map((field) => valueOf(field, form))
  const last = own.at(-1)
  return last ? valueOf(last, form) : null
}

/** All fields as they stand, for the property `headers`. */
export function allHeaders(fields: readonly Field[]): { name: string; value: string }[] {
  return fields.map((field) => ({ name: field.name, value: rawValue(field) }))
}

function valueOf(field: Field, form: HeaderForm): unknown {
  switch (form) {
    case 'raw':
      return rawValue(field)
    case 'text':
      return decodeText(field.value).normalize('NFC').trim()
    case 'addresses':
      return emailAddresses(readAddresses(field.value))
    case 'grouped':
      return groupedAddresses(readAddresses(field.value))
    case 'ids':
      return messageIds(field.value.toString('latin1'))
    case 'date':
      return dateText(field.value.toString('latin1'))
    case 'urls':
      return urls(field.value.toString('latin1'))
  }
}

/** What follows the colon, folds and all, without the line end. Octets that are no UTF-8 become U+FFFD. */
function rawValue({ raw }: Field): string {
  return raw
    .subarray(raw.indexOf(0x3a) + 1)
    .toString('utf8')
    .replace(/\r?\n$/, '')
    .replaceAll('\0', '\ufffd')
}

export interface EmailAddress {
  name: string | null
  email: string
}

/** Without groups, their members among the others (RFC 8621 §4.1.2.3). */
export function emailAddresses(addresses: readonly Address[]): EmailAddress[] {
  return addresses.filter(({ group }) => group === undefined).map(toEmailAddress)
}

function toEmailAddress({ name, mailbox, host }: Address): EmailAddress {
  const text = name.normalize('NFC').trim()
  return { name: text === '' ? null : text, email: host === '' ? mailbox : `${mailbox}@${host}` }
}

/** RFC 8621 §4.1.2.4: addresses outside a group are in one without a name. */
export function groupedAddresses(addresses: readonly Address[]): { name: string | null; addresses: EmailAddress[] }[] {
  const groups: { name: string | null; addresses: EmailAddress[] }[] = []
  let current: { name: string | null; addresses: EmailAddress[] } | undefined
  for (const address of addresses) {
    if (address.group === 'start') groups.push((current = { name: address.name || address.mailbox, addresses: [] }))
    else if (address.group === 'end') current = undefined
    else {
      if (!current) groups.push((current = { name: null, addresses: [] }))
      current.addresses.push(toEmailAddress(address))
    }
  }
  return groups
}

/** Ids without their brackets; null when there is none. */
export function messageIds(text: string): string[] | null {
  const ids = readMessageIds(text).map(withoutBrackets)
  return ids.length > 0 ? ids : null
}

export function withoutBrackets(id: string): string {
  return id.replace(/^<|>$/g, '')
}

/** A Date (RFC 8620 §1.4) in the zone the field names; null when it is none. */
export function dateText(text: string, known: number | undefined = readDate(text)): string | null {
  if (known === undefined) return null
  const zone = /([+-])(\d\d)(\d\d)\s*(?:\([^()]*\)\s*)?$/.exec(text.slice(-80))
  const minutes = zone ? (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === '-' ? -1 : 1) : 0
  if (Math.abs(minutes) >= 24 * 60) return isoOf(known)
  const local = isoOf(known + minutes * 60_000)
  return local && minutes !== 0 ? `${local.slice(0, -1)}${zone![1]}${zone![2]}:${zone![3]}` : local
}

function isoOf(time: number): string | null {
  const text = Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : ''
  return /^\d{4}-/.test(text) ? text.replace(/\.\d+Z$/, 'Z') : null
}

/** RFC 2369 §2: URLs in brackets, comments between; null when there is none. */
function urls(text: string): string[] | null {
  const found = Array.from(text.matchAll(/<([^<>]*)>/g), ([, url]) => url!.replace(/\s+/g, ''))
  return found.length > 0 ? found : null
}
