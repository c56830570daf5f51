import { deepEqual, equal, rejects } from 'node:assert/strict'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { addEmail } from './emailadd.ts'
import { emailsOf, scopeOf } from './emails.ts'
import { flagBits } from './flags.ts'
import { mailboxByRole } from './mailboxes.ts'
import { append, eachStore, letter, newMail } from '../../test/mailstore.ts'
import { quotaOf, setQuota } from './quota.ts'
import { keepUpload } from './uploads.ts'

const trouble = (code: TroubleCode) => (error: unknown) => error instanceof Trouble && error.code === code

eachStore('an email comes into all of its mailboxes, or into none', async ({ store, inbox }) => {
  const archive = (await mailboxByRole(store.db, 1, 'archive'))!
  const mail = await newMail(store, letter())
  const filing = { mail, keywords: ['$seen', 'work'], receivedAt: 5_000 }
  const { state } = await scopeOf(store.db, 1)
  const added = await addEmail(store, 1, { ...filing, mailboxIds: [inbox.id, archive.id] })
  deepEqual([added.before, added.modseq], [state, state + 1])
  const email = (await emailsOf(store.db, await scopeOf(store.db, 1), [added.row.id])).get(added.row.id)!
  deepEqual(
    [email.mailboxIds, email.flags, email.keywords, email.receivedAt, email.size],
    [[inbox.id, archive.id].sort((a, b) => a - b), flagBits.seen, ['work'], 5_000, added.size],
  )
  const { used } = await quotaOf(store.db, 1)
  equal(used, added.size * 2)

  const add = (mailboxIds: number[], rights?: Map<number, string>) =>
    addEmail(store, 1, { ...filing, mailboxIds }, rights)
  await rejects(add([inbox.id, 98_765]), trouble('no-such-mailbox'))
  await rejects(add([inbox.id], new Map([[archive.id, 'lri']])), trouble('no-such-mailbox'))
  await rejects(add([archive.id], new Map([[archive.id, 'lr']])), trouble('not-permitted'))
  await rejects(
    addEmail(store, 1, { ...filing, keywords: ['$deleted'], mailboxIds: [inbox.id] }),
    trouble('bad-keyword'),
  )
  await store.db.transaction((sql) => setQuota(sql, 1, used + 10))
  await rejects(add([inbox.id]), trouble('over-quota'))
  equal((await quotaOf(store.db, 1)).used, used)
})

eachStore('a mail of one account is shared with another, once', async ({ store, inbox }) => {
  const theirs = (await mailboxByRole(store.db, 2, 'inbox'))!
  await append(store, inbox.id)
  const row = (await store.mails.one(1))!
  const copy = (of: number) =>
    addEmail(store, 2, { mail: { row, of }, mailboxIds: [theirs.id], keywords: [], receivedAt: 1 })
  await rejects(copy(3), trouble('no-such-message'))
  equal((await copy(1)).row.id, row.id)
  await rejects(copy(1), trouble('already-exists'))
})

eachStore('an upload becomes a mail where its bytes lie now', async ({ store, inbox }) => {
  const { blob, ...mail } = await newMail(store, letter())
  const bounds = { bytes: 1e9, count: 10, milliseconds: 1e9 }
  const upload = await keepUpload(store, { accountId: 1, byId: 1, type: '', blob }, bounds)
  const moved = await store.blobs.copy(blob.ref)
  await store.db.run('update upload set blob_ref = $2 where id = $1', [upload.id, moved])
  const email = { mail: { ...mail, blob }, mailboxIds: [inbox.id], keywords: [], receivedAt: 1 }
  equal((await addEmail(store, 1, { ...email, upload: upload.id })).row.blobRef, moved)
  await rejects(addEmail(store, 1, { ...email, upload: 98_765 }), trouble('no-such-message'))
})
