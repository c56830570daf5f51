import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { on, once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { openWorld, password, type WorldHouse } from '../../test/world.ts'
import { client, type Answer, type Client } from '../../test/webclient.ts'
import { changePassword } from '../people/people.ts'
import { appendMessages } from '../store/messages.ts'
import { MimeReader } from '../mime/reader.ts'
import { mailboxByRole } from '../store/mailboxes.ts'
import { grant } from '../store/rights.ts'

let world: WorldHouse
let http: Client
const wang = { authorization: `Basic ${Buffer.from(`wang:${password}`).toString('base64')}` }
const li = { authorization: `Basic ${Buffer.from(`li:${password}`).toString('base64')}` }
const core = 'urn:ietf:params:jmap:core'
const using = [core, 'urn:ietf:params:jmap:blob', 'urn:ietf:params:jmap:quota']

before(async () => {
  world = await openWorld({ hostname: 'mail.uni.example', people: ['wang@uni.example', 'li@uni.example'] })
  http = client(world, 'http')
})
after(() => world.close())

type Calls = [string, object, string][]

function post(json: unknown, headers: Record<string, string> = wang): Promise<Answer> {
  return http.ask('POST', '/jmap/api', { json, headers })
}

async function call(methodCalls: Calls, headers = wang): Promise<[string, any, string][]> {
  const { status, json, text } = await post({ using, methodCalls }, headers)
  equal(status, 200, text)
  return json.methodResponses
}

/** One call's arguments. */
async function one(name: string, args: object, headers = wang): Promise<any> {
  const [[said, answer] = ['', undefined]] = await call([[name, args, 'a']], headers)
  return said === 'error' ? answer.type : answer
}

const mail = (subject: string) =>
  Buffer.from(
    [
      `Subject: ${subject}`,
      'From: a@else.example',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'A text.',
      '--b',
      'Content-Type: image/png; name="x.png"',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from('a picture, more or less').toString('base64'),
      '--b--',
      '',
    ].join('\r\n'),
  )

async function deliver(
  address: string,
  subject: string,
): Promise<{ mailId: number; bytes: Buffer; mailbox: number; account: number }> {
  const { db, store } = world
  const account = (await db.one<{ id: number }>('select id from account where address = $1', [address]))!.id
  const box = await mailboxByRole(db, account, 'inbox')
  const bytes = mail(subject)
  const reader = new MimeReader()
  reader.push(bytes)
  const blob = await store.blobs.put(bytes)
  const fresh = { blob, tree: reader.end(), trace: '', receivedAt: Date.now(), historyId: '' }
  await appendMessages(store, box!.id, [{ mail: fresh, flags: 0, keywords: [], receivedAt: 0 }])
  const row = await db.one<{ id: number }>('select max(mail_id) as id from message where account_id = $1', [account])
  return { mailId: row!.id, bytes, mailbox: box!.id, account }
}

test('the session says what there is, and where; its state goes with every response', async () => {
  const found = await http.ask('GET', '/.well-known/jmap', { headers: wang })
  equal(found.status, 307)
  const { json, headers } = await http.ask('GET', String(found.headers['location']), { headers: wang })
  match(String(headers['cache-control']), /no-store/)
  equal(json.username, 'wang@uni.example')
  equal(json.primaryAccounts[core], 'A1')
  ok(json.capabilities[core].maxCallsInRequest >= 16)
  match(json.uploadUrl, /\{accountId\}/)
  match(json.downloadUrl, /\{accountId\}.*\{blobId\}.*\{name\}.*\{type\}/)
  match(json.eventSourceUrl, /\{types\}.*\{closeafter\}.*\{ping\}/)
  equal((await post({ using, methodCalls: [] })).json.sessionState, json.state)
})

test('requests that are none are refused as RFC 8620 says', async () => {
  const cases: [string, unknown, string][] = [
    ['no JSON', '{', 'notJSON'],
    ['not UTF-8', Buffer.from([34, 255, 34]), 'notJSON'],
    ['a name twice', '{"using":[],"using":[],"methodCalls":[]}', 'notJSON'],
    ['half a surrogate', '{"using":["\\ud800"],"methodCalls":[]}', 'notJSON'],
    ['a byte order mark', '\ufeff{"using":[],"methodCalls":[]}', 'notJSON'],
    ['a number beyond a double', '{"using":[],"methodCalls":[],"x":1e999}', 'notJSON'],
    ['nothing', '', 'notJSON'],
    ['a bomb', `{"using":[],"methodCalls":${'['.repeat(1_000_000)}`, 'notJSON'],
    ['a list', '[]', 'notRequest'],
    ['no using', '{"methodCalls":[]}', 'notRequest'],
    ['a call of two', '{"using":[],"methodCalls":[["a",{}]]}', 'notRequest'],
    ['a call with a list', '{"using":[],"methodCalls":[["a",[],"b"]]}', 'notRequest'],
    ['unknown', '{"using":["urn:x"],"methodCalls":[]}', 'unknownCapability'],
    ['many calls', JSON.stringify({ using, methodCalls: Array(65).fill(['Core/echo', {}, 'a']) }), 'limit'],
  ]
  for (const [what, body, type] of cases) {
    const headers = { ...wang, 'content-type': 'application/json' }
    const { status, json } = await http.ask('POST', '/jmap/api', { headers, body: body as string })
    equal(status, 400, what)
    equal(json.type, `urn:ietf:params:jmap:error:${type}`, what)
    if (type === 'limit') equal(json.limit, 'maxCallsInRequest')
  }
})

test('a call that fails leaves the others alone', async () => {
  deepEqual(
    (
      await call([
        ['Core/echo', { a: 1 }, 'a'],
        ['Foo/get', {}, 'b'],
        ['Quota/get', {}, 'c'],
        ['Quota/get', { accountId: 'A99' }, 'd'],
        ['Quota/get', { accountId: 'A1', ids: 7 }, 'e'],
        ['Core/echo', { '#a': { resultOf: 'x', name: 'y', path: '/' } }, 'f'],
        ['Core/echo', { a: 1, '#a': { resultOf: 'a', name: 'Core/echo', path: '/a' } }, 'g'],
        ['Core/echo', { '#x': { resultOf: 'a', name: 'Core/echo', path: '/a' } }, 'h'],
      ])
    ).map(([name, args, id]) => [id, name === 'error' ? args.type : args]),
    [
      ['a', { a: 1 }],
      ['b', 'unknownMethod'],
      ['c', 'invalidArguments'],
      ['d', 'accountNotFound'],
      ['e', 'invalidArguments'],
      ['f', 'invalidResultReference'],
      ['g', 'invalidArguments'],
      ['h', { x: 1 }],
    ],
  )
})

test('a method whose capability is not used is unknown', async () => {
  const { json } = await post({ using: [core], methodCalls: [['Quota/get', { accountId: 'A1' }, 'a']] })
  equal(json.methodResponses[0][1].type, 'unknownMethod')
})

test('the quota is shown, and what changed of it', async () => {
  const { list, state } = await one('Quota/get', { accountId: 'A1' })
  equal(list[0].hardLimit, 100 * 2 ** 30)
  equal(list[0].resourceType, 'octets')
  await deliver('wang@uni.example', 'makes it larger')
  const changes = await one('Quota/changes', { accountId: 'A1', sinceState: state })
  deepEqual([changes.updated, changes.updatedProperties], [['octets'], ['used']])
  deepEqual((await one('Quota/query', { accountId: 'A1', filter: { type: 'Email' } })).ids, ['octets'])
  deepEqual(
    (await one('Quota/query', { accountId: 'A1', filter: { operator: 'NOT', conditions: [{ type: 'Email' }] } })).ids,
    [],
  )
  equal(await one('Quota/changes', { accountId: 'A1', sinceState: 'what' }), 'cannotCalculateChanges')
})

// -- blobs

test('what is uploaded comes back, byte for byte, as a file and never as a page', async () => {
  const bytes = Buffer.from('<script>alert(1)</script>\0\xff', 'latin1')
  const up = await http.ask('POST', '/jmap/upload/A1/', {
    headers: { ...wang, 'content-type': 'text/html; x=y' },
    body: bytes,
  })
  equal(up.status, 201)
  const { blobId } = up.json
  deepEqual([up.json.accountId, up.json.type, up.json.size], ['A1', 'text/html', bytes.length])
  const down = await http.ask(
    'GET',
    `/jmap/download/A1/${blobId}/${encodeURIComponent('../報告"; x.html')}?accept=text/html`,
    { headers: wang },
  )
  equal(down.status, 200)
  deepEqual(down.bytes, bytes)
  equal(down.headers['content-type'], 'text/html')
  equal(down.headers['x-content-type-options'], 'nosniff')
  match(String(down.headers['content-security-policy']), /^sandbox; default-src 'none'/)
  equal(
    down.headers['content-disposition'],
    `attachment; filename="..____; x.html"; filename*=UTF-8''.._%E5%A0%B1%E5%91%8A%22%3B%20x.html`,
  )
  // Nobody else sees it: not even that it is there.
  equal((await http.ask('GET', `/jmap/download/A2/${blobId}/x`, { headers: li })).status, 404)
  equal((await http.ask('GET', `/jmap/download/A1/${blobId}/x`, { headers: li })).status, 404)
  equal((await http.ask('GET', `/jmap/download/A1/${blobId}/x`)).status, 401)
})

test('ranges, tags and types of a download', async () => {
  const up = await http.ask('POST', '/jmap/upload/A1/', { headers: wang, body: '0123456789' })
  const path = `/jmap/download/A1/${up.json.blobId}/x`
  const cases: [string, number, string, string | undefined][] = [
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-4', 206, '6789', 'bytes 6-9/10'],
    ['bytes=5-100', 206, '56789', 'bytes 5-9/10'],
    ['bytes=0-1,3-4', 200, '0123456789', undefined],
    ['lines=1-2', 200, '0123456789', undefined],
  ]
  for (const [range, status, text, contentRange] of cases) {
    const got = await http.ask('GET', path, { headers: { ...wang, range } })
    deepEqual([got.status, got.text, got.headers['content-range']], [status, text, contentRange], range)
  }
  const beyond = await http.ask('GET', path, { headers: { ...wang, range: 'bytes=10-' } })
  deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */10'])
  const { etag = '' } = (await http.ask('GET', path, { headers: wang })).headers
  equal((await http.ask('GET', path, { headers: { ...wang, 'if-none-match': etag } })).status, 304)
  const odd = await http.ask('GET', `${path}?accept=text/html%0d%0aX:y`, { headers: wang })
  equal(odd.headers['content-type'], 'application/octet-stream')
})

test('a mail and its parts are blobs', async () => {
  const { mailId, bytes } = await deliver('wang@uni.example', 'with a picture')
  const whole = await http.ask('GET', `/jmap/download/A1/B${mailId}/mail.eml`, { headers: wang })
  deepEqual(whole.bytes, bytes)
  const part = await http.ask('GET', `/jmap/download/A1/P${mailId}-2/x.png?accept=image/png`, { headers: wang })
  equal(part.text, 'a picture, more or less')
  equal(part.headers['content-length'], '23')
  const some = await http.ask('GET', `/jmap/download/A1/P${mailId}-2/x.png`, {
    headers: { ...wang, range: 'bytes=2-8' },
  })
  deepEqual([some.status, some.text], [206, 'picture'])
  for (const id of [`B${mailId}0`, `P${mailId}-9`, `P${mailId}-1-1`, 'B0', 'X1', 'P1-', '..']) {
    equal((await http.ask('GET', `/jmap/download/A1/${id}/x`, { headers: wang })).status, 404, id)
  }
  equal((await http.ask('GET', `/jmap/download/A2/B${mailId}/x`, { headers: li })).status, 404)

  const digest = createHash('sha256').update('a picture, more or less').digest('base64')
  const got = await one('Blob/get', {
    accountId: 'A1',
    ids: [`P${mailId}-2`, 'B9999'],
    properties: ['data:asText', 'digest:sha-256', 'size'],
  })
  deepEqual(got.list, [
    { id: `P${mailId}-2`, size: 23, 'digest:sha-256': digest, 'data:asText': 'a picture, more or less' },
  ])
  deepEqual(got.notFound, ['B9999'])
  const found = await one('Blob/lookup', { accountId: 'A1', ids: [`P${mailId}-2`], typeNames: ['Email', 'Mailbox'] })
  equal(found.list[0].matchedIds.Email[0], `M${mailId}`)
  match(found.list[0].matchedIds.Mailbox[0], /^F\d+$/)
  equal(await one('Blob/lookup', { accountId: 'A1', ids: [], typeNames: ['Nothing'] }), 'unknownDataType')
})

test('blobs are made of texts, base64 and other blobs', async () => {
  const create = {
    a: { data: [{ 'data:asText': 'Häll' }, { 'data:asBase64': 'bw==' }], type: 'text/plain' },
    b: { data: [{ blobId: '#a', offset: 1, length: 2 }, { 'data:asText': '!' }] },
    c: { data: [{ 'data:asBase64': 'no base64' }] },
    d: { data: [{ blobId: '#a', offset: 1, length: 200 }] },
    __proto__: { data: [] },
  }
  const [[, made], [, got]] = (await call([
    ['Blob/upload', { accountId: 'A1', create }, 'a'],
    ['Blob/get', { accountId: 'A1', ids: ['#a', '#b'], properties: ['data:asText'] }, 'b'],
  ])) as [any, any]
  deepEqual(Object.keys(made.created), ['a', 'b'])
  deepEqual([made.created.a.size, made.created.a.type], [6, 'text/plain'])
  deepEqual(Object.keys(made.notCreated), ['c', 'd'])
  deepEqual(
    got.list.map((each: any) => each['data:asText']),
    ['Hällo', 'ä!'],
  )
})

test('an upload too large is refused, and leaves nothing', async () => {
  const limit = (await http.ask('GET', '/jmap/session', { headers: wang })).json.capabilities[core].maxSizeUpload
  const said = await http
    .ask('POST', '/jmap/upload/A1/', { headers: { ...wang, 'content-length': String(limit + 1) } })
    .catch(() => undefined)
  if (said) deepEqual([said.status, said.json.limit], [413, 'maxSizeUpload'])
  const before = await world.db.one('select count(*) as n from upload')
  equal((await http.ask('POST', '/jmap/upload/A2/', { headers: wang, body: 'x' })).status, 404)
  deepEqual(await world.db.one('select count(*) as n from upload'), before)
})

// -- what others shared

test('an account that shared a mailbox is seen, and of it nothing else', async () => {
  const { mailId, mailbox } = await deliver('li@uni.example', 'to be shared')
  equal((await http.ask('GET', `/jmap/download/A2/B${mailId}/x`, { headers: wang })).status, 404)
  equal(await one('Blob/get', { accountId: 'A2', ids: [] }), 'accountNotFound')
  const before = (await http.ask('GET', '/jmap/session', { headers: wang })).json.state
  await grant(world.store, mailbox, 1, 'set', 'lr')
  const { json } = await http.ask('GET', '/jmap/session', { headers: wang })
  notEqual(json.state, before)
  const { name, isPersonal, isReadOnly } = json.accounts.A2
  deepEqual([name, isPersonal, isReadOnly], ['li@uni.example', false, true])
  equal((await http.ask('GET', `/jmap/download/A2/B${mailId}/x`, { headers: wang })).status, 200)
  equal(await one('Quota/get', { accountId: 'A2' }), 'accountNotSupportedByMethod')
  const copy = await one('Blob/copy', { fromAccountId: 'A2', accountId: 'A1', blobIds: [`B${mailId}`, 'B99'] })
  match(copy.copied[`B${mailId}`], /^U\d+$/)
  equal(copy.notCopied.B99.type, 'notFound')
  await grant(world.store, mailbox, 1, 'set', '')
  equal((await http.ask('GET', `/jmap/download/A2/B${mailId}/x`, { headers: wang })).status, 404)
})

// -- push

interface Events {
  next(): Promise<{ event: string; id: string; data: any } | undefined>
  close(): void
}

async function events(query: string, headers: Record<string, string> = wang): Promise<Events> {
  const request = get({
    host: '127.0.0.1',
    port: world.port('http'),
    path: `/jmap/events?${query}`,
    headers,
    agent: false,
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  equal(response.statusCode, 200)
  const pieces = on(response.setEncoding('utf8'), 'data', { close: ['end', 'close', 'error'] })
  response.on('error', () => undefined)
  let text = ''
  return {
    async next() {
      for (;;) {
        const cut = text.indexOf('\n\n')
        if (cut < 0) {
          const { value, done } = await pieces.next().catch(() => ({ value: undefined, done: true }))
          if (done) return undefined
          text += value?.[0]
          continue
        }
        const lines = text.slice(0, cut).split('\n')
        text = text.slice(cut + 2)
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
        if (field('event') !== '') return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) }
      }
    },
    close: () => void request.destroy(),
  }
}

test('an event stream tells what changed, and from where it was left', async () => {
  const stream = await events('types=*&closeafter=no&ping=0')
  await deliver('wang@uni.example', 'heard')
  const first = await stream.next()
  equal(first?.event, 'state')
  deepEqual(Object.keys(first.data.changed.A1).toSorted(), ['Email', 'EmailDelivery', 'Mailbox', 'Thread'])
  equal(first.data['@type'], 'StateChange')
  stream.close()

  await deliver('wang@uni.example', 'missed')
  const again = await events('types=Email&closeafter=state&ping=0', { ...wang, 'last-event-id': first.id })
  const missed = await again.next()
  deepEqual(Object.keys(missed!.data.changed.A1), ['Email'])
  ok(Number(missed!.data.changed.A1.Email) > Number(first.data.changed.A1.Email))
  equal(await again.next(), undefined, 'it closes after a state')
})

test('changes that come together are told together', async () => {
  const stream = await events('types=Email&closeafter=no&ping=0')
  const all = await Promise.all([1, 2, 3, 4, 5].map((n) => deliver('wang@uni.example', `mail ${n}`)))
  equal(all.length, 5)
  const last = await world.db.one<{ modseq: number }>('select modseq from holder where account_id = 1')
  let told = 0
  for (let count = 1; told < last!.modseq; count++) {
    ok(count <= 3, 'five mails are not five events')
    told = Number((await stream.next())!.data.changed.A1.Email)
  }
  stream.close()
})

test('a push hears of a mailbox that is shared while it listens, and of no other', async () => {
  const { mailbox } = await deliver('li@uni.example', 'shared later')
  const stream = await events('types=Email&closeafter=no&ping=0')
  await deliver('li@uni.example', 'not to be heard')
  await deliver('wang@uni.example', 'to be heard')
  deepEqual(Object.keys((await stream.next())!.data.changed), ['A1'])
  await grant(world.store, mailbox, 1, 'set', 'lr')
  deepEqual(Object.keys((await stream.next())!.data.changed), ['A2'])
  await deliver('li@uni.example', 'now it is heard')
  deepEqual(Object.keys((await stream.next())!.data.changed), ['A2'])
  await grant(world.store, mailbox, 1, 'set', '')
  stream.close()
})

test('a stream ends when the password is a new one', async () => {
  await world.person('leaving@uni.example')
  const headers = { authorization: `Basic ${Buffer.from(`leaving:${password}`).toString('base64')}` }
  const { json } = await http.ask('POST', '/api/session', { json: { name: 'leaving', password, kind: 'token' } })
  const stream = await events('types=*&closeafter=no&ping=0', headers)
  const bearer = await events('types=*&closeafter=no&ping=0', { authorization: `Bearer ${json.token}` })
  await changePassword(world.db, 'leaving@uni.example', 'another good long password')
  equal(await stream.next(), undefined)
  equal(await bearer.next(), undefined)
})

function socket(headers: Record<string, string> = wang, protocol = 'jmap'): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${world.port('http')}/jmap/socket`, protocol, { headers })
}

async function answerOf(web: WebSocket): Promise<any> {
  const [data] = (await once(web, 'message')) as [Buffer]
  return JSON.parse(data.toString())
}

test('a web socket answers requests and pushes', async () => {
  const web = socket()
  await once(web, 'open')
  equal(web.protocol, 'jmap')
  web.send(JSON.stringify({ '@type': 'Request', id: 'R1', using, methodCalls: [['Core/echo', { a: 1 }, 'a']] }))
  const answer = await answerOf(web)
  deepEqual(
    [answer['@type'], answer.requestId, answer.methodResponses],
    ['Response', 'R1', [['Core/echo', { a: 1 }, 'a']]],
  )

  const wrong: [string, string][] = [
    ['{', 'notJSON'],
    ['[]', 'notRequest'],
    ['{"@type":"Nothing","id":"R2"}', 'notRequest'],
    ['{"@type":"Request","id":"R2","using":["urn:x"],"methodCalls":[]}', 'unknownCapability'],
  ]
  for (const [sent, type] of wrong) {
    web.send(sent)
    const refused = await answerOf(web)
    deepEqual([refused['@type'], refused.type], ['RequestError', `urn:ietf:params:jmap:error:${type}`])
    if (sent.includes('R2')) equal(refused.requestId, 'R2')
  }

  web.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: ['Mailbox'], pushState: 'A1.1' }))
  const change = await answerOf(web)
  deepEqual([change['@type'], Object.keys(change.changed.A1)], ['StateChange', ['Mailbox']])
  match(change.pushState, /^A1\.\d+/)
  await deliver('wang@uni.example', 'over the socket')
  equal((await answerOf(web))['@type'], 'StateChange')
  web.close()
  await once(web, 'close')
})

test('another site opens no socket with our cookie', async () => {
  const { headers } = await http.signIn({ name: 'wang', password })
  const { cookie = '' } = headers
  const refusal = async (sent: Record<string, string>, protocol?: string): Promise<number> => {
    const web = socket(sent, protocol)
    web.on('error', () => undefined)
    const [, response] = (await once(web, 'unexpected-response')) as [unknown, IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  }
  equal(await refusal({ cookie, origin: 'https://evil.example' }), 403)
  equal(await refusal({ cookie }), 403)
  equal(await refusal({}), 401)
  equal(await refusal(wang, 'chat'), 400)
  const web = socket({ cookie, origin: http.origin })
  await once(web, 'open')
  web.terminate()
})

test('push subscriptions: their device proves itself, and their address is told to nobody', async () => {
  const url = 'https://push.invalid/a?b=c'
  const create = {
    good: { deviceClientId: 'd', url, types: ['Email'], expires: '2999-01-01T00:00:00Z' },
    clear: { deviceClientId: 'd', url: 'http://push.invalid/' },
    keys: { deviceClientId: 'd', url, keys: { p256dh: 'x', auth: 'y' } },
    past: { deviceClientId: 'd', url, expires: '2001-01-01T00:00:00Z' },
  }
  const made = await one('PushSubscription/set', { create })
  deepEqual(Object.keys(made.notCreated), ['clear', 'keys', 'past'])
  const { id, expires } = made.created.good
  ok(Date.parse(expires) < Date.now() + 8 * 24 * 3_600_000, 'a week is the most')
  deepEqual(
    Object.keys(made).filter((name) => /state|account/i.test(name)),
    [],
  )

  const { list } = await one('PushSubscription/get', { ids: null })
  deepEqual([list.length, list[0].verificationCode, list[0].url, list[0].types], [1, null, undefined, ['Email']])
  equal(await one('PushSubscription/get', { ids: null, properties: ['url'] }), 'forbidden')
  deepEqual((await one('PushSubscription/get', { ids: [id] }, li)).notFound, [id])
  deepEqual(Object.keys((await one('PushSubscription/set', { destroy: [id] }, li)).notDestroyed), [id])

  const wrong = await one('PushSubscription/set', { update: { [id]: { verificationCode: 'guess' } } })
  equal(wrong.notUpdated[id].type, 'invalidProperties')
  const row = await world.db.one<{ code: string }>('select code from push_subscription')
  const right = await one('PushSubscription/set', { update: { [id]: { verificationCode: row!.code, types: null } } })
  deepEqual(right.updated, { [id]: null })
  equal((await one('PushSubscription/get', { ids: null })).list[0].verificationCode, row!.code)
  deepEqual((await one('PushSubscription/set', { destroy: [id] })).destroyed, [id])
  equal((await one('PushSubscription/get', { ids: null })).list.length, 0)
})
