import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import { changeAccount, createAccount, setPassword, switchProtocols } from '../directory/accounts.ts'
import { createDomain } from '../directory/domains.ts'
import { migrations } from '../directory/migrations.ts'
import type { Database } from '../sql/sql.ts'
import { openSessions } from './sessions.ts'

const minute = 60_000
const day = 24 * 60 * minute
const from = { address: '192.0.2.1', agent: 'A browser\r\nX: y' }

async function house(db: Database) {
  await createDomain(db, { name: 'uni.example' })
  const wang = await createAccount(db, { address: 'wang@uni.example', passwordHash: 'x' })
  const li = await createAccount(db, { address: 'li@uni.example', passwordHash: 'x' })
  const clock = { now: Date.UTC(2026, 0, 1) }
  const failures: unknown[] = []
  const limits = { idleMilliseconds: 7 * day, absoluteMilliseconds: 30 * day, perAccount: 3 }
  const sessions = openSessions(
    db,
    () => clock.now,
    (error) => failures.push(error),
    limits,
  )
  return { wang, li, clock, failures, sessions }
}

eachEngine('a session lives while it is used, and not for ever', migrations, async (t, db) => {
  const { wang, clock, sessions, failures } = await house(db)
  t.after(() => sessions.stop())
  const { secret, signedIn } = await sessions.begin(wang, 'cookie', from)
  match(secret, /^[\w-]{43}$/)
  const rows = JSON.stringify(await db.all('select * from web_session'))
  equal(rows.includes(secret), false, 'the secret is kept nowhere')
  equal(signedIn.session?.agent, 'A browserX: y')
  for (let week = 0; week < 4; week++) {
    clock.now += 7 * day - 1
    equal((await sessions.find(secret, from))?.account.id, wang.id)
  }
  clock.now += 3 * day
  equal(await sessions.find(secret, from), undefined, 'thirty days are over')

  const idle = await sessions.begin(wang, 'cookie', from)
  clock.now += 7 * day
  equal((await sessions.list(wang.id)).length, 0)
  equal(await sessions.find(idle.secret, from), undefined)
  equal((await db.arrays('select 1 from web_session where id = $1', [idle.signedIn.session!.id])).length, 0)
  deepEqual(failures, [])
})

eachEngine('whoever loses the account loses the session', migrations, async (t, db) => {
  const { wang, sessions } = await house(db)
  t.after(() => sessions.stop())
  const deeds: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'suspended',
      () => db.transaction((sql) => changeAccount(sql, wang.id, { status: 'suspended' })),
      () => db.transaction((sql) => changeAccount(sql, wang.id, { status: 'active' })),
    ],
    [
      'no web',
      () => switchProtocols(db, wang.id, { protocols: ['web'], on: false, by: 'administrator' }),
      () => switchProtocols(db, wang.id, { protocols: ['web'], on: true, by: 'administrator' }),
    ],
    ['a new password', () => db.transaction((sql) => setPassword(sql, wang.id, 'y')), async () => undefined],
  ]
  for (const [what, away, back] of deeds) {
    const { secret, signedIn } = await sessions.begin(wang, 'cookie', from)
    const over: string[] = []
    sessions.watch(signedIn, () => over.push('session'))
    sessions.watch(await sessions.withPassword(what, 'web', async () => wang), () => over.push('password'))
    await sessions.check()
    equal(over.length, 0, what)
    await away()
    await sessions.check()
    deepEqual(
      over.toSorted((a, b) => a.localeCompare(b)),
      ['password', 'session'],
      what,
    )
    await back()
    if (what === 'a new password') equal(await sessions.find(secret, from), undefined)
  }
})

eachEngine('sessions are ended one by one or all but one, by their owner alone', migrations, async (t, db) => {
  const { wang, li, sessions, clock } = await house(db)
  t.after(() => sessions.stop())
  const made = []
  for (let i = 0; i < 4; i++) {
    clock.now += minute
    made.push(await sessions.begin(wang, i === 3 ? 'token' : 'cookie', from))
  }
  const [first, second, third, fourth] = made
  equal(await sessions.find(first!.secret, from), undefined, 'three are the most: the oldest went')
  notEqual(second!.secret, third!.secret)
  let ended = 0
  sessions.watch(second!.signedIn, () => ended++)
  equal(await sessions.end(li.id, second!.signedIn.session!.id), false)
  equal(await sessions.end(wang.id, second!.signedIn.session!.id), true)
  equal(ended, 1)
  equal(await sessions.endOthers(wang.id, third!.signedIn.session!.id), 1)
  equal(await sessions.find(fourth!.secret, from), undefined)
  equal((await sessions.find(third!.secret, from))?.session?.kind, 'cookie')
  for (const odd of ['', 'A'.repeat(43), 'A'.repeat(10_000), `${third!.secret}=`]) {
    equal(await sessions.find(odd, from), undefined)
  }
})

eachEngine(
  'a password that comes with each request is proved now and then, and whenever it changed',
  migrations,
  async (t, db) => {
    const { wang, sessions, clock } = await house(db)
    t.after(() => sessions.stop())
    let proofs = 0
    const ask = (proof = 'a') =>
      sessions.withPassword(proof, 'jmap', async () => {
        proofs++
        return wang
      })
    await ask()
    await ask()
    equal(proofs, 1)
    await ask('b')
    equal(proofs, 2)
    clock.now += 5 * minute
    await ask()
    equal(proofs, 3)
    await db.transaction((sql) => setPassword(sql, wang.id, 'y'))
    await ask()
    equal(proofs, 4)
    await db.transaction((sql) => changeAccount(sql, wang.id, { status: 'suspended' }))
    await ask()
    equal(proofs, 5, 'signing in itself says no')
  },
)
