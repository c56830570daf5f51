import { deepEqual, equal, ok } from 'node:assert/strict'
import { emailChanges, whole } from './emailchanges.ts'
import { emailsOf, scopeOf } from './emails.ts'
import { changeEmails, type EmailOrder, type EmailsSet } from './emailset.ts'
import { flagBits } from './flags.ts'
import type { Change } from './changes.ts'
import { createMailbox, mailboxById, mailboxByRole } from './mailboxes.ts'
import { appendMessages, copyMessages, messagesIn, vanishedSince } from './messages.ts'
import { quotaOf, setQuota } from './quota.ts'
import type { Store } from './store.ts'
import { append, eachStore, letter, newMail } from '../../test/mailstore.ts'

async function order(store: Store, ...orders: EmailOrder[]): Promise<EmailsSet> {
  const done = await changeEmails(store, 1, orders)
  ok(done !== 'other-state')
  return done
}

async function idOf(store: Store, mailboxId: number, uid: number): Promise<number> {
  const [row] = await messagesIn(store.db, mailboxId, uid, uid, 1)
  return row!.mailId
}

eachStore('hundreds of emails go to another mailbox and change flags in one step', async ({ store, inbox }) => {
  const archive = (await mailboxByRole(store.db, 1, 'archive'))!
  const mail = newMail(store, letter())
  const mailOf = async (n: number) => ({ ...(await mail), trace: `X-N: ${n}\r\n` })
  const mails = []
  for (let n = 0; n < 300; n++) mails.push({ mail: await mailOf(n), flags: 0, keywords: [], receivedAt: n })
  for (let from = 0; from < 300; from += 50) await appendMessages(store, inbox.id, mails.slice(from, from + 50))
  const ids = (await messagesIn(store.db, inbox.id, 1, 999, 999)).map(({ mailId }) => mailId)
  const before = await scopeOf(store.db, 1)
  const heard: Change[] = []
  store.changes.watch({ accountId: 1 }, (change) => heard.push(change))

  const done = await order(
    store,
    ...ids.map((id) => ({ id, keywords: { add: ['$seen', 'work'], remove: [] }, mailboxIds: { set: [archive.id] } })),
  )
  equal(done.before, before.state)
  equal(done.refused.size, 0)
  deepEqual(
    heard.map(({ mailboxId, kind, modseq }) => [mailboxId, kind, modseq]),
    [
      [inbox.id, 'gone', done.modseq],
      [archive.id, 'arrived', done.modseq],
    ],
  )
  const [from, to] = [(await mailboxById(store.db, inbox.id))!, (await mailboxById(store.db, archive.id))!]
  deepEqual([from.total, from.unseen, from.size, from.modseq], [0, 0, 0, done.modseq])
  deepEqual([to.total, to.unseen, to.modseq, to.keywords], [300, 0, done.modseq, ['work']])
  equal((await quotaOf(store.db, 1)).used, to.size)
  equal((await vanishedSince(store.db, inbox.id, 0)).length, 300)
  const changes = await emailChanges(store.db, await scopeOf(store.db, 1), whole(before.state), 1_000)
  deepEqual([changes!.created.length, changes!.updated.length, changes!.destroyed.length], [0, 300, 0])
})

eachStore(
  'an email in two mailboxes: keywords everywhere, copies come and go by themselves',
  async ({ store, inbox }) => {
    const archive = (await mailboxByRole(store.db, 1, 'archive'))!
    const other = await createMailbox(store, 1, { path: ['Other'] })
    await append(store, inbox.id, {}, { flags: flagBits.seen, keywords: ['Work'] })
    await copyMessages(store, inbox.id, [1], archive.id, { flags: 0, keywords: false })
    const id = await idOf(store, inbox.id, 1)
    const now = async () => (await emailsOf(store.db, await scopeOf(store.db, 1), [id])).get(id)

    equal((await now())!.flags, 0) // seen in one of them only
    await order(store, { id, keywords: { add: ['$flagged'], remove: ['work'] } })
    deepEqual([(await now())!.flags, (await now())!.keywords], [flagBits.flagged, []])
    equal((await messagesIn(store.db, inbox.id, 1, 1, 1))[0]!.flags, flagBits.seen | flagBits.flagged)

    await order(store, { id, keywords: { set: ['$answered'] }, mailboxIds: { add: [other.id], remove: [inbox.id] } })
    deepEqual(
      (await now())!.mailboxIds,
      [archive.id, other.id].sort((a, b) => a - b),
    )
    equal((await now())!.flags, flagBits.answered)

    await order(store, { id, destroy: true })
    equal(await now(), undefined)
    equal((await quotaOf(store.db, 1)).used, 0)
  },
)

eachStore('what is refused changes nothing, and not the others', async ({ store, inbox }) => {
  const archive = (await mailboxByRole(store.db, 1, 'archive'))!
  for (let n = 0; n < 7; n++) await append(store, inbox.id, { body: 'x'.repeat(1_000) })
  const [a, b, c, d, e, f, g] = (await messagesIn(store.db, inbox.id, 1, 9, 9)).map(({ mailId }) => mailId)
  const { used } = await quotaOf(store.db, 1)
  await store.db.transaction((sql) => setQuota(sql, 1, used + 100))
  const many = Array.from({ length: store.limits.keywordsPerMessage + 1 }, (_, n) => `k${n}`)
  const { refused } = await order(
    store,
    { id: a!, mailboxIds: { set: [] } },
    { id: b!, mailboxIds: { set: [98_765] } },
    { id: c!, keywords: { set: many } },
    { id: d!, mailboxIds: { add: [archive.id], remove: [] } },
    { id: e!, mailboxIds: { set: [archive.id] } },
    { id: f!, keywords: { add: ['$deleted'], remove: [] } },
    { id: g!, keywords: { add: ['$seen'], remove: [] } },
    { id: 98_765, destroy: true },
  )
  deepEqual(
    [...refused].map(([id, { code }]) => [id, code]),
    [
      [a, 'no-such-mailbox'],
      [b, 'no-such-mailbox'],
      [c, 'too-many-keywords'],
      [d, 'over-quota'],
      [f, 'bad-keyword'],
      [98_765, 'no-such-message'],
    ],
  )
  const [from, to] = [(await mailboxById(store.db, inbox.id))!, (await mailboxById(store.db, archive.id))!]
  deepEqual([from.total, from.unseen, to.total], [6, 5, 1])
  equal((await quotaOf(store.db, 1)).used, used)
  equal(await changeEmails(store, 1, [{ id: a!, destroy: true }], { expected: 1 }), 'other-state')
})

eachStore('somebody else does what he was granted in each mailbox', async ({ store, inbox }) => {
  const archive = (await mailboxByRole(store.db, 1, 'archive'))!
  await append(store, inbox.id, {}, { flags: flagBits.flagged })
  const id = await idOf(store, inbox.id, 1)
  const cases: [string, Record<number, string>, Omit<EmailOrder, 'id'>, string | undefined][] = [
    ['seen with s', { [inbox.id]: 'lrs' }, { keywords: { add: ['$seen'], remove: [] } }, undefined],
    ['seen without s', { [inbox.id]: 'lrw' }, { keywords: { add: [], remove: ['$seen'] } }, 'not-permitted'],
    ['a keyword without w', { [inbox.id]: 'lrs' }, { keywords: { add: ['x'], remove: [] } }, 'not-permitted'],
    [
      'a keyword that is there already',
      { [inbox.id]: 'lr' },
      { keywords: { add: ['$flagged'], remove: [] } },
      undefined,
    ],
    ['a mailbox not seen', { [inbox.id]: 'lrte' }, { mailboxIds: { set: [archive.id] } }, 'no-such-mailbox'],
    ['without i', { [inbox.id]: 'lrte', [archive.id]: 'lr' }, { mailboxIds: { set: [archive.id] } }, 'not-permitted'],
    ['without t', { [inbox.id]: 'lre', [archive.id]: 'lri' }, { mailboxIds: { set: [archive.id] } }, 'not-permitted'],
    ['destroyed without e', { [inbox.id]: 'lrt' }, { destroy: true }, 'not-permitted'],
    ['an email not seen', { [archive.id]: 'lrswite' }, { destroy: true }, 'no-such-message'],
    ['moved', { [inbox.id]: 'lrte', [archive.id]: 'lri' }, { mailboxIds: { set: [archive.id] } }, undefined],
  ]
  for (const [what, rights, asked, code] of cases) {
    const byId = new Map(Object.entries(rights).map(([box, letters]) => [Number(box), letters]))
    const done = await changeEmails(store, 1, [{ id, ...asked }], { rights: byId })
    ok(done !== 'other-state')
    equal(done.refused.get(id)?.code, code, what)
  }
  // No right to write there: flags stayed behind.
  equal((await messagesIn(store.db, archive.id, 1, 1, 1))[0]!.flags, 0)
})
