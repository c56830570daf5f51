import { deepEqual, equal, rejects } from 'node:assert/strict'
import { openLogin } from '../login/login.ts'
import { eachEngine } from '../../test/engines.ts'
import { testPeer } from '../../test/transcript.ts'
import { changeAccount, findAccount, setPassword } from '../directory/accounts.ts'
import { delegationsGiven, delegationsHad, sendableAs, type DelegationRight } from '../directory/delegations.ts'
import { insertDomain } from '../directory/domains.ts'
import { listIdentities } from '../directory/identities.ts'
import { findPrincipals, principalsById } from '../directory/principals.ts'
import { standingOf } from '../directory/senders.ts'
import { migrations } from '../schema.ts'
import type { Database } from '../sql/sql.ts'
import { listMailboxes } from '../store/mailboxes.ts'
import { rightsOf } from '../store/rights.ts'
import { dismissShareNotice, shareNotices, shareNoticesSince } from '../store/sharenotices.ts'
import { actsFor } from '../tracking/acts.ts'
import {
  addMember,
  alterDelegation,
  createSharedMailbox,
  endDelegation,
  giveDelegation,
  mailboxesOf,
  removeMember,
} from './delegations.ts'
import { createPerson, purgePerson, deletePerson } from './people.ts'

const by = { address: 'operator' }

async function town(db: Database) {
  await db.transaction((sql) => insertDomain(sql, { name: 'uni.example' }))
  const person = (name: string) =>
    createPerson(db, { address: `${name}@uni.example`, name, password: 'a long password' })
  const [wang, lee, chen] = [await person('wang'), await person('lee'), await person('chen')] as const
  const [inbox, drafts] = await listMailboxes(db, wang.id).then((all) => [
    all.find(({ role }) => role === 'inbox')!,
    all.find(({ role }) => role === 'drafts')!,
  ])
  return { wang, lee, chen, inbox: inbox!, drafts: drafts! }
}

eachEngine('a delegation opens mailboxes and addresses for its time', migrations, async (_t, db) => {
  const { wang, lee, chen, inbox, drafts } = await town(db)
  const now = Date.now()
  const give = (rights: DelegationRight[], more = {}) =>
    giveDelegation(
      db,
      { ownerId: wang.id, delegateId: lee.id, rights, fromAt: now, untilAt: now + 10_000, ...more },
      by,
      now,
    )
  const made = await give(['read', 'reply'])
  equal(await rightsOf(db, inbox, lee.id, now + 1), 'lrswip')
  equal(await rightsOf(db, inbox, lee.id, now + 10_000), '')
  equal(await rightsOf(db, inbox, chen.id, now + 1), '')
  deepEqual(await standingOf(db, lee.id, wang.address, now + 1), { by: 'behalf', ownerId: wang.id })
  deepEqual(await standingOf(db, lee.id, 'wang+x@uni.example', now + 1), { by: 'behalf', ownerId: wang.id })
  equal(await standingOf(db, lee.id, wang.address, now + 10_000), undefined)
  equal(await standingOf(db, lee.id, wang.address, now - 1), undefined)
  equal(await standingOf(db, chen.id, wang.address, now + 1), undefined)
  equal(await standingOf(db, wang.id, lee.address, now + 1), undefined)
  deepEqual(await sendableAs(db, lee.id, now + 1), [{ address: wang.address, as: 'behalf', ownerId: wang.id }])
  deepEqual(
    (await listIdentities(db, lee.id)).map(({ address, name }) => [address, name]),
    [
      [lee.address, 'lee'],
      [wang.address, 'wang'],
    ],
  )
  await rejects(give(['read']), { code: 'already-exists' })

  await alterDelegation(db, made.id, { rights: ['read', 'send', 'delete'], mailboxIds: [drafts.id] }, by, now + 1)
  deepEqual(await mailboxesOf(db, made.id), [drafts.id])
  equal(await rightsOf(db, inbox, lee.id, now + 2), '')
  equal(await rightsOf(db, drafts, lee.id, now + 2), 'lrswipte')
  equal((await standingOf(db, lee.id, wang.address, now + 2))?.by, 'as')
  await alterDelegation(db, made.id, { mailboxIds: null, untilAt: null }, by, now + 2)
  equal(await rightsOf(db, inbox, lee.id, now + 1e12), 'lrswipte')
  equal((await delegationsHad(db, lee.id))[0]?.untilAt, undefined)

  await db.transaction((sql) => changeAccount(sql, wang.id, { status: 'suspended' }))
  equal(await standingOf(db, lee.id, wang.address), undefined)
  await db.transaction((sql) => changeAccount(sql, wang.id, { status: 'active' }))

  await endDelegation(db, made.id, by, now + 3)
  equal(await rightsOf(db, inbox, lee.id, now + 3), '')
  deepEqual(await sendableAs(db, lee.id, now + 3), [])
  deepEqual(await delegationsGiven(db, wang.id), [])
  await rejects(endDelegation(db, made.id, by, now), { code: 'no-such-account' })
  deepEqual(
    (await actsFor(db, wang.address)).map(({ details }) => [details['act'], details['by'], details['delegate']]),
    ['ended', 'changed', 'changed', 'granted'].map((act) => [act, 'operator', lee.address]),
  )
})

eachEngine('what cannot be delegated', migrations, async (_t, db) => {
  const { wang, lee, chen } = await town(db)
  const box = await createSharedMailbox(db, { address: 'office@uni.example' }, [], by)
  const [theirs] = await listMailboxes(db, chen.id)
  const now = Date.now()
  const base = {
    ownerId: wang.id,
    delegateId: lee.id,
    rights: ['read'] as DelegationRight[],
    fromAt: now,
    untilAt: undefined,
  }
  for (const [wrong, code] of [
    [{ delegateId: wang.id }, 'not-permitted'],
    [{ delegateId: box.id }, 'not-permitted'],
    [{ delegateId: 999 }, 'no-such-account'],
    [{ rights: [] }, 'bad-setting'],
    [{ untilAt: now }, 'bad-setting'],
    [{ mailboxIds: [theirs!.id] }, 'no-such-mailbox'],
  ] as const) {
    await rejects(giveDelegation(db, { ...base, ...wrong }, by, now), { code })
  }
  deepEqual(await delegationsGiven(db, wang.id), [])
  deepEqual(await actsFor(db, wang.address), [])
})

eachEngine('a shared mailbox has members and no password', migrations, async (_t, db) => {
  const { wang, lee } = await town(db)
  const address = 'office@uni.example'
  const box = await createSharedMailbox(db, { address, name: 'Office', quota: 1 << 20 }, [wang.address], by)
  equal(box.shared, true)
  equal((await findAccount(db, address)).quota, 1 << 20)
  const [inbox] = await listMailboxes(db, box.id)
  equal(await rightsOf(db, inbox!, wang.id), 'lrswipkxte')
  equal((await standingOf(db, wang.id, address))?.by, 'as')
  await addMember(db, address, lee.address, by)
  await rejects(addMember(db, address, lee.address, by), { code: 'already-exists' })
  await removeMember(db, address, wang.address, by)
  await rejects(removeMember(db, address, wang.address, by), { code: 'no-such-account' })
  equal(await rightsOf(db, inbox!, wang.id), '')
  equal(await standingOf(db, wang.id, address), undefined)
  equal((await standingOf(db, lee.id, address))?.by, 'as')
  await rejects(addMember(db, wang.address, lee.address, by), { code: 'not-permitted' })

  // Nobody signs in to it, whatever stands in the table.
  await rejects(
    db.transaction((sql) => setPassword(sql, box.id, 'x')),
    { code: 'not-permitted' },
  )
  await rejects(
    db.transaction((sql) => changeAccount(sql, box.id, { admin: true })),
    { code: 'not-permitted' },
  )
  const { password } = (await db.one<{ password: string }>('select password from account where id = $1', [lee.id]))!
  await db.run('update account set password = $2 where id = $1', [box.id, password])
  const signIn = openLogin(db, { requireTls: false })
  const attempt = { password: 'a long password', door: 'imap', peer: testPeer(), sessionId: 's' } as const
  await rejects(signIn({ ...attempt, name: address }), { code: 'wrong-password' })
  equal((await signIn({ ...attempt, name: lee.address })).id, lee.id)

  await deletePerson(db, address)
  equal(await standingOf(db, lee.id, address), undefined)
  await purgePerson(db, address)
  deepEqual(await delegationsHad(db, lee.id), [])
})

eachEngine(
  'people are found as the house allows, and the delegate is told what is shared',
  migrations,
  async (_t, db) => {
    const { wang, lee, chen, inbox } = await town(db)
    await db.transaction((sql) => insertDomain(sql, { name: 'lab.example' }))
    const lin = await createPerson(db, { address: 'lin@lab.example', name: 'lin' })
    await db.run('insert into unlisted_account (account_id) values ($1)', [chen.id])
    const found = async (visibility: 'nobody' | 'domain' | 'house', question = {}) =>
      (await findPrincipals(db, { askerId: lee.id, visibility }, question)).map(({ id }) => id)
    deepEqual(await found('nobody'), [lee.id])
    deepEqual(await found('domain'), [lee.id, wang.id])
    deepEqual(await found('house'), [lee.id, lin.id, wang.id])
    deepEqual(await found('house', { text: 'LAB.example' }), [lin.id])
    deepEqual(await found('domain', { email: chen.address }), [chen.id])
    deepEqual(await found('domain', { ids: [wang.id, chen.id, 999] }), [wang.id])
    const seen = (id: number) => principalsById(db, { askerId: lee.id, visibility: 'nobody' }, [id])
    deepEqual(await seen(wang.id), [])

    const now = Date.now()
    const given = {
      ownerId: wang.id,
      delegateId: lee.id,
      rights: ['read'] as DelegationRight[],
      fromAt: now,
      untilAt: undefined,
    }
    const made = await giveDelegation(db, given, { id: wang.id, address: wang.address }, now)
    equal((await seen(wang.id)).length, 1)
    const { list, state } = await shareNotices(db, lee.id)
    deepEqual(
      list.map(({ byId, ownerId, mailboxId, oldRights, newRights }) => [
        byId,
        ownerId,
        mailboxId,
        oldRights,
        newRights,
      ]),
      [[wang.id, wang.id, inbox.id, '', 'lrs']],
    )
    await endDelegation(db, made.id, by, now + 1)
    equal((await shareNoticesSince(db, lee.id, state, 10))?.created.length, 1)
    const { id } = list[0]!
    equal(await db.transaction((sql) => dismissShareNotice(sql, wang.id, id)), false)
    equal(await db.transaction((sql) => dismissShareNotice(sql, lee.id, id)), true)
    equal(await db.transaction((sql) => dismissShareNotice(sql, lee.id, id)), false)
    deepEqual(
      (await shareNotices(db, lee.id)).list.map(({ newRights }) => newRights),
      [''],
    )
    equal(await shareNoticesSince(db, lee.id, state, 10), undefined) // that one was dismissed meanwhile
    deepEqual((await shareNoticesSince(db, lee.id, 0, 1))?.hasMore, true)
  },
)
