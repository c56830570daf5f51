// What every method of CardDAV has in hand, and how it refuses and answers.      RFC 4918 §13, §16

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Account } from '../../directory/accounts.ts'
import type { AddressBook } from '../../directory/addressbooks.ts'
import type { WebHouse } from '../house.ts'
import { HttpTrouble } from '../problems.ts'
import { findBook, type Place } from './places.ts'
import { type carddav, dav, errorDocument, namespaces, type Element } from './xml.ts'

/** A precondition that does not hold, said in XML. RFC 4918 §16 */
export class DavRefusal extends Error {
  status: number
  document: string

  constructor(status: number, space: typeof dav | typeof carddav, condition: string) {
    super(condition)
    this.status = status
    this.document = errorDocument(space, condition)
  }
}

export interface DavAsked {
  house: WebHouse
  user: Account
  place: Place
  request: FastifyRequest
  reply: FastifyReply
  body: Buffer
}

/** The book of a place. Throws HttpTrouble no-such-page. */
export async function bookAt({ house, user }: DavAsked, name: string): Promise<AddressBook> {
  const book = await findBook(house.store.db, user, name)
  if (!book) throw new HttpTrouble('no-such-page')
  return book
}

/** 207 with responses as they come. RFC 4918 §13 */
export function multistatus({ reply }: DavAsked, responses: AsyncIterable<string> | Iterable<string>): FastifyReply {
  async function* document(): AsyncGenerator<string, void, void> {
    yield `<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus${namespaces}>`
    let some = ''
    for await (const one of responses) {
      some += one
      if (some.length < 32_768) continue
      yield some
      some = ''
    }
    yield `${some}</D:multistatus>\n`
  }
  return reply
    .code(207)
    .type('application/xml; charset=utf-8')
    .send(Readable.from(document(), { objectMode: false }))
}

/** How deep a request looks: 0 or 1; what is deeper is refused (RFC 4918 §9.1). */
export function depthOf(request: FastifyRequest, otherwise: 0 | 1): 0 | 1 {
  const said = request.headers['depth']
  if (said === undefined) return otherwise
  if (said === '0') return 0
  if (said === '1') return 1
  throw new DavRefusal(403, dav, 'propfind-finite-depth')
}

export type Body = Element | undefined
