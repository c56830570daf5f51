// postern queue and postern trace as processes, beside a database that is open here as a running server's is.

import { deepEqual, equal, match } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Blobs } from '../blobs/blobs.ts'
import { openVolumes } from '../blobs/volumes.ts'
import { readMail } from '../mime/reader.ts'
import { addToQueue, findEntries } from '../queue/entries.ts'
import { migrations } from '../schema.ts'
import { openDatabase } from '../sql/open.ts'
import type { Database } from '../sql/sql.ts'
import { insertMail } from '../store/mails.ts'
import { writeEvents } from '../tracking/events.ts'

const program = join(import.meta.dirname, '../../bin/postern')
const at = Date.UTC(2026, 0, 15)
let folder: string
let config: string
let db: Database
let blobs: Blobs

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-cli-queue-'))
  config = join(folder, 'postern.toml')
  await writeFile(config, `hostname = "mail.uni.example"\ndata = "${folder}/data"\n`)
  equal((await postern('queue list')).code, 0)
  db = await openDatabase('', join(folder, 'data'), migrations)
  blobs = await openVolumes(join(folder, 'data', 'blobs'))
  const bytes = Buffer.from('Subject: x\r\n\r\n')
  const blob = await blobs.put(bytes)
  await db.transaction(async (sql) => {
    const mail = { blob, tree: readMail(bytes), trace: '', receivedAt: at, historyId: 'm1' }
    const { id: mailId } = await insertMail(sql, mail)
    const queued = { mailId, historyId: 'm1', at, sender: 'wang@uni.example', smtputf8: false, body: '7BIT' as const }
    await addToQueue(sql, queued, [{ address: 'Li@else.example' }, { address: 'chen@far.example' }])
    await writeEvents(sql, [
      { at, kind: 'received', mail: 'm1', address: 'wang@uni.example', details: {} },
      { at, kind: 'queued', mail: 'm1', address: 'li@else.example', details: {} },
    ])
  })
})

after(async () => {
  await db.close()
  await blobs.close()
  await rm(folder, { recursive: true, force: true })
})

function postern(line: string): Promise<{ code: number | null; out: string; err: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number | null; out: string; err: string }>()
  const words = [...line.split(' '), '--config', config]
  const child = spawn(program, words, { env: { PATH: process.env['PATH'] ?? '', LANG: 'C' } })
  const ran = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (ran.out += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (ran.err += piece))
  child.on('error', reject)
  child.on('close', (code) => resolve({ ...ran, code }))
  return promise
}

const states = async () => (await findEntries(db, {})).map(({ address, state }) => `${address} ${state}`)

test('list, show, hold, retry, drop', async () => {
  const listed = JSON.parse((await postern('queue list --json')).out) as { address: string; sender: string }[]
  deepEqual(
    listed.map(({ address, sender }) => [address, sender]),
    [
      ['Li@else.example', 'wang@uni.example'],
      ['chen@far.example', 'wang@uni.example'],
    ],
  )
  match((await postern('queue list --domain far.example')).out, /chen@far\.example/)
  match((await postern('queue show 1')).out, /Li@else\.example[^]*received/)

  deepEqual(JSON.parse((await postern('queue hold --address li@ELSE.example --json')).out), { done: 1, busy: 0 })
  deepEqual(await states(), ['Li@else.example held', 'chen@far.example ready'])
  equal((await postern('queue retry 1')).code, 0)
  deepEqual(await states(), ['Li@else.example ready', 'chen@far.example ready'])
  equal((await postern('queue drop --all')).code, 0)
  deepEqual(await states(), [])
  deepEqual(await db.arrays('select held from mail'), [[0]])
})

test('what cannot be done says so', async () => {
  for (const line of ['queue show 99', 'queue drop 99', 'queue hold', 'queue list --state odd', 'queue retry x']) {
    const { code, err } = await postern(line)
    equal(code, 1, line)
    match(err, /^postern: /)
  }
})

test('trace by mail, by address, by time', async () => {
  const kinds = async (line: string) =>
    (JSON.parse((await postern(`trace ${line} --json`)).out) as { kind: string }[]).map(({ kind }) => kind)
  deepEqual((await kinds('m1')).slice(0, 2), ['received', 'queued'])
  deepEqual((await kinds('Li@else.example')).slice(0, 2), ['received', 'queued'])
  deepEqual(await kinds('--from 2026-01-14 --to 2026-01-16'), ['received', 'queued'])
  equal((await postern('trace nobody@else.example')).code, 1)
  equal((await postern('trace')).code, 1)
})
