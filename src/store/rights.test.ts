import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createMailbox, mailboxById } from './mailboxes.ts'
import { readMetadata, writeMetadata } from './metadata.ts'
import { allRights, anyone, grant, grantsOf, normalRights, rightsOf, sharedWith, subscribeShared } from './rights.ts'
import { eachStore } from '../../test/mailstore.ts'

eachStore('rights are granted, added to, taken and united with those of anyone', async ({ store }) => {
  const work = await createMailbox(store, 1, { path: ['Work', 'Plans'] })
  equal(await rightsOf(store.db, work, 1), allRights)
  equal(await rightsOf(store.db, work, 2), '')
  await grant(store, work.id, 2, 'set', 'wrl')
  await grant(store, work.id, anyone, 'set', 'lr')
  await grant(store, work.id, 2, 'add', 'd')
  await grant(store, work.id, 2, 'remove', 'r')
  deepEqual(await grantsOf(store.db, work.id), [
    { accountId: anyone, rights: 'lr' },
    { accountId: 2, rights: 'lwte' },
  ])
  equal(await rightsOf(store.db, work, 2), 'lrwte')
  equal(await rightsOf(store.db, work, 3), 'lr')
  deepEqual(
    (await sharedWith(store.db, 2)).map(({ mailbox, rights }) => [mailbox.path, rights]),
    [[['Work', 'Plans'], 'lrwte']],
  )
  deepEqual(await sharedWith(store.db, 1), [])
  await subscribeShared(store, work.id, 3, true)
  deepEqual(
    (await sharedWith(store.db, 3)).map(({ subscribed, rights }) => [subscribed, rights]),
    [[true, 'lr']],
  )
  await grant(store, work.id, anyone, 'set', '')
  deepEqual(await sharedWith(store.db, 3), [])
  await rejects(subscribeShared(store, work.id, 3, true), { code: 'no-such-mailbox' })
  await rejects(grant(store, work.id, 1, 'set', 'l'), { code: 'not-permitted' })
  await rejects(grant(store, work.id, 2, 'set', 'lz'), { code: 'bad-keyword' })
  await rejects(grant(store, 999, 2, 'set', 'l'), { code: 'no-such-mailbox' })
  equal(normalRights('cd'), 'kxte')
})

eachStore(
  'annotations are kept by entry without case, within limits, all or none',
  async ({ store, inbox }) => {
    const set = (entry: string, value: string | null) => ({ entry, value: value === null ? null : Buffer.from(value) })
    await writeMetadata(store, 1, inbox.id, [set('/Private/Comment', 'mine'), set('/shared/comment', '會議')])
    await writeMetadata(store, 1, 0, [set('/private/x', '\0')])
    const read = async (id: number) =>
      (await readMetadata(store.db, 1, id)).map(({ entry, value }) => [entry, value.toString()])
    deepEqual(await read(inbox.id), [
      ['/private/comment', 'mine'],
      ['/shared/comment', '會議'],
    ])
    deepEqual(await read(0), [['/private/x', '\0']])
    await rejects(
      writeMetadata(store, 1, inbox.id, [
        set('/private/comment', null),
        set('/private/a', '1'),
        set('/private/b', '2'),
      ]),
      {
        code: 'too-many-keywords',
      },
    )
    await rejects(writeMetadata(store, 1, inbox.id, [set('/private/comment', 'x'.repeat(11))]), { code: 'too-large' })
    for (const entry of ['/private', 'private/x', '/private//x', '/private/x*', '/other/x', '/private/x/'])
      await rejects(writeMetadata(store, 1, inbox.id, [set(entry, 'x')]), { code: 'bad-keyword' }, entry)
    await rejects(writeMetadata(store, 2, inbox.id, [set('/private/x', 'x')]), { code: 'no-such-mailbox' })
    const before = (await mailboxById(store.db, inbox.id))!.changedModseq
    await writeMetadata(store, 1, inbox.id, [set('/private/comment', null)])
    deepEqual(await read(inbox.id), [['/shared/comment', '會議']])
    equal((await mailboxById(store.db, inbox.id))!.changedModseq > before, true)
  },
  { limits: { metadataEntries: 2, metadataValueBytes: 10 } },
)
