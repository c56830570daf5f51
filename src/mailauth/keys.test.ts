import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { eachEngine } from '../../test/engines.ts'
import type { Resolver } from '../dns/resolver.ts'
import { zoneResolver } from '../dns/zone.ts'
import type { Database } from '../sql/sql.ts'
import { openKeyring } from './keyring.ts'
import { addKey, advanceKeys, keyRecord, type KeyStore, type KeyStep, readKeys, removeKey, rotateKeys } from './keys.ts'
import { migrations } from './migrations.ts'
import { zoneLines } from './records.ts'

const day = 86_400_000

async function open(t: TestContext, db: Database) {
  const folder = join(await mkdtemp(join(tmpdir(), 'postern-keys-')), 'keys')
  t.after(() => rm(folder, { recursive: true, force: true }))
  const clock = { now: Date.UTC(2026, 10, 22) }
  const store: KeyStore = { db, folder, now: () => clock.now }
  /** The DNS as it is when every key of the table is published. */
  const published = async (): Promise<Resolver> => {
    const keys = await readKeys(db)
    return zoneResolver(
      zoneLines(
        keys.map((key) => {
          const { name, text } = keyRecord(key)
          return { what: 'dkim', name, type: 'TXT', value: text, isNeeded: true, why: { en: '', zh: '' } }
        }),
      ),
    )
  }
  return { folder, clock, store, published }
}

const nothing = zoneResolver('')
const steps = (taken: KeyStep[]) => taken.map(({ key, from, to }) => `${key.selector} ${from} > ${to}`).toSorted()

eachEngine('a key goes from announced to active to retiring to retired', migrations, async (t, db) => {
  const { store, clock, published, folder } = await open(t, db)
  const keyring = openKeyring(db, folder, () => clock.now)
  deepEqual(await keyring.activeKeys('uni.example'), [])

  deepEqual(steps(await rotateKeys(store, nothing, 'uni.example')), [
    'e20261122 none > announced',
    'r20261122 none > announced',
  ])
  deepEqual(steps(await rotateKeys(store, nothing, 'uni.example')), [], 'not published yet')
  deepEqual(steps(await rotateKeys(store, await published(), 'uni.example')), [
    'e20261122 announced > active',
    'r20261122 announced > active',
  ])
  clock.now += day
  deepEqual((await keyring.activeKeys('uni.example')).map(({ algorithm }) => algorithm).toSorted(), [
    'ed25519-sha256',
    'rsa-sha256',
  ])
  deepEqual(await keyring.activeKeys('sub.uni.example'), [])

  clock.now += 180 * day
  await rotateKeys(store, nothing, 'uni.example')
  deepEqual(
    steps(await advanceKeys(store, await published())),
    [
      'e20261122 active > retiring',
      'e20270522 announced > active',
      'r20261122 active > retiring',
      'r20270522 announced > active',
    ].toSorted(),
  )
  clock.now += 6 * day
  deepEqual(steps(await advanceKeys(store, nothing)), [])
  equal((await readdir(folder)).length, 4)
  clock.now += day
  deepEqual(steps(await advanceKeys(store, nothing)), ['e20261122 retiring > retired', 'r20261122 retiring > retired'])
  equal((await readdir(folder)).length, 2, 'what signs no more is destroyed')
  deepEqual((await keyring.activeKeys('uni.example')).map(({ selector }) => selector).toSorted(), [
    'e20270522',
    'r20270522',
  ])
})

eachEngine('a private key lies in a file of its owner alone, not in the database', migrations, async (t, db) => {
  const { store, folder } = await open(t, db)
  const key = await addKey(store, 'uni.example', 'rsa')
  equal((await stat(join(folder, key.file))).mode & 0o777, 0o600)
  equal((await stat(folder)).mode & 0o777, 0o700)
  match(keyRecord(key).text, /^v=DKIM1; k=rsa; p=MIIBI[\w+/]+=*$/)
  const rows = JSON.stringify(await db.all('select * from dkim_key'))
  equal(rows.includes('PRIVATE'), false)
})

eachEngine('selectors are not taken twice, also at once', migrations, async (t, db) => {
  const { store, folder } = await open(t, db)
  const made = await Promise.allSettled([1, 2, 3].map(() => addKey(store, 'uni.example', 'ed25519', 'same')))
  equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
  equal((await readdir(folder)).length, 1)
  await rejects(addKey(store, 'uni.example', 'rsa', 'same'), { code: 'already-exists' })
  await rejects(addKey(store, 'uni.example', 'rsa', '../up'), { code: 'bad-setting' })
  equal((await addKey(store, 'uni.example', 'ed25519')).selector, 'e20261122')
  equal((await addKey(store, 'uni.example', 'ed25519')).selector, 'e20261122b')
})

eachEngine('a key is forced to sign without DNS, and one in use is not removed', migrations, async (t, db) => {
  const { store, folder } = await open(t, db)
  await rotateKeys(store, nothing, 'uni.example')
  equal((await rotateKeys(store, nothing, 'uni.example', { force: true })).length, 2)
  await rejects(removeKey(store, 'uni.example', 'r20261122'), { code: 'in-use' })
  await removeKey(store, 'uni.example', 'r20261122', { force: true })
  await rejects(removeKey(store, 'uni.example', 'r20261122'), { code: 'no-such-key' })
  equal((await readdir(folder)).length, 1)
})

eachEngine('a wrong or a second record is not the key', migrations, async (t, db) => {
  const { store } = await open(t, db)
  const key = await addKey(store, 'uni.example', 'ed25519', 's')
  const { name, text } = keyRecord(key)
  for (const zone of [
    `${name}. TXT "v=DKIM1; k=ed25519; p=AAAA"`,
    `${name}. TXT "${text}"\n${name}. TXT "v=DKIM1; p="`,
    `${name}. TIMEOUT`,
  ]) {
    deepEqual(await rotateKeys(store, zoneResolver(zone), 'uni.example'), [])
  }
  equal((await rotateKeys(store, zoneResolver(`${name}. TXT "${text}"`), 'uni.example')).length, 1)
})
