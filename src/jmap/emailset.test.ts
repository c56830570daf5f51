// Changing mail over JMAP, by HTTP: what the page does, and what IMAP hears of it.

import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { jmapPerson, type JmapPerson } from '../../test/jmapperson.ts'
import { grant } from '../store/rights.ts'

let world: WorldHouse

before(async () => {
  const people = ['wang', 'li', 'chen', 'zhou'].map((name) => `${name}@uni.example`)
  world = await openWorld({ hostname: 'mail.uni.example', people })
})
after(() => world.close())

const keywordsOf = async (me: JmapPerson, id: string): Promise<string[]> => {
  const { list } = await me.one('Email/get', { ids: [id], properties: ['keywords'] })
  return Object.keys(list[0].keywords)
}

test('keywords and mailboxes change, whole or in part; the states tell it', async () => {
  const me = await jmapPerson(world, 'wang')
  const [inbox, trash] = [me.box('inbox'), me.box('trash')]
  const id = await me.put()
  const { state } = await me.one('Email/get', { ids: [] })
  const set = async (patch: object) => me.one('Email/set', { update: { [id]: patch } })

  const first = await set({ 'keywords/$seen': true, 'keywords/Work': true })
  deepEqual([first.oldState, first.updated, first.notUpdated], [state, { [id]: null }, null])
  deepEqual(await keywordsOf(me, id), ['$seen', 'work'])
  await set({ keywords: { $flagged: true } })
  deepEqual(await keywordsOf(me, id), ['$flagged'])
  const moved = await set({ mailboxIds: { [trash]: true }, 'keywords/$flagged': null, 'keywords/$absent': null })
  const { list } = await me.one('Email/get', { ids: [id] })
  deepEqual([list[0].mailboxIds, list[0].keywords], [{ [trash]: true }, {}])
  await set({ [`mailboxIds/${inbox}`]: true })

  const changes = await me.one('Email/changes', { sinceState: state })
  deepEqual([changes.created, changes.updated, changes.destroyed], [[], [id], []])
  equal((await me.one('Email/set', { ifInState: moved.newState, destroy: [id] })) as unknown, 'stateMismatch')
  const whole = (await me.one('Email/get', { ids: [id] })).list[0]
  deepEqual((await set({ ...whole, keywords: { $answered: true } })).notUpdated, null) // the whole object back
  const gone = await me.one('Email/set', { destroy: [id, 'M99', 'x'] })
  deepEqual([gone.destroyed, Object.keys(gone.notDestroyed).sort()], [[id], ['M99', 'x']])
  deepEqual((await me.one('Email/get', { ids: [id] })).notFound, [id])
})

test('each wrong patch is told with its property, and leaves the others alone', async () => {
  const me = await jmapPerson(world, 'wang')
  const inbox = me.box('inbox')
  const ids: string[] = []
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`k${n}`, true]))
  const boxes = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`F${n + 1}`, true]))
  const cases: [object, string, string[] | undefined][] = [
    [{ mailboxIds: {} }, 'invalidProperties', ['mailboxIds']],
    [{ mailboxIds: { F9999: true } }, 'invalidProperties', ['mailboxIds']],
    [{ mailboxIds: null }, 'invalidProperties', ['mailboxIds']],
    [{ mailboxIds: boxes }, 'tooManyMailboxes', undefined],
    [{ [`mailboxIds/${inbox}`]: null }, 'invalidProperties', ['mailboxIds']],
    [{ [`mailboxIds/${inbox}`]: false }, 'invalidProperties', ['mailboxIds']],
    [{ 'keywords/a b': true }, 'invalidProperties', ['keywords']],
    [{ 'keywords/$deleted': true }, 'invalidProperties', ['keywords']],
    [{ keywords: ['$seen'] }, 'invalidProperties', ['keywords']],
    [{ keywords: many }, 'tooManyKeywords', undefined],
    [{ keywords: {}, 'keywords/$seen': true }, 'invalidPatch', undefined],
    [{ 'keywords/$seen/x': true }, 'invalidPatch', undefined],
    [{ '': true }, 'invalidPatch', undefined],
    [{ subject: 'another', size: 1 }, 'invalidProperties', ['subject', 'size']],
    [{ colour: 'red' }, 'invalidProperties', ['colour']],
    [{ 'subject/x': 'red' }, 'invalidProperties', ['subject']],
  ]
  for (const _ of cases) ids.push(await me.put())
  const good = await me.put()
  const twice = await me.put()
  const answer = await me.one('Email/set', {
    update: {
      ...Object.fromEntries(cases.map(([patch], i) => [ids[i], patch])),
      [good]: { 'keywords/$seen': true },
      [twice]: { 'keywords/$seen': true },
      M98765: { 'keywords/$seen': true },
    },
    destroy: [twice],
  })
  for (const [i, [patch, type, properties]] of cases.entries()) {
    const error = answer.notUpdated[ids[i]!]
    deepEqual([error?.type, error?.properties], [type, properties], JSON.stringify(patch).slice(0, 100))
  }
  deepEqual(answer.updated, { [good]: null })
  deepEqual([answer.notUpdated[twice].type, answer.notUpdated.M98765.type], ['willDestroy', 'notFound'])
  deepEqual(answer.destroyed, [twice])
  equal(await me.one('Email/set', { update: { [good]: 7 } }), 'invalidArguments')
})

test('IMAP in IDLE hears at once what the page does', async () => {
  const me = await jmapPerson(world, 'li')
  const id = await me.put()
  const phone = new ImapFlow({
    host: '127.0.0.1',
    port: world.port('imaps'),
    secure: true,
    auth: { user: 'li@uni.example', pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await phone.connect()
  await phone.mailboxOpen('INBOX')
  void phone.idle()
  let heard = once(phone, 'flags')
  await me.one('Email/set', { update: { [id]: { 'keywords/$seen': true } } })
  deepEqual((await heard)[0].flags, new Set(['\\Seen']))
  heard = once(phone, 'expunge')
  await me.one('Email/set', { update: { [id]: { mailboxIds: { [me.box('trash')]: true } } } })
  equal((await heard)[0].seq, 1)
  heard = once(phone, 'exists')
  await me.one('Email/set', { update: { [id]: { [`mailboxIds/${me.box('inbox')}`]: true } } })
  equal((await heard)[0].count, 1)
  await phone.logout()
})

test('a colleague does in a shared mailbox what he was granted', async () => {
  const owner = await jmapPerson(world, 'chen')
  const guest = await jmapPerson(world, 'zhou', 'chen')
  const id = await owner.put()
  const inbox = Number(owner.box('inbox').slice(1))
  const set = (patch: object) => guest.one('Email/set', { update: { [id]: patch } })
  equal(await set({ 'keywords/$seen': true }), 'accountNotFound')
  await grant(world.store, inbox, (await jmapPerson(world, 'zhou')).number, 'set', 'lrs')
  deepEqual((await set({ 'keywords/$seen': true })).updated, { [id]: null })
  equal((await set({ 'keywords/$flagged': true })).notUpdated[id].type, 'forbidden')
  equal((await set({ mailboxIds: { [owner.box('trash')]: true } })).notUpdated[id].type, 'invalidProperties')
  equal((await guest.one('Email/set', { destroy: [id] })).notDestroyed[id].type, 'forbidden')
  deepEqual(await keywordsOf(owner, id), ['$seen'])
})
