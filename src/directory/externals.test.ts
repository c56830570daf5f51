import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import type { Database } from '../sql/sql.ts'
import { createAccount, deleteAccount, purgeAccount } from './accounts.ts'
import { createDomain } from './domains.ts'
import {
  addExternal,
  boundTaken,
  changeExternal,
  claimExternal,
  dueExternals,
  endRun,
  externalById,
  forgetTaken,
  hasTaken,
  holdClaim,
  noteTaken,
  takenNames,
  type ExternalChoice,
} from './externals.ts'
import { migrations } from './migrations.ts'

const choice: ExternalChoice = {
  protocol: 'imap',
  host: 'mail.other.example',
  port: 993,
  tls: 'tls',
  username: 'ann',
  secret: Buffer.from([0, 1, 255]),
  folder: 'INBOX',
  mailboxId: undefined,
  keyword: '',
  keep: true,
  every: 900_000,
  active: true,
}

async function person(db: Database): Promise<number> {
  await createDomain(db, { name: 'uni.example' })
  return (await createAccount(db, { address: 'wang@uni.example' }, async () => undefined)).id
}

eachEngine('so many for one person, and no twins', migrations, async (_t, db) => {
  const id = await person(db)
  const add = (more: Partial<ExternalChoice> = {}) => addExternal(db, id, { ...choice, ...more }, { now: 1, most: 2 })
  const first = await add()
  deepEqual([...first.secret], [0, 1, 255])
  await rejects(add(), { code: 'already-exists' })
  await add({ folder: 'Other' })
  await rejects(add({ host: 'third.example' }), { code: 'too-many-mailboxes' })
})

eachEngine('one at a time works at a row, and who lost it changes nothing', migrations, async (_t, db) => {
  const id = await person(db)
  const { id: external } = await addExternal(db, id, choice, { now: 1, most: 2 })
  deepEqual(await dueExternals(db, 1, 10), [external])
  const claims = ['a', 'b', 'c'].map((claim) => claimExternal(db, external, claim, { now: 1, until: 100 }))
  equal((await Promise.all(claims)).filter((one) => one !== undefined).length, 1)
  deepEqual(await dueExternals(db, 99, 10), [])
  // Whoever had it died: its time is over.
  equal((await claimExternal(db, external, 'd', { now: 100, until: 200 }))?.id, external)
  equal(await holdClaim(db, external, 'a', { validity: 1, uid: 1 }), false)
  equal(await holdClaim(db, external, 'd', { validity: 7, uid: 9 }), true)
  const ran = { result: 'ok', said: '', fetched: 3, skipped: 1, nextAt: 500, failures: 0, active: true }
  await endRun(db, external, 'a', { ...ran, result: 'lost' }, 150)
  await endRun(db, external, 'd', ran, 150)
  const found = (await externalById(db, external, 150))!
  deepEqual([found.lastResult, found.fetched, found.lastUid, found.isRunning], ['ok', 3, 9, false])
  deepEqual([await dueExternals(db, 499, 10), await dueExternals(db, 500, 10)], [[], [external]])

  await changeExternal(db, found, { ...choice, folder: 'Other' }, 160)
  const changed = (await externalById(db, external, 160))!
  deepEqual([changed.lastUid, changed.nextAt, changed.folder], [0, 160, 'Other'])
  await db.run("update account set status = 'suspended' where id = $1", [id])
  deepEqual(await dueExternals(db, 1000, 10), [])
})

eachEngine(
  'what was taken is known by name and by bytes, bounded, and goes with the person',
  migrations,
  async (_t, db) => {
    const id = await person(db)
    const { id: external } = await addExternal(db, id, choice, { now: 1, most: 2 })
    const hash = (i: number): Buffer => Buffer.alloc(32, i)
    for (let i = 0; i < 10; i++) await noteTaken(db, external, `7 ${i}`, hash(i), i)
    await noteTaken(db, external, '7 1', hash(1), 1)
    equal(await hasTaken(db, external, hash(3)), true)
    equal(await hasTaken(db, external + 1, hash(3)), false)
    await forgetTaken(db, external, ['7 3', '7 9'])
    equal(await hasTaken(db, external, hash(3)), false)
    await boundTaken(db, external, 4)
    deepEqual([...(await takenNames(db, external, '7 '))].sort(), ['7 5', '7 6', '7 7', '7 8'])
    equal((await takenNames(db, external, '8 ')).size, 0)
    await db.transaction((sql) => deleteAccount(sql, id))
    await db.transaction((sql) => purgeAccount(sql, id))
    for (const table of ['external_account', 'external_seen']) {
      equal((await db.all(`select 1 as one from ${table}`)).length, 0)
    }
  },
)
