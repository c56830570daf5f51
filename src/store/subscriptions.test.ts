import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachStore } from '../../test/mailstore.ts'
import { createMailbox, deleteMailbox, mailboxByPath, renameMailbox, subscribe } from './mailboxes.ts'
import { eraseAccountStore } from './erase.ts'
import { lostSubscriptions, subscribePath } from './subscriptions.ts'

eachStore('a subscription outlives its mailbox, and the next of that name takes it over', async ({ store }) => {
  const lost = () => lostSubscriptions(store.db, 1)
  const isSubscribed = async (...path: string[]) => (await mailboxByPath(store.db, 1, path))!.subscribed
  const shop = await createMailbox(store, 1, { path: ['Shop'] })
  const apples = await createMailbox(store, 1, { path: ['Shop', 'Apples'] })
  await subscribe(store, shop.id, true)
  await subscribe(store, apples.id, true)

  await deleteMailbox(store, shop.id) // with a child: the node stays, and carries it
  deepEqual(await lost(), [])
  equal(await isSubscribed('Shop'), true)
  await deleteMailbox(store, (await mailboxByPath(store.db, 1, ['Shop']))!.id, true)
  deepEqual(await lost(), [['Shop'], ['Shop', 'Apples']])

  await createMailbox(store, 1, { path: ['Shop', 'Apples'] })
  deepEqual(await lost(), [])
  equal(await isSubscribed('Shop'), true)
  equal(await isSubscribed('Shop', 'Apples'), true)
})

eachStore('names without a mailbox: subscribed, taken over, unsubscribed, bounded', async ({ store }) => {
  const lost = () => lostSubscriptions(store.db, 1)
  await subscribePath(store, 1, ['Plan'], true)
  await subscribePath(store, 1, ['Plan'], true)
  await subscribePath(store, 1, ['Later'], true)
  await subscribePath(store, 2, ['Other'], true)
  deepEqual(await lost(), [['Later'], ['Plan']])
  await rejects(subscribePath(store, 1, ['One', 'more'], true), { code: 'too-many-mailboxes' })

  const draft = await createMailbox(store, 1, { path: ['Draft plan'] })
  await renameMailbox(store, draft.id, ['Plan'])
  equal((await mailboxByPath(store.db, 1, ['Plan']))!.subscribed, true)
  await subscribePath(store, 1, ['Plan'], false)
  equal((await mailboxByPath(store.db, 1, ['Plan']))!.subscribed, false)
  await subscribePath(store, 1, ['Later'], false)
  deepEqual(await lost(), [])
  await rejects(subscribePath(store, 1, ['a/b'], true), { code: 'bad-mailbox-name' })

  await store.db.transaction((sql) => eraseAccountStore(sql, 2))
  deepEqual(await lostSubscriptions(store.db, 2), [])
}, { limits: { subscriptionsKept: 2 } }) // prettier-ignore
