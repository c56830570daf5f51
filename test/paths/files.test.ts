// A large file is handed on by a link: uploaded in pieces, downloaded by a stranger, on both engines.

import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { test } from 'node:test'
import { migrations } from '../../src/schema.ts'
import { forgetFiles } from '../../src/store/files.ts'
import { startSweeper } from '../../src/store/sweep.ts'
import { findEvents } from '../../src/tracking/events.ts'
import { freshPostgres } from '../engines.ts'
import { client, type Client } from '../webclient.ts'
import { openWorld, password, type WorldHouse } from '../world.ts'

interface Scene {
  house: WorldHouse
  http: Client
  headers: Record<string, string>
  make(json?: object): Promise<{ id: string; path: string; json: any }>
  put(id: string, offset: number, body: Buffer): ReturnType<Client['ask']>
  /** Begins a download as the page's form does; where it leads. */
  begin(path: string, secret?: string): ReturnType<Client['ask']>
}

async function scene(database: string | undefined, body: (scene: Scene) => Promise<void>, config = {}): Promise<void> {
  const house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'chen@uni.example'],
    ...(database !== undefined && { database }),
    config,
  })
  const http = client(house, 'http')
  const { headers: signed } = await http.signIn({ name: 'wang', password })
  const headers = { ...signed, origin: http.origin, 'sec-fetch-site': 'same-origin' }
  try {
    await body({
      house,
      http,
      headers,
      async make(json = {}) {
        const answer = await http.ask('POST', '/api/files', { json: { name: '報告.pdf', size: 10, ...json }, headers })
        equal(answer.status, 201, answer.text)
        return { id: answer.json.id, path: new URL(answer.json.link).pathname, json: answer.json }
      },
      put: (id, offset, bytes) =>
        http.ask('PATCH', `/api/files/${id}/bytes`, {
          body: bytes,
          headers: { ...headers, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        }),
      begin: (path, secret) =>
        http.ask('POST', path, {
          body: secret === undefined ? '' : new URLSearchParams({ password: secret }).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
    })
  } finally {
    await house.close()
  }
}

function onBoth(what: string, body: (scene: Scene) => Promise<void>): void {
  test(`${what} (SQLite)`, () => scene(undefined, body))
  test(`${what} (PostgreSQL)`, async () => {
    const { url, drop } = await freshPostgres(migrations)
    await scene(url, body).finally(drop)
  })
}

onBoth('in pieces up, whole and in ranges down', async ({ house, http, headers, make, put, begin }) => {
  const bytes = randomBytes(3_000_000)
  const { id, path } = await make({ size: bytes.length })
  equal((await http.ask('GET', path)).status, 404, 'not whole yet')
  equal((await put(id, 0, bytes.subarray(0, 1_000_000))).headers['upload-offset'], '1000000')
  const early = await put(id, 5, bytes.subarray(5, 10))
  deepEqual([early.status, early.headers['upload-offset']], [409, '1000000'])
  equal((await put(id, 1_000_000, Buffer.alloc(2_000_001))).status, 413)
  equal((await http.ask('HEAD', `/api/files/${id}/bytes`, { headers })).headers['upload-offset'], '1000000')
  equal((await put(id, 1_000_000, bytes.subarray(1_000_000))).status, 204)

  const page = await http.ask('GET', path, { headers: { 'accept-language': 'zh-TW' } })
  equal(page.status, 200)
  match(page.text, /報告\.pdf[\s\S]*2\.9 MB[\s\S]*下載/)
  match(String(page.headers['content-security-policy']), /default-src 'none'; style-src 'sha256-/)
  const begun = await begin(path)
  equal(begun.status, 303)
  const where = String(begun.headers.location)
  const whole = await http.ask('GET', where)
  equal(whole.status, 200)
  ok(whole.bytes.equals(bytes))
  match(String(whole.headers['content-disposition']), /^attachment; .*filename\*=UTF-8''%E5%A0%B1/)
  equal(whole.headers['x-content-type-options'], 'nosniff')
  match(String(whole.headers['content-security-policy']), /^sandbox/)
  equal(whole.headers['content-type'], 'application/octet-stream')
  const across = await http.ask('GET', where, { headers: { range: 'bytes=999990-1000009' } })
  equal(across.status, 206)
  equal(across.headers['content-range'], 'bytes 999990-1000009/3000000')
  ok(across.bytes.equals(bytes.subarray(999_990, 1_000_010)))
  equal((await http.ask('GET', where, { headers: { range: 'bytes=3000000-' } })).status, 416)

  const listed = (await http.ask('GET', '/api/files', { headers })).json
  deepEqual([listed.files[0].downloads, listed.used], [1, 3_000_000])
  const [event] = await findEvents(house.db, { kind: 'file-downloaded' })
  equal(event!.details['name'], '報告.pdf')
})

onBoth('password, number of downloads, new link, withdrawn', async ({ house, http, headers, make, put, begin }) => {
  const { id, path } = await make({ password: '開門', mostDownloads: 2 })
  await put(id, 0, Buffer.from('0123456789'))
  match((await http.ask('GET', path)).text, /type="password"/)
  const wrong = await begin(path, 'not it')
  equal(wrong.status, 403)
  match(wrong.text, /not the password/)
  equal((await begin(path)).status, 403)
  const begun = await begin(path, '開門')
  equal(begun.status, 303)
  const where = String(begun.headers.location)
  equal((await http.ask('GET', where)).text, '0123456789')
  equal((await http.ask('GET', where.replace(/t=\d/, 't=9'))).status, 303, 'a changed ticket leads back')
  equal((await http.ask('GET', `${path}/content`)).status, 303)
  equal((await findEvents(house.db, { kind: 'file-password-wrong' })).length, 2)

  const relinked = await http.ask('POST', `/api/files/${id}/link`, { headers })
  const second = new URL(relinked.json.link).pathname
  notEqual(second, path)
  equal((await http.ask('GET', path)).status, 404)
  equal((await http.ask('GET', where)).status, 404, 'and its tickets')
  equal((await begin(second, '開門')).status, 303)
  equal((await begin(second, '開門')).status, 404, 'two are enough')
  const more = await http.ask('PATCH', `/api/files/${id}`, { json: { mostDownloads: null, password: null }, headers })
  deepEqual([more.json.locked, more.json.mostDownloads], [false, null])
  equal((await begin(second)).status, 303)

  // Somebody else's is not there.
  const chen = await http.signIn({ name: 'chen', password })
  const others = { ...chen.headers, origin: http.origin, 'sec-fetch-site': 'same-origin' }
  equal((await http.ask('GET', `/api/files/${id}`, { headers: others })).status, 404)
  equal((await http.ask('DELETE', `/api/files/${id}`, { headers: others })).status, 404)
  equal((await http.ask('DELETE', `/api/files/${id}`, { headers })).status, 204)
  equal((await http.ask('GET', second)).status, 404)
  const sweeper = startSweeper(house.store)
  equal((await sweeper.sweep()).blobs, 1, 'the bytes go')
  await sweeper.stop()
})

onBoth('what expires goes; what is not whole waits a day', async ({ house, http, make, put }) => {
  const { id, path } = await make({ days: 1 })
  await put(id, 0, Buffer.from('0123456789'))
  const half = await make({ days: 2 })
  await put(half.id, 0, Buffer.from('01234'))
  const ids = async () => (await house.db.arrays('select id from file order by id')).map(([one]) => String(one))
  const day = 86_400_000
  const now = Date.now()
  equal((await http.ask('GET', path)).status, 200)
  await forgetFiles(house.db, now + day / 2, day)
  deepEqual(await ids(), [id, half.id])
  await forgetFiles(house.db, now + day + 60_000, day)
  deepEqual(await ids(), [])
  equal((await house.db.all('select 1 as one from file_piece')).length, 0)
  equal((await http.ask('GET', path)).status, 404)
})

test('an upload that is broken off goes on where it was', () =>
  scene(undefined, async ({ house, http, headers, make, put, begin }) => {
    const bytes = randomBytes(400_000)
    const { id, path } = await make({ size: bytes.length })
    const socket = connect(house.port('http'), '127.0.0.1')
    const lines = Object.entries({ ...headers, 'upload-offset': '0', 'content-type': 'application/octet-stream' })
    socket.write(
      `PATCH /api/files/${id}/bytes HTTP/1.1\r\nhost: ${http.origin.slice(7)}\r\ncontent-length: ${bytes.length}\r\n` +
        `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
    await new Promise<void>((resolve) => socket.write(bytes.subarray(0, 150_000), () => resolve()))
    socket.end()
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
    let received = 0
    while (received === 0) received = (await http.ask('GET', `/api/files/${id}`, { headers })).json.received
    ok(received <= 150_000)
    equal((await put(id, received, bytes.subarray(received))).status, 204)
    const { headers: led } = await begin(path)
    ok((await http.ask('GET', String(led.location))).bytes.equals(bytes))
  }))

test('limits: too large, too much together, too long, hostile names', () =>
  scene(
    undefined,
    async ({ http, headers, make, put }) => {
      const ask = (json: object) => http.ask('POST', '/api/files', { json: { name: 'x', size: 1, ...json }, headers })
      equal((await ask({ size: 2_000_000 })).status, 413)
      equal((await ask({ days: 91 })).status, 422)
      await make({ size: 1_000_000 })
      await make({ size: 900_000 })
      equal((await ask({ size: 200_000 })).status, 413)
      const { id, path, json } = await make({ name: '../<img src=x onerror=alert(1)>\u202e"\r\n.exe' })
      ok(!json.name.includes('/') && !json.name.includes('\u202e') && !json.name.includes('\n'))
      await put(id, 0, Buffer.from('0123456789'))
      const page = await http.ask('GET', path)
      ok(!page.text.includes('<img'))
      equal((await http.ask('GET', `/file/${'A'.repeat(43)}`)).status, 404)
      equal((await http.ask('POST', '/api/files', { json: { name: 'x', size: 1 } })).status, 401)
    },
    { 'files.max_size': 1_000_000, 'files.quota': 2_000_000 },
  ))

onBoth(
  'many at once get no more downloads, and no more room, than there are',
  async ({ http, headers, make, put, begin }) => {
    const { id, path } = await make({ mostDownloads: 3 })
    const same = await Promise.all(Array.from({ length: 4 }, () => put(id, 0, Buffer.from('0123456789'))))
    equal(same.filter(({ status }) => status === 204).length, 1)
    const begun = await Promise.all(Array.from({ length: 10 }, () => begin(path)))
    equal(begun.filter(({ status }) => status === 303).length, 3)
    equal((await http.ask('GET', `/api/files/${id}`, { headers })).json.downloads, 3)
    const half = 6 * 2 ** 30 // of 10
    const made = await Promise.all(
      Array.from({ length: 3 }, () => http.ask('POST', '/api/files', { json: { name: 'x', size: half / 3 }, headers })),
    )
    equal(made.filter(({ status }) => status === 201).length, 3)
    const more = await Promise.all(
      Array.from({ length: 4 }, () => http.ask('POST', '/api/files', { json: { name: 'x', size: half / 3 }, headers })),
    )
    equal(more.filter(({ status }) => status === 201).length, 1)
  },
)

test('passwords of a file are not tried without end', () =>
  scene(undefined, async ({ make, put, begin }) => {
    const { id, path } = await make({ password: 'right' })
    await put(id, 0, Buffer.from('0123456789'))
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) statuses.push((await begin(path, `wrong ${i}`)).status)
    equal(statuses.filter((status) => status === 403).length, 20)
    equal(statuses.at(-1), 429)
    equal((await begin(path, 'right')).status, 429)
    const other = await make({ password: 'right' })
    await put(other.id, 0, Buffer.from('0123456789'))
    equal((await begin(other.path, 'right')).status, 303, 'another file is another matter')
  }))
