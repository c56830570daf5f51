import { deepEqual, equal, match } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { client, type Answer, type Client } from '../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { accountByAddress } from '../directory/accounts.ts'
import { addressBooksOf } from '../directory/addressbooks.ts'
import { contactsOfBook } from '../directory/cards.ts'
import { findEvents } from '../tracking/events.ts'

let world: WorldHouse
let https: Client
let headers: Record<string, string>
let book = ''
let bookId = 0
let account = ''
before(async () => {
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'li@uni.example'],
    web: { folder: '/nowhere' },
  })
  https = client(world, 'https')
  headers = { ...(await https.signIn({ name: 'wang@uni.example', password })).headers, origin: https.origin }
  const wang = await accountByAddress(world.db, 'wang@uni.example')
  await world.db.run(`update account set name = '王大明' where id = $1`, [wang!.id])
  const [own] = await addressBooksOf(world.db, wang!, wang!.id)
  bookId = own!.id
  book = `K${bookId}`
  account = `A${wang!.id}`
})
after(() => world.close())

async function upload(text: string | Buffer): Promise<string> {
  const answer = await https.ask('POST', `/jmap/upload/${account}/`, {
    body: text,
    headers: { ...headers, 'content-type': 'text/csv' },
  })
  return answer.json.blobId
}
const bring = (json: object): Promise<Answer> =>
  https.ask('POST', '/api/contacts/import', { json: { book, ...json }, headers })

test('a file is looked at first, its columns set right, and then kept without doubles', async () => {
  const blobId = await upload(
    '姓名,電子郵件,代碼,電話\r\n林美麗,mei@out.example,=x,03-5\r\n陳五,chen@out.example,b,\r\n陳五,chen@out.example,b,\r\n,,,\r\n,,z,\r\n',
  )
  const { json: seen, status } = await bring({ blobId })
  equal(status, 200)
  deepEqual([seen.kind, seen.charset, seen.separator, seen.source], ['csv', 'utf-8', ',', 'mail2000'])
  deepEqual(
    seen.columns.map((one: { field: string }) => one.field),
    ['full', 'email', '', 'phone'],
  )
  deepEqual([seen.contacts, seen.added, seen.twice, seen.empty, seen.skipped], [3, 2, 1, 1, 0])
  equal((await contactsOfBook(world.db, bookId)).length, 0)

  const mapping = ['full', 'email', 'note', 'phone']
  const { json: kept } = await bring({ blobId, mapping, commit: true })
  deepEqual([kept.added, kept.skipped], [2, 0])
  const contacts = await contactsOfBook(world.db, bookId)
  deepEqual(
    contacts.map(({ name }) => name),
    ['林美麗', '陳五'],
  )
  deepEqual(contacts[0]?.card.notes, { 1: { note: '=x' } })
  deepEqual((await bring({ blobId, mapping, commit: true })).json.skipped, 2)

  const second = await upload('姓名,電子郵件,手機\n林小麗,MEI@out.example,0912\n')
  const { json: changed } = await bring({ blobId: second, mode: 'update', commit: true })
  deepEqual([changed.added, changed.updated], [0, 1])
  const [mei] = await contactsOfBook(world.db, bookId)
  equal(mei?.name, '林小麗')
  equal(Object.keys(mei?.card.phones ?? {}).length, 2)
})

test('vCards come in, and groups only where the house lets them', async () => {
  const card = (uid: string, ...more: string[]): string =>
    ['BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${uid}`, ...more, 'END:VCARD', ''].join('\r\n')
  const blobId = await upload(
    card('v1') + card('g', 'X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:v1'),
  )
  const { json } = await bring({ blobId, commit: true })
  deepEqual([json.kind, json.added, json.groups], ['vcard', 1, 1])
  equal((await bring({ blobId, group: 'C1' })).status, 403)
  equal((await https.ask('GET', `/api/contacts/export?book=${book}&group=C1`, { headers })).status, 403)
})

test('what is wrong is said', async () => {
  const blobId = await upload('a,b')
  const cases: [object, number][] = [
    [{ blobId: 'U999' }, 404],
    [{ blobId, book: 'K999' }, 404],
    [{ blobId, book: 'nothing' }, 404],
    [{ blobId, charset: 'nothing' }, 422],
    [{ blobId, mapping: ['nothing'] }, 422],
    [{ blobId, mode: 'destroy' }, 422],
  ]
  for (const [sent, status] of cases) equal((await bring(sent)).status, status, JSON.stringify(sent))
})

test('an export is a file without formulas, and is in the history', async () => {
  const csv = await https.ask('GET', `/api/contacts/export?book=${book}`, {
    headers: { ...headers, 'accept-language': 'zh-Hant' },
  })
  equal(csv.status, 200)
  match(String(csv.headers['content-disposition']), /^attachment; filename="contacts.csv"; filename\*=UTF-8''%E9/)
  equal(csv.text[0], '\ufeff')
  match(csv.text, /^.姓名,姓,名,/)
  match(csv.text, /"'=x"/)
  const vcf = await https.ask('GET', `/api/contacts/export?book=${book}&format=vcf&version=4.0`, { headers })
  equal(vcf.text.match(/^BEGIN:VCARD/gm)?.length, 3)
  const events = await findEvents(world.db, { kind: 'contacts-exported' })
  deepEqual(
    events.map(({ address, details }) => [address, details['format']]),
    [
      ['wang@uni.example', 'csv'],
      ['wang@uni.example', 'vcf'],
    ],
  )
})

test('a public book: who may read it may not export it', async () => {
  await world.db.run(`update account set admin = 1 where address = 'wang@uni.example'`)
  const admin = { ...(await https.signIn({ name: 'wang@uni.example', password })).headers, origin: https.origin }
  const li = { ...(await https.signIn({ name: 'li@uni.example', password })).headers, origin: https.origin }
  equal((await https.ask('POST', '/api/contacts/books', { json: { name: '公用' }, headers: li })).status, 403)
  const made = await https.ask('POST', '/api/contacts/books', { json: { name: '公用' }, headers: admin })
  equal(made.status, 201)
  const { id } = made.json
  const rights = { read: true, write: false, export: false, admin: false }
  const books = async (): Promise<[string, string, boolean][]> =>
    (await https.ask('GET', '/api/contacts/books', { headers: li })).json.books.map(
      (one: { id: string; kind: string; rights: { export: boolean } }) => [one.id, one.kind, one.rights.export],
    )
  equal((await books()).length, 1)
  equal(
    (
      await https.ask('PUT', `/api/contacts/books/${id}/grants`, {
        json: { address: 'everybody', rights },
        headers: li,
      })
    ).status,
    404,
  )
  equal(
    (
      await https.ask('PUT', `/api/contacts/books/${id}/grants`, {
        json: { address: 'everybody', rights },
        headers: admin,
      })
    ).status,
    204,
  )
  deepEqual((await books())[1], [id, 'public', false])
  equal((await https.ask('GET', `/api/contacts/export?book=${id}`, { headers: li })).status, 403)
  equal((await https.ask('GET', `/api/contacts/export?book=${id}`, { headers: admin })).status, 200)
})

test('people are found while one types', async () => {
  const find = async (text: string): Promise<string[]> =>
    (await https.ask('GET', `/api/people?text=${encodeURIComponent(text)}`, { headers })).json.people.map(
      (one: { email: string }) => one.email,
    )
  deepEqual(await find('小麗'), ['mei@out.example'])
  deepEqual(await find('大明'), ['wang@uni.example'])
  deepEqual(await find('li@uni'), ['li@uni.example'])
  deepEqual(await find('nobody at all'), [])
  equal((await https.ask('GET', '/api/people?text=a')).status, 401)
})

test('a group is told with everybody in it, once each', async () => {
  const addressBookIds = { [book]: true }
  const create = {
    a: { addressBookIds, uid: 'urn:uuid:in', name: { full: 'In' }, emails: { e: { address: 'in@out.example' } } },
    n: { addressBookIds, uid: 'none', name: { full: 'None' } },
    i: { addressBookIds, uid: 'inner', kind: 'group', name: { full: 'inner' }, members: { in: true, outer: true } },
    o: {
      addressBookIds,
      uid: 'outer',
      kind: 'group',
      name: { full: 'outer' },
      members: { 'urn:uuid:in': true, inner: true, none: true, gone: true, 'mailto:typed@out.example': true },
    },
  }
  const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:contacts']
  const set = await https.ask('POST', '/jmap/api', {
    headers,
    json: { using, methodCalls: [['ContactCard/set', { accountId: account, create }, '0']] },
  })
  const { id } = set.json.methodResponses[0][1].created.o
  const { json } = await https.ask('GET', `/api/contacts/groups/${id}`, { headers })
  deepEqual(json, {
    name: 'outer',
    members: [
      { name: 'In', email: 'in@out.example' },
      { name: '', email: 'typed@out.example' },
    ],
    without: ['None'],
    missing: 1,
    public: false,
  })
  const li = (await https.signIn({ name: 'li@uni.example', password })).headers
  equal((await https.ask('GET', `/api/contacts/groups/${id}`, { headers: li })).status, 404)
})
