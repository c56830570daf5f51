import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connect2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { client, type Client } from '../../test/webclient.ts'
import { changePassword, changePerson } from '../people/people.ts'

let world: WorldHouse
let http: Client
let https: Client

before(async () => {
  world = await openWorld({
    hostname: 'mail.uni.example',
    people: ['wang@uni.example', 'li@uni.example'],
    web: { folder: '/nowhere' },
  })
  http = client(world, 'http')
  https = client(world, 'https')
})
after(() => world.close())

const person = { name: 'wang@uni.example', password }

test('without a web build a page says what to do, in the language of the browser', async () => {
  const english = await http.ask('GET', '/')
  equal(english.status, 503)
  match(english.text, /npm start/)
  match((await http.ask('GET', '/mail/inbox', { headers: { 'accept-language': 'zh-TW,en;q=0.5' } })).text, /尚未建置/)
})

test('every answer has the headers that keep it where it belongs', async () => {
  for (const path of ['/', '/nothing', '/api/session', '/jmap/session', '/api/openapi.json']) {
    const { headers } = await https.ask('GET', path)
    equal(headers['x-content-type-options'], 'nosniff', path)
    equal(headers['x-frame-options'], 'DENY', path)
    equal(headers['cross-origin-opener-policy'], 'same-origin', path)
    equal(headers['cross-origin-resource-policy'], 'same-origin', path)
    match(String(headers['strict-transport-security']), /^max-age=\d{8}/, path)
    match(String(headers['content-security-policy']), /default-src 'none'/, path)
  }
  equal((await http.ask('GET', '/')).headers['strict-transport-security'], undefined)
})

test('a refusal is a problem with a reference, in both languages', async () => {
  const { status, headers, json } = await https.ask('GET', '/api/nothing')
  equal(status, 404)
  match(String(headers['content-type']), /^application\/problem\+json/)
  equal(json.type, 'urn:postern:problem:no-such-page')
  match(json.reference, /^[0-9a-f-]{36}$/)
  const chinese = await https.ask('GET', '/api/nothing', { headers: { 'accept-language': 'zh-Hant' } })
  equal(chinese.headers['content-language'], 'zh-Hant')
  equal(chinese.json.title, '這裡沒有東西。')
})

test('signing in gives a cookie no script reads, and only over its own kind of connection', async () => {
  const secure = await https.ask('POST', '/api/session', { json: person })
  equal(secure.status, 201)
  const [cookie = ''] = secure.headers['set-cookie'] ?? []
  match(cookie, /^__Host-postern=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/)
  ok(!secure.text.includes(cookie.slice(15, 58)), 'the secret is in the cookie alone')

  const local = await http.ask('POST', '/api/session', { json: person })
  match(
    String(local.headers['set-cookie']?.[0]),
    /^postern-local=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
  )

  // A cookie of one name is worth nothing under the other.
  const secret = cookie.slice(15, 58)
  equal((await https.ask('GET', '/api/session', { headers: { cookie: `postern-local=${secret}` } })).status, 401)
  equal((await http.ask('GET', '/api/session', { headers: { cookie: `__Host-postern=${secret}` } })).status, 401)
  equal((await https.ask('GET', '/api/session', { headers: { cookie: `__Host-postern=${secret}` } })).status, 200)
})

test('a wrong password and an unknown name get the same words', async () => {
  const wrong = await https.ask('POST', '/api/session', { json: { ...person, password: 'not it' } })
  const nobody = await https.ask('POST', '/api/session', { json: { name: 'nobody', password: 'not it' } })
  equal(wrong.status, 403)
  equal(nobody.status, 403)
  for (const { json } of [wrong, nobody]) delete json.reference
  deepEqual(wrong.json, nobody.json)
})

test('many failures lock the name, as at the other doors', async () => {
  const name = 'locked@uni.example'
  let last = 0
  for (let i = 0; i < 12; i++)
    last = (await https.ask('POST', '/api/session', { json: { name, password: `no ${i}` } })).status
  equal(last, 429)
  const { headers, json } = await https.ask('POST', '/api/session', { json: { name, password: 'again' } })
  ok(Number(headers['retry-after']) > 0)
  equal(json.type, 'urn:postern:problem:too-many-failures')
})

test('each sign-in has a new secret, and the browser’s old session is over', async () => {
  const planted = 'A'.repeat(43)
  const fixed = await https.ask('POST', '/api/session', {
    json: person,
    headers: { cookie: `__Host-postern=${planted}` },
  })
  ok(!String(fixed.headers['set-cookie']).includes(planted))
  const first = await https.signIn(person)
  const second = await https.ask('POST', '/api/session', { json: person, headers: { ...first.headers } })
  equal(second.status, 201)
  notEqual(second.headers['set-cookie']?.[0], first.cookie)
  equal((await https.ask('GET', '/api/session', { headers: first.headers })).status, 401)
})

test('a change needs our own page, and the page’s token', async () => {
  const { headers } = await https.signIn(person)
  const origin = https.origin
  const { 'x-postern-token': token, ...cookieOnly } = headers
  const cases: [string, Record<string, string>, number][] = [
    ['no origin and no token', cookieOnly, 403],
    ['no origin', headers, 403],
    ['no token', { ...cookieOnly, origin }, 403],
    ['another token', { ...cookieOnly, origin, 'x-postern-token': 'A'.repeat(43) }, 403],
    ['another origin', { ...headers, origin: 'https://evil.example' }, 403],
    ['a null origin', { ...headers, origin: 'null' }, 403],
    ['another port', { ...headers, origin: 'https://127.0.0.1:1' }, 403],
    ['a sister site', { ...headers, origin, 'sec-fetch-site': 'same-site' }, 403],
    ['another site', { ...headers, 'sec-fetch-site': 'cross-site' }, 403],
    ['typed by hand', { ...headers, 'sec-fetch-site': 'none' }, 403],
    ['our page', { ...headers, origin, 'sec-fetch-site': 'same-origin' }, 200],
    ['our page in an old browser', { ...headers, origin }, 200],
  ]
  for (const [what, sent, status] of cases) {
    equal((await https.ask('DELETE', '/api/sessions', { headers: sent })).status, status, what)
    const echo = { using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', {}, 'a']] }
    equal((await https.ask('POST', '/jmap/api', { headers: sent, json: echo })).status, status, `JMAP: ${what}`)
  }
  equal(token?.length, 43)
})

test('JMAP answers are packed for clients that take it', async () => {
  const { headers } = await https.signIn(person)
  const json = { using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', { text: 'ab'.repeat(5_000) }, 'a']] }
  const ask = (accepted: string) =>
    https.ask('POST', '/jmap/api', { headers: { ...headers, origin: https.origin, 'accept-encoding': accepted }, json })
  const clear = await ask('identity')
  equal(clear.status, 200)
  equal(clear.headers['content-encoding'], undefined)
  for (const [accepted, coding, unpack] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip;q=0.5, br;q=0', 'gzip', gunzipSync],
  ] as const) {
    const { headers: said, bytes } = await ask(accepted)
    equal(said['content-encoding'], coding)
    equal(said['vary'], 'accept-encoding')
    ok(bytes.length < 500)
    equal(unpack(bytes).toString(), clear.text)
  }
})

test('another site reads nothing with our cookie, and signs nobody in', async () => {
  const { headers } = await https.signIn(person)
  const others: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
  ]
  for (const sent of others) {
    equal((await https.ask('GET', '/jmap/session', { headers: { ...headers, ...sent } })).status, 403)
    equal((await https.ask('POST', '/api/session', { json: person, headers: sent })).status, 403)
  }
  const { headers: answered } = await https.ask('GET', '/jmap/session', { headers: { origin: 'https://evil.example' } })
  equal(answered['access-control-allow-origin'], undefined)
})

test('a form of another site cannot make a body we take', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
    const { status } = await https.ask('POST', '/api/session', { body: JSON.stringify(person), headers })
    equal(status, 415, type)
  }
})

test('one sees one’s sessions, and ends them', async () => {
  const here = await https.signIn({ name: 'li@uni.example', password })
  const there = await https.signIn({ name: 'li@uni.example', password })
  const page = { ...here.headers, origin: https.origin }
  const { json } = await https.ask('GET', '/api/sessions', { headers: here.headers })
  equal(json.sessions.length, 2)
  deepEqual(json.sessions.map((one: { current: boolean }) => one.current).toSorted(), [false, true])
  const other = json.sessions.find((one: { current: boolean }) => !one.current)
  const theirs = (await https.signIn(person)).headers
  equal(
    (await https.ask('DELETE', `/api/sessions/${other.id}`, { headers: { ...theirs, origin: https.origin } })).status,
    404,
  )
  equal((await https.ask('DELETE', `/api/sessions/${other.id}`, { headers: page })).status, 204)
  equal((await https.ask('GET', '/api/session', { headers: there.headers })).status, 401)
  const gone = await https.ask('DELETE', '/api/session', { headers: page })
  equal(gone.status, 204)
  match(String(gone.headers['set-cookie']?.[0]), /^__Host-postern=; .*Expires=Thu, 01 Jan 1970/)
  equal((await https.ask('GET', '/api/session', { headers: here.headers })).status, 401)
})

test('a new password and a suspension end the sessions of an account', async () => {
  await world.person('chen@uni.example')
  const chen = { name: 'chen@uni.example', password }
  const first = await https.signIn(chen)
  await changePassword(world.db, chen.name, 'another good long password')
  equal((await https.ask('GET', '/api/session', { headers: first.headers })).status, 401)
  const second = await https.signIn({ ...chen, password: 'another good long password' })
  await changePerson(world.db, chen.name, { status: 'suspended', reason: 'for a test' })
  equal((await https.ask('GET', '/api/session', { headers: second.headers })).status, 401)
  const { status, json } = await https.ask('POST', '/api/session', {
    json: { ...chen, password: 'another good long password' },
  })
  equal(status, 403)
  match(json.detail, /for a test/)
})

test('a token is for programs: no cookie, no page token, and nothing else takes it', async () => {
  const { json, headers } = await https.ask('POST', '/api/session', { json: { ...person, kind: 'token' } })
  equal(headers['set-cookie'], undefined)
  const bearer = { authorization: `Bearer ${json.token}` }
  equal((await https.ask('GET', '/api/session', { headers: bearer })).json.address, 'wang@uni.example')
  equal((await https.ask('GET', '/api/session', { headers: { cookie: `__Host-postern=${json.token}` } })).status, 401)
  equal((await https.ask('DELETE', '/api/session', { headers: bearer })).status, 204)
  equal((await https.ask('GET', '/api/session', { headers: bearer })).status, 401)
})

test('a password with each request is for JMAP alone', async () => {
  const basic = { authorization: `Basic ${Buffer.from(`wang:${password}`).toString('base64')}` }
  equal((await https.ask('GET', '/jmap/session', { headers: basic })).json.username, 'wang@uni.example')
  equal((await https.ask('GET', '/api/session', { headers: basic })).status, 401)
  const asked = await https.ask('GET', '/jmap/session')
  equal(asked.status, 401)
  match(String(asked.headers['www-authenticate']), /^Basic realm="Postern"/)
  // A browser would open a window of its own.
  const browser = await https.ask('GET', '/jmap/session', { headers: { 'sec-fetch-site': 'same-origin' } })
  equal(browser.headers['www-authenticate'], undefined)
})

test('over plain HTTP strangers are sent to https, and no password is looked at', async () => {
  const name = 'mail.uni.example'
  const port = world.port('https')
  const page = await http.ask('GET', '/mail?a=b', { headers: { host: name } })
  equal(page.status, 308)
  equal(page.headers['location'], `https://${name}:${port}/mail?a=b`)
  equal(
    (await http.ask('POST', '/api/session', { headers: { host: name }, json: person })).json.type,
    'urn:postern:problem:tls-required',
  )
  const basic = { host: name, authorization: `Basic ${Buffer.from(`wang:${password}`).toString('base64')}` }
  equal((await http.ask('GET', '/jmap/session', { headers: basic })).status, 403)
})

test('what a request says of where it comes from counts for nothing', async () => {
  const { headers } = await https.signIn(person, { 'x-forwarded-for': '192.0.2.9', forwarded: 'for=192.0.2.9' })
  const { json } = await https.ask('GET', '/api/sessions', { headers })
  ok(json.sessions.every((one: { address: string }) => one.address === '127.0.0.1'))
  const lied = await http.ask('GET', '/mail', { headers: { host: 'mail.uni.example', 'x-forwarded-proto': 'https' } })
  equal(lied.status, 308)
})

test('HTTP/2 is spoken where the client likes it', async () => {
  const session = connect2(https.origin, { rejectUnauthorized: false })
  try {
    const asked = session.request({ ':path': '/api/nothing', 'accept-language': 'en' })
    const [headers] = (await once(asked, 'response')) as [Record<string, unknown>]
    equal(headers[':status'], 404)
    match(String(headers['strict-transport-security']), /max-age/)
    asked.resume()
    await once(asked, 'end')
    const basic = `Basic ${Buffer.from(`wang:${password}`).toString('base64')}`
    const post = session.request({
      ':method': 'POST',
      ':path': '/jmap/api',
      authorization: basic,
      'content-type': 'application/json',
    })
    post.end(JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', { two: 2 }, 'a']] }))
    let text = ''
    for await (const piece of post.setEncoding('utf8')) text += piece
    deepEqual(JSON.parse(text).methodResponses, [['Core/echo', { two: 2 }, 'a']])
  } finally {
    session.close()
  }
})

// -- attacks below HTTP

async function raw(text: string): Promise<string> {
  const socket = connect(world.port('http'), '127.0.0.1')
  return heard(socket, text)
}

async function heard(socket: Socket, text: string): Promise<string> {
  let answer = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (answer += piece))
  socket.on('error', () => undefined)
  socket.write(text, 'latin1')
  await once(socket, 'close')
  return answer
}

const end = 'Connection: close\r\n\r\n'
const smuggled = 'GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'
const refused: [string, string][] = [
  [
    'two lengths',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello${smuggled}`,
  ],
  [
    'a list of lengths',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhello${smuggled}`,
  ],
  [
    'length and chunks',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'a space before the colon',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'chunked not last',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  [
    'an unknown encoding',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ['a folded header', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n${end}`],
  ['a signed length', `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello${smuggled}`],
  [
    'a bad chunk size',
    `POST /api/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${smuggled}`,
  ],
  ['a bare CR in a header', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\rX-B: c\r\n${end}`],
  ['a NUL in a header', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\0c\r\n${end}`],
  ['no host', `GET / HTTP/1.1\r\n${end}`],
  ['two hosts', `GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${end}`],
  ['a host that is none', `GET / HTTP/1.1\r\nHost: localhost/x@y\r\n${end}`],
  ['no HTTP', 'EHLO evil.example\r\n\r\n'],
]
for (const [what, text] of refused) {
  test(`refused: ${what}`, async () => {
    const answer = await raw(text)
    match(answer, /^HTTP\/1\.1 400 /)
    ok(!answer.includes('"openapi"'), 'what was smuggled behind it is not answered')
  })
}

test('a header too large or too long a list of them is refused', async () => {
  match(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(20_000)}\r\n${end}`), /^HTTP\/1\.1 431 /)
  match(await raw(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n${end}`), /^HTTP\/1\.1 431 /)
})

test('paths lead nowhere but to what is listed', async () => {
  const paths = [
    '/../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/assets/../../../package.json',
    '/mail/..%5c..%5cpackage.json',
    '//etc/passwd',
    '/%00',
    '/assets/%00.js',
    '/.git/config',
    '/%ff',
  ]
  for (const path of paths) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}`)
    match(answer, /^HTTP\/1\.1 (?:400|404|503) /, path)
    ok(!answer.includes('"name": "postern"') && !answer.includes('root:'), path)
  }
})

test('nothing sent comes back as a header', async () => {
  const answer = await raw(
    `GET /jmap/download/A1/B1/a%0d%0aSet-Cookie:%20x=y?accept=text/html%0d%0aX-Evil:%20yes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${Buffer.from(`wang:${password}`).toString('base64')}\r\n${end}`,
  )
  ok(!/\r\n(?:set-cookie: x=y|x-evil)/i.test(answer))
  const redirected = await raw(`GET /mail%0d%0aX-Evil:%20yes HTTP/1.1\r\nHost: mail.uni.example\r\n${end}`)
  match(redirected, /^HTTP\/1\.1 308 /)
  ok(!/\r\nx-evil/i.test(redirected))
})

test('a body too large is refused before it is read, and one that lies about its length is cut', async () => {
  const { status, json } = await https.ask('POST', '/api/session', {
    json: { name: 'a'.repeat(300_000), password: '' },
  })
  equal(status, 413)
  equal(json.type, 'urn:postern:problem:too-large')
})

test('a bomb of brackets is refused, and one name cannot stand twice', async () => {
  const headers = { 'content-type': 'application/json' }
  for (const body of [
    '['.repeat(5_000),
    `{"name":${'{"a":'.repeat(1_000)}`,
    '{"name":"a","name":"b","password":""}',
    '[]',
    '"\u00ff"',
    '{"name":"\\ud800","password":""}',
  ]) {
    equal((await https.ask('POST', '/api/session', { body, headers })).json.type, 'urn:postern:problem:bad-json')
  }
})

test('TLS older than the settings say is not spoken', async () => {
  const socket = connectTls({
    port: world.port('https'),
    host: '127.0.0.1',
    maxVersion: 'TLSv1.1',
    rejectUnauthorized: false,
  })
  const [error] = (await once(socket, 'error')) as [Error]
  ok(error)
})

test('what is announced as a limit is kept', async () => {
  const basic = { authorization: `Basic ${Buffer.from(`li:${password}`).toString('base64')}` }
  const { json } = await https.ask('GET', '/jmap/session', { headers: basic })
  const { maxConcurrentRequests, maxSizeRequest } = json.capabilities['urn:ietf:params:jmap:core']
  const large = await https.ask('POST', '/jmap/api', {
    headers: { ...basic, 'content-type': 'application/json' },
    body: ' '.repeat(maxSizeRequest + 1),
  })
  deepEqual(
    [large.status, large.json.type, large.json.limit],
    [400, 'urn:ietf:params:jmap:error:limit', 'maxSizeRequest'],
  )
  const text = await https.ask('POST', '/jmap/api', { headers: { ...basic, 'content-type': 'text/plain' }, body: '{}' })
  equal(text.json.type, 'urn:ietf:params:jmap:error:notJSON')
  const stranger = await https.ask('POST', '/jmap/api', {
    headers: { 'content-type': 'application/json' },
    body: ' '.repeat(maxSizeRequest + 1),
  })
  equal(stranger.status, 401, 'who asks is looked at before what is asked')

  // Bodies that are not whole are no requests yet; requests that are run wait for nothing here, so one after the other passes.
  const echo = { using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', {}, 'a']] }
  const many = await Promise.all(
    Array.from({ length: maxConcurrentRequests * 3 }, () =>
      https.ask('POST', '/jmap/api', { headers: basic, json: echo }),
    ),
  )
  for (const one of many) ok(one.status === 200 || one.json.limit === 'maxConcurrentRequests', one.text)
})

test('calls too often are told to wait, each source by itself', async () => {
  const statuses = new Set<number>()
  for (let i = 0; i < 130; i++) statuses.add((await http.ask('POST', '/api/session', { json: { name: 7 } })).status)
  deepEqual([...statuses], [422, 429])
  const { headers, json } = await http.ask('POST', '/api/session', { json: { name: 7 } })
  ok(Number(headers['retry-after']) > 0)
  equal(json.type, 'urn:postern:problem:too-many-requests')
})
