import { deepEqual, equal, rejects } from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eachEngine } from '../../test/engines.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import {
  accountByAddress,
  changeAccount,
  createAccount,
  deleteAccount,
  eachAccount,
  purgeAccount,
  restoreAccount,
  switchProtocols,
} from './accounts.ts'
import { changeAlias, createAlias, deleteAlias, eachAlias, grantSender, revokeSender } from './aliases.ts'
import { changeClass, classByName, createClass, deleteClass, listClasses } from './classes.ts'
import {
  changeDomain,
  createDomain,
  deleteDomain,
  listDomains,
  localDomains,
  purgeDomain,
  restoreDomain,
} from './domains.ts'
import { migrations } from './migrations.ts'
import { credentialsOf, listLocks, lockSignIn, normalLogin, unlockSignIn } from './names.ts'
import { resolveRecipient } from './recipients.ts'
import { ownsAddress } from './senders.ts'

const trouble = (code: TroubleCode) => (error: unknown) => error instanceof Trouble && error.code === code

async function campus(db: Database) {
  await createDomain(db, { name: 'uni.example' })
  await createDomain(db, { name: '大學.example' })
  await createDomain(db, { name: 'old.example', aliasOf: 'uni.example' })
  const admin = await createAccount(db, { address: 'admin@uni.example', admin: true })
  const wang = await createAccount(db, { address: 'Wang@uni.example', name: '王小明', passwordHash: 'phc' })
  const li = await createAccount(db, { address: 'li@uni.example' })
  const test = await createAccount(db, { address: '測試@大學.example' })
  return { admin, wang, li, test }
}

/** A resolution as one line: who gets it, with detail after '/'. */
async function said(db: Database, address: string): Promise<string> {
  const found = await resolveRecipient(db, address)
  if (!found.known) return found.domainIsOurs ? 'unknown' : 'not ours'
  const ends = found.destinations.map((end) =>
    end.kind === 'remote' ? `>${end.address}` : `${end.delivered}/${end.detail}`,
  )
  return ends.sort().join(' ')
}

eachEngine('recipients are found', migrations, async (t, db) => {
  await campus(db)
  await createAlias(db, 'president@uni.example', ['wang@uni.example'])
  await createAlias(db, 'staff@uni.example', ['wang@uni.example', 'li+staff@uni.example', 'far@away.example'])
  await createAlias(db, 'all@uni.example', ['staff@uni.example', 'president@uni.example', '測試@大學.example'])
  await createAlias(db, 'round@uni.example', ['trip@uni.example', 'li@uni.example'])
  await createAlias(db, 'trip@uni.example', ['round@uni.example', 'staff@old.example'])
  await createAlias(db, 'hollow@uni.example', ['gone@uni.example', 'hollow@uni.example'])
  await createAlias(db, 'c++@uni.example', ['li@uni.example'])
  await changeDomain(db, '大學.example', { catchAll: 'li@uni.example' })

  const rows: [address: string, where: string][] = [
    ['wang@uni.example', 'wang@uni.example/'],
    ['WANG@UNI.Example', 'wang@uni.example/'],
    ['wang@old.example', 'wang@uni.example/'],
    ['wang+News@uni.example', 'wang@uni.example/News'],
    ['wang+a+b@uni.example', 'wang@uni.example/a+b'],
    ['wang+News@old.example', 'wang@uni.example/News'],
    ['c++@uni.example', 'li@uni.example/'],
    ['c+++x@uni.example', 'li@uni.example/x'],
    ['+wang@uni.example', 'unknown'],
    ['nobody@uni.example', 'unknown'],
    ['nobody@away.example', 'not ours'],
    ['no address', 'not ours'],
    ['wang\0@uni.example', 'not ours'],
    [`${'w'.repeat(400)}@uni.example`, 'not ours'],
    ['president@uni.example', 'wang@uni.example/'],
    ['president+x@uni.example', 'wang@uni.example/x'],
    ['staff@uni.example', '>far@away.example li@uni.example/staff wang@uni.example/'],
    ['all@uni.example', '>far@away.example li@uni.example/staff wang@uni.example/ 測試@xn--pssu7c.example/'],
    ['round@uni.example', '>far@away.example li@uni.example/ wang@uni.example/'],
    ['hollow@uni.example', 'unknown'],
    ['postmaster@uni.example', 'admin@uni.example/'],
    ['Abuse@old.example', 'admin@uni.example/'],
    ['postmaster', 'admin@uni.example/'],
    ['postmaster@大學.example', 'admin@uni.example/'],
    ['測試@大學.example', '測試@xn--pssu7c.example/'],
    ['測試@xn--pssu7c.example', '測試@xn--pssu7c.example/'],
    ['anybody@大學.example', 'li@uni.example/'],
  ]
  for (const [address, where] of rows) {
    await t.test(`${address} -> ${where}`, async () => equal(await said(db, address), where))
  }
})

eachEngine('a domain chooses its separators', migrations, async (_t, db) => {
  await campus(db)
  await createAccount(db, { address: 'wang-li@uni.example' })
  await changeDomain(db, 'uni.example', { separators: '-' })
  equal(await said(db, 'wang-li-news@uni.example'), 'wang-li@uni.example/news')
  equal(await said(db, 'wang-x@uni.example'), 'wang@uni.example/x')
  equal(await said(db, 'wang+x@uni.example'), 'unknown')
  await changeDomain(db, 'uni.example', { separators: '' })
  equal(await said(db, 'wang-x@uni.example'), 'unknown')
  await rejects(changeDomain(db, 'uni.example', { separators: '@' }), trouble('bad-setting'))
})

eachEngine('an alias that grows without end is refused', migrations, async (_t, db) => {
  await campus(db)
  for (let level = 0; level < 6; level++) {
    const names = Array.from({ length: 999 }, (_, n) => `m${level}-${n}@away.example`)
    await createAlias(db, `big${level}@uni.example`, [...names, `big${level + 1}@uni.example`])
  }
  await rejects(resolveRecipient(db, 'big0@uni.example'), trouble('too-many-recipients'))
  const many = Array.from({ length: 1001 }, (_, n) => `m${n}@away.example`)
  await rejects(createAlias(db, 'huge@uni.example', many), trouble('too-many-recipients'))
})

eachEngine('an account ends in two steps, and comes back after the first', migrations, async (_t, db) => {
  const { wang } = await campus(db)
  await db.transaction((sql) => changeAccount(sql, wang.id, { status: 'suspended', reason: '停權' }))
  equal(await said(db, 'wang@uni.example'), 'wang@uni.example/')
  await rejects(
    db.transaction((sql) => purgeAccount(sql, wang.id)),
    trouble('in-use'),
  )

  await db.transaction((sql) => deleteAccount(sql, wang.id))
  equal(await said(db, 'wang@uni.example'), 'unknown')
  await rejects(createAccount(db, { address: 'wang@uni.example' }), trouble('already-exists'))
  await db.transaction((sql) => restoreAccount(sql, wang.id))
  equal(await said(db, 'wang@uni.example'), 'wang@uni.example/')

  await db.transaction((sql) => deleteAccount(sql, wang.id))
  await db.transaction((sql) => purgeAccount(sql, wang.id))
  equal(await accountByAddress(db, 'wang@uni.example'), undefined)
  await createAccount(db, { address: 'wang@uni.example' })
})

eachEngine('a domain ends in two steps', migrations, async (_t, db) => {
  const { test } = await campus(db)
  await createAlias(db, 'x@大學.example', ['wang@uni.example'])
  await deleteDomain(db, '大學.example')
  equal(await said(db, '測試@大學.example'), 'not ours')
  equal((await accountByAddress(db, test.address))?.status, 'closed')
  deepEqual(await localDomains(db), ['old.example', 'uni.example'])
  await rejects(purgeDomain(db, '大學.example'), trouble('in-use'))
  await restoreDomain(db, '大學.example')
  equal(await said(db, '測試@大學.example'), '測試@xn--pssu7c.example/')

  await deleteDomain(db, 'uni.example')
  equal(await said(db, 'wang@old.example'), 'not ours')
  deepEqual(
    (await listDomains(db)).map((domain) => [domain.name, domain.isDefault]),
    [['xn--pssu7c.example', true]],
  )
})

eachEngine('what cannot be created says why', migrations, async (_t, db) => {
  await campus(db)
  const rows: [what: string, tried: () => Promise<unknown>, code: TroubleCode][] = [
    ['a domain twice', () => createDomain(db, { name: 'UNI.example.' }), 'already-exists'],
    ['a domain that is none', () => createDomain(db, { name: 'uni example' }), 'bad-address'],
    ['a domain that is a number', () => createDomain(db, { name: '192.0.2.1' }), 'bad-address'],
    ['an alias of an alias', () => createDomain(db, { name: 'x.example', aliasOf: 'old.example' }), 'bad-setting'],
    ['an alias of nothing', () => createDomain(db, { name: 'x.example', aliasOf: 'y.example' }), 'no-such-domain'],
    ['an account twice', () => createAccount(db, { address: 'WANG@uni.example' }), 'already-exists'],
    ['an account without a domain', () => createAccount(db, { address: 'wang' }), 'bad-address'],
    ['an account elsewhere', () => createAccount(db, { address: 'wang@away.example' }), 'no-such-domain'],
    ['an account in an alias domain', () => createAccount(db, { address: 'chen@old.example' }), 'bad-address'],
    [
      'an account in no class',
      () => createAccount(db, { address: 'a@uni.example', className: 'gold' }),
      'no-such-class',
    ],
    ['a quota below nothing', () => createAccount(db, { address: 'a@uni.example', quota: -1 }), 'bad-setting'],
    ['an alias in an account’s place', () => createAlias(db, 'wang@uni.example', ['li@uni.example']), 'already-exists'],
    ['an alias to nowhere', () => createAlias(db, 'a@uni.example', []), 'bad-address'],
    ['an alias to no address', () => createAlias(db, 'a@uni.example', ['b']), 'bad-address'],
    ['deleting an account as an alias', () => deleteAlias(db, 'wang@uni.example'), 'in-use'],
    ['deleting no alias', () => deleteAlias(db, 'nobody@uni.example'), 'no-such-account'],
  ]
  for (const [what, tried, code] of rows) await rejects(tried(), trouble(code), what)
  equal(await accountByAddress(db, 'a@uni.example'), undefined)
})

eachEngine('whose address it is', migrations, async (t, db) => {
  const { admin, wang, li } = await campus(db)
  await createAlias(db, 'president@uni.example', ['wang@uni.example'])
  await createAlias(db, 'office@uni.example', ['president@uni.example'])
  await createAlias(db, 'both@uni.example', ['wang@uni.example', 'li@uni.example'])
  await createAlias(db, 'chain@uni.example', ['both@uni.example'])
  await createAccount(db, { address: 'wang+li@uni.example' })
  await grantSender(db, 'press@uni.example', 'li@uni.example')
  await grantSender(db, 'both@uni.example', 'li@uni.example')

  const rows: [who: { id: number }, address: string, owns: boolean][] = [
    [wang, 'wang@uni.example', true],
    [wang, 'Wang@OLD.example', true],
    [wang, 'wang+news@uni.example', true],
    [wang, 'president@uni.example', true],
    [wang, 'president+x@uni.example', true],
    [wang, 'office@uni.example', true],
    [wang, 'both@uni.example', false],
    [wang, 'chain@uni.example', false],
    [wang, 'li@uni.example', false],
    [wang, 'li+wang@uni.example', false],
    [wang, 'wang+li@uni.example', false],
    [wang, 'wang+li+x@uni.example', false],
    [wang, 'wang@away.example', false],
    [wang, 'postmaster@uni.example', false],
    [wang, '', false],
    [li, 'press@uni.example', true],
    [li, 'press+x@uni.example', true],
    [li, 'both@uni.example', true],
    [admin, 'postmaster@uni.example', true],
    [admin, 'wang@uni.example', false],
  ]
  for (const [who, address, owns] of rows) {
    await t.test(`${who.id} ${address}: ${owns}`, async () => equal(await ownsAddress(db, who.id, address), owns))
  }
  await revokeSender(db, 'press@uni.example', 'li@uni.example')
  equal(await ownsAddress(db, li.id, 'press@uni.example'), false)
})

eachEngine('aliases are changed and listed', migrations, async (_t, db) => {
  await campus(db)
  await createAlias(db, 'a@uni.example', ['wang@uni.example'])
  await changeAlias(db, 'A@old.example', ['li@uni.example', 'x@away.example'])
  await rejects(changeAlias(db, 'a@uni.example', ['nonsense']), trouble('bad-address'))
  const listed = await Array.fromAsync(eachAlias(db))
  deepEqual(
    listed.map((alias) => [alias.address, alias.account, alias.targets]),
    [['a@uni.example', undefined, ['li@uni.example', 'x@away.example']]],
  )
  await deleteAlias(db, 'a@uni.example')
  equal(await said(db, 'a@uni.example'), 'unknown')
})

eachEngine('classes give their people what they have', migrations, async (_t, db) => {
  const { wang } = await campus(db)
  const off = { ...(await classByName(db, 'standard')).protocols, pop3: false }
  await createClass(db, '學生', { quota: 5, protocols: off, forwarding: false, limits: { recipientsPerHour: 10 } })
  const moved = await db.transaction((sql) => changeAccount(sql, wang.id, { className: '學生' }))
  deepEqual([moved.quota, moved.protocols.pop3, moved.protocols.imap, moved.forwarding], [5, false, true, false])
  await rejects(deleteClass(db, '學生'), trouble('in-use'))
  await rejects(deleteClass(db, 'standard'), trouble('in-use'))
  await rejects(createClass(db, '學生'), trouble('already-exists'))
  const silly = { limits: { perMoon: 1 } } as object
  await rejects(
    db.transaction((sql) => changeClass(sql, '學生', silly)),
    trouble('bad-setting'),
  )
  await db.transaction((sql) => changeClass(sql, '學生', { quota: 7 }))
  equal((await accountByAddress(db, 'wang@uni.example'))?.quota, 7)
  equal((await db.transaction((sql) => changeAccount(sql, wang.id, { quota: 9 }))).quota, 9)
  equal(
    (await db.transaction((sql) => changeAccount(sql, wang.id, { quota: null, className: 'standard' }))).ownQuota,
    undefined,
  )
  await deleteClass(db, '學生')
  equal((await listClasses(db)).length, 1)
})

eachEngine('switches of the doors, and the administrator’s lock', migrations, async (_t, db) => {
  const { wang } = await campus(db)
  const person = { by: 'person', protocols: ['pop3'] } as const
  const administrator = { by: 'administrator', protocols: ['pop3', 'ftp'] } as const
  const turn = (change: object) => switchProtocols(db, wang.id, change as Parameters<typeof switchProtocols>[2])

  equal((await turn({ ...person, on: false })).protocols.pop3, false)
  equal((await turn({ ...person, on: true })).protocols.pop3, true)
  const locked = await turn({ ...administrator, on: false, lock: true })
  deepEqual([locked.protocols.pop3, locked.protocols.ftp, locked.protocolsLocked], [false, false, ['pop3', 'ftp']])
  await rejects(turn({ ...person, on: true }), trouble('not-permitted'))
  await rejects(turn({ ...person, lock: false }), trouble('not-permitted'))
  equal((await turn({ ...administrator, lock: false })).protocols.pop3, false)
  equal((await turn({ ...person, on: true })).protocols.pop3, true)
})

eachEngine('login names', migrations, async (t: TestContext, db) => {
  await campus(db)
  const rows: [name: string, host: string | undefined, login: string][] = [
    ['wang', undefined, 'wang@uni.example'],
    [' Wang ', undefined, 'wang@uni.example'],
    ['wang', 'mail.大學.example', 'wang@xn--pssu7c.example'],
    ['wang', 'pop.old.example', 'wang@uni.example'],
    ['wang', 'mail.away.example', 'wang@uni.example'],
    ['Wang@OLD.example', 'mail.大學.example', 'wang@uni.example'],
    ['測試@大學.example', undefined, '測試@xn--pssu7c.example'],
    ['a b', undefined, 'a b@uni.example'],
    ['wang\0', undefined, ''],
  ]
  for (const [name, host, login] of rows) {
    await t.test(`${name} at ${host ?? 'any host'}`, async () => equal(await normalLogin(db, name, host), login))
  }
})

eachEngine('credentials and locks', migrations, async (_t, db) => {
  const { wang } = await campus(db)
  const seen = async (name: string, source: string) => {
    const { account, passwordHash, lockedHere, lockedEverywhere } = await credentialsOf(db, name, source)
    return [account?.id, passwordHash, lockedHere, lockedEverywhere]
  }
  deepEqual(await seen('wang@uni.example', '192.0.2.1'), [wang.id, 'phc', 0, 0])
  deepEqual(await seen('nobody@uni.example', '192.0.2.1'), [undefined, undefined, 0, 0])

  const here = { name: 'nobody@uni.example', source: '192.0.2.1', until: 2000, failures: 10 }
  await lockSignIn(db, here, 1000, 3)
  deepEqual(await seen(here.name, '192.0.2.1'), [undefined, undefined, 2000, 0])
  deepEqual(await seen(here.name, '192.0.2.2'), [undefined, undefined, 0, 0])
  await lockSignIn(db, { ...here, source: '', until: 3000 }, 1000, 3)
  deepEqual(await seen(here.name, '192.0.2.2'), [undefined, undefined, 0, 3000])
  for (const n of [1, 2, 3, 4]) await lockSignIn(db, { ...here, name: `n${n}`, until: 4000 }, 1000, 3)
  equal((await listLocks(db, 1000)).length, 3)
  equal(await unlockSignIn(db, 'n4'), 1)
})

eachEngine('many accounts are listed by pages', migrations, async (_t, db) => {
  await campus(db)
  await db.transaction(async (sql) => {
    const { insertAccount } = await import('./accounts.ts')
    for (let n = 0; n < 1200; n++) await insertAccount(sql, { address: `s${n}@uni.example` })
  })
  equal((await Array.fromAsync(eachAccount(db))).length, 1204)
  equal((await Array.fromAsync(eachAccount(db, { domain: 'xn--pssu7c.example' }))).length, 1)
  equal((await Array.fromAsync(eachAccount(db, { admin: true }))).length, 1)
})
