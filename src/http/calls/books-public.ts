// Address books of the house: an administrator makes them and says who may read, write, export and administer them.
//
//   GET  /api/contacts/books               the books one sees, with all rights (JMAP has no word for exporting)
//   POST /api/contacts/books               a new book of the house
//   PUT  /api/contacts/books/:id/grants    who may what with a book; whoever administers it may say so

import * as z from 'zod/mini'
import { accountByAddress } from '../../directory/accounts.ts'
import {
  createAddressBook,
  everybody,
  grantBook,
  house as houseItself,
  readableBooks,
} from '../../directory/addressbooks.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { writeEvents } from '../../tracking/events.ts'
import { Trouble } from '../../wire/troubles.ts'
import { call } from '../call.ts'
import { tellBook } from '../contacttelling.ts'

const rights = z.strictObject({ read: z.boolean(), write: z.boolean(), export: z.boolean(), admin: z.boolean() })

export const booksList = call({
  method: 'GET',
  path: '/api/contacts/books',
  summary: { en: 'The address books one sees, and what one may do with each.', zh: '看得到的通訊錄與各自的權限。' },
  who: 'person',
  rate: { count: 300, seconds: 60, per: 'account' },
  output: z.object({
    groupsOpen: z.boolean(),
    books: z.array(
      z.object({
        id: z.string(),
        account: z.string(), // of JMAP
        name: z.string(),
        kind: z.enum(['own', 'shared', 'public']),
        contacts: z.number(),
        rights,
      }),
    ),
  }),

  async run({ house, by }) {
    const books = await readableBooks(house.store.db, by.account)
    return {
      groupsOpen: house.contacts.groupsOpen,
      books: books.map(({ id, owner, name, cards, rights: may }) => ({
        id: objectId('K', id),
        account: objectId('A', owner === houseItself ? by.account.id : owner),
        name,
        kind: owner === by.account.id ? 'own' : owner === houseItself ? 'public' : 'shared',
        contacts: cards,
        rights: may,
      })),
    }
  },
})

export const bookPublicMake = call({
  method: 'POST',
  path: '/api/contacts/books',
  summary: {
    en: 'Makes a public address book; nobody sees it until it is granted.',
    zh: '建立公用通訊錄;授權之前無人可見。',
  },
  who: 'administrator',
  rate: { count: 60, seconds: 60, per: 'account' },
  input: z.strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(255)),
    description: z._default(z.string().check(z.maxLength(2000)), ''),
  }),
  output: z.object({ id: z.string() }),

  async run({ house, by, reply }, { name, description }) {
    const id = await createAddressBook(house.store.db, houseItself, { name, description })
    await tellBook(house, by.account, { owner: houseItself })
    reply.code(201)
    return { id: objectId('K', id) }
  },
})

export const bookGrant = call({
  method: 'PUT',
  path: '/api/contacts/books/:id/grants',
  summary: {
    en: 'Says what somebody, or everybody, may do with an address book.',
    zh: '設定某人或所有人對通訊錄的權限。',
  },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  input: z.strictObject({
    id: z.string().check(z.maxLength(20)),
    address: z.string().check(z.maxLength(320)), // 'everybody' or an address
    rights,
  }),

  async run({ house, by, peer }, { id, address, rights: may }) {
    const { db, clock } = house.store
    const number = objectNumber('K', id)
    if (number === undefined) throw new Trouble('no-such-address-book')
    const account = address === 'everybody' ? everybody : (await accountByAddress(db, address))?.id
    if (account === undefined) throw new Trouble('no-such-account', { address })
    await grantBook(db, by.account, number, { account, rights: may })
    await writeEvents(db, [
      {
        at: clock(),
        kind: 'contacts-granted',
        account: by.account.id,
        address,
        peer: peer.address,
        details: { book: number, ...may },
      },
    ])
  },
})
