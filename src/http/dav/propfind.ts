// PROPFIND: what is at a place, and right below it.                              RFC 4918 §9.1

import type { FastifyReply } from 'fastify'
import { contactsByPath, listOfBook } from '../../directory/cards.ts'
import { HttpTrouble } from '../problems.ts'
import { bookAt, DavRefusal, depthOf, multistatus, type Body, type DavAsked } from './asking.ts'
import { bookPath, booksAtHome, davRoot, homePath, principalPath } from './places.ts'
import { ofBook, ofCard, ofCollection, ofHome, ofPrincipal, response, type Wanted } from './properties.ts'
import { child, dav, type Element } from './xml.ts'

/** Throws DavRefusal for a body that asks for nothing. */
export function readWanted(root: Element | undefined): Wanted {
  if (!root) return { is: 'all' } // RFC 4918 §9.1: no body is allprop
  if (child(root, dav, 'allprop')) return { is: 'all' }
  if (child(root, dav, 'propname')) return { is: 'names' }
  const prop = child(root, dav, 'prop')
  if (!prop) throw new DavRefusal(400, dav, 'valid-xml')
  return { is: 'some', names: [...new Set(prop.children.map(({ space, name }) => `${space} ${name}`))] }
}

export async function propfind(asked: DavAsked, body: Body): Promise<FastifyReply> {
  if (body && (body.space !== dav || body.name !== 'propfind')) throw new DavRefusal(400, dav, 'valid-xml')
  const wanted = readWanted(body)
  const depth = depthOf(asked.request, 0)
  return multistatus(asked, await responses(asked, wanted, depth))
}

async function responses(asked: DavAsked, wanted: Wanted, depth: 0 | 1): Promise<Iterable<string>> {
  const { house, user, place } = asked
  const { db } = house.store
  const own = {
    principal: response(principalPath(user), ofPrincipal(user), wanted),
    home: response(homePath(user), ofHome(user), wanted),
  }
  const folder = (path: string, ...inside: string[]): string[] => [
    response(path, ofCollection(user, 'Postern'), wanted),
    ...(depth === 1 ? inside : []),
  ]
  switch (place.is) {
    case 'root':
      return folder(davRoot, own.principal, own.home)
    case 'principals':
      return folder(`${davRoot}principals/`, own.principal)
    case 'homes':
      return folder(`${davRoot}addressbooks/`, own.home)
    case 'principal':
      return [own.principal]
    case 'home': {
      const books = depth === 1 ? await booksAtHome(db, user) : []
      return [own.home, ...books.map((book) => response(bookPath(user, book), ofBook(user, book), wanted))]
    }
    case 'book': {
      const book = await bookAt(asked, place.name)
      const path = bookPath(user, book)
      const cards = depth === 1 ? await listOfBook(db, book.id) : []
      return (function* () {
        yield response(path, ofBook(user, book), wanted)
        for (const card of cards) yield response(path + encodeURIComponent(card.path), ofCard(card), wanted)
      })()
    }
    case 'card': {
      const book = await bookAt(asked, place.book)
      const [card] = await contactsByPath(db, book.id, [place.name])
      if (!card) throw new HttpTrouble('no-such-page')
      return [response(bookPath(user, book) + encodeURIComponent(card.path), ofCard(card), wanted)]
    }
  }
}
