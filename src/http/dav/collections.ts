// Address books are made, renamed and deleted.                                   RFC 5689, RFC 4918 §9.2, §9.6

import type { FastifyReply } from 'fastify'
import {
  changeAddressBook,
  createAddressBook,
  deleteAddressBook,
  type BookChanges,
} from '../../directory/addressbooks.ts'
import { Trouble } from '../../wire/troubles.ts'
import { HttpTrouble } from '../problems.ts'
import { bookAt, DavRefusal, multistatus, type Body, type DavAsked } from './asking.ts'
import { bookPath, findBook } from './places.ts'
import { tellBook } from '../contacttelling.ts'
import { carddav, child, childrenOf, dav, href, writeElement, type Element } from './xml.ts'

function propertiesIn(body: Element | undefined, verb: string): Element[] {
  return childrenOf(body, dav, verb).flatMap((one) => child(one, dav, 'prop')?.children ?? [])
}

/** Those that may be set. */
function readChanges(properties: readonly Element[]): BookChanges {
  const changes: BookChanges = {}
  for (const { space, name, text } of properties) {
    if (space === dav && name === 'displayname' && text.trim() !== '') changes.name = text.trim()
    if (space === carddav && name === 'addressbook-description') changes.description = text
  }
  return changes
}

function isSettable({ space, name }: Element): boolean {
  return (space === dav && name === 'displayname') || (space === carddav && name === 'addressbook-description')
}

export async function makeBook(asked: DavAsked, body: Body): Promise<FastifyReply> {
  const { house, user, place, reply } = asked
  const { db } = house.store
  if (place.is !== 'book' || place.name.startsWith('~') || place.name.length > 200) {
    throw new DavRefusal(403, carddav, 'addressbook-collection-location-ok')
  }
  if (await findBook(db, user, place.name))
    throw new HttpTrouble('no-such-method', {}, { allow: 'OPTIONS, PROPFIND, REPORT, DELETE' })
  const properties = propertiesIn(body, 'set')
  const type = properties.find(({ space, name }) => space === dav && name === 'resourcetype')
  // A plain collection is nothing we have; without a body a book is meant: what else could be made here.
  if (body && !child(type, carddav, 'addressbook')) throw new DavRefusal(403, dav, 'valid-resourcetype')
  const changes = readChanges(properties)
  try {
    await createAddressBook(db, user.id, { ...changes, name: changes.name ?? place.name, path: place.name })
  } catch (error) {
    if (error instanceof Trouble && error.code === 'in-use') throw new DavRefusal(507, dav, 'quota-not-exceeded')
    throw error
  }
  await tellBook(asked.house, user, { owner: user.id })
  return reply.code(201).send()
}

export async function deleteBook(asked: DavAsked): Promise<FastifyReply> {
  const { house, user, place, reply } = asked
  if (place.is !== 'book') throw new DavRefusal(403, dav, 'need-privileges')
  const book = await bookAt(asked, place.name)
  await deleteAddressBook(house.store.db, user, book.id, false)
  await tellBook(asked.house, asked.user, book)
  return reply.code(204).send()
}

/** All or nothing (RFC 4918 §9.2). */
export async function patchBook(asked: DavAsked, body: Body): Promise<FastifyReply> {
  const { house, user, place } = asked
  if (!body || body.space !== dav || body.name !== 'propertyupdate') throw new DavRefusal(400, dav, 'valid-xml')
  if (place.is !== 'book') throw new DavRefusal(403, dav, 'cannot-modify-protected-property')
  const book = await bookAt(asked, place.name)
  const set = propertiesIn(body, 'set')
  const all = [...set, ...propertiesIn(body, 'remove')]
  const isAllowed = book.rights.admin && all.every(isSettable)
  if (isAllowed) {
    const removed = propertiesIn(body, 'remove').some(({ name }) => name === 'addressbook-description')
    await changeAddressBook(house.store.db, user, book.id, { ...(removed && { description: '' }), ...readChanges(set) })
    await tellBook(asked.house, asked.user, book)
  }
  const status = (one: Element): string =>
    isAllowed ? '200 OK' : book.rights.admin && isSettable(one) ? '424 Failed Dependency' : '403 Forbidden'
  const parts = all.map((one) =>
    writeElement(
      dav,
      'propstat',
      `<D:prop>${writeElement(one.space, one.name)}</D:prop>${writeElement(dav, 'status', `HTTP/1.1 ${status(one)}`)}`,
    ),
  )
  return multistatus(asked, [writeElement(dav, 'response', href(bookPath(user, book)) + parts.join(''))])
}
