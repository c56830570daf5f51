import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import type { Card } from '../contacts/card.ts'
import type { Database } from '../sql/sql.ts'
import { createAccount } from './accounts.ts'
import {
  addressBook,
  addressBooksOf,
  bookSharers,
  changeAddressBook,
  createAddressBook,
  deleteAddressBook,
  grantBook,
  readableBooks,
} from './addressbooks.ts'
import {
  addContacts,
  contactChanges,
  contactLines,
  contactsById,
  contactsByUid,
  deleteContact,
  moveContact,
  replaceContact,
} from './cards.ts'
import { insertDomain } from './domains.ts'
import { migrations } from './migrations.ts'
import { listPerson, suggest } from './suggestions.ts'

const card = (uid: string, full: string, address = `${uid}@out.example`): Card => ({
  '@type': 'Card',
  version: '1.0',
  uid,
  name: { full },
  emails: { 1: { address } },
})

async function people(
  db: Database,
): Promise<{ wang: { id: number; admin: boolean }; li: { id: number; admin: boolean } }> {
  await db.transaction((sql) => insertDomain(sql, { name: 'uni.example' }))
  const none = async (): Promise<void> => undefined
  const wang = await createAccount(db, { address: 'wang@uni.example', name: '王大明' }, none)
  const li = await createAccount(db, { address: 'li@uni.example', name: 'Li Si' }, none)
  return { wang, li }
}
const add = (db: Database, book: number, cards: Card[]): Promise<number[]> =>
  db.transaction((sql) =>
    addContacts(
      sql,
      book,
      cards.map((one) => ({ card: one })),
      1,
    ),
  )
const trouble = (code: string) => ({ code })

eachEngine('the first look makes a book, and nobody else sees it', migrations, async (_t, db) => {
  const { wang, li } = await people(db)
  const [book, ...more] = await addressBooksOf(db, wang, wang.id)
  deepEqual(more, [])
  ok(book?.isDefault && book.rights.admin)
  deepEqual(await addressBooksOf(db, li, wang.id), [])
  await rejects(addressBook(db, li, book.id), trouble('no-such-address-book'))
  await rejects(changeAddressBook(db, li, book.id, { name: 'mine' }), trouble('no-such-address-book'))
})

eachEngine('a book is shared with rights, and taken back', migrations, async (_t, db) => {
  const { wang, li } = await people(db)
  const id = await createAddressBook(db, wang.id, { name: '系辦' })
  await grantBook(db, wang, id, { account: li.id, rights: { read: true, write: false, export: false, admin: false } })
  const [book] = await addressBooksOf(db, li, wang.id)
  deepEqual(book?.rights, { read: true, write: false, export: false, admin: false })
  deepEqual(await bookSharers(db, li), [wang.id])
  await rejects(changeAddressBook(db, li, id, { name: 'mine' }), trouble('not-permitted'))
  await rejects(deleteAddressBook(db, li, id, false), trouble('not-permitted'))
  await rejects(
    grantBook(db, li, id, { account: li.id, rights: { read: true, write: true, export: true, admin: true } }),
    trouble('not-permitted'),
  )
  await changeAddressBook(db, li, id, { isSubscribed: false })
  equal((await addressBook(db, li, id)).isSubscribed, false)
  equal((await addressBook(db, wang, id)).isSubscribed, true)
  await grantBook(db, wang, id, { account: 0, rights: { read: true, write: true, export: true, admin: false } })
  deepEqual((await addressBook(db, li, id)).rights, { read: true, write: true, export: true, admin: false })
  const none = { read: false, write: false, export: false, admin: false }
  await grantBook(db, wang, id, { account: 0, rights: none })
  await grantBook(db, wang, id, { account: li.id, rights: none })
  await rejects(addressBook(db, li, id), trouble('no-such-address-book'))
})

eachEngine('the house has books: administrators keep them, others see what is granted', migrations, async (_t, db) => {
  const { wang, li } = await people(db)
  const admin = { ...wang, admin: true }
  const id = await createAddressBook(db, 0, { name: '公用通訊錄' })
  equal((await addressBooksOf(db, admin, wang.id)).length, 2)
  equal((await addressBooksOf(db, li, li.id)).length, 1)
  await grantBook(db, admin, id, { account: 0, rights: { read: true, write: false, export: false, admin: false } })
  const [own, shared] = await addressBooksOf(db, li, li.id)
  equal(own?.isDefault, true)
  deepEqual(shared?.rights, { read: true, write: false, export: false, admin: false })
  equal(shared?.owner, 0)
})

eachEngine('every change has its number, and what changed is told once', migrations, async (_t, db) => {
  const { wang } = await people(db)
  const book = (await addressBooksOf(db, wang, wang.id))[0]!
  const other = await createAddressBook(db, wang.id, { name: 'other' })
  const ids = await add(db, book.id, [card('a', 'A'), card('b', 'B'), card('c', 'C')])
  const all = await contactChanges(db, [book.id], 0, 100)
  deepEqual(
    all.changed.map(({ id, isNew }) => [id, isNew]),
    ids.map((id) => [id, true]),
  )
  const first = await contactChanges(db, [book.id], 0, 2)
  equal(first.hasMore, true)
  const rest = await contactChanges(db, [book.id], first.upTo, 2)
  deepEqual(
    rest.changed.map(({ id }) => id),
    [ids[2]],
  )

  await db.transaction((sql) => replaceContact(sql, ids[0]!, { card: card('a', 'AA') }, 2000))
  await db.transaction((sql) => deleteContact(sql, ids[1]!))
  await db.transaction((sql) => moveContact(sql, ids[2]!, other))
  const here = await contactChanges(db, [book.id], all.upTo, 100)
  deepEqual(
    here.changed.map(({ id, isNew }) => [id, isNew]),
    [[ids[0], false]],
  )
  deepEqual(
    here.gone.map(({ id }) => id),
    [ids[1], ids[2]],
  )
  const both = await contactChanges(db, [book.id, other], all.upTo, 100)
  deepEqual(
    both.gone.map(({ id }) => id),
    [ids[1]],
  )
  deepEqual(
    both.changed.map(({ id }) => id),
    [ids[0], ids[2]],
  )
  equal((await addressBook(db, wang, book.id)).cards, 1)
  equal((await contactsById(db, [ids[0]!]))[0]?.card.name?.full, 'AA')
  await rejects(deleteAddressBook(db, wang, book.id, true), trouble('in-use'))
  await deleteAddressBook(db, wang, book.id, false)
  deepEqual(await contactsById(db, [ids[0]!]), [])
})

eachEngine('a uid stands once in a book, and all contacts come or none', migrations, async (_t, db) => {
  const { wang } = await people(db)
  const book = (await addressBooksOf(db, wang, wang.id))[0]!
  await add(db, book.id, [card('a', 'A')])
  const again = add(db, book.id, [card('b', 'B'), card('a', 'A')])
  await rejects(again, trouble('already-exists'))
  deepEqual(await contactsByUid(db, [book.id], ['b']), [])
  equal((await addressBook(db, wang, book.id)).cards, 1)
  const seen: string[] = []
  for await (const lines of contactLines(db, [book.id], true)) for (const line of lines) seen.push(line.card!.uid)
  deepEqual(seen, ['a'])
})

eachEngine(
  'suggestions: one Chinese character, a beginning, an inside, and nobody who is not listed',
  migrations,
  async (_t, db) => {
    const { wang, li } = await people(db)
    const mine = (await addressBooksOf(db, li, li.id))[0]!
    const theirs = (await addressBooksOf(db, wang, wang.id))[0]!
    const contacts = [
      card('a', '林美麗', 'mei@out.example'),
      card('b', 'Amélie 100%', 'amelie@out.example'),
      card('c', 'Bob', 'x@mei.example'),
    ]
    await add(db, mine.id, contacts)
    await add(db, mine.id, [{ ...card('g', '美術組'), kind: 'group', emails: {} }])
    await add(db, theirs.id, [card('d', '林不見', 'hidden@out.example')])
    const cases: [string, string[]][] = [
      ['美', ['美術組', '林美麗']],
      ['林', ['林美麗']],
      ['mei', ['林美麗', 'Bob']],
      ['AMELIE', ['Amélie 100%']],
      ['amélie out', ['Amélie 100%']],
      ['%', ['Amélie 100%']],
      ['_', []],
      ['大明', ['王大明']],
      ['wang@', ['王大明']],
      ['', []],
    ]
    for (const [text, names] of cases) {
      const found = await suggest(db, li, text, { most: 10, visibility: 'domain' })
      deepEqual(
        found.map(({ name }) => name),
        names,
        text,
      )
    }
    deepEqual(await suggest(db, li, '大明', { most: 10, visibility: 'nobody' }), [])
    await listPerson(db, wang.id, false)
    deepEqual(await suggest(db, li, '大明', { most: 10, visibility: 'house' }), [])
    equal((await readableBooks(db, li)).length, 1)
  },
)

eachEngine('ten thousand contacts are searched within their index', migrations, async (_t, db) => {
  const { wang } = await people(db)
  const book = (await addressBooksOf(db, wang, wang.id))[0]!
  const many = Array.from({ length: 10_000 }, (_, n) => card(`u${n}`, `員工${n}`, `staff${n}@uni.example`))
  await add(db, book.id, many)
  const found = await suggest(db, wang, 'staff9999@', { most: 10, visibility: 'nobody' })
  deepEqual(
    found.map(({ email }) => email),
    ['staff9999@uni.example'],
  )
  equal((await suggest(db, wang, '員', { most: 10, visibility: 'nobody' })).length, 10)
})
