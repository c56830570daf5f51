// A connection to PostgreSQL that breaks during COMMIT: nobody knows whether the rows are there. The bytes of a mail
// stay where a row names them, and come back as free space where none does.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Blobs } from '../blobs/blobs.ts'
import { openVolumes } from '../blobs/volumes.ts'
import { readMail } from '../mime/reader.ts'
import { openPostgres } from '../sql/postgres.ts'
import type { Database } from '../sql/sql.ts'
import { freshPostgres } from '../../test/engines.ts'
import { letter } from '../../test/mailstore.ts'
import { eagerLimits, smallVolumes } from '../../test/reclaiming.ts'
import { insertMail, openMails } from './mails.ts'
import { migrations } from './migrations.ts'
import { openReclaim } from './reclaim.ts'

interface Line {
  url: string
  /** What becomes of the next COMMIT: it never arrives, or it is done and its answer never comes. */
  cut: 'before' | 'after' | undefined
}

/** A way to the server that can be cut. */
async function cutLine(t: TestContext, url: string): Promise<Line> {
  const { hostname, port } = new URL(url)
  const line: Line = { url: '', cut: undefined }
  const commit = Buffer.from('commit\0')
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let answerIsLost = false
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.on('data', (piece: Buffer) => {
      if (line.cut !== undefined && piece.includes(commit)) {
        answerIsLost = line.cut === 'after'
        if (line.cut === 'before') end()
        line.cut = undefined
      }
      upstream.write(piece)
    })
    upstream.on('data', (piece) => (answerIsLost ? end() : client.write(piece)))
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => proxy.close())
  line.url = url.replace(`:${port}/`, `:${(proxy.address() as AddressInfo).port}/`)
  return line
}

async function insert(db: Database, blobs: Blobs): Promise<number> {
  const bytes = letter({ body: randomBytes(6_000).toString('base64') })
  const blob = await blobs.put(bytes)
  const mail = { blob, tree: readMail(bytes), trace: '', receivedAt: 1, historyId: 'h' }
  return (await db.transaction((sql) => insertMail(sql, mail))).id
}

test('bytes of a broken COMMIT: kept with a row, freed without', async (t) => {
  const { db, url, drop } = await freshPostgres(migrations)
  const line = await cutLine(t, url)
  const apart = await openPostgres(line.url)
  const folder = await mkdtemp(join(tmpdir(), 'postern-orphans-'))
  let blobs = await openVolumes(folder, smallVolumes)
  t.after(async () => {
    await blobs.close()
    await apart.close()
    await drop()
    await rm(folder, { recursive: true })
  })

  for (let n = 0; n < 40; n++) {
    // One in four is there: its answer alone was lost.
    line.cut = n % 4 === 0 ? 'after' : 'before'
    await rejects(insert(apart, blobs), { code: 'unavailable' })
  }
  const rows = () => db.all<{ blob_ref: string; size: number }>('select blob_ref, size from mail order by id')
  const kept = await rows()
  equal(kept.length, 10)

  // Nobody dropped anything, and nothing was counted while the volumes were being written.
  const groups = await blobs.groups()
  ok(groups.length >= 2)
  for (const { dead, counted } of groups) deepEqual({ dead, counted }, { dead: 0, counted: false })

  await blobs.close()
  blobs = await openVolumes(folder, smallVolumes) // as after an hour: nobody still holds a reference
  const mails = openMails(db, eagerLimits)
  const reclaim = openReclaim({ db, blobs, mails, limits: eagerLimits, clock: Date.now })
  let freed = 0
  for (let round = 0; round < 5; round++) freed += (await reclaim(() => false)).freed
  const all = groups.reduce((sum, { bytes }) => sum + bytes, 0)
  equal(freed, all)
  for (const { blob_ref, size } of await rows()) equal((await blobs.read(blob_ref)).length, size)
  equal((await rows()).length, 10)
})
