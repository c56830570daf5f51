// REPORT: addressbook-query, addressbook-multiget, sync-collection.              RFC 6352 §8.6, §8.7; RFC 6578 §3

import { setImmediate } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { readCards } from '../../contacts/contentlines.ts'
import type { VCardVersion } from '../../contacts/tovcard.ts'
import type { AddressBook } from '../../directory/addressbooks.ts'
import { contactChanges, contactsById, contactsByPath, contactsOfBook, type Contact } from '../../directory/cards.ts'
import { decodeCharset } from '../../mime/charset.ts'
import { HttpTrouble } from '../problems.ts'
import { vcardOf } from './cardfiles.ts'
import { cardTest, UnknownCollation } from './cardfilter.ts'
import { bookAt, DavRefusal, multistatus, type Body, type DavAsked } from './asking.ts'
import { bookPath, readPlace } from './places.ts'
import { readWanted } from './propfind.ts'
import { ofCard, readSyncToken, response, responseOfStatus, syncToken, type Wanted } from './properties.ts'
import { carddav, child, childrenOf, dav, escapeXml, writeElement, type Element } from './xml.ts'

const atOnce = 200 // cards between two turns of others

interface Report {
  asked: DavAsked
  root: Element
  book: AddressBook
  path: string
  wanted: Wanted
  version: VCardVersion | undefined // of the address-data that is asked for; undefined: none is
}

export async function report(asked: DavAsked, root: Body): Promise<FastifyReply> {
  if (!root) throw new DavRefusal(400, dav, 'valid-xml')
  const { place, user } = asked
  const kind = `${root.space} ${root.name}`
  const run = reports[kind]
  if (!run || (place.is !== 'book' && place.is !== 'card')) throw new DavRefusal(403, dav, 'supported-report')
  const book = await bookAt(asked, place.is === 'book' ? place.name : place.book)
  const wanted = readWanted(root)
  const data = child(child(root, dav, 'prop'), carddav, 'address-data')
  const version = data && (data.attributes['version'] === '4.0' ? '4.0' : '3.0')
  return run({ asked, root, book, path: bookPath(user, book), wanted, version })
}

const reports: Record<string, ((report: Report) => Promise<FastifyReply>) | undefined> = {
  [`${carddav} addressbook-query`]: query,
  [`${carddav} addressbook-multiget`]: multiget,
  [`${dav} sync-collection`]: syncCollection,
}

function tell({ path, wanted, version }: Report, contact: Contact): string {
  const properties = ofCard(contact)
  if (version) properties.set(`${carddav} address-data`, escapeXml(vcardOf(contact, version)))
  return response(path + encodeURIComponent(contact.path), properties, wanted)
}

async function query(report: Report): Promise<FastifyReply> {
  const { asked, root, book } = report
  const { db } = asked.house.store
  const most = readLimit(root, carddav) ?? Infinity
  const test = testOf(root)
  return multistatus(
    asked,
    (async function* (): AsyncGenerator<string, void, void> {
      let count = 0
      for (let after = 0; ;) {
        const contacts = await contactsOfBook(db, book.id, after, atOnce)
        for (const contact of contacts) {
          const [lines = []] = readCards(vcardOf(contact, '3.0'), decodeCharset)
          if (!test(lines)) continue
          // RFC 6352 §8.6.1: there are more.
          if (++count > most) {
            yield responseOfStatus(report.path, '507 Insufficient Storage', tooMany)
            return
          }
          yield tell(report, contact)
        }
        if (contacts.length < atOnce) return
        after = contacts.at(-1)!.id
        await setImmediate()
      }
    })(),
  )
}
const tooMany = writeElement(dav, 'error', writeElement(dav, 'number-of-matches-within-limits'))

function testOf(root: Element): ReturnType<typeof cardTest> {
  try {
    return cardTest(child(root, carddav, 'filter'))
  } catch (error) {
    if (error instanceof UnknownCollation) throw new DavRefusal(403, carddav, 'supported-collation')
    throw error
  }
}

function readLimit(root: Element, space: string): number | undefined {
  const text = child(child(root, space, 'limit'), space, 'nresults')?.text.trim()
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined
}

async function multiget(report: Report): Promise<FastifyReply> {
  const { asked, root, book } = report
  const hrefs = [...new Set(childrenOf(root, dav, 'href').map(({ text }) => text.trim()))]
  return multistatus(
    asked,
    (async function* (): AsyncGenerator<string, void, void> {
      for (let from = 0; from < hrefs.length; from += atOnce) {
        const some = hrefs.slice(from, from + atOnce).map((href) => ({ href, name: cardName(report, href) }))
        const names = some.flatMap(({ name }) => (name === undefined ? [] : [name]))
        const found = new Map(
          (await contactsByPath(asked.house.store.db, book.id, names)).map((one) => [one.path, one]),
        )
        for (const { href, name } of some) {
          const contact = name === undefined ? undefined : found.get(name)
          yield contact ? tell(report, contact) : responseOfStatus(href, '404 Not Found')
        }
        await setImmediate()
      }
    })(),
  )
}

/** The card of this book that a href names: a path, or a whole URL of ours. */
function cardName({ asked, book, path }: Report, href: string): string | undefined {
  try {
    const place = readPlace(href.replace(/^https?:\/\/[^/]+/i, ''), asked.user)
    if (place.is !== 'card') return undefined
    const isHere = path.endsWith(`/${encodeURIComponent(place.book)}/`) || place.book === `~${book.id}`
    return isHere ? place.name : undefined
  } catch (error) {
    if (error instanceof HttpTrouble) return undefined
    throw error
  }
}

async function syncCollection(report: Report): Promise<FastifyReply> {
  const { asked, root, book } = report
  const { db } = asked.house.store
  const token = child(root, dav, 'sync-token')?.text.trim() ?? ''
  const since = token === '' ? 0 : readSyncToken(book, token)
  const isKnown = since !== undefined && since <= book.modseq && (since === 0 || since >= book.pruned)
  if (!isKnown) throw new DavRefusal(403, dav, 'valid-sync-token') // RFC 6578 §3.2
  const most = readLimit(root, dav) ?? Number.MAX_SAFE_INTEGER - 1
  const { changed, gone, upTo, hasMore } = await contactChanges(db, [book.id], since, most)
  return multistatus(
    asked,
    (async function* (): AsyncGenerator<string, void, void> {
      for (const { path, isNew } of gone)
        if (!isNew) yield responseOfStatus(report.path + encodeURIComponent(path), '404 Not Found')
      for (let from = 0; from < changed.length; from += atOnce) {
        const some = changed.slice(from, from + atOnce)
        if (report.version) {
          for (const contact of await contactsById(
            db,
            some.map(({ id }) => id),
          ))
            yield tell(report, contact)
        } else {
          for (const one of some) yield response(report.path + encodeURIComponent(one.path), ofCard(one), report.wanted)
        }
        await setImmediate()
      }
      if (hasMore) yield responseOfStatus(report.path, '507 Insufficient Storage', tooMany)
      yield writeElement(dav, 'sync-token', syncToken(book, upTo))
    })(),
  )
}
