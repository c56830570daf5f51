import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eraseAccountStore } from './erase.ts'
import { listMailboxes, mailboxByRole } from './mailboxes.ts'
import { insertMail } from './mails.ts'
import { messagesIn, placeMail } from './messages.ts'
import { quotaOf } from './quota.ts'
import { startSweeper } from './sweep.ts'
import { append, eachStore, letter, newMail } from '../../test/mailstore.ts'

const clock = { now: Date.UTC(2026, 0, 1) }

eachStore(
  'what an account had alone goes, what it shared stays with the others',
  async ({ store, inbox }) => {
    const { db } = store
    await append(store, inbox.id, { subject: 'mine alone' })
    const shared = await newMail(store, letter({ subject: 'to both' }))
    await db.transaction(async (sql) => {
      const mail = await insertMail(sql, shared)
      await placeMail(sql, mail, [{ accountId: 1 }, { accountId: 2 }])
    })

    await db.transaction((sql) => eraseAccountStore(sql, 1))
    await rejects(quotaOf(db, 1), { code: 'no-such-account' })
    deepEqual(await listMailboxes(db, 1), [])

    const sweeper = startSweeper(store)
    const first = await sweeper.sweep()
    equal(first.messages, 2)
    clock.now += store.limits.sweepGrace + 1
    equal((await sweeper.sweep()).mails, 1)
    await sweeper.stop()

    const other = await mailboxByRole(db, 2, 'inbox')
    equal((await messagesIn(db, other!.id, 1, 100, 10)).length, 1)
    await rejects(
      db.transaction((sql) => eraseAccountStore(sql, 1)),
      { code: 'no-such-account' },
    )
  },
  { clock: () => clock.now },
)
