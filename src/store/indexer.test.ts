import { deepEqual, equal } from 'node:assert/strict'
import { search } from './search.ts'
import { openStore } from './store.ts'
import { append, eachStore } from '../../test/mailstore.ts'

const states = 'select indexed, count(*) from mail group by indexed order by indexed'

eachStore('what was left unindexed when the house went down is indexed when it comes up', async ({ store, inbox }) => {
  await store.indexer.stop()
  for (let i = 0; i < 40; i++) await append(store, inbox.id, { body: `number n${i}\r\n` })
  deepEqual(await store.db.arrays(states), [[0, 40]])
  const again = openStore(store.db, store.blobs)
  await again.indexer.caughtUp()
  deepEqual(await store.db.arrays(states), [[1, 40]])
  deepEqual(await search(again, inbox.id, { is: 'body', text: 'n17' }), [18])
  await append(again, inbox.id, { body: 'late\r\n' })
  await again.close()
  await again.indexer.caughtUp() // resolves, though nothing more is done
  deepEqual(await search(again, inbox.id, { is: 'body', text: 'late' }), [41])
})

eachStore('a mail that cannot be read holds up nobody and is tried again', async ({ store, inbox }) => {
  await store.indexer.stop()
  for (let i = 0; i < 5; i++) await append(store, inbox.id, { body: `number n${i}\r\n` })
  const [row] = await store.db.arrays('select blob_ref from mail order by id limit 1 offset 2')
  const read: typeof store.blobs.read = (ref, start, end) =>
    ref === row![0] ? Promise.reject(new Error('disk')) : store.blobs.read(ref, start, end)
  const broken = openStore(store.db, { ...store.blobs, read })
  await broken.indexer.caughtUp()
  deepEqual(await store.db.arrays(states), [
    [1, 4],
    [2, 1],
  ])
  await broken.close()
  const again = openStore(store.db, store.blobs)
  deepEqual(await search(again, inbox.id, { is: 'body', text: 'n2' }), [3])
  await again.indexer.caughtUp()
  deepEqual(await store.db.arrays(states), [[1, 5]])
  await again.close()
})

eachStore('a search right after a mail came finds it', async ({ store, inbox }) => {
  for (let i = 0; i < 30; i++) {
    await append(store, inbox.id, { body: `fresh f${i}\r\n` })
    equal((await search(store, inbox.id, { is: 'body', text: `f${i}` })).at(-1), i + 1)
  }
})
