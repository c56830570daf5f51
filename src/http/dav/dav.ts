// CardDAV: address books for telephones and mail programs.                  RFC 6352, RFC 4918, RFC 6578, RFC 5689, RFC 6764
//
// Invariants:
//   who asks sends his password (or a token) with each request; cookies do not count here
//   what a client put is what it gets back, byte for byte, until somebody changes the contact elsewhere; its ETag is strong
//   answers of thousands of cards are written piece by piece, as the client takes them

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { contactLimits } from '../../contacts/limits.ts'
import type { Account } from '../../directory/accounts.ts'
import { Trouble } from '../../wire/troubles.ts'
import type { WebHouse } from '../house.ts'
import { HttpTrouble } from '../problems.ts'
import { mustBe } from '../who.ts'
import { DavRefusal, type DavAsked } from './asking.ts'
import { deleteCard, getCard, putCard } from './cardfiles.ts'
import { deleteBook, makeBook, patchBook } from './collections.ts'
import { readPlace } from './places.ts'
import { propfind } from './propfind.ts'
import { report } from './reports.ts'
import { BadXml, carddav, dav, readXml } from './xml.ts'

const capabilities = '1, 3, access-control, addressbook, extended-mkcol'
const methods = ['OPTIONS', 'GET', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'PROPPATCH', 'REPORT', 'MKCOL'] as const
const xmlLimits = { depth: 30, elements: 60_000 }
/** Bytes of a body: a card, or the names of all cards of a book. */
const bodyBytes = Math.max(4 << 20, contactLimits.cardBytes)

export async function mountDav(app: FastifyInstance, house: WebHouse): Promise<void> {
  for (const method of ['PROPFIND', 'PROPPATCH', 'REPORT', 'MKCOL']) app.addHttpMethod(method, { hasBody: true })
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytes }, (_request, body, done) =>
      done(null, body),
    )
    scope.setErrorHandler((error, _request, reply) => {
      const refusal = refusalOf(error)
      if (!refusal) throw error
      return reply.code(refusal.status).type('application/xml; charset=utf-8').send(refusal.document)
    })
    // RFC 6764 §5: whatever it is asked with.
    scope.route({
      method: [...methods],
      url: '/.well-known/carddav',
      exposeHeadRoute: false,
      handler: (_request, reply) => reply.redirect('/dav/', 301),
    })
    const known = new WeakMap<FastifyRequest, Account>()
    for (const url of ['/dav', '/dav/', '/dav/*']) {
      scope.route({
        method: [...methods],
        url,
        bodyLimit: bodyBytes,
        exposeHeadRoute: false,
        // Before the body is read: what a stranger sends is not kept.
        onRequest: async (request) => {
          if (request.method !== 'OPTIONS') known.set(request, await whoAsks(house, request))
        },
        handler: async (request, reply) => {
          reply.header('dav', capabilities).header('cache-control', 'private, no-cache')
          const user = known.get(request)
          if (!user) return reply.code(200).header('allow', methods.join(', ')).send()
          const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
          return answer({ house, user, place: readPlace(request.url, user), request, reply, body })
        },
      })
    }
  })
}

async function whoAsks(house: WebHouse, request: FastifyRequest): Promise<Account> {
  const challenge = { 'www-authenticate': 'Basic realm="Postern", charset="UTF-8"' }
  if (request.headers.authorization === undefined) throw new HttpTrouble('not-signed-in', {}, challenge)
  try {
    return (await mustBe(house, request, { basic: true })).account
  } catch (error) {
    // To a client of DAV a wrong password is 401: it asks its user for another.
    if (error instanceof Trouble && error.code === 'wrong-password')
      throw new HttpTrouble('not-signed-in', {}, challenge)
    throw error
  }
}

function refusalOf(error: unknown): DavRefusal | undefined {
  if (error instanceof DavRefusal) return error
  if (error instanceof BadXml) return new DavRefusal(400, dav, 'valid-xml')
  if (!(error instanceof Trouble)) return undefined
  if (error.code === 'too-many-contacts') return new DavRefusal(507, dav, 'quota-not-exceeded')
  if (error.code === 'not-permitted') return new DavRefusal(403, dav, 'need-privileges')
  return error.code === 'too-large' ? new DavRefusal(403, carddav, 'max-resource-size') : undefined
}

async function answer(asked: DavAsked): Promise<FastifyReply> {
  const { place, request } = asked
  switch (request.method) {
    case 'PROPFIND':
      return propfind(asked, await readXml(asked.body, xmlLimits))
    case 'REPORT':
      return report(asked, await readXml(asked.body, xmlLimits))
    case 'PROPPATCH':
      return patchBook(asked, await readXml(asked.body, xmlLimits))
    case 'MKCOL':
      return makeBook(asked, await readXml(asked.body, xmlLimits))
    case 'PUT':
      return putCard(asked)
    case 'DELETE':
      return place.is === 'card' ? deleteCard(asked) : deleteBook(asked)
    default:
      return getCard(asked)
  }
}
