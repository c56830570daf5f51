import { deepEqual, equal, notDeepEqual, rejects } from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { freshSqlite } from '../../test/engines.ts'
import { append, eachStore, freshStore, unindexed, type World } from '../../test/mailstore.ts'
import { mailboxByRole } from './mailboxes.ts'
import { copyMessages, expunge } from './messages.ts'
import { migrations } from './migrations.ts'
import { search } from './search.ts'
import { openStore, type Store } from './store.ts'
import { startSweeper } from './sweep.ts'
import { removeWordFile, wordFileOf } from './wordfile.ts'

const body = (text: string) => ({ is: 'body', text }) as const

eachStore('what was left unindexed when the house went down is indexed when it comes up', async ({ store, inbox }) => {
  await store.indexer.stop()
  for (let i = 0; i < 40; i++) await append(store, inbox.id, { body: `number n${i}\r\n` })
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  deepEqual(await unindexed(again), [])
  deepEqual(await search(again, inbox.id, body('n17')), [18])
  await again.indexer.stop()
  await append(again, inbox.id, { body: 'late\r\n' })
  await again.indexer.caughtUp() // resolves, though nothing more is done
  deepEqual(await search(again, inbox.id, body('late')), [41])
  await again.close()
})

eachStore('a mail that cannot be read holds up nobody and is tried again', async ({ store, inbox }) => {
  await store.indexer.stop()
  for (let i = 0; i < 5; i++) await append(store, inbox.id, { body: `number n${i}\r\n` })
  const [row] = (await store.db.arrays('select id, blob_ref from mail order by id limit 1 offset 2')) as [
    number,
    string,
  ][]
  await store.db.run('update mail set blob_ref = $2 where id = $1', [row![0], '1.900000000.50'])
  const broken = openStore(store.db, store.blobs)
  await broken.indexer.caughtUp()
  deepEqual(await unindexed(broken), [row![0]])
  deepEqual(await search(broken, inbox.id, { is: 'and', of: [{ is: 'uids', ranges: [[4, 5]] }, body('n3')] }), [4])
  await rejects(search(broken, inbox.id, body('n3')), () => true)
  await broken.close()
  await store.db.run('update mail set blob_ref = $2 where id = $1', row!)
  const again = openStore(store.db, store.blobs)
  deepEqual(await search(again, inbox.id, body('n2')), [3])
  await again.indexer.caughtUp()
  deepEqual(await unindexed(again), [])
  await again.close()
})

eachStore('a search right after a mail came finds it', async ({ store, inbox }) => {
  for (let i = 0; i < 30; i++) {
    await append(store, inbox.id, { body: `fresh f${i}\r\n` })
    equal((await search(store, inbox.id, body(`f${i}`))).at(-1), i + 1)
  }
})

eachStore(
  'a search that finds many without words lets the indexer go first, and does without it when it cannot',
  async ({ store, inbox }) => {
    for (let i = 0; i < 20; i++) await append(store, inbox.id, { body: `fresh f${i}\r\n` })
    deepEqual(await search(store, inbox.id, body('f7')), [8])
    await store.indexer.stop()
    for (let i = 20; i < 40; i++) await append(store, inbox.id, { body: `fresh f${i}\r\n` })
    deepEqual(await search(store, inbox.id, body('f27')), [28])
  },
  { limits: { searchReads: 5 } },
)

eachStore('a mail given to another while it is being indexed is found by both', async ({ store, inbox }) => {
  const theirs = (await mailboxByRole(store.db, 2, 'inbox'))!
  for (let i = 0; i < 20; i++) await append(store, inbox.id, { body: `gift g${i}\r\n` })
  const done = store.indexer.caughtUp()
  for (let uid = 1; uid <= 20; uid++) await copyMessages(store, inbox.id, [uid], theirs.id)
  await done
  await store.indexer.caughtUp()
  deepEqual(await unindexed(store), [])
  for (const mailbox of [inbox, theirs]) equal((await search(store, mailbox.id, body('gift'))).length, 20)
})

let now = 1_800_000_000_000
eachStore(
  'words of swept mails go',
  async ({ store, inbox }) => {
    for (let i = 0; i < 3; i++) await append(store, inbox.id, { body: `leaves l${i}\r\n` })
    await store.indexer.caughtUp()
    const rows = await store.db.arrays('select mail_id from message order by uid')
    const ids = rows.map((row) => row[0] as number)
    equal((await store.indexer.previews(ids)).size, 3)
    await expunge(store, inbox.id, [2])
    const sweeper = startSweeper(store)
    await sweeper.sweep()
    now += store.limits.sweepGrace
    equal((await sweeper.sweep()).mails, 1)
    await sweeper.stop()
    await store.indexer.caughtUp()
    deepEqual([...(await store.indexer.previews(ids)).keys()], [ids[0], ids[2]])
    deepEqual(await search(store, inbox.id, body('leaves')), [1, 3])
    if (store.db.engine === 'sqlite') equal((await store.db.arrays('select * from words_gone')).length, 0)
  },
  { clock: () => now },
)

// -- the file beside SQLite

function testFile(what: string, body: (world: Omit<World, 't'>) => Promise<void>): void {
  test(what, async () => {
    const { db, drop } = await freshSqlite(migrations)
    const { store, close } = await freshStore(db)
    try {
      await body({ store, inbox: (await mailboxByRole(db, 1, 'inbox'))! })
    } finally {
      await close()
      await drop()
    }
  })
}

async function fill(store: Store, mailboxId: number, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) await append(store, mailboxId, { body: `number n${i} x\r\n` })
}

testFile('a file of words that was taken away or spoilt while the house slept is made again', async (world) => {
  const { store, inbox } = world
  const words = wordFileOf(store.db.file!)
  await fill(store, inbox.id, 0, 30)
  await store.indexer.caughtUp()
  await store.close()
  await removeWordFile(words)
  const second = openStore(store.db, store.blobs)
  await second.indexer.caughtUp()
  deepEqual(await unindexed(second), [])
  deepEqual(await search(second, inbox.id, body('n17')), [18])
  await second.close()

  await removeWordFile(words)
  await writeFile(words, 'no database at all, but long enough to look like one'.repeat(100))
  const third = openStore(store.db, store.blobs)
  deepEqual(await search(third, inbox.id, body('n18')), [19])
  await third.indexer.caughtUp()
  deepEqual(await unindexed(third), [])
  deepEqual(await search(third, inbox.id, body('n19')), [20])
  await third.close()
})

testFile('indexing that is ended in the middle goes on where it was', async ({ store, inbox }) => {
  await store.indexer.stop()
  await fill(store, inbox.id, 0, 200)
  for (let turn = 0; turn < 4; turn++) {
    const interrupted = openStore(store.db, store.blobs, { limits: { indexBatch: 8 } })
    const done = interrupted.indexer.caughtUp()
    await search(interrupted, inbox.id, body('n17'))
    await interrupted.close()
    await done
  }
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  deepEqual(await unindexed(again), [])
  for (const i of [0, 7, 8, 99, 199]) deepEqual(await search(again, inbox.id, body(`n${i} x`)), [i + 1])
  equal((await search(again, inbox.id, body('number'))).length, 200)
  await again.close()
})

testFile('numbers that the database lost and gives again do not find the words of others', async ({ store, inbox }) => {
  await fill(store, inbox.id, 0, 20)
  await store.indexer.caughtUp()
  await store.close()
  // As after a power loss, or with an older copy of the database.
  await store.db.transaction(async (sql) => {
    await sql.run('delete from message where uid > 15')
    await sql.run('delete from mail where id > 15')
    await sql.run(`update sqlite_sequence set seq = 15 where name = 'mail'`)
  })
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  for (let i = 0; i < 5; i++) await append(again, inbox.id, { body: `other o${i}\r\n` })
  await again.indexer.caughtUp()
  deepEqual(await search(again, inbox.id, body('n17')), [])
  notDeepEqual(await search(again, inbox.id, body('o3')), [])
  equal((await search(again, inbox.id, body('number'))).length, 15)
  await again.close()
})
