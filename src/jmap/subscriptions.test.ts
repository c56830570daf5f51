import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { freshSqlite } from '../../test/engines.ts'
import { append, freshStore } from '../../test/mailstore.ts'
import { createAccount, setPassword } from '../directory/accounts.ts'
import { createDomain } from '../directory/domains.ts'
import { presenceOf } from '../directory/names.ts'
import { changePush, insertPush, listPushes, pushById } from '../directory/pushes.ts'
import { zoneResolver } from '../dns/zone.ts'
import { selfSigned } from '../net/selfsigned.ts'
import { migrations } from '../schema.ts'
import { mailboxByRole } from '../store/mailboxes.ts'
import { jmapDefaults } from './limits.ts'
import { openPoster } from './post.ts'
import { openPush } from './push.ts'
import { openSubscriptions } from './subscriptions.ts'
import { areKeys, encryptPush, openVapid } from './webpush.ts'

test('the example of RFC 8291, byte for byte', () => {
  const body = encryptPush(
    'When I grow up, I want to be a watermelon',
    {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    },
    {
      salt: Buffer.from('DGv6ra1nlYgDCS1FRnbzlw', 'base64url'),
      privateKey: Buffer.from('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw', 'base64url'),
    },
  )
  equal(
    body.toString('base64url'),
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  )
})

test('keys that are none are known', () => {
  const ecdh = createECDH('prime256v1')
  const point = ecdh.generateKeys()
  const auth = randomBytes(16).toString('base64url')
  equal(areKeys(point.toString('base64url'), auth), true)
  const off = Buffer.from(point)
  off[64] = (off[64] as number) ^ 1
  for (const [p, a] of [
    [off.toString('base64url'), auth],
    [point.toString('base64url'), 'short'],
    ['', ''],
    [ecdh.getPublicKey('base64url', 'compressed'), auth],
  ] as const) {
    equal(areKeys(p, a), false)
  }
})

test('a push service can check who we are', () => {
  const vapid = openVapid(randomBytes(32), 'mailto:postmaster@uni.example')
  const [, token = '', key = ''] =
    /^vapid t=([^,]+), k=(.+)$/.exec(vapid.authorization('https://push.example', 0)) ?? []
  equal(key, vapid.publicKey)
  const point = Buffer.from(key, 'base64url')
  const [head = '', claims = '', signature = ''] = token.split('.')
  deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
    aud: 'https://push.example',
    exp: 43_200,
    sub: 'mailto:postmaster@uni.example',
  })
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((one) => one.toString('base64url'))
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } })
  equal(
    verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ),
    true,
  )
})

interface Posted {
  headers: Record<string, unknown>
  body: Buffer
}

/** A push service that answers what the test says. */
async function service(t: TestContext) {
  const { certificate, key } = selfSigned(['push.example'], Date.now())
  const posted: Posted[] = []
  const waiting: ((one: Posted) => void)[] = []
  const status = { now: 201 }
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const one = { headers: request.headers, body: Buffer.concat(pieces) }
      const taker = waiting.shift()
      response
        .writeHead(status.now, { location: 'https://127.0.0.1:1/' })
        .end('x'.repeat(10), () => (taker ? taker(one) : posted.push(one)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const resolver = zoneResolver('push.example. A 127.0.0.1\ninside.example. A 10.0.0.1\n')
  const poster = (allowPrivate: boolean) =>
    openPoster({ resolver, allowPrivate, milliseconds: 5_000, authorities: [certificate] })
  const next = (): Promise<Posted> => {
    const one = posted.shift()
    return one ? Promise.resolve(one) : new Promise((resolve) => waiting.push(resolve))
  }
  return { url: `https://push.example:${port}/a`, next, status, poster }
}

async function house(t: TestContext) {
  const { db, drop } = await freshSqlite(migrations)
  const { store, close } = await freshStore(db, {})
  await createDomain(db, { name: 'uni.example' })
  const account = await createAccount(db, { address: 'wang@uni.example', passwordHash: 'x' })
  const push = openPush(store, jmapDefaults, t.diagnostic.bind(t) as never)
  const inbox = (await mailboxByRole(db, account.id, 'inbox'))!
  t.after(async () => {
    push.stop()
    await close()
    await drop()
  })
  const subscribe = async (url: string, keys = { p256dh: '', auth: '' }) => {
    const standing = (await presenceOf(db, account.id))?.password ?? ''
    const fresh = {
      accountId: account.id,
      device: 'd',
      url,
      ...keys,
      types: ['Email'],
      code: 'the code',
      standing,
      sessionId: 0,
      expiresAt: Date.now() + 60_000,
    }
    const id = await db.transaction((sql) => insertPush(sql, fresh, 3))
    return (await pushById(db, id as number, Date.now()))!
  }
  return { db, store, account, push, inbox, subscribe }
}

test('a device proves itself, is told of changes, and of no more when it is gone', async (t) => {
  const { db, store, push, inbox, subscribe } = await house(t)
  const { url, next, status, poster } = await service(t)
  const vapid = openVapid(randomBytes(32), 'mailto:postmaster@uni.example')
  const failures: unknown[] = []
  const subscriptions = openSubscriptions({
    store,
    push,
    vapid,
    poster: poster(true),
    limits: { leastMilliseconds: 1 },
    failed: (error) => failures.push(error),
  })
  t.after(() => subscriptions.stop())

  const plain = await subscribe(url)
  subscriptions.verify(plain)
  const asked = await next()
  deepEqual(JSON.parse(asked.body.toString()), {
    '@type': 'PushVerification',
    pushSubscriptionId: `S${plain.id}`,
    verificationCode: 'the code',
  })
  match(String(asked.headers['authorization']), /^vapid t=/)
  ok(Number(asked.headers['ttl']) > 0)

  await changePush(db, plain.id, { ...plain, verified: true })
  subscriptions.start({ ...plain, verified: true })
  await append(store, inbox.id)
  const told = JSON.parse((await next()).body.toString())
  deepEqual([told['@type'], Object.keys(told.changed[`A${plain.accountId}`])], ['StateChange', ['Email']])

  status.now = 410
  await append(store, inbox.id)
  await next()
  while ((await listPushes(db, { now: Date.now() })).length > 0) await new Promise(setImmediate)
  deepEqual(failures, [])
})

test('with keys only the device reads it', async (t) => {
  const { db, store, push, inbox, subscribe } = await house(t)
  const { url, next, poster } = await service(t)
  const device = createECDH('prime256v1')
  const keys = { p256dh: device.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') }
  const one = await subscribe(url, keys)
  await changePush(db, one.id, { ...one, verified: true })
  // It was there before the server started.
  const subscriptions = openSubscriptions({
    store,
    push,
    vapid: openVapid(randomBytes(32), 'mailto:x@y'),
    poster: poster(true),
    failed: () => undefined,
  })
  t.after(() => subscriptions.stop())
  await subscriptions.ready
  await append(store, inbox.id)
  const { headers, body } = await next()
  equal(headers['content-encoding'], 'aes128gcm')
  const [salt, point, record] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)]
  const part = (secret: Buffer, by: Buffer, info: Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, by, info, length))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), device.getPublicKey(), point])
  const secret = part(device.computeSecret(point), Buffer.from(keys.auth, 'base64url'), info, 32)
  const key = part(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = part(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12)
  const cipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(record.subarray(-16))
  const text = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()])
  equal(text.at(-1), 2)
  equal(JSON.parse(text.subarray(0, -1).toString())['@type'], 'StateChange')
})

test('a new password ends a subscription before anything more is sent', async (t) => {
  const { db, store, account, push, inbox, subscribe } = await house(t)
  const { url, poster } = await service(t)
  const one = await subscribe(url)
  await changePush(db, one.id, { ...one, verified: true })
  const subscriptions = openSubscriptions({
    store,
    push,
    vapid: openVapid(randomBytes(32), 'mailto:x@y'),
    poster: poster(true),
    failed: () => undefined,
  })
  t.after(() => subscriptions.stop())
  await subscriptions.ready
  await db.transaction((sql) => setPassword(sql, account.id, 'y'))
  await append(store, inbox.id)
  while (await pushById(db, one.id, Date.now())) await new Promise(setImmediate)
})

test('nothing is posted to where strangers must not reach', async (t) => {
  const { poster, url } = await service(t)
  const post = (to: string, allowPrivate = false) => poster(allowPrivate).post(new URL(to), {}, Buffer.from('x'))
  for (const to of [
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://10.1.2.3/',
    'https://169.254.169.254/',
    'https://[::ffff:127.0.0.1]/',
    'https://0x7f.1/',
    'https://inside.example/',
    url,
  ]) {
    await rejects(post(to), /not on the internet/, to)
  }
  equal((await post(url, true)).status, 201)
})
