import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connect2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { client, type Client } from '../../test/webclient.ts'

let world: WorldHouse
let http: Client
let https: Client
let folder: string

const script = 'console.log("郵驛")\n'.repeat(200)

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-pages-'))
  const web = join(folder, 'dist')
  await mkdir(join(web, 'assets'), { recursive: true })
  await mkdir(join(web, 'admin'))
  await writeFile(join(web, 'index.html'), '<!doctype html><title>front</title>')
  await writeFile(join(web, 'admin', 'index.html'), '<!doctype html><title>admin</title>')
  await writeFile(join(web, 'assets', 'mail-A1b2C3d4.js'), script)
  await writeFile(join(web, 'assets', 'mail-A1b2C3d4.js.map'), '{}')
  await writeFile(join(web, 'assets', 'packed-A1b2C3d4.css'), 'a {}')
  await writeFile(join(web, 'assets', 'packed-A1b2C3d4.css.br'), brotliCompressSync('a {}'))
  await writeFile(join(web, '.secret'), 'x')
  await writeFile(join(folder, 'outside.js'), 'outside')
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    web: {
      folder: web,
      limits: { headerMilliseconds: 200, bodyMilliseconds: 200, idleMilliseconds: 500, lookMilliseconds: 0 },
    },
    config: {
      listener: [
        { name: 'http', proxies: ['127.0.0.1'] },
        { name: 'https', proxies: [] },
      ],
    },
  })
  http = client(world, 'http')
  https = client(world, 'https')
})
after(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

test('each face has its page, and finds its own way below it', async () => {
  const cases: [string, string][] = [
    ['/', 'front'],
    ['/mail', 'front'],
    ['/mail/inbox/T1', 'front'],
    ['/login', 'front'],
    ['/self/password', 'front'],
    ['/admin', 'admin'],
    ['/admin/people?page=2', 'admin'],
  ]
  for (const [path, title] of cases) {
    const { status, text, headers } = await https.ask('GET', path)
    equal(status, 200, path)
    match(text, new RegExp(title), path)
    equal(headers['cache-control'], 'no-cache')
    match(String(headers['content-security-policy']), /script-src 'self';/)
    ok(!/unsafe|\*/.test(String(headers['content-security-policy'])))
  }
})

test('files with a hash in their name are kept for ever, and come packed', async () => {
  const plain = await https.ask('GET', '/assets/mail-A1b2C3d4.js')
  equal(plain.text, script)
  equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  const headers = { 'accept-encoding': 'gzip, br' }
  const packed = await https.ask('GET', '/assets/mail-A1b2C3d4.js', { headers })
  equal(packed.headers['content-encoding'], 'br')
  equal(brotliDecompressSync(packed.bytes).toString(), script)
  ok(packed.bytes.length < plain.bytes.length / 10)
  const before = await https.ask('GET', '/assets/packed-A1b2C3d4.css', { headers })
  deepEqual(before.bytes, brotliCompressSync('a {}'))
  const none = await https.ask('GET', '/assets/mail-A1b2C3d4.js', { headers: { 'accept-encoding': 'br;q=0' } })
  equal(none.headers['content-encoding'], undefined)
  const { etag = '' } = plain.headers
  equal((await https.ask('GET', '/assets/mail-A1b2C3d4.js', { headers: { 'if-none-match': etag } })).status, 304)
})

test('pages that are built anew are there without a restart', async () => {
  const web = join(folder, 'dist')
  await writeFile(join(web, 'assets', 'new-A1b2C3d4.js'), 'fresh')
  await writeFile(join(web, 'index.html'), '<!doctype html><title>front again</title>')
  match((await https.ask('GET', '/mail')).text, /front again/)
  equal((await https.ask('GET', '/assets/new-A1b2C3d4.js')).text, 'fresh')
})

test('nothing else is there', async () => {
  for (const path of [
    '/.secret',
    '/assets/mail-A1b2C3d4.js.map',
    '/assets/packed-A1b2C3d4.css.br',
    '/assets/',
    '/assets/../index.html',
    '/../outside.js',
    '/assets/..%2f..%2foutside.js',
    '/index.html%00',
    '/Mail',
    '/mailbox',
  ]) {
    equal((await https.ask('GET', path)).status, 404, path)
  }
  equal((await https.ask('POST', '/mail', { body: '{}', headers: { 'content-type': 'application/json' } })).status, 404)
})

// -- who is slow, and who speaks for others

async function heard(socket: Socket): Promise<string> {
  let answer = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (answer += piece))
  socket.on('error', () => undefined)
  await once(socket, 'close')
  return answer
}

const proxied = 'PROXY TCP4 192.0.2.7 127.0.0.1 4000 80\r\n'

test('a header that does not come to its end, and a body that does not, end their connection', async () => {
  for (const begun of [
    'GET / HTTP/1.1\r\nHost: x\r\nX-A: ',
    'POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  ]) {
    const socket = connect(world.port('http'), '127.0.0.1')
    socket.write(`PROXY TCP4 127.0.0.1 127.0.0.1 4000 80\r\n${begun}`)
    const drip = setInterval(() => socket.write('a'), 20)
    const answer = await heard(socket)
    clearInterval(drip)
    ok(answer === '' || answer.startsWith('HTTP/1.1 408 '), answer)
  }
})

test('over HTTP/2 too; and a connection that nobody uses is closed', async () => {
  const session = connect2(https.origin, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  const stream = session.request({ ':method': 'POST', ':path': '/api/session', 'content-type': 'application/json' })
  stream.on('error', () => undefined)
  stream.write('{')
  await once(stream, 'close')
  await once(session, 'close')
})

test('an answer that nobody takes ends its connection, a push that is quiet does not', async () => {
  const house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    web: { limits: { stallMilliseconds: 300, quietMilliseconds: 50 } },
  })
  const authorization = `Basic ${Buffer.from(`wang:${password}`).toString('base64')}`
  const web = client(house, 'http')
  const { json } = await web.ask('POST', '/jmap/upload/A1/', {
    headers: { authorization },
    body: Buffer.alloc(20 << 20),
  })
  const quiet = connect(house.port('http'), '127.0.0.1')
  quiet.write(`GET /jmap/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`)
  let comments = 0
  quiet.setEncoding('latin1').on('data', (piece: string) => (comments += piece.split(': here').length - 1))

  const session = connect2(`https://127.0.0.1:${house.port('https')}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  const path = `/jmap/download/A1/${json.blobId}/x`
  const stalled2 = session.request({ ':path': path, authorization }).on('error', () => undefined)
  const stalled = connect(house.port('http'), '127.0.0.1')
  stalled.on('error', () => undefined).pause()
  // once() would throw for an error that comes before.
  const closed = [stalled, stalled2].map((one) => new Promise<void>((resolve) => one.on('close', () => resolve())))
  stalled.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n\r\n`)
  await closed[1]
  while (comments < 30) await once(quiet, 'data')
  equal(quiet.closed, false)
  quiet.destroy()
  stalled.resume()
  await closed[0]
  ok(stalled.bytesRead < 20 << 20, 'it was cut')
  session.destroy()
  await house.close()
})

test('a listed proxy says who is there; then nobody is this machine', async () => {
  const socket = connect(world.port('http'), '127.0.0.1')
  socket.write(`${proxied}GET /mail HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
  match(await heard(socket), /^HTTP\/1\.1 308 /, 'a stranger behind a proxy on this machine is sent to https')
  const bare = connect(world.port('http'), '127.0.0.1')
  bare.write('GET /mail HTTP/1.1\r\nHost: localhost\r\n\r\n')
  equal(await heard(bare), '', 'a proxy that says nothing is not believed')
  equal(http.origin.startsWith('http:'), true)
})

test('behind a proxy that encrypts, if the operator says so', async () => {
  const house = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example'],
    config: { 'http.allow_plain': true, listener: [{ name: 'http', proxies: ['127.0.0.1'] }] },
  })
  const body = JSON.stringify({ name: 'wang', password })
  const socket = connect(house.port('http'), '127.0.0.1')
  socket.write(
    `${proxied}POST /api/session HTTP/1.1\r\nHost: mail.uni.example\r\nOrigin: https://mail.uni.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
  const answer = await heard(socket)
  match(answer, /^HTTP\/1\.1 201 /)
  match(answer, /set-cookie: __Host-postern=[^;]+; .*Secure/i)
  match(answer, /strict-transport-security/i)
  await house.close()
})

test('a house that closes finishes what is asked and ends what waits', async () => {
  const house = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example'] })
  const authorization = `Basic ${Buffer.from(`wang:${password}`).toString('base64')}`
  const one = connect2(`https://127.0.0.1:${house.port('https')}`, { rejectUnauthorized: false })
  one.on('error', () => undefined)
  const events = one.request({ ':path': '/jmap/events?types=*&closeafter=no&ping=0', authorization })
  await once(events, 'response')
  const idle = connect(house.port('http'), '127.0.0.1')
  await once(idle, 'connect')
  const [, ,] = await Promise.all([house.close(), once(events.resume(), 'close'), heard(idle)])
  one.destroy()
})
