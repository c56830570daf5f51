import { deepEqual, equal, rejects } from 'node:assert/strict'
import { expunge } from './messages.ts'
import { createMailbox, deleteMailbox, mailboxById } from './mailboxes.ts'
import { append, eachStore } from '../../test/mailstore.ts'

eachStore('a view follows the mailbox, and older pictures can be had', async ({ store, inbox }) => {
  for (let i = 0; i < 5; i++) await append(store, inbox.id)
  const selected = (await mailboxById(store.db, inbox.id))!
  equal(store.views.peek(inbox.id), undefined)
  await expunge(store, inbox.id, [2, 3])
  await append(store, inbox.id)
  const then = await store.views.asOf(inbox.id, selected.modseq, selected.uidNext)
  deepEqual([...then.uids], [1, 2, 3, 4, 5])
  const now = await store.views.current(inbox.id)
  deepEqual([...now.uids], [1, 4, 5, 6])
  equal(store.views.peek(inbox.id), now)
  await expunge(store, inbox.id, [6])
  equal(store.views.peek(inbox.id), undefined)
  const [a, b] = await Promise.all([
    store.views.current(inbox.id),
    append(store, inbox.id).then(() => store.views.current(inbox.id)),
  ])
  deepEqual([...a.uids].slice(0, 3), [1, 4, 5])
  deepEqual([...b.uids], [1, 4, 5, 7])
  deepEqual([...now.uids], [1, 4, 5, 6])
})

eachStore('a view of a deleted mailbox is refused', async ({ store }) => {
  const { id } = await createMailbox(store, 1, { path: ['Work'] })
  equal((await store.views.current(id)).uids.length, 0)
  await deleteMailbox(store, id)
  await rejects(store.views.current(id), { code: 'no-such-mailbox' })
})

eachStore(
  'views are read in pages, kept few, and read anew when too much was forgotten',
  async ({ store, inbox }) => {
    for (let i = 0; i < 10; i++) await append(store, inbox.id)
    const other = await createMailbox(store, 1, { path: ['Other'] })
    equal((await store.views.current(inbox.id)).uids.length, 10)
    await store.views.current(other.id)
    equal(store.views.peek(inbox.id), undefined)
    await store.views.current(inbox.id)
    await expunge(store, inbox.id, [1, 2])
    await store.db.run('delete from expunged')
    await store.db.run('update mailbox set expunged_floor = modseq where id = $1', [inbox.id])
    deepEqual([...(await store.views.current(inbox.id)).uids], [3, 4, 5, 6, 7, 8, 9, 10])
  },
  { limits: { pageRows: 3, cachedViews: 1 } },
)
