import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createMailbox, deleteMailbox } from './mailboxes.ts'
import {
  grant,
  grantsOf,
  mailboxesShared,
  mayChangeSome,
  rightsOf,
  shareesOf,
  sharedWith,
  sharersOf,
} from './rights.ts'
import { endless, endShare, mailboxesOfShare, putShare, watchShares, type Share } from './shares.ts'
import { eachStore, type World } from '../../test/mailstore.ts'

const noon = Date.UTC(2026, 0, 15, 4)
const whole: Share = { id: 7, accountId: 1, toId: 2, rights: 'lrs', fromAt: noon, untilAt: noon + 1000 }

const put = ({ store }: World, share: Share, now = noon) => store.db.transaction((sql) => putShare(sql, share, now))

eachStore('a share of everything counts within its dates, and for mailboxes that come later', async (world) => {
  const { store, inbox } = world
  await put(world, whole)
  const work = await createMailbox(store, 1, { path: ['Work', 'Plans'] })
  for (const [at, rights] of [
    [noon - 1, ''],
    [noon, 'lrs'],
    [noon + 999, 'lrs'],
    [noon + 1000, ''],
  ] as const) {
    for (const mailbox of [inbox, work]) equal(await rightsOf(store.db, mailbox, 2, at), rights)
    equal(await rightsOf(store.db, inbox, 3, at), '')
    deepEqual(await sharersOf(store.db, 2, at), rights ? [1] : [])
    equal((await mailboxesShared(store.db, 2, at)).get(1)?.has(work.id) ?? false, rights !== '')
    equal((await sharedWith(store.db, 2, at)).length > 0, rights !== '')
    equal(await mayChangeSome(store.db, 1, 2, at), rights !== '')
    deepEqual(await grantsOf(store.db, work.id, at), rights ? [{ accountId: 2, rights }] : [])
  }
  equal(await mailboxesOfShare(store.db, 7), undefined)
  await store.db.transaction((sql) => endShare(sql, 7, noon + 5))
  equal(await rightsOf(store.db, inbox, 2, noon + 5), '')
  deepEqual(await shareesOf(store.db, inbox.id), [2])
})

eachStore('a share of some mailboxes leaves the others alone', async (world) => {
  const { store, inbox } = world
  const work = await createMailbox(store, 1, { path: ['Work'] })
  await put(world, { ...whole, mailboxIds: [work.id], untilAt: endless })
  equal(await rightsOf(store.db, work, 2, noon), 'lrs')
  equal(await rightsOf(store.db, inbox, 2, noon), '')
  deepEqual(
    (await sharedWith(store.db, 2, noon)).map(({ mailbox }) => mailbox.id),
    [work.id],
  )
  deepEqual(await mailboxesOfShare(store.db, 7), [work.id])
  await deleteMailbox(store, work.id)
  deepEqual(await sharersOf(store.db, 2, noon), [])
})

eachStore('what cannot be shared', async (world) => {
  const { store } = world
  const theirs = await createMailbox(store, 3, { path: ['Theirs'] })
  await rejects(put(world, { ...whole, mailboxIds: [theirs.id] }), { code: 'no-such-mailbox' })
  await rejects(put(world, { ...whole, rights: 'lra' }), { code: 'not-permitted' })
  await rejects(put(world, { ...whole, toId: 1 }), { code: 'not-permitted' })
  await rejects(put(world, { ...whole, rights: 'lz' }), { code: 'bad-keyword' })
  deepEqual(await sharersOf(store.db, 2, noon), [])
})

eachStore('rights of one mailbox, set by name, and shares agree', async (world) => {
  const { store, inbox } = world
  const now = Date.now()
  const work = await createMailbox(store, 1, { path: ['Work'] })
  await put(world, { ...whole, rights: 'lrswi', fromAt: now - 1000, untilAt: endless })
  await put(world, { ...whole, id: 8, rights: 'lrte', fromAt: now + 1e9, untilAt: endless })
  await grant(store, work.id, 2, 'set', 'lrk')
  equal(await rightsOf(store.db, work, 2), 'lrk')
  equal(await rightsOf(store.db, inbox, 2), 'lrswi')
  equal(await rightsOf(store.db, work, 2, now + 2e9), 'lrk')
  await grant(store, work.id, 2, 'add', 'w')
  equal(await rightsOf(store.db, work, 2), 'lrwk')
  await grant(store, inbox.id, 2, 'remove', 'rt')
  equal(await rightsOf(store.db, inbox, 2), 'lswi')
  equal(await rightsOf(store.db, inbox, 2, now + 2e9), 'lswie')
  await store.db.transaction((sql) => endShare(sql, 7, now))
  equal(await rightsOf(store.db, work, 2), 'wk') // what was granted beside the share stays
  equal(await rightsOf(store.db, inbox, 2), '')
})

let now = noon
eachStore(
  'who listens is told when a share begins, changes and ends',
  async (world) => {
    const { store, inbox } = world
    now = noon
    const heard: number[] = []
    store.changes.watch({ mailboxId: inbox.id }, () => heard.push(now))
    await put(world, { ...whole, fromAt: noon + 10_000, untilAt: noon + 20_000 }, noon + 1_000)
    now = noon + 2_500
    const watch = watchShares(store, (error) => {
      throw error
    })
    for (const at of [noon + 2_500, noon + 9_999, noon + 10_000, noon + 15_000, noon + 20_000, noon + 30_000]) {
      now = at
      await watch.look()
    }
    // A change may be told twice: clocks of processes differ.
    deepEqual([...new Set(heard)], [noon + 2_500, noon + 9_999, noon + 10_000, noon + 20_000])
    await watch.stop()
  },
  { clock: () => now },
)
