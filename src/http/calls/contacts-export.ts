// GET /api/contacts/export: an address book as a file, CSV or vCard.
//
// Invariants:
//   only who may export a book does, and each export is in the history before the first byte is sent
//   groups are left out, and none is exported by itself, unless the house allows it (contacts.groups)
//   no cell of the CSV is computed by a spreadsheet that opens it

import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import * as z from 'zod/mini'
import { writeTable } from '../../contacts/csv.ts'
import { headingRow, rowOfCard } from '../../contacts/rows.ts'
import { writeVCard } from '../../contacts/tovcard.ts'
import { addressBook } from '../../directory/addressbooks.ts'
import { contactsById, contactsByUid, contactsOfBook, type Contact } from '../../directory/cards.ts'
import type { Database } from '../../sql/sql.ts'
import { objectNumber } from '../../store/objectids.ts'
import { writeEvents } from '../../tracking/events.ts'
import { Trouble } from '../../wire/troubles.ts'
import { call } from '../call.ts'

const short = z.string().check(z.maxLength(100))

export const contactsExport = call({
  method: 'GET',
  path: '/api/contacts/export',
  summary: { en: 'An address book as a file.', zh: '將通訊錄匯出成檔案。' },
  who: 'person',
  rate: { count: 20, seconds: 60, per: 'account' },
  input: z.strictObject({
    book: short,
    format: z._default(z.enum(['csv', 'vcf']), 'csv'),
    version: z._default(z.enum(['3.0', '4.0']), '3.0'),
    group: z.optional(short),
    language: z.optional(z.enum(['en', 'zh-Hant'])),
  }),

  async run({ house, by, peer, language: theirs, reply }, { book: bookId, format, version, group, language = theirs }) {
    const { db, clock } = house.store
    const { groupsOpen } = house.contacts
    const number = objectNumber('K', bookId)
    if (number === undefined) throw new Trouble('no-such-address-book')
    const book = await addressBook(db, by.account, number)
    if (!book.rights.export) throw new Trouble('not-permitted')
    if (group !== undefined && !groupsOpen) throw new Trouble('policy')
    const members = group === undefined ? undefined : await membersOf(db, book.id, group)
    await writeEvents(db, [
      {
        at: clock(),
        kind: 'contacts-exported',
        account: by.account.id,
        address: by.account.address,
        peer: peer.address,
        details: { book: book.id, name: book.name, owner: book.owner, contacts: members?.length ?? book.cards, format },
      },
    ])
    const write = (contacts: readonly Contact[]): string =>
      format === 'csv'
        ? writeTable(contacts.map(({ card }) => rowOfCard(card))).slice(1)
        : contacts
            .map(({ card, vcard }) => (vcard === undefined ? writeVCard(card, version) : `${vcard.trimEnd()}\r\n`))
            .join('')

    async function* file(): AsyncGenerator<string, void, void> {
      if (format === 'csv') yield writeTable([headingRow(language === 'en' ? 'en' : 'zh')])
      if (members) return yield* [write(members)]
      for (let after = 0; ;) {
        const contacts = await contactsOfBook(db, book.id, after, atOnce)
        yield write(contacts.filter(({ kind }) => groupsOpen || kind !== 'group'))
        if (contacts.length < atOnce) return
        after = contacts.at(-1)!.id
        await setImmediate()
      }
    }
    const name = encodeURIComponent(`${book.name}.${format}`).replace(
      /['()*]/g,
      (what) => `%${what.charCodeAt(0).toString(16)}`,
    )
    return reply
      .header('content-disposition', `attachment; filename="contacts.${format}"; filename*=UTF-8''${name}`)
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'text/vcard; charset=utf-8')
      .send(Readable.from(file(), { objectMode: false }))
  },
})

const atOnce = 200

/** Throws Trouble no-such-contact: a group of this book is wanted. */
async function membersOf(db: Database, bookId: number, id: string): Promise<Contact[]> {
  const number = objectNumber('C', id)
  const [group] = number === undefined ? [] : await contactsById(db, [number])
  if (group?.kind !== 'group' || group.bookId !== bookId) throw new Trouble('no-such-contact')
  const uids = Object.keys(group.card.members ?? {}).flatMap((uid) => [
    uid,
    uid.replace(/^urn:uuid:/i, ''),
    `urn:uuid:${uid}`,
  ])
  return contactsByUid(db, [bookId], [...new Set(uids)])
}
