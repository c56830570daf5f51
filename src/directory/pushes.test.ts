import { deepEqual, equal } from 'node:assert/strict'
import { eachEngine } from '../../test/engines.ts'
import { createAccount, deleteAccount, purgeAccount, setPassword } from './accounts.ts'
import { createDomain } from './domains.ts'
import { migrations } from './migrations.ts'
import { presenceOf } from './names.ts'
import {
  changePush,
  claimPush,
  deleteOverduePushes,
  deletePush,
  insertPush,
  listPushes,
  pushById,
  stillValid,
} from './pushes.ts'

eachEngine('subscriptions of devices', migrations, async (_t, db) => {
  await createDomain(db, { name: 'uni.example' })
  const { id: accountId } = await createAccount(db, { address: 'wang@uni.example', passwordHash: 'x' })
  const standing = (await presenceOf(db, accountId))!.password
  const make = (expiresAt: number, types?: string[]) =>
    db.transaction((sql) =>
      insertPush(
        sql,
        {
          accountId,
          device: 'd',
          url: 'https://x/',
          p256dh: '',
          auth: '',
          types,
          code: 'c',
          standing,
          sessionId: 0,
          expiresAt,
        },
        3,
      ),
    )
  const ids = [await make(10), await make(20, []), await make(30, ['Email', 'Thread'])] as number[]
  equal(await make(40), undefined, 'three are the most')
  const all = await listPushes(db, { accountId, now: 10 })
  deepEqual(
    all.map(({ id, types, verified }) => [id, types, verified]),
    [
      [ids[1], [], false],
      [ids[2], ['Email', 'Thread'], false],
    ],
  )
  deepEqual(
    (await listPushes(db, { after: ids[1], now: 0 })).map(({ id }) => id),
    [ids[2]],
  )
  equal(await deleteOverduePushes(db, 10), 1)

  await changePush(db, ids[1]!, { verified: true, types: undefined, expiresAt: 50 })
  const one = (await pushById(db, ids[1]!, 40))!
  deepEqual([one.verified, one.types, one.expiresAt], [true, undefined, 50])
  equal(await claimPush(db, one.id, 'this'), true)
  equal(await claimPush(db, one.id, 'this'), false)
  equal(await claimPush(db, one.id, 'that'), true)

  equal(await stillValid(db, one, 0), true)
  equal(await stillValid(db, { ...one, sessionId: 9 }, 0), false)
  await db.transaction((sql) => setPassword(sql, accountId, 'y'))
  equal(await stillValid(db, one, 0), false)
  equal(await deletePush(db, ids[2]!), true)
  await db.transaction((sql) => deleteAccount(sql, accountId))
  await db.transaction((sql) => purgeAccount(sql, accountId))
  deepEqual(await listPushes(db, { now: 0 }), [])
})
