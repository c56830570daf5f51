import { deepEqual, equal, rejects } from 'node:assert/strict'
import { createMailbox, deleteMailbox, mailboxById, mailboxByRole } from './mailboxes.ts'
import { holdMail, insertMail, readMails } from './mails.ts'
import { copyMessages, expunge, placeMail, vanishedSince } from './messages.ts'
import { search } from './search.ts'
import { startSweeper } from './sweep.ts'
import { append, eachStore, letter, newMail, type World } from '../../test/mailstore.ts'

let now = 1_800_000_000_000
const options = { clock: () => now, limits: { sweepGrace: 1000, sweepBatch: 3, expungedKept: 4 } }

const eachSwept = (what: string, body: (world: World) => Promise<void>): void => eachStore(what, body, options)

eachSwept(
  'a mail goes when its last message and its last hold are gone, a grace later',
  async ({ t, store, inbox }) => {
    const sweeper = startSweeper(store)
    t.after(() => sweeper.stop())
    const kept = await append(store, inbox.id, { body: 'kept\r\n' })
    await append(store, inbox.id, { body: 'goes\r\n' })
    const theirs = (await mailboxByRole(store.db, 2, 'inbox'))!
    await copyMessages(store, inbox.id, [kept.uid], theirs.id)
    const mail = await newMail(store, letter({ body: 'held\r\n' }))
    const held = await store.db.transaction(async (sql) => {
      const row = await insertMail(sql, mail)
      await holdMail(sql, row.id, 1)
      return row
    })
    await store.indexer.caughtUp()
    await expunge(store, inbox.id, [1, 2])
    equal((await sweeper.sweep()).mails, 0)
    now += 999
    equal((await sweeper.sweep()).mails, 0)
    now += 1
    deepEqual(await sweeper.sweep(), { messages: 0, vanished: 0, mails: 1, blobs: 1 })
    equal((await store.db.arrays('select id from mail')).length, 2)
    await store.indexer.caughtUp()
    const previews = await store.indexer.previews([1, 2, 3])
    deepEqual(
      [...previews.keys()].sort((a, b) => a - b),
      [1, 3],
    )
    deepEqual(await search(store, theirs.id, { is: 'body', text: 'kept' }), [1])

    // Let go and placed again before the grace is over: it stays.
    await store.db.transaction((sql) => holdMail(sql, held.id, -1))
    await sweeper.sweep()
    const [row] = await readMails(store.db, [held.id])
    await store.db.transaction((sql) => placeMail(sql, row!, [{ accountId: 3 }]))
    now += 5000
    equal((await sweeper.sweep()).mails, 0)
    equal((await store.blobs.read(row!.blobRef)).length, row!.size)
  },
)

eachSwept('messages of a deleted mailbox are swept, and bytes that another mail names stay', async ({ t, store }) => {
  const sweeper = startSweeper(store)
  t.after(() => sweeper.stop())
  const work = await createMailbox(store, 1, { path: ['Work'] })
  for (let i = 0; i < 7; i++) await append(store, work.id)
  const mail = await newMail(store, letter())
  await store.db.transaction(async (sql) => {
    await placeMail(sql, await insertMail(sql, mail), [{ accountId: 1, mailboxId: work.id }])
    await placeMail(sql, await insertMail(sql, { ...mail, trace: 'X: y\r\n' }), [{ accountId: 2 }])
  })
  await deleteMailbox(store, work.id)
  equal((await sweeper.sweep()).messages, 8)
  now += 5000
  deepEqual(await sweeper.sweep(), { messages: 0, vanished: 0, mails: 8, blobs: 7 })
  equal((await store.blobs.read(mail.blob.ref)).length, mail.blob.size)
})

eachSwept('vanished uids are forgotten beyond a number, and that is said', async ({ t, store, inbox }) => {
  const sweeper = startSweeper(store)
  t.after(() => sweeper.stop())
  for (let i = 0; i < 10; i++) await append(store, inbox.id)
  const modseqs: number[] = []
  for (const uid of [1, 2, 3, 5, 7, 9]) {
    await expunge(store, inbox.id, [uid])
    modseqs.push((await mailboxById(store.db, inbox.id))!.modseq)
  }
  equal((await sweeper.sweep()).vanished, 2)
  equal((await mailboxById(store.db, inbox.id))!.expungedFloor, modseqs[1])
  deepEqual(await vanishedSince(store.db, inbox.id, modseqs[1]!), [3, 5, 7, 9])
  deepEqual(await vanishedSince(store.db, inbox.id, modseqs[0]!), [1, 2, 3, 5, 7, 9]) // all that are not there
})

eachSwept('bytes that cannot be dropped now are dropped by a later sweep', async ({ t, store, inbox }) => {
  const sweeper = startSweeper(store)
  t.after(() => sweeper.stop())
  await append(store, inbox.id)
  await append(store, inbox.id)
  await expunge(store, inbox.id, [1, 2])
  await sweeper.sweep()
  now += 5000
  const drop = store.blobs.drop.bind(store.blobs)
  const refused: string[] = []
  store.blobs.drop = async (ref) => {
    if (refused.length > 0) return drop(ref)
    refused.push(ref)
    throw new Error('disk')
  }
  await rejects(sweeper.sweep(), /disk/)
  deepEqual(await store.db.arrays('select blob_ref from blob_drop'), [refused])
  equal((await sweeper.sweep()).blobs, 1)
  deepEqual(await store.db.arrays('select blob_ref from blob_drop'), [])
})
