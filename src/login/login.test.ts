import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import { changeAccount, createAccount, setPassword, switchProtocols, type Account } from '../directory/accounts.ts'
import { createClass, classByName } from '../directory/classes.ts'
import { createDomain } from '../directory/domains.ts'
import { migrations } from '../directory/migrations.ts'
import { unlockSignIn } from '../directory/names.ts'
import type { Database } from '../sql/sql.ts'
import type { Event } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { openLogin, type LoginSettings } from './login.ts'
import { hashPassword } from './passwords.ts'
import type { Attempt } from './steps.ts'

const minute = 60_000
const tls = { protocol: 'TLSv1.3', cipher: 'x', servername: 'mail.uni.example' }
const good = 'correct horse'
const goodHash = hashPassword(good)

async function house(db: Database, settings: Partial<LoginSettings> = {}) {
  await createDomain(db, { name: 'uni.example' })
  const wang = await createAccount(db, { address: 'wang@uni.example', passwordHash: await goodHash })
  const li = await createAccount(db, { address: 'li@uni.example', passwordHash: await goodHash })
  const clock = { now: Date.UTC(2026, 0, 1) }
  const events: Event[] = []
  const lowered = { failuresHere: 3, failuresEverywhere: 6, namesPerSource: 4, ...settings }
  const open = () =>
    openLogin(
      db,
      lowered,
      () => clock.now,
      (event) => events.push(event),
    )
  let signIn = open()

  /** The outcome of one attempt as a word: the account's address or the code of the trouble. */
  async function attempt(name: string, password = good, more: Partial<Attempt> & { from?: string; clear?: true } = {}) {
    const { from = '192.0.2.1', clear, ...rest } = more
    const peer = {
      address: from,
      port: 1,
      localAddress: '::',
      localPort: 993,
      listener: 'imaps',
      ...(!clear && { tls }),
    }
    try {
      return (await signIn({ name, password, door: 'imap', peer, sessionId: 's', ...rest })).address
    } catch (error) {
      if (error instanceof Trouble) return error.code
      throw error
    }
  }
  const change = (who: Account, changes: Parameters<typeof changeAccount>[2]) =>
    db.transaction((sql) => changeAccount(sql, who.id, changes))
  return { wang, li, clock, events, attempt, change, restart: () => void (signIn = open()) }
}

eachEngine('who signs in, and who does not', migrations, async (_t, db) => {
  const { wang, attempt, change, events } = await house(db, { failuresHere: 10, namesPerSource: 30 })
  await createAccount(db, { address: 'ldap@uni.example' }) // has no password of ours
  equal(await attempt('wang@uni.example'), 'wang@uni.example')
  equal(await attempt('Wang'), 'wang@uni.example')
  equal(await attempt('wang', 'wrong'), 'wrong-password')
  equal(await attempt('nobody', 'wrong'), 'wrong-password')
  equal(await attempt('ldap'), 'wrong-password')
  equal(await attempt('', ''), 'wrong-password')
  equal(await attempt('wang\0', good), 'wrong-password')
  equal(await attempt('wang', 'x'.repeat(5000)), 'wrong-password')
  equal(await attempt('wang', good, { clear: true }), 'tls-required')

  await change(wang, { status: 'suspended', reason: '停權' })
  equal(await attempt('wang'), 'account-closed')
  equal(await attempt('wang', 'wrong'), 'wrong-password')
  await change(wang, { status: 'active' })
  equal(await attempt('wang'), 'wang@uni.example')

  const first = events[0]
  deepEqual(
    [first?.kind, first?.account, first?.address, first?.peer, first?.details],
    ['login', wang.id, 'wang@uni.example', '192.0.2.1', { door: 'imap', listener: 'imaps', tls: 'TLSv1.3' }],
  )
  deepEqual(
    events.filter((event) => event.kind === 'login-failed').map((event) => event.details['reason']),
    [
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'tls-required',
      'account-closed',
      'wrong-password',
    ],
  )
  equal(JSON.stringify(events).includes(good), false)
})

eachEngine('doors are closed by class and by person', migrations, async (_t, db) => {
  const { wang, attempt, change } = await house(db)
  await switchProtocols(db, wang.id, { by: 'person', protocols: ['imap'], on: false })
  equal(await attempt('wang'), 'protocol-off')
  equal(await attempt('wang', good, { door: 'pop3' }), 'wang@uni.example')
  const { protocols } = await classByName(db, 'standard')
  await createClass(db, 'web-only', { protocols: { ...protocols, pop3: false } })
  await change(wang, { className: 'web-only' })
  equal(await attempt('wang', good, { door: 'pop3' }), 'protocol-off')
  equal(await attempt('wang', good, { door: 'web' }), 'wang@uni.example')
})

eachEngine('a changed password counts at once, cached or not', migrations, async (_t, db) => {
  const { wang, attempt } = await house(db)
  equal(await attempt('wang'), 'wang@uni.example')
  equal(await attempt('wang', 'another horse'), 'wrong-password')
  const another = await hashPassword('another horse')
  await db.transaction((sql) => setPassword(sql, wang.id, another))
  equal(await attempt('wang'), 'wrong-password')
  equal(await attempt('wang', 'another horse'), 'wang@uni.example')
})

eachEngine('wrong passwords lock a name where they came from, at every door', migrations, async (_t, db) => {
  const { attempt, clock, restart } = await house(db)
  for (const name of ['wang', 'nobody']) {
    for (let n = 0; n < 20; n++) equal(await attempt(name, 'the same mistake'), 'wrong-password')
    equal(await attempt(name, 'second', { door: 'smtp' }), 'wrong-password')
    equal(await attempt(name, 'third', { door: 'pop3' }), 'wrong-password')
    equal(await attempt(name, good), 'too-many-failures')
    equal(await attempt(name, good, { door: 'web' }), 'too-many-failures')
  }
  equal(await attempt('li'), 'li@uni.example')
  equal(await attempt('wang', good, { from: '192.0.2.2' }), 'wang@uni.example')
  restart()
  equal(await attempt('wang', good), 'too-many-failures')
  clock.now += 15 * minute
  equal(await attempt('wang', good), 'wang@uni.example')
})

eachEngine('an attack from everywhere locks the name, not where its owner is', migrations, async (_t, db) => {
  const { attempt } = await house(db)
  equal(await attempt('wang', good, { from: '2001:db8:0:1::5' }), 'wang@uni.example')
  for (let n = 0; n < 6; n++) equal(await attempt('wang', `guess ${n}`, { from: `198.51.100.${n}` }), 'wrong-password')
  equal(await attempt('wang', good, { from: '198.51.100.77' }), 'too-many-failures')
  equal(await attempt('wang', good, { from: '2001:db8:0:1::9' }), 'wang@uni.example')
  equal(await attempt('wang', good, { from: '2001:db8:0:2::9' }), 'too-many-failures')
  await unlockSignIn(db, 'wang@uni.example')
  equal(await attempt('wang', good, { from: '198.51.100.77' }), 'wang@uni.example')
})

eachEngine('a list of names locks its source, not those at home there', migrations, async (_t, db) => {
  const { attempt } = await house(db)
  equal(await attempt('li'), 'li@uni.example')
  for (const name of ['a', 'b', 'c', 'd']) equal(await attempt(name, 'winter 2026'), 'wrong-password')
  equal(await attempt('wang'), 'too-many-failures')
  equal(await attempt('li'), 'li@uni.example')
  equal(await attempt('wang', good, { from: '192.0.2.2' }), 'wang@uni.example')
  for (const name of ['a', 'b', 'c', 'd']) await attempt(name, 'winter 2026', { from: '127.0.0.1' })
  equal(await attempt('wang', good, { from: '127.0.0.1' }), 'wang@uni.example')
})

eachEngine('guesses at once do not outrun the count', migrations, async (_t, db) => {
  const { attempt } = await house(db, { waitingPerName: 20 })
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => attempt('wang', `guess ${n}`)))
  equal(outcomes.filter((outcome) => outcome === 'wrong-password').length, 3)
  equal(outcomes.filter((outcome) => outcome === 'too-many-failures').length, 17)
  const flood = await Promise.all(Array.from({ length: 21 }, () => attempt('li')))
  equal(flood.filter((outcome) => outcome === 'li@uni.example').length, 20)
  equal(flood.filter((outcome) => outcome === 'unavailable').length, 1)
})

eachEngine('no clear text unless set', migrations, async (_t, db) => {
  const { attempt } = await house(db, { requireTls: false })
  equal(await attempt('wang', good, { clear: true }), 'wang@uni.example')
  await rejects(
    openLogin({ ...db, one: () => Promise.reject(new Trouble('unavailable')) })({
      name: 'wang@uni.example',
      password: good,
      door: 'imap',
      sessionId: 's',
      peer: { address: '192.0.2.1', port: 1, localAddress: '::', localPort: 993, listener: 'imaps' },
    }),
    (error) => error instanceof Trouble && error.code === 'unavailable',
  )
})
