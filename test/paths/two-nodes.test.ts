// Two Posterns over one PostgreSQL database: what one commits the sessions of the other hear at once.
//
// Bytes lie in volumes, which are one process's: each house has its own, and no body is read in the other one. So this
// shows what the database carries between nodes, not a mail system of two nodes.

import { deepEqual, equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { ImapFlow } from 'imapflow'
import { openPop3, type Pop3 } from '../../bench/clients.ts'
import { migrations } from '../../src/schema.ts'
import type { Change } from '../../src/store/changes.ts'
import { freshPostgres } from '../engines.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

const user = 'wang@uni.example'
let a: WorldHouse
let b: WorldHouse
let drop: () => Promise<void>

before(async () => {
  const fresh = await freshPostgres(migrations)
  drop = fresh.drop
  const database = fresh.url
  a = await openWorld({ hostname: 'mail.uni.example', people: [user], database })
  b = await openWorld({ hostname: 'mail.uni.example', database })
})
after(async () => {
  await b?.close()
  await a?.close()
  await drop()
})

async function open(house: WorldHouse): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: house.port('imaps'),
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
  await client.connect()
  await client.mailboxOpen('INBOX')
  return client
}

const letter = (subject: string): string => `From: a@x.example\r\nSubject: ${subject}\r\n\r\n${subject}\r\n`

/** The next change of INBOX that the house hears and `is` says is the one. */
function heard(house: WorldHouse, mailboxId: number, is: (change: Change) => boolean): Promise<Change> {
  return new Promise((resolve) => {
    const unwatch = house.store.changes.watch({ mailboxId }, (change) => {
      if (!is(change)) return
      unwatch()
      resolve(change)
    })
  })
}

async function inboxId(): Promise<number> {
  return (await a.db.one<{ id: number }>(`select id from mailbox where name = 'INBOX'`))!.id
}

test('IDLE at one node tells what was done at the other', async () => {
  const [desk, phone] = await Promise.all([open(a), open(b)])
  void phone.idle()

  let news = once(phone, 'exists')
  await desk.append('INBOX', letter('一'))
  equal((await news)[0].count, 1)

  news = once(phone, 'flags')
  await desk.messageFlagsAdd('1', ['\\Flagged'])
  deepEqual((await news)[0].flags, new Set(['\\Flagged']))

  news = once(phone, 'expunge')
  await desk.messageDelete('1')
  equal((await news)[0].seq, 1)
  await Promise.all([desk.logout(), phone.logout()])
})

test('a change is heard once where it was made and once elsewhere', async () => {
  const id = await inboxId()
  const counts = { a: 0, b: 0 }
  const ends = [
    a.store.changes.watch({ mailboxId: id }, () => void counts.a++),
    b.store.changes.watch({ mailboxId: id }, () => void counts.b++),
  ]
  const change: Change = { accountId: 1, mailboxId: id, modseq: 5, kind: 'arrived' }
  const there = heard(b, id, ({ modseq }) => modseq === 5)
  a.store.changes.publish([change])
  deepEqual(await there, change)
  const back = heard(a, id, ({ modseq }) => modseq === 6)
  b.store.changes.publish([{ ...change, modseq: 6 }])
  await back
  deepEqual(counts, { a: 2, b: 2 })
  for (const end of ends) end()
})

test('after a broken connection everybody looks again', async () => {
  const id = await inboxId()
  const look = Promise.all([a, b].map((house) => heard(house, id, ({ modseq }) => modseq === 0)))
  await a.db.all(`select pg_terminate_backend(pid) from pg_stat_activity
    where pid <> pg_backend_pid() and (query like 'listen %' or query like '%pg_notify%')`)
  await look
  const there = heard(b, id, ({ modseq }) => modseq === 7)
  a.store.changes.publish([{ accountId: 1, mailboxId: id, modseq: 7, kind: 'gone' }])
  await there
})

test('a maildrop is open in one session, whichever node it is at', async () => {
  const login = { name: user, password }
  const at = (house: WorldHouse): Promise<Pop3> => openPop3({ port: house.port('pop3s'), tls: true }, login)
  const first = await at(a)
  await refused(at(b))
  await refused(at(a))
  await first.quit()
  // The other node may be asked a moment before the lock is let go there.
  for (;;) {
    const second = await at(b).catch((error: Error) => error)
    if (second instanceof Error) match(second.message, /IN-USE/)
    else return second.quit()
  }
})

async function refused(opening: Promise<Pop3>): Promise<void> {
  const answer = await opening.then(
    (opened) => {
      opened.destroy()
      return 'opened'
    },
    (error: Error) => error.message,
  )
  match(answer, /IN-USE/)
}
