import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { flagBits, storeFlags } from './flags.ts'
import { createMailbox, deleteMailbox, listMailboxes, mailboxById, mailboxByPath, mailboxByRole } from './mailboxes.ts'
import { insertMail, readMails, sizeOf, treeOf } from './mails.ts'
import {
  announce,
  appendMessages,
  changedSince,
  copyMessages,
  expunge,
  fetchPage,
  flagsOf,
  messagesIn,
  moveMessages,
  placeMail,
  vanishedSince,
  type Target,
} from './messages.ts'
import { quotaOf, setQuota } from './quota.ts'
import { createAccountStore } from './mailboxes.ts'
import { append, eachStore, letter, newMail } from '../../test/mailstore.ts'

const { seen, deleted, flagged } = flagBits

eachStore('an account starts with six mailboxes', async ({ store }) => {
  const mailboxes = await listMailboxes(store.db, 1)
  deepEqual(
    mailboxes.map(({ path, role }) => [path.join('/'), role]),
    [
      ['Archive', 'archive'],
      ['Drafts', 'drafts'],
      ['INBOX', 'inbox'],
      ['Junk', 'junk'],
      ['Sent', 'sent'],
      ['Trash', 'trash'],
    ],
  )
  await rejects(
    store.db.transaction((sql) => createAccountStore(sql, 1, 0)),
    { code: 'already-exists' },
  )
  const validities = new Set(mailboxes.map((mailbox) => mailbox.uidValidity))
  equal(validities.size, 6)
})

eachStore('a mail to many is one row and many messages', async ({ store }) => {
  const mail = await newMail(store, letter({ subject: 'To all' }), 'Received: by us\r\n')
  const targets: Target[] = [{ accountId: 3 }, { accountId: 1, flags: ['seen'] }, { accountId: 2, keywords: ['$Junk'] }]
  const placed = await store.db.transaction(async (sql) => placeMail(sql, await insertMail(sql, mail), targets))
  announce(store, placed)
  deepEqual(
    placed.map(({ accountId, uid }) => [accountId, uid]).sort((a, b) => a[0]! - b[0]!),
    [
      [1, 1],
      [2, 1],
      [3, 1],
    ],
  )
  const ids = new Set<number>()
  for (const accountId of [1, 2, 3]) {
    const inbox = (await mailboxByRole(store.db, accountId, 'inbox'))!
    const [row] = await fetchPage(store, inbox.id, [1], { mail: true })
    ids.add(row!.mailId)
    equal(row!.size, sizeOf(row!.mail!))
    equal(treeOf(row!.mail!).headers.subject, 'To all')
    deepEqual([inbox.total, inbox.unseen], [1, accountId === 1 ? 0 : 1])
    deepEqual(inbox.keywords, accountId === 2 ? ['$Junk'] : [])
    equal((await quotaOf(store.db, accountId)).used, row!.size)
  }
  equal(ids.size, 1)
  const [row] = await readMails(store.db, [...ids])
  deepEqual(await store.blobs.read(row!.blobRef), await store.blobs.read(mail.blob.ref))
  equal(row!.hash, mail.blob.hash)
})

eachStore('one full account refuses the mail for all, and a warning is due once', async ({ store }) => {
  const mail = await newMail(store, letter({ body: 'x'.repeat(1000) }))
  const size = mail.blob.size
  await store.db.transaction((sql) => setQuota(sql, 2, size * 10))
  const place = (accountIds: number[], beyondQuota = false) =>
    store.db.transaction(async (sql) =>
      placeMail(
        sql,
        await insertMail(sql, mail),
        accountIds.map((accountId) => ({ accountId })),
        { beyondQuota },
      ),
    )
  const crossed: unknown[] = []
  for (let i = 0; i < 10; i++) crossed.push(...(await place([1, 2])).crossed)
  deepEqual(crossed, [
    { accountId: 2, percent: 80 },
    { accountId: 2, percent: 95 },
  ])
  await rejects(place([1, 2, 3]), { code: 'over-quota', details: { accountId: 2 } })
  await rejects(place([1, 99]), { code: 'no-such-account', details: { accountId: 99 } })
  deepEqual(await quotaOf(store.db, 1), { used: size * 10, quota: 0, messages: 10 })
  equal((await quotaOf(store.db, 3)).messages, 0)
  equal((await place([2], true)).length, 1)
  const inbox = (await mailboxByRole(store.db, 2, 'inbox'))!
  await expunge(store, inbox.id, [1, 2, 3, 4])
  deepEqual((await place([2])).crossed, [{ accountId: 2, percent: 80 }])
})

eachStore('a mail named twice for one mailbox comes once', async ({ store, inbox }) => {
  const mail = await newMail(store, letter())
  const targets: Target[] = [{ accountId: 1 }, { accountId: 1, mailboxId: inbox.id, flags: ['flagged'] }]
  const placed = await store.db.transaction(async (sql) => placeMail(sql, await insertMail(sql, mail), targets))
  equal(placed.length, 1)
  deepEqual(await quotaOf(store.db, 1), { used: mail.blob.size, quota: 0, messages: 1 })
  equal((await messagesIn(store.db, inbox.id, 1, 9, 9))[0]!.flags, flagged)
})

eachStore('ten appends at once get ten uids', async ({ store, inbox }) => {
  const placed = await Promise.all(Array.from({ length: 10 }, () => append(store, inbox.id)))
  deepEqual(
    placed.map(({ uid }) => uid).sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  equal(new Set(placed.map(({ modseq }) => modseq)).size, 10)
  equal((await mailboxById(store.db, inbox.id))!.uidNext, 11)
})

eachStore('a multiple append is all or nothing', async ({ store, inbox }) => {
  const items = await Promise.all(
    [seen, 0, deleted].map(async (flags) => ({
      mail: await newMail(store, letter()),
      flags,
      keywords: ['work'],
      receivedAt: 1,
    })),
  )
  const placed = await appendMessages(store, inbox.id, items)
  deepEqual(
    placed.map(({ uid }) => uid),
    [1, 2, 3],
  )
  await store.db.transaction((sql) => setQuota(sql, 1, 1))
  await rejects(appendMessages(store, inbox.id, items), { code: 'over-quota' })
  const after = (await mailboxById(store.db, inbox.id))!
  deepEqual([after.total, after.unseen, after.deleted, after.uidNext], [3, 2, 1, 4])
  await rejects(appendMessages(store, 999, items), { code: 'no-such-mailbox' })
})

eachStore('flags are set, added, removed; unchanged messages keep their modseq', async ({ store, inbox }) => {
  for (let i = 0; i < 4; i++) await append(store, inbox.id)
  const add = await storeFlags(store, inbox.id, [1, 2, 9], { mode: 'add', flags: seen | deleted, keywords: ['Work'] })
  deepEqual(
    add.changed.map(({ uid, flags, keywords }) => [uid, flags, keywords]),
    [
      [1, seen | deleted, 'Work'],
      [2, seen | deleted, 'Work'],
    ],
  )
  const modseq = add.changed[0]!.modseq
  const again = await storeFlags(store, inbox.id, [1, 3], { mode: 'add', flags: seen, keywords: ['WORK'] })
  deepEqual([again.changed.map((row) => row.uid), again.same.map((row) => row.uid)], [[3], [1]])
  equal(again.changed[0]!.keywords, 'Work')
  const guarded = await storeFlags(store, inbox.id, [1, 3], {
    mode: 'remove',
    flags: deleted,
    keywords: ['work'],
    unchangedSince: modseq,
  })
  deepEqual([guarded.changed.map((row) => row.uid), guarded.failed], [[1], [3]])
  await storeFlags(store, inbox.id, [1, 2, 3, 4], { mode: 'set', flags: flagged, keywords: ['b', 'a'] })
  deepEqual(
    (await flagsOf(store.db, inbox.id, [1, 2, 3, 4])).map(([uid, flags, words]) => [uid, flags, words]),
    [
      [1, flagged, 'a b'],
      [2, flagged, 'a b'],
      [3, flagged, 'a b'],
      [4, flagged, 'a b'],
    ],
  )
  const after = (await mailboxById(store.db, inbox.id))!
  deepEqual([after.unseen, after.deleted, after.keywords], [4, 0, ['Work', 'a', 'b']])
  deepEqual(
    (await changedSince(store.db, inbox.id, modseq)).map((row) => row.uid),
    [1, 2, 3, 4],
  )
  await rejects(storeFlags(store, inbox.id, [1], { mode: 'set', flags: 0, keywords: ['a b'] }), { code: 'bad-keyword' })
})

eachStore('what is expunged is gone, remembered and given back to the quota', async ({ store, inbox }) => {
  for (let i = 0; i < 20; i++) await append(store, inbox.id, {}, { flags: i % 2 ? deleted : seen })
  const before = (await mailboxById(store.db, inbox.id))!.modseq
  deepEqual(await expunge(store, inbox.id, [1, 2, 4], { onlyDeleted: true }), [2, 4])
  deepEqual(await expunge(store, inbox.id, [1, 99]), [1])
  deepEqual(await expunge(store, inbox.id, 'all-deleted'), [6, 8, 10, 12, 14, 16, 18, 20])
  deepEqual(await expunge(store, inbox.id, 'all-deleted'), [])
  deepEqual(await vanishedSince(store.db, inbox.id, before), [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
  const { total, unseen, deleted: marked, size, uidNext } = (await mailboxById(store.db, inbox.id))!
  const rows = await messagesIn(store.db, inbox.id, 1, 99, 99)
  deepEqual([total, unseen, marked, uidNext], [9, 0, 0, 21])
  equal(
    size,
    rows.reduce((sum, row) => sum + row.size, 0),
  )
  deepEqual(await quotaOf(store.db, 1), { used: size, quota: 0, messages: 9 })
  await store.db.run('update mailbox set expunged_floor = $2 where id = $1', [inbox.id, before])
  deepEqual(await vanishedSince(store.db, inbox.id, before - 1), [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
})

eachStore('copies and moves keep the mail, the flags and the order', async ({ store, inbox }) => {
  for (let i = 0; i < 30; i++)
    await append(store, inbox.id, {}, { flags: i % 3 ? 0 : seen, keywords: i === 4 ? ['Odd'] : [] })
  const work = await createMailbox(store, 1, { path: ['Work'] })
  const uids = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 22]
  const copied = await copyMessages(store, inbox.id, [...uids, 99], work.id)
  deepEqual(
    copied,
    uids.map((from, i) => ({ from, to: i + 1 })),
  )
  const moved = await moveMessages(store, inbox.id, [30, 5], work.id)
  deepEqual(moved, [
    { from: 5, to: 14 },
    { from: 30, to: 15 },
  ])
  const ids = async (id: number) =>
    (await messagesIn(store.db, id, 1, 99, 99)).map((row) => [row.mailId, row.flags, row.keywords])
  const [here, there] = [await ids(inbox.id), await ids(work.id)]
  equal(here.length, 28)
  deepEqual(there[3], there[13])
  const target = (await mailboxById(store.db, work.id))!
  deepEqual([target.total, target.keywords, target.uidNext], [15, ['Odd'], 16])
  equal((await quotaOf(store.db, 1)).messages, 43)
  deepEqual(await vanishedSince(store.db, inbox.id, 0), [5, 30])

  const other = (await mailboxByRole(store.db, 2, 'inbox'))!
  await moveMessages(store, work.id, [1, 2, 3], other.id)
  equal((await quotaOf(store.db, 2)).messages, 3)
  equal((await quotaOf(store.db, 1)).messages, 40)
  await store.db.transaction((sql) => setQuota(sql, 2, 1))
  await rejects(copyMessages(store, work.id, [4], other.id), { code: 'over-quota' })
  await rejects(moveMessages(store, work.id, [4], 999), { code: 'no-such-mailbox' })
  deepEqual(await copyMessages(store, work.id, [77], other.id), [])
})

eachStore('a deleted mailbox gives its use back and its name can come again', async ({ store }) => {
  const work = await createMailbox(store, 1, { path: ['Work'] })
  await append(store, work.id)
  await deleteMailbox(store, work.id)
  deepEqual(await quotaOf(store.db, 1), { used: 0, quota: 0, messages: 0 })
  equal(await mailboxByPath(store.db, 1, ['Work']), undefined)
  await rejects(append(store, work.id), { code: 'no-such-mailbox' })
  const again = await createMailbox(store, 1, { path: ['Work'] })
  ok(again.uidValidity > work.uidValidity)
  ok(again.id !== work.id)
  equal(again.total, 0)
})

eachStore(
  'a mailbox has so many keywords; a mail that comes with more comes without them',
  async ({ store, inbox }) => {
    const fifty = (from: number): string[] => Array.from({ length: 50 }, (_, i) => `k${from + i}`)
    for (const from of [0, 50, 100, 150]) await append(store, inbox.id, {}, { keywords: fifty(from) })
    await rejects(append(store, inbox.id, {}, { keywords: ['one-more'] }), { code: 'too-many-keywords' })
    await rejects(storeFlags(store, inbox.id, [1], { mode: 'add', flags: 0, keywords: ['one-more'] }), {
      code: 'too-many-keywords',
    })
    await append(store, inbox.id, {}, { keywords: ['K199'] })
    await rejects(append(store, inbox.id, {}, { keywords: [...fifty(0), 'x'] }), { code: 'too-many-keywords' })
    const mail = await newMail(store, letter())
    await store.db.transaction(async (sql) =>
      placeMail(sql, await insertMail(sql, mail), [{ accountId: 1, keywords: ['one-more', 'k7'] }]),
    )
    deepEqual(
      (await messagesIn(store.db, inbox.id, 5, 9, 9)).map((row) => row.keywords),
      ['k199', 'k7'],
    )
    const other = await createMailbox(store, 1, { path: ['Other'] })
    await append(store, other.id, {}, { keywords: ['new'] })
    await rejects(copyMessages(store, other.id, [1], inbox.id), { code: 'too-many-keywords' })
  },
)

eachStore('a copy keeps the flags that it may keep, and the counters know', async ({ store, inbox }) => {
  const seenAndDeleted = flagBits.seen | flagBits.deleted
  await append(store, inbox.id, {}, { flags: 31, keywords: ['$work'] })
  await append(store, inbox.id, {}, { flags: flagBits.deleted })
  await append(store, inbox.id)
  const cases: [kept: { flags: number; keywords: boolean }, flags: number[], keywords: string, counted: number[]][] = [
    [{ flags: 31, keywords: true }, [31, flagBits.deleted, 0], '$work', [2, 2]],
    [{ flags: flagBits.seen, keywords: false }, [flagBits.seen, 0, 0], '', [2, 0]],
    [{ flags: 31 & ~flagBits.seen, keywords: true }, [30, flagBits.deleted, 0], '$work', [3, 2]],
    [{ flags: 0, keywords: false }, [0, 0, 0], '', [3, 0]],
  ]
  for (const [i, [kept, flags, keywords, [unseen, deleted]]] of cases.entries()) {
    for (const deed of [copyMessages, moveMessages]) {
      const box = await createMailbox(store, 2, { path: [`${deed.name} ${i}`] })
      const from = await createMailbox(store, 1, { path: [`${deed.name} ${i}`] })
      await copyMessages(store, inbox.id, [1, 2, 3], from.id)
      await deed(store, from.id, [1, 2, 3], box.id, kept)
      const rows = await messagesIn(store.db, box.id, 1, 9, 9)
      deepEqual(
        rows.map((row) => row.flags),
        flags,
      )
      equal(rows[0]!.keywords, keywords)
      const after = (await mailboxById(store.db, box.id))!
      deepEqual([after.unseen, after.deleted], [unseen, deleted])
      equal((await mailboxById(store.db, from.id))!.deleted, deed === moveMessages ? 0 : 2)
    }
  }
  equal((await messagesIn(store.db, inbox.id, 1, 1, 1))[0]!.flags & seenAndDeleted, seenAndDeleted)
})

eachStore('what an append replaces goes with it, or both stay away', async ({ store, inbox }) => {
  await append(store, inbox.id)
  const of = async (accountId: number) => (await mailboxByRole(store.db, accountId, 'inbox'))!
  const item = async () => ({ mail: await newMail(store, letter()), flags: 0, keywords: [], receivedAt: 0 })
  const used = async (accountId: number) => (await quotaOf(store.db, accountId)).messages

  // In one mailbox, then up and down the accounts: they are taken in order.
  for (const [from, to, uid] of [
    [1, 1, 1],
    [1, 2, 2],
    [2, 1, 1],
  ] as const) {
    await appendMessages(store, (await of(to)).id, [await item()], { mailboxId: (await of(from)).id, uid })
    equal((await of(to)).total, 1)
    if (from !== to) equal((await of(from)).total, 0)
    deepEqual([await used(1), await used(2)], to === 1 ? [1, 0] : [0, 1])
  }
  const before = await of(1)
  const replaced = { mailboxId: inbox.id, uid: 2 }
  await rejects(appendMessages(store, inbox.id, [await item()], replaced), { code: 'no-such-message' })
  deepEqual(await of(1), before)
})
