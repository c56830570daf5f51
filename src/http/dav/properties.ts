// What is said of each place: live properties.                RFC 4918 §15, RFC 5397, RFC 6352 §6.2, RFC 6578 §3, RFC 3744 §5

import type { Account } from '../../directory/accounts.ts'
import type { AddressBook } from '../../directory/addressbooks.ts'
import { contactLimits } from '../../contacts/limits.ts'
import { homePath, principalPath } from './places.ts'
import { calendarServer, carddav, dav, escapeXml, href, writeElement } from './xml.ts'

/** Namespace and name, one blank between. */
export type PropertyName = string
export type Properties = Map<PropertyName, string> // what is in the element

const name = (space: string, local: string): PropertyName => `${space} ${local}`
const element = (local: string, inside = ''): string => writeElement(dav, local, inside)
const privilege = (local: string): string => element('privilege', element(local))

function common(user: Account, types: string, displayName: string): Properties {
  return new Map([
    [name(dav, 'resourcetype'), types],
    [name(dav, 'displayname'), escapeXml(displayName)],
    [name(dav, 'current-user-principal'), href(principalPath(user))],
    [name(dav, 'principal-collection-set'), href('/dav/principals/')],
  ])
}

export function ofCollection(user: Account, displayName: string): Properties {
  return common(user, element('collection'), displayName)
}

export function ofHome(user: Account): Properties {
  return ofCollection(user, user.name || user.address)
    .set(name(dav, 'owner'), href(principalPath(user)))
    .set(name(dav, 'current-user-privilege-set'), ['read', 'bind', 'unbind'].map(privilege).join(''))
}

export function ofPrincipal(user: Account): Properties {
  return common(user, element('collection') + element('principal'), user.name || user.address)
    .set(name(dav, 'principal-URL'), href(principalPath(user)))
    .set(name(carddav, 'addressbook-home-set'), href(homePath(user)))
}

export function syncToken({ id }: Pick<AddressBook, 'id'>, upTo: number): string {
  return `urn:postern:contacts:${id}:${upTo}`
}

/** How far a client of a book is; undefined for a token that is none of this book. */
export function readSyncToken({ id }: Pick<AddressBook, 'id'>, token: string): number | undefined {
  const found = /^urn:postern:contacts:(\d{1,15}):(\d{1,15})$/.exec(token.trim())
  return found && Number(found[1]) === id ? Number(found[2]) : undefined
}

const reports = [
  element('report', element('sync-collection')),
  element('report', writeElement(carddav, 'addressbook-query')),
  element('report', writeElement(carddav, 'addressbook-multiget')),
]
const versions = ['3.0', '4.0'].map((version) =>
  writeElement(carddav, 'address-data-type', '', ` content-type="text/vcard" version="${version}"`),
)

export function ofBook(user: Account, book: AddressBook): Properties {
  const { rights, description } = book
  const may = [
    'read',
    ...(rights.write ? ['write-content', 'bind', 'unbind'] : []),
    ...(rights.admin ? ['write-properties'] : []),
  ]
  if (rights.write && rights.admin) may.push('write')
  return common(user, element('collection') + writeElement(carddav, 'addressbook'), book.name)
    .set(name(carddav, 'addressbook-description'), escapeXml(description))
    .set(name(carddav, 'supported-address-data'), versions.join(''))
    .set(name(carddav, 'max-resource-size'), String(contactLimits.cardBytes))
    .set(name(calendarServer, 'getctag'), `"${book.modseq}"`)
    .set(name(dav, 'sync-token'), syncToken(book, book.modseq))
    .set(name(dav, 'supported-report-set'), reports.map((one) => element('supported-report', one)).join(''))
    .set(name(dav, 'current-user-privilege-set'), may.map(privilege).join(''))
    .set(name(dav, 'owner'), book.owner === user.id ? href(principalPath(user)) : element('unauthenticated'))
}

export function etagOf({ id, modseq }: { id: number; modseq: number }): string {
  return `"${id}-${modseq}"`
}

export function ofCard(card: { id: number; modseq: number }): Properties {
  return new Map([
    [name(dav, 'resourcetype'), ''],
    [name(dav, 'getetag'), escapeXml(etagOf(card))],
    [name(dav, 'getcontenttype'), 'text/vcard; charset=utf-8'],
  ])
}

// -- what is asked for, and the answer

export type Wanted = { is: 'all' } | { is: 'names' } | { is: 'some'; names: PropertyName[] }

/** One response of a multistatus: properties that are there, and those that are not. RFC 4918 §14.24 */
export function response(path: string, properties: Properties, wanted: Wanted): string {
  const asked = wanted.is === 'some' ? wanted.names : [...properties.keys()]
  const write = (one: PropertyName, inside: string): string => {
    const blank = one.indexOf(' ')
    return writeElement(one.slice(0, blank), one.slice(blank + 1), inside)
  }
  const found = asked.filter((one) => properties.has(one))
  const missing = asked.filter((one) => !properties.has(one))
  const there = found.map((one) => write(one, wanted.is === 'names' ? '' : (properties.get(one) as string))).join('')
  const status = (code: string, inside: string): string =>
    element('propstat', `<D:prop>${inside}</D:prop>${element('status', `HTTP/1.1 ${code}`)}`)
  const parts = [found.length > 0 || missing.length === 0 ? status('200 OK', there) : '']
  if (missing.length > 0) parts.push(status('404 Not Found', missing.map((one) => write(one, '')).join('')))
  return element('response', href(path) + parts.join(''))
}

export function responseOfStatus(path: string, code: string, more = ''): string {
  return element('response', href(path) + element('status', `HTTP/1.1 ${code}`) + more)
}
