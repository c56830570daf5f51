// Mailboxes shared by JMAP, and the people they are shared with.

import { deepEqual, equal } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSharedMailbox, giveDelegation } from '../people/delegations.ts'
import { rightsOf } from '../store/rights.ts'
import { jmapPerson, type JmapPerson } from '../../test/jmapperson.ts'
import { openWorld, type WorldHouse } from '../../test/world.ts'

let house: WorldHouse
let wang: JmapPerson
let lee: JmapPerson

before(async () => {
  const people = ['wang@uni.example', 'lee@uni.example', 'chen@uni.example']
  house = await openWorld({ hostname: 'mail.uni.example', people })
  await createSharedMailbox(house.db, { address: 'office@uni.example', name: 'Office' }, [], { address: 'operator' })
  wang = await jmapPerson(house, 'wang')
  lee = await jmapPerson(house, 'lee')
})
after(() => house?.close())

const sent = () => ({ id: Number(wang.box('sent').slice(1)), accountId: wang.number })
const patch = (change: object) => wang.one('Mailbox/set', { update: { [wang.box('sent')]: change } })
const sharesNow = async () =>
  (await wang.one('Mailbox/get', { ids: [wang.box('sent')], properties: ['shareWith'] })).list[0].shareWith

const rights = (...on: string[]) =>
  Object.fromEntries(
    'mayReadItems mayAddItems mayRemoveItems maySetSeen maySetKeywords mayCreateChild mayRename mayDelete maySubmit'
      .split(' ')
      .map((name) => [name, on.includes(name)]),
  )

test('a mailbox is shared, a right is added, and it is shared no more', async () => {
  equal(await sharesNow(), null)
  const { updated } = await patch({ [`shareWith/${lee.account}`]: rights('mayReadItems') })
  equal(updated[wang.box('sent')], null)
  deepEqual(await sharesNow(), { [lee.account]: rights('mayReadItems') })
  equal(await rightsOf(house.db, sent(), lee.number), 'lr')
  await patch({ [`shareWith/${lee.account}/mayAddItems`]: true })
  equal(await rightsOf(house.db, sent(), lee.number), 'lri')
  const his = await jmapPerson(house, 'lee', 'wang')
  const seen = (await his.one('Mailbox/get')).list
  deepEqual(
    seen.map(({ id, shareWith, myRights }: any) => [id, shareWith, myRights.mayShare, myRights.mayAddItems]),
    [[wang.box('sent'), null, false, true]],
  )
  await patch({ shareWith: null })
  equal(await sharesNow(), null)
  equal(await his.one('Mailbox/get'), 'accountNotFound')
})

test('who is shared with is told, and dismisses it', async () => {
  const { ids, queryState } = await lee.one('ShareNotification/query', { sort: [{ property: 'created' }] })
  equal(ids.length, 3)
  const { list, state } = await lee.one('ShareNotification/get', { ids })
  equal(state, queryState)
  deepEqual(list.map((one: any) => [one.changedBy.email, one.objectId, one.newRights?.mayAddItems ?? null]).reverse(), [
    ['wang@uni.example', wang.box('sent'), false],
    ['wang@uni.example', wang.box('sent'), true],
    ['wang@uni.example', wang.box('sent'), null],
  ])
  deepEqual((await lee.one('ShareNotification/changes', { sinceState: '0' })).created.length, 3)
  const { destroyed, newState } = await lee.one('ShareNotification/set', { destroy: [ids[0]] })
  deepEqual(destroyed, [ids[0]])
  const { destroyed: gone, newState: now } = await lee.one('ShareNotification/changes', { sinceState: state })
  deepEqual([gone, now], [[ids[0]], newState])
  equal(await lee.one('ShareNotification/changes', { sinceState: '3' }), 'cannotCalculateChanges')
  const others = await wang.one('ShareNotification/set', { destroy: [ids[1]], create: { x: {} } })
  deepEqual([others.notDestroyed[ids[1]].type, others.notCreated.x.type], ['notFound', 'forbidden'])
  deepEqual((await wang.one('ShareNotification/get')).list, [])
})

test('what cannot be shared, or shared on', async () => {
  const office = (await wang.one('Principal/query', { filter: { text: 'office' } })).ids[0]
  for (const [change, type] of [
    [{ [`shareWith/${wang.account}`]: rights('mayReadItems') }, 'invalidProperties'],
    [{ 'shareWith/A99999': rights('mayReadItems') }, 'invalidProperties'],
    [{ [`shareWith/${office}`]: rights('mayReadItems') }, 'invalidProperties'],
    [{ [`shareWith/${lee.account}`]: { mayReadItems: 'yes' } }, 'invalidProperties'],
    [{ [`shareWith/${lee.account}`]: { mayFly: true } }, 'invalidProperties'],
    [{ [`shareWith/${lee.account}`]: { mayShare: true } }, 'forbidden'],
    [{ [`shareWith/${lee.account}/x/y`]: true }, 'invalidPatch'],
    [{ shareWith: [] }, 'invalidProperties'],
  ] as const) {
    const { notUpdated } = await patch(change)
    equal(notUpdated?.[wang.box('sent')].type, type, JSON.stringify(change))
  }
  equal(await sharesNow(), null)
  await patch({ [`shareWith/${lee.account}`]: rights('mayReadItems', 'mayCreateChild', 'mayDelete') })
  const his = await jmapPerson(house, 'lee', 'wang')
  const chen = await jmapPerson(house, 'chen')
  for (const whom of [chen.account, lee.account]) {
    const update = { [wang.box('sent')]: { [`shareWith/${whom}`]: rights('mayReadItems', 'mayAddItems') } }
    equal((await his.one('Mailbox/set', { update })).notUpdated[wang.box('sent')].type, 'forbidden')
  }
  await patch({ shareWith: null })
})

test('a delegation shows in shareWith, and is narrowed there', async () => {
  const now = Date.now()
  const given = { ownerId: wang.number, delegateId: lee.number, fromAt: now, untilAt: undefined }
  await giveDelegation(house.db, { ...given, rights: ['read', 'delete'] }, { address: 'wang@uni.example' }, now)
  deepEqual(await sharesNow(), { [lee.account]: rights('mayReadItems', 'mayRemoveItems', 'maySetSeen') })
  await patch({ [`shareWith/${lee.account}/mayRemoveItems`]: false })
  equal(await rightsOf(house.db, sent(), lee.number), 'lrs')
  const { list } = await wang.one('Mailbox/get', { ids: [wang.box('inbox')], properties: ['shareWith'] })
  equal(list[0].shareWith[lee.account].mayRemoveItems, true)
})

test('people are found, and those who are not listed only by their whole address', async () => {
  const found = async (filter: object) => (await lee.one('Principal/query', { filter })).ids as string[]
  deepEqual(await found({ text: 'WANG' }), [wang.account])
  deepEqual(await found({ type: 'group' }).then(({ length }) => length), 1)
  deepEqual(await found({ text: '%' }), [])
  equal(await lee.one('Principal/query', { filter: { phone: 'x' } }), 'unsupportedFilter')
  const { list, notFound } = await lee.one('Principal/get', { ids: [wang.account, 'A99999', 'x'] })
  deepEqual([list[0].email, list[0].type, notFound], ['wang@uni.example', 'individual', ['A99999', 'x']])
  deepEqual((await lee.one('Principal/get')).list[0].id, lee.account)
  const chen = await jmapPerson(house, 'chen')
  await house.db.run('insert into unlisted_account (account_id) values ($1)', [chen.number])
  deepEqual(await found({ text: 'chen' }), [])
  deepEqual((await lee.one('Principal/get', { ids: [chen.account] })).list, [])
  deepEqual(await found({ email: 'chen@uni.example' }), [chen.account])
})

test('the session names principals', async () => {
  const { json } = await lee.http.ask('GET', '/jmap/session', { headers: lee.headers })
  const has = json.accounts[lee.account].accountCapabilities
  equal(has['urn:ietf:params:jmap:principals'].currentUserPrincipalId, lee.account)
  const wangs = json.accounts[wang.account].accountCapabilities
  deepEqual(wangs['urn:ietf:params:jmap:principals:owner'], {
    accountIdForPrincipal: lee.account,
    principalId: wang.account,
  })
})
