// POST /api/contacts/import: a file of contacts (CSV, vCard) that was uploaded (JMAP's upload) goes into an address book.
//
// Without commit it tells what would be done: charset, columns and what they are taken for, the first rows, how many are
// there already. The person corrects, and sends the same with commit.
//
//   mode skip    who is there already stays as he is
//   mode update  who is there already gets what the file says
//   group        a group that refers to all of them afterwards; only where the house allows it (contacts.groups)
//
// Invariants: contacts that are there are never doubled; a file's groups come in only where the house allows it.

import { setImmediate } from 'node:timers/promises'
import * as z from 'zod/mini'
import type { Card } from '../../contacts/card.ts'
import { fields } from '../../contacts/columns.ts'
import { displayName } from '../../contacts/card.ts'
import { addressBook } from '../../directory/addressbooks.ts'
import { addContacts, contactsById, replaceContact } from '../../directory/cards.ts'
import { directoryLimits } from '../../directory/limits.ts'
import { objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { call } from '../call.ts'
import { planImport, readContactFile, updated, type Plan } from '../contactfile.ts'
import { tellBook } from '../contacttelling.ts'
import type { WebHouse } from '../house.ts'

const short = z.string().check(z.maxLength(100))

export const contactsImport = call({
  method: 'POST',
  path: '/api/contacts/import',
  summary: { en: 'Imports contacts, or shows what importing them would do.', zh: '匯入聯絡人,或預覽匯入的結果。' },
  who: 'person',
  rate: { count: 30, seconds: 60, per: 'account' },
  input: z.strictObject({
    blobId: short,
    book: short,
    charset: z.optional(short),
    mapping: z.optional(z.array(short).check(z.maxLength(300))),
    hasHeading: z.optional(z.boolean()),
    mode: z._default(z.enum(['skip', 'update']), 'skip'),
    group: z.optional(short),
    commit: z._default(z.boolean(), false),
  }),
  output: z.object({
    kind: z.enum(['csv', 'vcard']),
    charset: z.string(),
    separator: z.string(),
    source: z.string(),
    hasHeading: z.boolean(),
    columns: z.array(z.object({ heading: z.string(), field: z.string() })),
    fields: z.array(z.string()),
    rows: z.array(z.array(z.string())),
    names: z.array(z.string()),
    contacts: z.number(),
    empty: z.number(),
    groups: z.number(),
    twice: z.number(),
    cut: z.boolean(),
    added: z.number(),
    updated: z.number(),
    skipped: z.number(),
  }),

  async run({ house, by }, { book: bookId, mode, group, commit, ...asked }) {
    const { account: user } = by
    const { db } = house.store
    const number = objectNumber('K', bookId)
    if (number === undefined) throw new Trouble('no-such-address-book')
    const book = await addressBook(db, user, number)
    if (!book.rights.write) throw new Trouble('not-permitted')
    if (group !== undefined && !house.contacts.groupsOpen) throw new Trouble('policy')
    const file = await readContactFile(house, user, asked, house.contacts.groupsOpen)
    const plan = await planImport(house, book.id, file.cards)
    if (commit) {
      if (book.cards + plan.fresh.length > directoryLimits.contacts)
        throw new Trouble('too-many-contacts', { limit: directoryLimits.contacts })
      await keep(house, book.id, plan, mode)
      if (group !== undefined) await intoGroup(house, book.id, group, plan)
      await tellBook(house, user, book)
    }
    const width = Math.max(file.mapping.length, file.heading.length)
    return {
      kind: file.kind,
      charset: file.charset,
      separator: file.separator,
      source: file.source,
      hasHeading: file.hasHeading,
      columns: Array.from({ length: width }, (_, n) => ({
        heading: file.heading[n] ?? '',
        field: file.mapping[n] ?? '',
      })),
      fields: [...fields],
      rows: file.rows,
      names: file.cards.slice(0, 10).map(displayName),
      contacts: file.cards.length,
      empty: file.empty,
      groups: file.groups,
      twice: plan.twice,
      cut: file.isCut,
      added: plan.fresh.length,
      updated: mode === 'update' ? plan.known.length : 0,
      skipped: mode === 'update' ? 0 : plan.known.length,
    }
  },
})

const atOnce = 500

/** In pieces, each of which is kept or not: others have a turn between. */
async function keep(
  { store }: WebHouse,
  bookId: number,
  { fresh, known }: Plan,
  mode: 'skip' | 'update',
): Promise<void> {
  for (let from = 0; from < fresh.length; from += atOnce) {
    const cards = fresh.slice(from, from + atOnce).map((card) => ({ card }))
    await store.db.transaction((sql) => addContacts(sql, bookId, cards, store.clock()))
    await setImmediate()
  }
  if (mode !== 'update') return
  for (let from = 0; from < known.length; from += atOnce) {
    await store.db.transaction(async (sql) => {
      for (const { id, before, card } of known.slice(from, from + atOnce)) {
        await replaceContact(sql, id, { card: updated(before, card) }, store.clock())
      }
    })
    await setImmediate()
  }
}

/** Throws Trouble no-such-contact: a group of this book is wanted. */
async function intoGroup({ store }: WebHouse, bookId: number, id: string, { fresh, known }: Plan): Promise<void> {
  const number = objectNumber('C', id)
  await store.db.transaction(async (sql) => {
    const [group] = number === undefined ? [] : await contactsById(sql, [number])
    if (group?.kind !== 'group' || group.bookId !== bookId) throw new Trouble('no-such-contact')
    const uids = [...fresh.map((card) => card.uid), ...known.map(({ before }) => before.uid)]
    const members = { ...group.card.members, ...Object.fromEntries(uids.map((uid) => [uid, true])) }
    const card: Card = { ...group.card, members }
    await replaceContact(sql, group.id, { card }, store.clock())
  })
}
