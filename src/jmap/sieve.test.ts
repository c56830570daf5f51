import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jmapPerson, type JmapPerson } from '../../test/jmapperson.ts'
import { openWorld, type WorldHouse } from '../../test/world.ts'

let world: WorldHouse
let me: JmapPerson

before(async () => {
  world = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example', 'lee@uni.example'] })
  me = await jmapPerson(world, 'wang')
})
after(() => world?.close())

const text = 'require "fileinto";\r\nif header :contains "subject" "報告" { fileinto "Archive"; }\r\n'
const set = (args: object): Promise<any> => me.one('SieveScript/set', args)
const list = async (): Promise<any[]> => (await me.one('SieveScript/get', { ids: null })).list

test('a script is made, read, turned on, changed and destroyed', async () => {
  const blobId = await me.upload(text)
  const made = await set({ create: { a: { name: '規則', blobId } }, onSuccessActivateScript: '#a' })
  const { id, isActive } = made.created.a
  equal(isActive, true)
  const [script] = await list()
  deepEqual([script.id, script.name, script.isActive], [id, '規則', true])
  ok(script.blobId !== blobId)
  const get = { ids: [script.blobId], properties: ['data:asText', 'size'] }
  const [blob] = (await me.one('Blob/get', get)).list
  equal(blob['data:asText'], text)
  const download = await me.http.ask('GET', `/jmap/download/${me.account}/${script.blobId}/a.sieve`, {
    headers: me.headers,
  })
  equal(download.text, text)

  const refused = await set({ destroy: [id] })
  equal(refused.notDestroyed[id].type, 'sieveIsActive')
  const other = await me.upload('keep;')
  const changed = await set({
    update: { [id]: { name: 'rules', blobId: other } },
    create: { b: { name: null, blobId: other } },
  })
  ok(changed.updated[id].blobId && changed.updated[id].blobId !== script.blobId)
  equal(changed.created.b.name, 'script 1')
  equal(changed.created.b.isActive, false)
  const second = changed.created.b.id
  deepEqual((await me.one('SieveScript/query', { filter: { isActive: true } })).ids, [id])
  deepEqual((await me.one('SieveScript/query', { sort: [{ property: 'name', isAscending: false }] })).ids, [second, id])
  deepEqual((await me.one('SieveScript/query', { filter: { name: 'RULE' }, calculateTotal: true })).total, 1)

  const turned = await set({ onSuccessActivateScript: second })
  deepEqual(turned.updated, { [id]: { isActive: false }, [second]: { isActive: true } })
  equal((await set({ destroy: [id] })).destroyed[0], id)
  deepEqual((await set({ onSuccessDeactivateScript: true })).updated, { [second]: { isActive: false } })
  await set({ destroy: [second] })
  deepEqual(await list(), [])
})

test('what is no script is refused with its reason', async () => {
  const bad = await me.upload('fileinto "a";')
  const good = await me.upload('keep;')
  const { error } = await me.one('SieveScript/validate', { blobId: bad })
  equal(error.type, 'invalidSieve')
  match(error.description, /^line 1, column 1: /)
  equal((await me.one('SieveScript/validate', { blobId: good })).error, null)
  equal(await me.one('SieveScript/validate', { blobId: 'U999' }), 'invalidArguments')

  const made = await set({ create: { a: { name: 'one', blobId: good } } })
  const { id } = made.created.a
  const refused = await set({
    create: {
      bad: { name: 'x', blobId: bad },
      none: { name: 'x', blobId: 'U999' },
      same: { name: 'one', blobId: good },
      odd: { name: 'x', blobId: good, isActive: true },
      name: { name: 'a\nb', blobId: good },
    },
    update: { [id]: { isActive: true }, R999: { name: 'x' } },
    onSuccessActivateScript: id,
  })
  const types = Object.fromEntries(Object.entries<any>(refused.notCreated).map(([key, { type }]) => [key, type]))
  deepEqual(types, {
    bad: 'invalidSieve',
    none: 'blobNotFound',
    same: 'alreadyExists',
    odd: 'invalidProperties',
    name: 'invalidProperties',
  })
  equal(refused.notCreated.same.existingId, id)
  deepEqual(
    Object.values<any>(refused.notUpdated).map(({ type }) => type),
    ['invalidProperties', 'notFound'],
  )
  equal((await list())[0].isActive, false)
  equal(await me.one('SieveScript/set', { ifInState: 'other', destroy: [id] }), 'stateMismatch')
})

test('scripts are their owner’s alone', async () => {
  const [script] = await list()
  const lee = await jmapPerson(world, 'lee')
  deepEqual((await lee.one('SieveScript/get', { ids: [script.id] })).notFound, [script.id])
  equal(await lee.one('SieveScript/validate', { blobId: script.blobId }), 'invalidArguments')
  equal((await lee.one('SieveScript/set', { destroy: [script.id] })).notDestroyed[script.id].type, 'notFound')
})
