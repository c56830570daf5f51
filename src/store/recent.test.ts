import { equal } from 'node:assert/strict'
import { append, eachStore } from '../../test/mailstore.ts'
import { mailboxById } from './mailboxes.ts'
import { countFrom, openRecents } from './recent.ts'

eachStore('a message is claimed once, and the claim is kept', async ({ store, inbox }) => {
  const now = async () => (await mailboxById(store.db, inbox.id))!
  await append(store, inbox.id)
  await append(store, inbox.id)
  const before = await now()
  const recents = openRecents(store.db)
  equal(recents.from(before), 1)
  equal(recents.claim(before, before.uidNext), 1)
  equal(recents.claim(before, before.uidNext), 3) // by the same row, read before the claim

  await append(store, inbox.id)
  equal(recents.claim(await now(), 4), 3)
  equal(await countFrom(store.db, inbox.id, 2, 4), 2)
  await recents.close()
  equal((await now()).recentUid, 4)
  equal(recents.from(before), 4) // a row of long ago does no harm

  const next = openRecents(store.db)
  equal(next.from(await now()), 4)
  await next.close()
})
