// A mail's HTML in a frame of its own: rights, headers, pictures by tokens, the proxy. What is let through of a
// letter is proved in html/ and, with a browser, in test/web/hostile.test.ts.

import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { append } from '../../test/mailstore.ts'
import { client, type Client } from '../../test/webclient.ts'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { mailboxByRole } from '../store/mailboxes.ts'
import { grant } from '../store/rights.ts'

const pixels = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') // prettier-ignore

let world: WorldHouse
let http: Client
let played: ReturnType<typeof createServer>
let playedPort: number
let answer: (request: IncomingMessage, response: ServerResponse) => void
let asked: IncomingMessage[] = []
let hour = 0

before(async () => {
  played = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(played, 'listening')
  playedPort = (played.address() as AddressInfo).port
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'li@uni.example'],
    zone: [
      'pictures.example. A 127.0.0.1',
      'inside.example. A 10.0.0.7',
      'six.example. AAAA fd00::1',
      'tunnel.example. AAAA 2002:7f00:1::',
      'mapped.example. AAAA ::ffff:127.0.0.1',
      'loop.example. A 127.0.0.2',
    ].join('\n'),
    config: { 'http.picture_networks': ['127.0.0.1'] },
    web: { pictures: { bytes: 10_000, milliseconds: 500 } },
  })
  http = client(world, 'http')
})
after(async () => {
  played.closeAllConnections()
  played.close()
  await world.close()
})

const accountOf = async (name: string): Promise<number> =>
  (await world.db.one<{ id: number }>('select id from account where address = $1', [`${name}@uni.example`]))!.id

/** Puts a mail into somebody's inbox; the path of its view. */
async function put(name: string, mail: string | Buffer): Promise<string> {
  const account = await accountOf(name)
  const inbox = (await mailboxByRole(world.db, account, 'inbox'))!.id
  const bytes = typeof mail === 'string' ? Buffer.from(mail.replaceAll('\n', '\r\n')) : mail
  const { uid } = await append(world.store, inbox, bytes as never, { receivedAt: 1_767_600_000_000 + hour++ })
  const row = await world.db.one<{ id: number }>(
    'select mail_id as id from message where mailbox_id = $1 and uid = $2',
    [inbox, uid],
  )
  return `/api/view/A${account}/M${row!.id}`
}

const signedIn = async (name: string) =>
  (await http.signIn({ name: `${name}@uni.example`, password }, { origin: http.origin })).headers

const letter = (html: string): string =>
  `From: a@x.example\nSubject: s${hour}\nMIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n${html}\n`

const withPicture = (): string =>
  `From: a@x.example
Subject: with a picture ${hour}
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=big5
Content-Transfer-Encoding: base64

${Buffer.from([0x3c, 0x70, 0x3e, 0xb6, 0x6c, 0x3c, 0x69, 0x6d, 0x67, 0x20, 0x73, 0x72, 0x63, 0x3d, 0x63, 0x69, 0x64, 0x3a, 0x70, 0x31, 0x40, 0x78, 0x3e]).toString('base64')}
--b
Content-Type: application/octet-stream
Content-ID: <p1@x>
Content-Transfer-Encoding: base64

${pixels.toString('base64')}
--b--
`

test('a letter is a page of its own, with headers that shut it in', async () => {
  const headers = await signedIn('wang')
  const path = await put('wang', letter('<h1>公告</h1><script>alert(1)</script><p onclick="x()">內容</p>'))
  const { status, headers: said, text } = await http.ask('GET', path, { headers })
  equal(status, 200, text)
  match(text, /<h1>公告<\/h1><p>內容<\/p>/)
  equal(said['content-type'], 'text/html; charset=utf-8')
  const policy = said['content-security-policy'] as string
  match(policy, /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:;/) // prettier-ignore
  match(policy, /frame-ancestors 'self'/)
  equal(said['x-frame-options'], 'SAMEORIGIN')
  equal(said['x-content-type-options'], 'nosniff')
  equal(said['referrer-policy'], 'no-referrer')
  match(said['cache-control'] as string, /^private/)
})

test('only who may read the mail sees it', async () => {
  const path = await put('wang', letter('<p>secret'))
  const li = await signedIn('li')
  equal((await http.ask('GET', path, { headers: li })).status, 404)
  equal((await http.ask('GET', path)).status, 401)
  const other = path.replace(/A\d+/, `A${await accountOf('li')}`)
  equal((await http.ask('GET', other, { headers: li })).status, 404)
  const inbox = (await mailboxByRole(world.db, await accountOf('wang'), 'inbox'))!.id
  await grant(world.store, inbox, await accountOf('li'), 'set', 'lr')
  equal((await http.ask('GET', path, { headers: li })).status, 200)
  await grant(world.store, inbox, await accountOf('li'), 'set', '')
  equal((await http.ask('GET', path, { headers: li })).status, 404)
  for (const nonsense of ['/api/view/A1/M999999', '/api/view/B1/M1', '/api/view/A1/x']) {
    equal((await http.ask('GET', nonsense, { headers: li })).status, 404, nonsense)
  }
})

test('a picture the mail carries comes by its token, without a cookie', async () => {
  const headers = await signedIn('wang')
  const path = await put('wang', withPicture())
  const { text } = await http.ask('GET', path, { headers })
  match(text, /<p>郵<img src=/)
  const source = /src="([^"]+)"/.exec(text)![1]!.replaceAll('&amp;', '&')
  const picture = await http.ask('GET', source)
  equal(picture.status, 200, picture.text)
  deepEqual(picture.bytes, pixels)
  equal(picture.headers['content-type'], 'image/png')
  equal(picture.headers['cross-origin-resource-policy'], 'cross-origin')
  match(picture.headers['content-security-policy'] as string, /^sandbox; default-src 'none'/)
  // Another part, another mail, a changed token: nothing.
  const textPart = source.replace('/picture/2', '/picture/1')
  for (const forged of [
    textPart,
    source.replace(/M\d+/, 'M1'),
    `${source}x`,
    source.replace(/\?t=\w/, '?t=z'),
    path.replace('/api/view', '/api/view') + '/picture/2?t=',
  ]) {
    equal((await http.ask('GET', forged)).status, 404, forged)
  }
  await http.ask('DELETE', '/api/session', { headers: { ...headers, origin: http.origin } })
  equal((await http.ask('GET', source)).status, 404, 'signed out')
})

test('one part, the measure, and long letters', async () => {
  const headers = await signedIn('wang')
  const path = await put('wang', letter(`<p>${'字'.repeat(100_000)}</p><b>end</b>`))
  const first = await http.ask('GET', `${path}?part=1&language=zh-Hant`, { headers })
  match(first.text, /這封信很長/)
  ok(!first.text.includes('<b>end'))
  match((await http.ask('GET', `${path}?full=1`, { headers })).text, /<b>end/)
  equal((await http.ask('GET', `${path}?part=2`, { headers })).status, 404)
  equal((await http.ask('GET', `${path}?part=x`, { headers })).status, 422)
  const small = await put('wang', letter('<p>短<img src="https://pictures.example/a.png" width=300 height=200>'))
  const { json } = await http.ask('GET', `${small}?measure=1&width=600`, { headers })
  deepEqual({ ...json, height: 0 }, { height: 0, remote: 1, misleading: 0, dark: false, cut: false })
  ok(json.height > 200 && json.height < 500, String(json.height))
})

async function proxied(headers: Record<string, string>, url: string) {
  const path = await put('wang', letter(`<img src="${url}" alt=x>`))
  const { text } = await http.ask('GET', `${path}?remote=1`, { headers })
  const source = /<img[^>]* src="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&')
  ok(source, text)
  return http.ask('GET', source)
}

test('pictures on the web wait for consent, then come through us with nothing of the reader', async () => {
  const headers = await signedIn('wang')
  answer = (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'a=b' }).end(pixels)
  asked = []
  const url = `http://pictures.example:${playedPort}/a.png?id=1`
  const path = await put('wang', letter(`<img src="${url}" alt="海報" width=300>`))
  const before = await http.ask('GET', path, { headers })
  match(before.text, /<span class="postern-picture"[^>]*width:300px[^>]*title="pictures.example">海報<\/span>/)
  ok(!before.text.includes('/api/proxy'))
  const picture = await proxied(headers, url)
  equal(picture.status, 200)
  deepEqual(picture.bytes, pixels)
  equal(picture.headers['content-type'], 'image/png')
  equal(picture.headers['set-cookie'], undefined)
  equal(asked.length, 1)
  equal(asked[0]!.url, '/a.png?id=1')
  equal(asked[0]!.headers.host, `pictures.example:${playedPort}`)
  for (const private_ of ['cookie', 'referer', 'origin', 'authorization', 'accept-language']) {
    equal(asked[0]!.headers[private_], undefined, private_)
  }
  equal((await proxied(headers, url)).status, 200)
  equal(asked.length, 1, 'from memory')
  const forged = `/api/proxy/image?url=${encodeURIComponent(`${url}2`)}&t=`
  equal((await http.ask('GET', forged)).status, 404)
})

test('the proxy asks nobody inside, and takes pictures only', async () => {
  const headers = await signedIn('wang')
  const at = (path: string): string => `http://pictures.example:${playedPort}${path}`
  asked = []
  answer = ({ url = '' }, response) => {
    const to = new URL(url, 'http://x').searchParams.get('to')
    if (to !== null) response.writeHead(302, { location: to }).end()
    else if (url.startsWith('/svg'))
      response.writeHead(200, { 'content-type': 'image/svg+xml' }).end('<svg onload="x()"/>')
    else if (url.startsWith('/html')) response.writeHead(200, { 'content-type': 'image/png' }).end('<script>x</script>')
    else if (url.startsWith('/large')) response.writeHead(200).end(Buffer.concat([pixels, Buffer.alloc(20_000)]))
    else if (url.startsWith('/cut'))
      response.writeHead(200, { 'content-length': '500' }).write(pixels, () => response.destroy())
    else if (url.startsWith('/slow')) response.writeHead(200).write(pixels)
    else if (url.startsWith('/missing')) response.writeHead(404).end(pixels)
    else response.writeHead(200).end(pixels)
  }
  equal((await proxied(headers, at(`/?to=${encodeURIComponent('/picture')}`))).status, 200, 'one redirect')
  const refused = [
    'http://10.0.0.7/', 'http://inside.example/', 'http://six.example/', 'http://tunnel.example/', 'http://mapped.example/',
    `http://loop.example:${playedPort}/`, `http://localhost:${playedPort}/`, `http://127.0.0.2:${playedPort}/`, `http://[::1]:${playedPort}/`,
    'http://0x7f.2/', 'http://2130706434/', 'http://169.254.169.254/latest/meta-data/', 'http://[fd00::1]/', 'http://[::ffff:10.0.0.7]/', 'http://[64:ff9b::a00:7]/',
    'http://nowhere.example/', 'http://8.8.8.8:25/', at(`/?to=${encodeURIComponent('http://10.0.0.7/')}`), at(`/?to=${encodeURIComponent('file:///etc/passwd')}`),
    at(`/?to=${encodeURIComponent(`/?to=${encodeURIComponent(`/?to=${encodeURIComponent('/?to=/a')}`)}`)}`),
    at('/svg'), at('/html'), at('/large'), at('/cut'), at('/slow'), at('/missing'),
  ] // prettier-ignore
  for (const url of refused) {
    const { status, json } = await proxied(headers, url)
    equal(status, 404, url)
    equal(json.type, 'urn:postern:problem:no-such-page', url)
  }
})

test('tokens end', async () => {
  const headers = await signedIn('wang')
  const path = await put('wang', withPicture())
  const source = /src="([^"]+)"/.exec((await http.ask('GET', path, { headers })).text)![1]!.replaceAll('&amp;', '&')
  const [user = '', session = '', expires = ''] = new URL(source, http.origin).searchParams.get('t')!.split('.')
  ok(parseInt(user, 36) > 0 && parseInt(session, 36) > 0)
  const left = parseInt(expires, 36) - Date.now()
  ok(left > 14 * 60_000 && left <= 30 * 60_000)
})
