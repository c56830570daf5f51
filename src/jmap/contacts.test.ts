import { deepEqual, equal, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { client, type Client } from '../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'

let world: WorldHouse
let https: Client
before(async () => {
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'li@uni.example'],
    web: { folder: '/nowhere' },
  })
  https = client(world, 'https')
})
after(() => world.close())

// eslint-disable-next-line typescript/no-explicit-any -- what is asserted is what is there
type Said = any

async function as(name: string): Promise<{ id: string; ask(...calls: [string, object][]): Promise<[string, Said][]> }> {
  const headers = { authorization: `Basic ${Buffer.from(`${name}@uni.example:${password}`).toString('base64')}` }
  const session = (await https.ask('GET', '/jmap/session', { headers })).json
  const id = session.primaryAccounts['urn:ietf:params:jmap:contacts']
  return {
    id,
    async ask(...calls) {
      const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:contacts']
      const methodCalls = calls.map(([method, args], n) => [method, { accountId: id, ...args }, String(n)])
      const { json } = await https.ask('POST', '/jmap/api', { headers, json: { using, methodCalls } })
      return json.methodResponses.map(([method, args]: [string, Said]) => [method, args])
    },
  }
}

test('contacts come, change, are found, and go', async () => {
  const wang = await as('wang')
  const [[, books]] = (await wang.ask(['AddressBook/get', {}])) as [[string, Said]]
  equal(books.list.length, 1)
  const [book] = books.list
  equal(book.isDefault, true)
  deepEqual(book.myRights, { mayRead: true, mayWrite: true, mayShare: true, mayDelete: true })

  const addressBookIds = { [book.id]: true }
  const [[, set], [, got], [, query]] = (await wang.ask(
    [
      'ContactCard/set',
      {
        create: {
          a: { addressBookIds, name: { full: '王二' }, emails: { e: { address: 'two@out.example' } } },
          b: { addressBookIds, name: { full: '丁一' }, phones: { p: { number: '03-571 5131' } } },
          c: { addressBookIds: { K999: true }, name: { full: 'nowhere' } },
          d: { addressBookIds, emails: { e: {} } },
          g: { addressBookIds, kind: 'group', name: { full: 'group' }, uid: 'g', members: { 'urn:uuid:x': true } },
        },
      },
    ],
    ['ContactCard/get', { ids: ['#a', '#b', 'C999999'] }],
    ['ContactCard/query', { filter: { operator: 'NOT', conditions: [{ kind: 'group' }] }, calculateTotal: true }],
  )) as [string, Said][] as [[string, Said], [string, Said], [string, Said]]
  deepEqual(Object.keys(set.created).toSorted(), ['a', 'b', 'g'])
  deepEqual(set.notCreated.c.properties, ['addressBookIds'])
  deepEqual(set.notCreated.d.properties, ['emails'])
  const [a, b] = got.list
  deepEqual(got.notFound, ['C999999'])
  equal(a.name.full, '王二')
  ok(a.uid.startsWith('urn:uuid:') && a.created && a.updated)
  deepEqual(query.ids, [b.id, a.id]) // by strokes
  equal(query.total, 2)

  const filters: [object, string[]][] = [
    [{ text: 'two@' }, [a.id]],
    [{ text: '王' }, [a.id]],
    [{ phone: '035715131' }, [b.id]],
    [{ email: 'nothing' }, []],
    [{ inAddressBook: book.id, name: '一' }, [b.id]],
    [{ hasMember: 'x' }, [set.created.g.id]],
    [{ uid: 'g' }, [set.created.g.id]],
    [{ createdBefore: '2001-01-01T00:00:00Z' }, []],
  ]
  const found = await wang.ask(...filters.map(([filter]): [string, object] => ['ContactCard/query', { filter }]))
  deepEqual(
    found.map(([, { ids }]) => ids),
    filters.map(([, ids]) => ids),
  )

  const [[, changed], [, changes], [, listChanges]] = (await wang.ask(
    [
      'ContactCard/set',
      {
        ifInState: set.newState,
        update: { [a.id]: { 'emails/e/address': 'new@out.example' }, [b.id]: { uid: 'another' } },
        destroy: [set.created.g.id],
      },
    ],
    ['ContactCard/changes', { sinceState: set.newState }],
    ['ContactCard/queryChanges', { sinceQueryState: query.queryState, filter: null }],
  )) as [[string, Said], [string, Said], [string, Said]]
  deepEqual(Object.keys(changed.updated), [a.id])
  deepEqual(changed.notUpdated[b.id].properties, ['uid'])
  deepEqual([changes.created, changes.updated, changes.destroyed], [[], [a.id], [set.created.g.id]])
  equal(changes.newState, changed.newState)
  deepEqual((listChanges.removed as string[]).toSorted(), [a.id as string, set.created.g.id as string].toSorted())
  deepEqual(listChanges.added, [{ id: a.id, index: 1 }])
  const [[name]] = (await wang.ask(['ContactCard/changes', { sinceState: 'nonsense' }])) as [[string, Said]]
  equal(name, 'error')
})

test('books are made, shared, and destroyed only with what is in them when that is said', async () => {
  const [wang, li] = await Promise.all([as('wang'), as('li')])
  const [[, made]] = (await wang.ask(['AddressBook/set', { create: { x: { name: '系辦' } } }])) as [[string, Said]]
  const book = made.created.x.id
  const [[, set]] = (await wang.ask([
    'ContactCard/set',
    { create: { a: { addressBookIds: { [book]: true }, name: { full: 'shared' } } } },
  ])) as [[string, Said]]
  const card = set.created.a.id
  equal((await li.ask(['AddressBook/get', { accountId: wang.id }]))[0]?.[1].type, 'accountNotFound')
  deepEqual((await li.ask(['ContactCard/get', { ids: [card] }]))[0]?.[1].notFound, [card])
  await wang.ask(['AddressBook/set', { update: { [book]: { [`shareWith/${li.id}`]: { mayRead: true } } } }])
  const [[, seen], [, cards], [, refused], [, deleted]] = (await li.ask(
    ['AddressBook/get', { accountId: wang.id }],
    ['ContactCard/get', { accountId: wang.id, ids: null }],
    ['ContactCard/set', { accountId: wang.id, update: { [card]: { 'name/full': 'mine' } }, destroy: [card] }],
    ['AddressBook/set', { accountId: wang.id, destroy: [book], onDestroyRemoveContents: true }],
  )) as [[string, Said], [string, Said], [string, Said], [string, Said]]
  deepEqual(
    seen.list.map((one: Said) => [one.id, one.myRights.mayWrite]),
    [[book, false]],
  )
  deepEqual(
    cards.list.map((one: Said) => one.name.full),
    ['shared'],
  )
  // One that goes is not changed before.
  equal(refused.notUpdated[card].type, 'willDestroy')
  equal(refused.notDestroyed[card].type, 'forbidden')
  equal(deleted.notDestroyed[book].type, 'forbidden')

  const own = (await li.ask(['AddressBook/get', {}]))[0]?.[1].list[0].id
  const copy = { fromAccountId: wang.id, create: { k: { id: card, addressBookIds: { [own]: true } } } }
  const [[, copied], [, twice]] = (await li.ask(['ContactCard/copy', copy], ['ContactCard/copy', copy])) as [
    [string, Said],
    [string, Said],
  ]
  ok(copied.created.k.id)
  deepEqual(twice.notCreated.k.properties, ['uid'])

  const [[, full], [, gone]] = (await wang.ask(
    ['AddressBook/set', { destroy: [book] }],
    ['AddressBook/set', { destroy: [book], onDestroyRemoveContents: true }],
  )) as [[string, Said], [string, Said]]
  equal(full.notDestroyed[book].type, 'addressBookHasContents')
  deepEqual(gone.destroyed, [book])
  equal((await li.ask(['AddressBook/get', { accountId: wang.id }]))[0]?.[1].type, 'accountNotFound')
})
