import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Blobs, BlobRef } from '../blobs/blobs.ts'
import { openVolumes } from '../blobs/volumes.ts'
import { readMail } from '../mime/reader.ts'
import type { Database } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { freshPostgres, freshSqlite } from '../../test/engines.ts'
import { letter } from '../../test/mailstore.ts'
import { eagerLimits, smallVolumes } from '../../test/reclaiming.ts'
import { addPiece, createFile, fileById, removeFile, streamFile } from './files.ts'
import { createAccountStore } from './mailboxes.ts'
import { insertMail, openMails, readMails } from './mails.ts'
import { migrations } from './migrations.ts'
import { openReclaim, type Ground } from './reclaim.ts'
import { openStore } from './store.ts'
import { startSweeper } from './sweep.ts'

interface Yard {
  t: TestContext
  db: Database
  address: string // of the database, for another process
  folder: string
  /** Opens the volumes, closing those that were open. */
  reopen(now?: () => number): Promise<Blobs>
}

function eachYard(what: string, body: (yard: Yard) => Promise<void>): void {
  for (const engine of ['SQLite', 'PostgreSQL']) {
    test(`${what} (${engine})`, async (t) => {
      const sqlite = engine === 'SQLite' ? await freshSqlite(migrations) : undefined
      const postgres = sqlite ? undefined : await freshPostgres(migrations)
      const { db, drop } = (sqlite ?? postgres)!
      const folder = await mkdtemp(join(tmpdir(), 'postern-reclaim-'))
      let opened: Blobs | undefined
      const reopen = async (now?: () => number): Promise<Blobs> => {
        await opened?.close()
        return (opened = await openVolumes(folder, smallVolumes, now))
      }
      try {
        const address = sqlite ? join(sqlite.folder, 'postern.sqlite') : postgres!.url
        await body({ t, db, address, folder, reopen })
      } finally {
        await opened?.close()
        await drop()
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
}

function groundOf(db: Database, blobs: Blobs, more: Partial<Ground> = {}): Ground {
  return { db, blobs, mails: openMails(db, eagerLimits), limits: eagerLimits, clock: Date.now, ...more }
}

const goOn = (): boolean => false

/** Mails of all sizes, some named by two rows, some with blocks in several volumes. */
async function fill(db: Database, blobs: Blobs, count: number): Promise<void> {
  const slow = blobs.writer()
  const long = letter({ body: randomBytes(90_000).toString('base64') })
  await slow.write(long.subarray(0, 25_000))
  for (let i = 0; i < count; i++) {
    const size = i % 10 === 0 ? 30_000 : 300 + i * 40
    await insert(db, blobs, letter({ body: `${randomBytes(size).toString('base64')}\r\n` }), i % 7 === 0 ? 2 : 1)
    if (i === count >> 1) await slow.write(long.subarray(25_000, 70_000))
  }
  await slow.write(long.subarray(70_000))
  const blob = await slow.finish()
  await db.transaction((sql) =>
    insertMail(sql, { blob, tree: readMail(long), trace: '', receivedAt: 1, historyId: 'long' }),
  )
}

async function insert(db: Database, blobs: Blobs, bytes: Buffer, rows = 1): Promise<number> {
  const blob = await blobs.put(bytes)
  return db.transaction(async (sql) => {
    let id = 0
    for (let row = 0; row < rows; row++)
      id = (await insertMail(sql, { blob, tree: readMail(bytes), trace: '', receivedAt: 1, historyId: 'h' })).id
    return id
  })
}

async function erase(db: Database, blobs: Blobs, where: string): Promise<void> {
  const rows = await db.arrays(`select id, blob_ref from mail where ${where}`)
  await db.run(`delete from mail where ${where}`)
  for (const [, ref] of rows as [number, BlobRef][]) {
    if (!(await db.one('select 1 as one from mail where blob_ref = $1', [ref]))) await blobs.drop(ref)
  }
}

async function idsOf(db: Database): Promise<number[]> {
  return (await db.arrays('select id from mail order by id')).map((row) => row[0] as number)
}

/** Reads every mail back and compares it with what is known of it. */
async function readAll(db: Database, blobs: Blobs): Promise<number> {
  let bytes = 0
  for (const mail of await readMails(db, await idsOf(db))) {
    const read = await blobs.read(mail.blobRef)
    equal(createHash('sha256').update(read).digest('hex'), mail.hash)
    deepEqual(await blobs.read(mail.blobRef, 10, 50), read.subarray(10, 50))
    bytes += read.length
  }
  return bytes
}

async function volumesIn(folder: string): Promise<{ names: string[]; bytes: number }> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.vol')).sort()
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return { names, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

eachYard('the space of erased mails comes back, and what lives is read', async ({ db, folder, reopen }) => {
  let blobs = await reopen()
  await fill(db, blobs, 60)
  await erase(db, blobs, 'id % 4 <> 0')
  let hours = 0
  blobs = await reopen(() => 3_600_000 * (hours += 2))
  const before = await volumesIn(folder)
  const ids = await idsOf(db)
  const reclaim = openReclaim(groundOf(db, blobs))
  ok((await reclaim(goOn)).copied > 0)
  await readAll(db, blobs)
  equal((await volumesIn(folder)).names[0], before.names[0]) // one look copies, the next one removes
  ok((await reclaim(goOn)).freed > 0)
  for (let round = 0; round < 5; round++) await reclaim(goOn)

  const living = await readAll(db, blobs)
  const after = await volumesIn(folder)
  deepEqual(await idsOf(db), ids)
  // What is left is living, less than as much again, and the volume that is still written.
  ok(after.bytes < before.bytes && after.bytes < 2 * living + 100_000, `${before.bytes} ${after.bytes} ${living}`)
  for (const { bytes, dead } of await blobs.groups()) ok(dead < bytes / 2)
  ok(!after.names.includes(before.names[0]!))
  deepEqual(await reclaim(goOn), { ...(await reclaim(goOn)), copied: 0, freed: 0 }) // now there is nothing to do
  await readAll(db, await reopen())
})

eachYard('pieces of files move with what lives, and go with their file', async ({ db, reopen }) => {
  let blobs = await reopen()
  await db.transaction((sql) => createAccountStore(sql, 1, 0))
  let store = openStore(db, blobs, { limits: eagerLimits })
  const bytes = randomBytes(12 * 9_000)
  const wanted = { accountId: 1, name: 'f', type: '', token: 't', password: undefined, downloadsMost: undefined }
  const bounds = { bytes: 1e9, count: 10 }
  let file = await createFile(store, { ...wanted, size: bytes.length, expiresAt: Date.now() + 1e9 }, bounds)
  for (let at = 0; at < bytes.length; at += 9_000) {
    await insert(db, blobs, letter({ body: `${randomBytes(20_000).toString('base64')}\r\n` }))
    const blob = await blobs.put(bytes.subarray(at, at + 9_000))
    equal(await addPiece(store, file, at, blob), at + 9_000)
    await rejects(addPiece(store, file, at, blob), { code: 'in-use' }) // the same again
    file = (await fileById(db, file.id, 1))!
  }
  await store.close()
  await erase(db, blobs, 'id > 0')
  let hours = 0
  blobs = await reopen(() => 3_600_000 * (hours += 2))
  const reclaim = openReclaim(groundOf(db, blobs))
  let copied = 0
  let freed = 0
  for (let round = 0; round < 6; round++) {
    const done = await reclaim(goOn)
    copied += done.copied
    freed += done.freed
  }
  ok(copied > 0 && freed > 0)
  store = openStore(db, blobs, { limits: eagerLimits })
  const read = async (start: number, end: number) =>
    Buffer.concat(await Array.fromAsync(streamFile(store, file.id, start, end)))
  ok((await read(0, bytes.length)).equals(bytes))
  ok((await read(8_990, 27_005)).equals(bytes.subarray(8_990, 27_005)))

  await db.transaction((sql) => removeFile(sql, file.id, 1))
  const sweeper = startSweeper(store)
  equal((await sweeper.sweep()).blobs, 12)
  await sweeper.stop()
  await store.close()
})

eachYard('blobs that nobody dropped are counted, and full groups are left alone', async ({ db, folder, reopen }) => {
  let blobs = await reopen()
  const kept = await insert(db, blobs, letter())
  for (let i = 0; i < 12; i++) await blobs.put(randomBytes(9_000)) // no row came to name them
  const slow = blobs.writer()
  await slow.write(randomBytes(50_000)) // neither finished nor abandoned
  const many: number[] = []
  while ((await blobs.groups()).length < 3) many.push(await insert(db, blobs, letter({ body: 'x'.repeat(9_000) })))
  blobs = await reopen()
  const reclaim = openReclaim(groundOf(db, blobs))
  const before = await volumesIn(folder)
  await reclaim(goOn)
  await reclaim(goOn)
  const after = await volumesIn(folder)
  ok(!after.names.includes('000001.vol'))
  deepEqual(after.names.slice(-2), before.names.slice(-2))
  const groups = await blobs.groups()
  ok(groups.every(({ counted }) => counted))
  equal((await readMails(db, [kept, ...many])).length, many.length + 1)
  await readAll(db, blobs)
})

eachYard('a group stays for those who read rows before it was copied', async ({ db, folder, reopen }) => {
  let now = 0
  let blobs = await reopen()
  await fill(db, blobs, 40)
  await erase(db, blobs, 'id % 4 <> 0')
  blobs = await reopen()
  const mails = openMails(db, eagerLimits)
  const ids = await idsOf(db)
  const old = await mails.get(ids)
  const limits = { ...eagerLimits, reclaimGrace: 1000 }
  const reclaim = openReclaim(groundOf(db, blobs, { mails, limits, clock: () => now }))
  await reclaim(goOn)
  const moved = [...(await mails.get(ids)).values()].filter((mail) => mail.blobRef !== old.get(mail.id)!.blobRef)
  ok(moved.length > 0) // the memory knows at once
  now = 999
  await reclaim(goOn)
  for (const mail of old.values()) await blobs.read(mail.blobRef)

  // A row that comes to name a blob of the group after all keeps it.
  const [first] = (await blobs.groups()).filter(({ id }) => blobs.isIn(old.get(moved[0]!.id)!.blobRef, id))
  await db.run('update mail set blob_ref = $2 where id = $1', [moved[0]!.id, old.get(moved[0]!.id)!.blobRef])
  now = 1000
  await reclaim(goOn)
  await readAll(db, blobs)
  now = 1000 + 999
  await reclaim(goOn)
  await readAll(db, blobs)
  now = 3000
  await reclaim(goOn)
  ok(!(await blobs.groups()).some(({ id }) => id === first!.id))
  await readAll(db, blobs)
  ok((await volumesIn(folder)).names.length > 0)
})

eachYard('a mail that is erased while it is copied, or damaged', async ({ db, folder, reopen }) => {
  let blobs = await reopen()
  const gone = await insert(db, blobs, letter({ body: 'x'.repeat(1000) }))
  const damaged = await insert(db, blobs, letter({ body: 'y'.repeat(1000) }))
  while ((await blobs.groups()).length < 1) await blobs.put(randomBytes(9_000))
  blobs = await reopen()
  const [row] = await readMails(db, [damaged])
  const copied: BlobRef[] = []
  const copy = async (ref: BlobRef): Promise<BlobRef> => {
    if (ref !== row!.blobRef) await erase(db, blobs, `id = ${gone}`)
    copied.push(await blobs.copy(ref))
    return copied.at(-1)!
  }
  const file = await open(join(folder, '000001.vol'), 'r+')
  await file.write('zz', Number(row!.blobRef.split('.')[1]) + 300)
  await file.close()
  const reclaim = openReclaim(groundOf(db, { ...blobs, copy }))
  await rejects(reclaim(goOn), /damaged/)
  equal(copied.length, 1)
  deepEqual(await idsOf(db), [damaged])
  for (let round = 0; round < 3; round++) await reclaim(goOn) // it is left where it is
  ok((await volumesIn(folder)).names.includes('000001.vol'))
  deepEqual((await readMails(db, [damaged]))[0]!.blobRef, row!.blobRef)
})

eachYard('copying leaves room on the disk; what is dead altogether goes without any', async ({ db, reopen }) => {
  let blobs = await reopen()
  await insert(db, blobs, letter())
  while ((await blobs.groups()).length < 1) await blobs.put(randomBytes(9_000))
  while ((await blobs.groups()).length < 2) await blobs.put(randomBytes(9_000))
  const [, second] = await blobs.groups()
  blobs = await reopen()
  let free = 1_000_000
  const limits = { ...eagerLimits, reclaimReserve: 1_000_000, spaceShort: 10, reclaimEvery: 1_000_000 }
  const space = async () => ({ free, total: 100_000_000 })
  const refuse = async (): Promise<BlobRef> => {
    throw new Trouble('disk-full')
  }
  const tight = openReclaim(groundOf(db, { ...blobs, space }, { limits, clock: () => 5 }))
  for (let round = 0; round < 3; round++) await tight(goOn) // space is short: every call looks
  deepEqual(
    (await blobs.groups()).map(({ id }) => id),
    [1],
  )
  equal(second?.id, 2)
  free = 2_000_000
  await rejects(openReclaim(groundOf(db, { ...blobs, space, copy: refuse }))(goOn), { code: 'disk-full' })
  await readAll(db, blobs)
  for (let round = 0; round < 2; round++) await tight(goOn)
  deepEqual(await blobs.groups(), [])
  await readAll(db, blobs)
})

eachYard('copies wait for the groups they came from to go', async ({ db, reopen }) => {
  let blobs = await reopen()
  for (let group = 1; group < 7; group++) {
    await insert(db, blobs, letter({ body: randomBytes(10_500).toString('base64') }))
    while ((await blobs.groups()).length < group) await blobs.put(randomBytes(9_000))
  }
  let hours = 0
  blobs = await reopen(() => 3_600_000 * (hours += 2))
  let now = 0
  const limits = { ...eagerLimits, reclaimGrace: 1000 }
  const copied: BlobRef[] = []
  const copy = async (ref: BlobRef): Promise<BlobRef> => {
    copied.push(ref)
    return blobs.copy(ref)
  }
  // A copy takes about 14,500 bytes: a quarter of 140,000 has room for two of them.
  const space = async () => ({ free: 140_000 - copied.length * 14_500, total: 140_000 })
  const reclaim = openReclaim(groundOf(db, { ...blobs, copy, space }, { limits, clock: () => now }))
  for (let round = 0; round < 3; round++) await reclaim(goOn)
  equal(copied.length, 2)
  copied.length = 0
  now = 1000
  equal((await reclaim(goOn)).freed > 200_000, true)
  await reclaim(goOn)
  equal(copied.length, 2)
  await readAll(db, blobs)
})

eachYard('the sweeper does it all: mails without messages, their blobs, their space', async ({ t, db, reopen }) => {
  let blobs = await reopen()
  for (let i = 0; i < 30; i++) await insert(db, blobs, letter({ body: randomBytes(6_000).toString('base64') }))
  const kept = await insert(db, blobs, letter())
  await db.run('update mail set held = 1 where id = $1', [kept])
  blobs = await reopen()
  const before = (await blobs.groups()).length
  ok(before > 1)
  const store = openStore(db, blobs, { limits: { ...eagerLimits, sweepGrace: 0 } })
  t.after(() => store.close())
  const sweeper = startSweeper(store)
  for (let round = 0; round < 3; round++) await sweeper.sweep()
  await sweeper.stop()
  deepEqual(await idsOf(db), [kept])
  equal((await blobs.groups()).length, 0)
  await readAll(db, blobs)
  await store.close()
})

eachYard('what was read before rows were forgotten is not remembered', async ({ db, reopen }) => {
  const id = await insert(db, await reopen(), letter())
  let meanwhile = async (): Promise<void> => undefined
  const arrays: Database['arrays'] = async (text, values) => {
    const rows = await db.arrays(text, values)
    await meanwhile()
    return rows
  }
  const mails = openMails({ ...db, arrays }, eagerLimits)
  meanwhile = async () => {
    await db.run('update mail set blob_ref = $2 where id = $1', [id, '9.9.9'])
    mails.forget([id])
  }
  ok((await mails.one(id))!.blobRef !== '9.9.9')
  meanwhile = async () => undefined
  equal((await mails.one(id))!.blobRef, '9.9.9')
})

eachYard('a mail that was stored too long ago is not placed', async ({ db, reopen }) => {
  const blobs = await reopen(() => performance.now() - 2 * 3_600_000)
  await rejects(insert(db, blobs, letter()), { code: 'unavailable' })
})

const deaths: [deed: string, n: number][] = [
  ['copied', 1],
  ['copied', 9],
  ['renamed', 1],
  ['renamed', 2],
  ['retired', 1],
  ['retired', 2],
]

eachYard('killed at any step, every mail is there', async ({ db, address, folder, reopen }) => {
  for (const [deed, n] of deaths) {
    const blobs = await reopen()
    await fill(db, blobs, 30)
    await erase(db, blobs, 'id % 5 <> 0')
    const ids = await idsOf(db)
    await (await reopen()).close()
    const child = spawn(process.execPath, ['test/reclaimer.ts', address, folder, deed, String(n)], { stdio: 'inherit' })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    equal(signal, 'SIGKILL', `${deed} ${n} did not happen`)
    deepEqual(await idsOf(db), ids)
    await readAll(db, await reopen())
  }
  const last = await reopen()
  const reclaim = openReclaim(groundOf(db, last))
  for (let round = 0; round < 10; round++) await reclaim(goOn)
  const living = await readAll(db, last)
  const after = await volumesIn(folder)
  ok(after.bytes < 2 * living + 100_000, `${after.bytes} ${living}`)
})
