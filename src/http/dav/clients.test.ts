// A client of other people: vdirsyncer, where it is installed (Debian: vdirsyncer).

import { deepEqual, equal, match } from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWorld, password } from '../../../test/world.ts'
import { contactsByUid, contactsOfBook, deleteContact, replaceContact } from '../../directory/cards.ts'

const isThere = spawnSync('vdirsyncer', ['--version']).status === 0

const card = (uid: string, name: string): string =>
  `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${name}\r\nN:${name};;;;\r\nEMAIL;TYPE=work:${uid}@out.example\r\nX-ODD;TYPE=x:a\\,b\r\nEND:VCARD\r\n`

test('vdirsyncer: both ways, and nothing drifts', { skip: !isThere && 'vdirsyncer is not installed' }, async () => {
  const world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    web: { folder: '/nowhere' },
  })
  const folder = await mkdtemp(join(tmpdir(), 'postern-vdirsyncer-'))
  const local = join(folder, 'local', 'mine')
  await mkdir(local, { recursive: true })
  await writeFile(
    join(folder, 'config'),
    `[general]
status_path = "${folder}/status/"
[pair p]
a = "here"
b = "there"
collections = ["from a"]
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "${folder}/local/"
fileext = ".vcf"
[storage there]
type = "carddav"
url = "http://127.0.0.1:${world.port('http')}/"
username = "wang@uni.example"
password = "${password}"
`,
  )
  const run = (verb: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const client = spawn('vdirsyncer', ['-c', join(folder, 'config'), verb], {
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      })
      let said = ''
      for (const stream of [client.stdout, client.stderr])
        stream.on('data', (piece: Buffer) => (said += piece.toString()))
      client.stdin.end('y\ny\n')
      client.on('error', reject)
      client.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`${verb}: ${said}`))))
    })
  try {
    for (const n of [1, 2, 3, 4]) await writeFile(join(local, `u${n}.vcf`), card(`u${n}`, `王 ${n}`))
    await writeFile(join(local, 'odd ü.vcf'), card('odd uid/é', '長'.repeat(100)))
    await run('discover')
    match(await run('sync'), /uploading/)
    equal(/Copying|Deleting/.test(await run('sync')), false)

    const { db } = world
    const { id: book } = (await db.one<{ id: number }>(`select id from address_book where path = 'mine'`))!
    equal((await contactsOfBook(db, book)).length, 5)
    const [first, second] = [
      (await contactsByUid(db, [book], ['u1']))[0]!,
      (await contactsByUid(db, [book], ['u2']))[0]!,
    ]
    await db.transaction((sql) =>
      replaceContact(sql, first.id, { card: { ...first.card, name: { full: 'changed here' } } }, 1),
    )
    await db.transaction((sql) => deleteContact(sql, second.id))
    await writeFile(join(local, 'u3.vcf'), card('u3', 'changed there'))
    await rm(join(local, 'u4.vcf'))
    match(await run('sync'), /Copying/)
    equal(/Copying|Deleting/.test(await run('sync')), false)

    deepEqual((await readdir(local)).toSorted(), ['odd ü.vcf', 'u1.vcf', 'u3.vcf'])
    match(await readFile(join(local, 'u1.vcf'), 'utf8'), /FN:changed here\s[\s\S]*X-ODD;TYPE=x:a\\,b/)
    deepEqual((await contactsOfBook(db, book)).map(({ uid }) => uid).toSorted(), ['odd uid/é', 'u1', 'u3'])
    equal((await contactsByUid(db, [book], ['u3']))[0]?.name, 'changed there')
  } finally {
    await world.close()
    await rm(folder, { recursive: true, force: true })
  }
})
