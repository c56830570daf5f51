// GET, PUT and DELETE of one card.                                               RFC 6352 §5.1, §6.3; RFC 9110 §13

import type { FastifyReply } from 'fastify'
import { readCard } from '../../contacts/card.ts'
import { readCards, type Line } from '../../contacts/contentlines.ts'
import { fromVCard } from '../../contacts/fromvcard.ts'
import { contactLimits } from '../../contacts/limits.ts'
import { writeVCard, type VCardVersion } from '../../contacts/tovcard.ts'
import {
  addContacts,
  contactsByPath,
  contactsByUid,
  deleteContact,
  replaceContact,
  type Contact,
} from '../../directory/cards.ts'
import { decodeCharset } from '../../mime/charset.ts'
import type { Reader } from '../../sql/sql.ts'
import { HttpTrouble } from '../problems.ts'
import { bookAt, DavRefusal, type DavAsked } from './asking.ts'
import { etagOf } from './properties.ts'
import { tellBook } from '../contacttelling.ts'
import { carddav, dav } from './xml.ts'

/** A card as a client gets it: as it was put, or made of what is known. */
export function vcardOf(contact: Contact, version: VCardVersion): string {
  return contact.vcard ?? writeVCard(contact.card, version)
}

export async function getCard(asked: DavAsked): Promise<FastifyReply> {
  const { house, place, request, reply } = asked
  if (place.is !== 'card')
    throw new HttpTrouble('no-such-method', {}, { allow: 'OPTIONS, PROPFIND, REPORT, MKCOL, DELETE' })
  const book = await bookAt(asked, place.book)
  const [card] = await contactsByPath(house.store.db, book.id, [place.name])
  if (!card) throw new HttpTrouble('no-such-page')
  const etag = etagOf(card)
  reply.header('etag', etag).header('last-modified', new Date(card.updatedAt).toUTCString())
  const known = request.headers['if-none-match']
  if (known !== undefined && (known.trim() === '*' || hasTag(known, etag))) return reply.code(304).send()
  const version = /version\s*=\s*"?4\.0/i.test(request.headers.accept ?? '') ? '4.0' : '3.0'
  return reply
    .header('content-disposition', 'attachment; filename="contact.vcf"')
    .type('text/vcard; charset=utf-8')
    .send(Buffer.from(vcardOf(card, version)))
}

function hasTag(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}

/** If-Match and If-None-Match of a change. RFC 9110 §13.1.1, §13.1.2 */
function checkTags({ request }: DavAsked, card: Contact | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers
  const isThere = (header: string): boolean =>
    card !== undefined && (header.trim() === '*' || hasTag(header, etagOf(card)))
  if ((match !== undefined && !isThere(match)) || (noneMatch !== undefined && isThere(noneMatch))) {
    throw new DavRefusal(412, dav, 'lock-token-submitted')
  }
}

export async function putCard(asked: DavAsked): Promise<FastifyReply> {
  const { house, place, body, reply } = asked
  if (place.is !== 'card') throw new HttpTrouble('no-such-method', {}, { allow: 'OPTIONS, PROPFIND, REPORT' })
  const book = await bookAt(asked, place.book)
  if (!book.rights.write) throw new DavRefusal(403, dav, 'need-privileges')
  if (place.name.length > 200) throw new DavRefusal(403, carddav, 'valid-address-data')
  const { text, lines } = readOne(body)
  const card = readCard(fromVCard(lines, () => ''))
  const { clock, db } = house.store
  const [now, isNew] = await db.transaction(async (sql): Promise<[Contact, boolean]> => {
    const before = await findCard(sql, book.id, place.name)
    checkTags(asked, before)
    const [twin] = await contactsByUid(sql, [book.id], [card.uid])
    if (twin && twin.id !== before?.id) throw new DavRefusal(409, carddav, 'no-uid-conflict')
    if (before) await replaceContact(sql, before.id, { card, vcard: text }, clock())
    else await addContacts(sql, book.id, [{ card, vcard: text, path: place.name }], clock())
    return [(await findCard(sql, book.id, place.name)) as Contact, before === undefined]
  })
  await tellBook(asked.house, asked.user, book)
  return reply
    .code(isNew ? 201 : 204)
    .header('etag', etagOf(now))
    .send()
}

async function findCard(sql: Reader, bookId: number, path: string): Promise<Contact | undefined> {
  return (await contactsByPath(sql, bookId, [path]))[0]
}

/** One vCard of a version that is taken here, with a UID. Throws DavRefusal. RFC 6352 §5.1, §6.3.2.1 */
function readOne(body: Buffer): { text: string; lines: Line[] } {
  if (body.length > contactLimits.cardBytes) throw new DavRefusal(403, carddav, 'max-resource-size')
  const bad = new DavRefusal(403, carddav, 'valid-address-data')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw bad
  }
  const cards = readCards(text, decodeCharset)
  const [lines] = cards
  if (!lines || cards.length > 1 || text.includes('\0')) throw bad
  const version = lines.find(({ name }) => name === 'VERSION')?.value.trim()
  if (version !== '3.0' && version !== '4.0') throw new DavRefusal(403, carddav, 'supported-address-data')
  if (fromVCard(lines, () => '').uid === '') throw bad
  return { text, lines }
}

export async function deleteCard(asked: DavAsked): Promise<FastifyReply> {
  const { house, place, reply } = asked
  if (place.is !== 'card') throw new HttpTrouble('no-such-page')
  const book = await bookAt(asked, place.book)
  if (!book.rights.write) throw new DavRefusal(403, dav, 'need-privileges')
  await house.store.db.transaction(async (sql) => {
    const card = await findCard(sql, book.id, place.name)
    if (!card) throw new HttpTrouble('no-such-page')
    checkTags(asked, card)
    await deleteContact(sql, card.id)
  })
  await tellBook(asked.house, asked.user, book)
  return reply.code(204).send()
}
