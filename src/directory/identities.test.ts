import { deepEqual, equal, rejects } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { createAccount } from './accounts.ts'
import { createAlias, grantSender, revokeSender } from './aliases.ts'
import { createDomain } from './domains.ts'
import { changeIdentity, createIdentity, deleteIdentity, listIdentities } from './identities.ts'
import { directoryLimits } from './limits.ts'
import { migrations } from './migrations.ts'
import { changeChoices, choicesOf } from './preferences.ts'
import { isAway, setVacation, vacationOf } from './vacations.ts'

const trouble = (code: TroubleCode) => (error: unknown) => error instanceof Trouble && error.code === code

async function people(db: Database) {
  await createDomain(db, { name: 'uni.example' })
  const wang = await createAccount(db, { address: 'wang@uni.example', name: '王小明' })
  const office = await createAccount(db, { address: 'office@uni.example', name: '資訊處' })
  return { wang, office }
}

eachEngine('identities follow the addresses of an account', migrations, async (_t, db) => {
  const { wang, office } = await people(db)
  await createAlias(db, 'a.wang@uni.example', ['wang@uni.example'])
  await grantSender(db, 'office@uni.example', 'wang@uni.example')
  const told = async () =>
    (await listIdentities(db, wang.id)).map(({ name, address, mayDelete }) => [name, address, mayDelete])
  const first = [
    ['王小明', 'wang@uni.example', false],
    ['王小明', 'a.wang@uni.example', false],
    ['資訊處', 'office@uni.example', false],
  ]
  deepEqual(await told(), first)
  await Promise.all([listIdentities(db, wang.id), listIdentities(db, office.id)])
  deepEqual(await told(), first)

  const id = await createIdentity(db, wang.id, 'Wang+list@uni.example', { name: '明', textSignature: '王' })
  await rejects(createIdentity(db, wang.id, 'li@uni.example', {}), trouble('not-your-address'))
  await rejects(createIdentity(db, wang.id, 'wang@uni.example', { name: 'x'.repeat(201) }), trouble('too-large'))
  const [, , granted, own] = await listIdentities(db, wang.id)
  deepEqual([own!.id, own!.name, own!.textSignature, own!.mayDelete], [id, '明', '王', true])

  const replyTo = [{ name: null, email: 'x@y.example' }]
  await changeIdentity(db, wang.id, granted!.id, { name: '資訊處 王小明', replyTo, bcc: [], htmlSignature: '<b>' })
  const after = (await listIdentities(db, wang.id))[2]!
  deepEqual([after.name, after.replyTo, after.bcc, after.htmlSignature], ['資訊處 王小明', replyTo, [], '<b>'])
  await rejects(changeIdentity(db, office.id, id, { name: '' }), trouble('no-such-account'))

  await revokeSender(db, 'office@uni.example', 'wang@uni.example')
  equal((await told()).length, 3)
  await rejects(deleteIdentity(db, wang.id, after.id), trouble('not-permitted'))
  await rejects(deleteIdentity(db, office.id, id), trouble('no-such-account'))
  await deleteIdentity(db, wang.id, id)
  equal((await told()).length, 2)
  for (let n = 0; n < directoryLimits.identities; n++) await createIdentity(db, office.id, 'office@uni.example', {})
  await rejects(createIdentity(db, office.id, 'office@uni.example', {}), trouble('in-use'))
})

eachEngine('an absence is kept as it was written', migrations, async (_t, db) => {
  const { wang } = await people(db)
  const none = { enabled: false, from: null, to: null, subject: null, text: null, html: null }
  deepEqual(await vacationOf(db, wang.id), none)
  const away = { enabled: true, from: 1_000, to: 2_000, subject: '出國', text: '下週回來', html: null }
  for (const one of [away, { ...away, text: 'x' }]) {
    await db.transaction((sql) => setVacation(sql, wang.id, one))
    deepEqual(await vacationOf(db, wang.id), one)
  }
  deepEqual(
    [999, 1_000, 1_999, 2_000].map((at) => isAway(away, at)),
    [false, true, true, false],
  )
  equal(isAway({ ...away, enabled: false }, 1_500), false)
  equal(isAway({ ...away, from: null, to: null }, 0), true)
})

eachEngine('choices are changed one by one, and none is lost', migrations, async (_t, db) => {
  const { wang } = await people(db)
  deepEqual(await choicesOf(db, wang.id), {})
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => changeChoices(db, wang.id, { [name]: 1 })))
  deepEqual(await choicesOf(db, wang.id), { a: 1, b: 1, c: 1, d: 1 })
  deepEqual(await changeChoices(db, wang.id, { a: null, b: { deep: ['x'] } }), { b: { deep: ['x'] }, c: 1, d: 1 })
  await rejects(changeChoices(db, wang.id, { e: 'x'.repeat(directoryLimits.choices) }), trouble('too-large'))
  deepEqual(await choicesOf(db, wang.id), { b: { deep: ['x'] }, c: 1, d: 1 })
})
