import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import { migrations } from '../schema.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { addToQueue, claimDue, removeEntry, removeFinished } from './entries.ts'
import {
  beginSubmissions,
  cancelSubmission,
  destroySubmission,
  findSubmissions,
  insertSubmission,
  noteOutcomes,
  submissionChanges,
  submissionsOf,
  submissionState,
  sweepSubmissions,
  type Submission,
} from './submissions.ts'

const trouble = (code: TroubleCode) => (error: unknown) => error instanceof Trouble && error.code === code
const noon = Date.UTC(2026, 0, 1, 4)
let sent = 0

/** A mail in the queue that may leave at noon, and its submission. */
async function submit(db: Database, addresses: string[], state: Submission['state'] = 'pending'): Promise<Submission> {
  const n = ++sent
  const historyId = `h${n}`
  return db.transaction(async (sql) => {
    const mail = {
      mailId: n,
      historyId,
      at: noon,
      sender: 'wang@uni.example',
      smtputf8: false,
      body: '8BITMIME' as const,
    }
    await addToQueue(
      sql,
      { ...mail, submission: true },
      addresses.map((address) => ({ address })),
    )
    return insertSubmission(sql, {
      accountId: 1,
      identityId: 2,
      mailId: n,
      thread: 40 + n,
      historyId,
      envelope: '{}',
      sendAt: noon + n,
      state,
      recipients: addresses.map((address) => ({ address, delivered: 'queued', reply: '250 2.0.0 Queued' })),
    })
  })
}

const claim = (db: Database, at: number) =>
  db.transaction((sql) => claimDue(sql, { node: 'n', now: at, until: at + 1_000, most: 100, except: [] }))

const again = async (db: Database, { id }: Submission): Promise<Submission> =>
  (await submissionsOf(db, 1, [id])).get(id)!

eachEngine('what waits is taken back whole, and never leaves', migrations, async (_t, db) => {
  const one = await submit(db, ['a@x.example', 'b@x.example'])
  deepEqual(await claim(db, noon - 1), [])
  await rejects(cancelSubmission(db, 2, one.id, noon), trouble('no-such-queue-entry'))
  const news = await cancelSubmission(db, 1, one.id, noon)
  deepEqual(news, { accountId: 1, modseq: one.modseq + 1 })
  deepEqual([(await again(db, one)).state, await claim(db, noon + 9)], ['canceled', []])
  deepEqual(await db.all('select id from queue_mail'), [])
  await rejects(cancelSubmission(db, 1, one.id, noon), trouble('in-use'))
})

eachEngine('what was claimed, even in part, is not taken back', migrations, async (_t, db) => {
  const one = await submit(db, ['a@x.example', 'b@y.example'])
  const claimed = await db.transaction((sql) =>
    claimDue(sql, { node: 'n', now: noon, until: noon + 1_000, most: 1, except: [] }),
  )
  equal(claimed.length, 1)
  await rejects(cancelSubmission(db, 1, one.id, noon), trouble('in-use'))
  equal((await db.all('select id from queue_entry')).length, 2)
  deepEqual(await beginSubmissions(db, [one.historyId, 'h-unknown']), [{ accountId: 1, modseq: one.modseq + 1 }])
  deepEqual(await beginSubmissions(db, [one.historyId]), [])
  equal((await again(db, one)).state, 'final')
})

eachEngine('of a claim and a change of mind at the same moment, one happens', migrations, async (_t, db) => {
  for (let n = 0; n < 20; n++) {
    const one = await submit(db, ['a@x.example', 'b@x.example', 'c@x.example'])
    const [claimed, canceled] = await Promise.all([
      claim(db, noon),
      cancelSubmission(db, 1, one.id, noon).then(
        () => true,
        () => false,
      ),
    ])
    deepEqual([claimed.length, (await again(db, one)).state], canceled ? [0, 'canceled'] : [3, 'pending'])
    await db.run('delete from queue_entry')
    await db.run('delete from queue_mail')
  }
})

eachEngine(
  'outcomes are written by recipient; what nobody hears of is unknown in the end',
  migrations,
  async (_t, db) => {
    const one = await submit(db, ['A@X.example', 'list@uni.example'], 'final')
    const [first, second] = await claim(db, noon)
    const refused = { address: 'a@x.example', delivered: 'no' as const, reply: '550 5.1.1 nobody' }
    await db.transaction(async (sql) => {
      await removeEntry(sql, 'n', first!.id)
      await noteOutcomes(sql, one.historyId, [refused])
    })
    deepEqual((await again(db, one)).recipients, [
      refused,
      { address: 'list@uni.example', delivered: 'queued', reply: '250 2.0.0 Queued' },
    ])
    const news = await db.transaction(async (sql) => {
      await removeEntry(sql, 'n', second!.id)
      await removeFinished(sql, [second!.queueMail])
      return noteOutcomes(sql, one.historyId, [{ address: 'member@else.example', delivered: 'unknown', reply: '250' }])
    })
    equal((await again(db, one)).recipients[1]!.delivered, 'unknown')
    equal(news!.modseq, (await submissionState(db, 1)).modseq)
    equal(await db.transaction((sql) => noteOutcomes(sql, 'h-unknown', [refused])), undefined)
  },
)

eachEngine('changes, lists, and what is forgotten', migrations, async (_t, db) => {
  const made: Submission[] = []
  for (let n = 0; n < 4; n++) made.push(await submit(db, ['a@x.example'], n === 3 ? 'pending' : 'final'))
  const [a, b, c, d] = made as [Submission, Submission, Submission, Submission]
  const { modseq } = await submissionState(db, 1)
  await destroySubmission(db, 1, b.id)
  equal(await destroySubmission(db, 2, a.id), undefined)
  await cancelSubmission(db, 1, d.id, noon)
  const told = async (since: number, most = 10) => {
    const changes = await submissionChanges(db, 1, since, most)
    return changes && [changes.created, changes.updated, changes.destroyed, changes.hasMore]
  }
  deepEqual(await told(0), [[a.id, c.id, d.id], [], [b.id], false])
  deepEqual(await told(modseq), [[], [d.id], [b.id], false])
  deepEqual(await told(modseq, 1), [[], [], [b.id], true])
  equal(await told(modseq + 99), undefined)

  const sort = [{ by: 'sentAt' as const, ascending: false }]
  deepEqual(await findSubmissions(db, 1, [], sort, 10), [d.id, c.id, a.id])
  deepEqual(await findSubmissions(db, 1, [{ mailIds: [a.mailId, c.mailId] }, { state: 'final' }], [], 10), [a.id, c.id])
  deepEqual(await findSubmissions(db, 1, [{ threads: [c.thread], before: c.sendAt + 1, after: c.sendAt }], [], 10), [
    c.id,
  ])
  deepEqual(await findSubmissions(db, 1, [{ identityIds: [] }], [], 10), [])
  deepEqual(await findSubmissions(db, 2, [], [], 10), [])

  const before = (await submissionState(db, 1)).modseq
  await sweepSubmissions(db, c.sendAt, async () => true)
  deepEqual(await findSubmissions(db, 1, [], [], 10), [c.id, d.id])
  equal(await told(before), undefined)
  deepEqual(await told((await submissionState(db, 1)).modseq), [[], [], [], false])
  await sweepSubmissions(db, 0, async () => false)
  deepEqual([await findSubmissions(db, 1, [], [], 10), (await submissionState(db, 1)).modseq], [[], 0])
})
