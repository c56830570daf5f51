// The stub against a real name server on loopback, UDP and TCP, that does what each test tells it.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test, type TestContext } from 'node:test'
import {
  type Answer,
  AUTHENTIC_DATA,
  decode,
  type DecodedPacket,
  encode,
  type Packet,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import { type DnsSettings, openResolver } from './stub.ts'
import { readResolvConf, readServer } from './servers.ts'

type Play = (
  question: DecodedPacket,
  over: 'udp' | 'tcp',
) => (Partial<Packet> & { rcode?: number; raw?: Buffer }) | 'silence'

interface Played {
  address: string
  asked: { name: string; type: string; over: 'udp' | 'tcp'; port: number; id: number; edns: boolean }[]
  /** Sends any bytes to a port from the server's own address, or from another port. */
  fling(bytes: Buffer, port: number, from: 'server' | 'stranger'): Promise<void>
}

async function playServer(t: TestContext, play: Play): Promise<Played> {
  const tcp = createServer()
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  const stranger = createSocket('udp4')
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  const asked: Played['asked'] = []

  function respond(bytes: Buffer, over: 'udp' | 'tcp', from: number): Buffer | undefined {
    const question = decode(bytes)
    const { name, type } = question.questions![0]!
    const edns = question.additionals!.some((extra) => extra.type === 'OPT')
    asked.push({ name, type, over, port: from, id: question.id!, edns })
    const played = play(question, over)
    if (played === 'silence') return undefined
    if (played.raw) return played.raw
    const flags = (played.flags ?? 0) | (played.rcode ?? 0)
    return encode({ type: 'response', id: question.id, questions: question.questions, ...played, flags })
  }
  udp.on('message', (bytes: Buffer, from: RemoteInfo) => {
    const reply = respond(bytes, 'udp', from.port)
    if (reply) udp.send(reply, from.port, from.address)
  })
  tcp.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes: Buffer) => {
      const reply = respond(bytes.subarray(2), 'tcp', socket.remotePort!)
      if (!reply) return
      const framed = Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply])
      socket.write(framed.subarray(0, 1), () => socket.write(framed.subarray(1)))
    })
  })
  t.after(() => {
    udp.close()
    stranger.close()
    tcp.close()
  })
  return {
    address: `127.0.0.1:${port}`,
    asked,
    fling: (bytes, to, from) =>
      new Promise((done) => (from === 'server' ? udp : stranger).send(bytes, to, '127.0.0.1', () => done())),
  }
}

const a = (name: string, data = '192.0.2.1', ttl = 300): Answer => ({ type: 'A', name, data, ttl })
const cname = (name: string, data: string, ttl = 300): Answer => ({ type: 'CNAME', name, data, ttl })
const soa = (minimum: number): Answer => ({
  type: 'SOA',
  name: 'example',
  ttl: 3600,
  data: { mname: 'ns.example', rname: 'root.example', minimum },
})
const asked = (question: DecodedPacket) => question.questions![0]!.name

async function open(t: TestContext, play: Play, settings: DnsSettings = {}) {
  const server = await playServer(t, play)
  const resolver = openResolver({ servers: [server.address], ...settings })
  t.after(() => resolver.close())
  return { server, resolver }
}

test('a question is asked with EDNS, random ids and random ports', async (t) => {
  const { server, resolver } = await open(t, (question) => ({ answers: [a(asked(question))] }))
  for (let n = 0; n < 12; n++) deepEqual(await resolver.a(`host${n}.example`), ['192.0.2.1'])
  ok(server.asked.every(({ edns, over }) => edns && over === 'udp'))
  ok(new Set(server.asked.map(({ port }) => port)).size > 8)
  ok(new Set(server.asked.map(({ id }) => id)).size > 8)
})

test('0x20: capitals are mixed in and must come back', async (t) => {
  const { server, resolver } = await open(t, (question) => ({ answers: [a(asked(question))] }), { randomCase: true })
  deepEqual(await resolver.a('a-rather-long-name.of.some.example'), ['192.0.2.1'])
  ok(/[A-Z]/.test(server.asked[0]!.name))
})

test('0x20: an answer without the capitals is not believed', async (t) => {
  const lower: Play = (question) => ({
    questions: [{ name: asked(question).toLowerCase(), type: 'A' }],
    answers: [a(asked(question))],
  })
  const { resolver } = await open(t, lower, { randomCase: true, limits: { timeout: 30, attempts: 1 } })
  await rejects(resolver.a('a-rather-long-name.of.some.example'), { code: 'ETIMEOUT' })
})

test('what is truncated is asked again over TCP', async (t) => {
  const texts = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(200)}`)
  const { server, resolver } = await open(t, (question, over) =>
    over === 'udp'
      ? { flags: TRUNCATED_RESPONSE }
      : { answers: texts.map((data) => ({ type: 'TXT' as const, name: asked(question), ttl: 60, data })) },
  )
  deepEqual(await resolver.txt('large.example'), texts)
  deepEqual(
    server.asked.map(({ over }) => over),
    ['udp', 'tcp'],
  )
})

test('answers with a wrong id, a wrong question or from a stranger are not believed', async (t) => {
  const forged = (question: DecodedPacket, change: Partial<Packet>) =>
    encode({
      type: 'response',
      id: question.id,
      questions: question.questions,
      answers: [a(asked(question), '203.0.113.66')],
      ...change,
    })
  const server: Played = await playServer(t, (question) => {
    const { port } = server.asked.at(-1)!
    const lies: [Buffer, 'server' | 'stranger'][] = [
      [forged(question, { id: question.id! ^ 1 }), 'server'],
      [forged(question, { questions: [{ name: 'other.example', type: 'A' }] }), 'server'],
      [forged(question, { questions: [{ name: asked(question), type: 'AAAA' }] }), 'server'],
      [forged(question, { type: 'query' }), 'server'],
      [Buffer.from('nonsense'), 'server'],
      [forged(question, {}), 'stranger'],
    ]
    void Promise.all(lies.map(([bytes, from]) => server.fling(bytes, port, from))).then(() =>
      server.fling(forged(question, { answers: [a(asked(question), '192.0.2.8')] }), port, 'server'),
    )
    return 'silence'
  })
  const resolver = openResolver({ servers: [server.address] })
  t.after(() => resolver.close())
  deepEqual(await resolver.a('victim.example'), ['192.0.2.8'])
})

test('under a hail of wrong ids the question goes over TCP', async (t) => {
  const server: Played = await playServer(t, (question, over) => {
    if (over === 'tcp') return { answers: [a(asked(question), '192.0.2.8')] }
    const lie = encode({ type: 'response', id: question.id! ^ 7, questions: question.questions })
    for (let n = 0; n < 40; n++) void server.fling(lie, server.asked.at(-1)!.port, 'server')
    return 'silence'
  })
  const resolver = openResolver({ servers: [server.address] })
  t.after(() => resolver.close())
  deepEqual(await resolver.a('victim.example'), ['192.0.2.8'])
})

test('records that the question does not lead to are not believed', async (t) => {
  const { server, resolver } = await open(t, (question) => ({
    answers: [a(asked(question)), a('bank.example', '203.0.113.66')],
    additionals: [a('bank.example', '203.0.113.66')],
  }))
  deepEqual(await resolver.a('host.example'), ['192.0.2.1'])
  deepEqual(await resolver.a('bank.example'), ['192.0.2.1', '203.0.113.66'])
  equal(server.asked.length, 2)
})

test('NXDOMAIN and no data are different, and both are kept for the SOA minimum', async (t) => {
  let now = 0
  const play: Play = (question) => ({ rcode: asked(question).startsWith('no') ? 3 : 0, authorities: [soa(60)] })
  const { server, resolver } = await open(t, play, { now: () => now })
  await rejects(resolver.a('nothing.example'), { code: 'ENOTFOUND' })
  await rejects(resolver.a('empty.example'), { code: 'ENODATA' })
  now = 59_000
  await rejects(resolver.a('nothing.example'), { code: 'ENOTFOUND' })
  equal(server.asked.length, 2)
  now = 61_000
  await rejects(resolver.a('nothing.example'), { code: 'ENOTFOUND' })
  equal(server.asked.length, 3)
})

test('answers are kept for their TTL, and say how much is left', async (t) => {
  let now = 0
  const { server, resolver } = await open(t, (question) => ({ answers: [a(asked(question), '192.0.2.1', 100)] }), {
    now: () => now,
  })
  equal((await resolver.resolve('host.example', 'A')).ttl, 100)
  now = 40_000
  equal((await resolver.resolve('HOST.example.', 'A')).ttl, 60)
  equal(server.asked.length, 1)
  now = 100_001
  await resolver.a('host.example')
  equal(server.asked.length, 2)
})

test('the cache stays within its size', async (t) => {
  const { server, resolver } = await open(t, (question) => ({ answers: [a(asked(question))] }), {
    limits: { cacheBytes: 2000 },
  })
  for (let n = 0; n < 30; n++) await resolver.a(`host${n}.example`)
  await resolver.a('host29.example')
  equal(server.asked.length, 30)
  await resolver.a('host0.example')
  equal(server.asked.length, 31)
})

test('the same question at once is asked once', async (t) => {
  const { server, resolver } = await open(t, (question) => ({ answers: [a(asked(question))] }))
  await Promise.all(Array.from({ length: 50 }, () => resolver.a('host.example')))
  equal(server.asked.length, 1)
})

test('more questions under way than the limit fail at once', async (t) => {
  const { resolver } = await open(t, (question) => ({ answers: [a(asked(question))] }), { limits: { concurrent: 2 } })
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => resolver.a(`${name}.example`)))
  deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  )
})

test('SERVFAIL is asked of the next server, and remembered for a while', async (t) => {
  let now = 0
  const bad = await playServer(t, () => ({ rcode: 2 }))
  const worse = await playServer(t, () => ({ rcode: 5 }))
  const resolver = openResolver({ servers: [bad.address, worse.address], now: () => now })
  t.after(() => resolver.close())
  await rejects(resolver.a('host.example'), { code: 'ESERVFAIL' })
  await rejects(resolver.a('host.example'), { code: 'ESERVFAIL' })
  equal(bad.asked.length + worse.asked.length, 2)
  now = 6000
  await rejects(resolver.a('host.example'), { code: 'ESERVFAIL' })
  equal(bad.asked.length + worse.asked.length, 4)
})

test('a silent server is passed over, and asked last from then on', async (t) => {
  const silent = await playServer(t, () => 'silence')
  const good = await playServer(t, (question) => ({ answers: [a(asked(question))] }))
  const resolver = openResolver({ servers: [silent.address, good.address], limits: { timeout: 30 } })
  t.after(() => resolver.close())
  for (let n = 0; n < 5; n++) deepEqual(await resolver.a(`host${n}.example`), ['192.0.2.1'])
  equal(silent.asked.length, 1)
})

test('no answer at all is a timeout; no server at all a failure', async (t) => {
  const { server, resolver } = await open(t, () => 'silence', { limits: { timeout: 20, attempts: 3 } })
  await rejects(resolver.a('host.example'), { code: 'ETIMEOUT' })
  equal(server.asked.length, 3)
  const nobody = openResolver({ servers: ['127.0.0.1:1'], limits: { timeout: 200 } })
  t.after(() => nobody.close())
  await rejects(nobody.a('host.example'), { code: 'ESERVFAIL' })
})

test('a server that the network will not let us reach is passed over', async (t) => {
  const played = await playServer(t, () => ({ answers: [a('host.example')] }))
  // The kernel refuses to connect to the broadcast address, as it does where there is no route.
  const resolver = openResolver({ servers: ['255.255.255.255:53', played.address] })
  t.after(() => resolver.close())
  deepEqual(await resolver.a('host.example'), ['192.0.2.1'])
  const alone = openResolver({ servers: ['255.255.255.255:53'] })
  t.after(() => alone.close())
  await rejects(alone.a('host.example'), { code: 'ESERVFAIL' })
})

test('a server that does not know EDNS is asked without it', async (t) => {
  const { server, resolver } = await open(t, (question) =>
    question.additionals!.length > 0
      ? { raw: Buffer.from([question.id! >> 8, question.id! & 255, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]) }
      : { answers: [a(asked(question))] },
  )
  deepEqual(await resolver.a('old.example'), ['192.0.2.1'])
  deepEqual(
    server.asked.map(({ edns }) => edns),
    [true, false],
  )
})

test('aliases are followed inside an answer and by asking on, up to the limit', async (t) => {
  const chain: Play = (question) => {
    const name = asked(question)
    const step = /^c(\d+)\./.exec(name)
    if (!step)
      return { answers: [cname(name, 'two.example'), cname('two.example', 'three.example', 7), a('three.example')] }
    const n = Number(step[1])
    return { answers: [n === 0 ? a(name) : cname(name, `c${n - 1}.example`)] }
  }
  const { server, resolver } = await open(t, chain)
  const answer = await resolver.resolve('one.example', 'A')
  deepEqual([answer.records, answer.name, answer.ttl], [['192.0.2.1'], 'three.example', 7])
  equal(server.asked.length, 1)
  deepEqual(await resolver.a('c8.example'), ['192.0.2.1'])
  await rejects(resolver.a('c9.example'), { code: 'ESERVFAIL' })
})

test('a loop of aliases ends', async (t) => {
  const { resolver } = await open(t, (question) => ({
    answers: [cname(asked(question), 'loop.example'), cname('loop.example', asked(question))],
  }))
  await rejects(resolver.a('here.example'), { code: 'ESERVFAIL' })
})

test('NXDOMAIN behind an alias is NXDOMAIN', async (t) => {
  const { resolver } = await open(t, (question) => ({ rcode: 3, answers: [cname(asked(question), 'gone.example')] }))
  await rejects(resolver.a('here.example'), { code: 'ENOTFOUND' })
})

test('the AD bit of a server on loopback is believed', async (t) => {
  const { resolver } = await open(t, (question) => ({
    flags: asked(question) === 'signed.example' ? AUTHENTIC_DATA : 0,
    answers: [a(asked(question))],
  }))
  equal((await resolver.resolve('signed.example', 'A')).authentic, true)
  equal((await resolver.resolve('plain.example', 'A')).authentic, false)
})

test('records of every type are read', async (t) => {
  const certificate = Buffer.from('00112233', 'hex')
  const { resolver } = await open(t, (question) => {
    const { name, type } = question.questions![0]!
    const all: Answer[] = [
      { type: 'MX', name, ttl: 9, data: { preference: 20, exchange: 'B.example' } },
      { type: 'MX', name, ttl: 9, data: { preference: 10, exchange: '.' } },
      { type: 'PTR', name, ttl: 9, data: 'bad(name).example' },
      { type: 'PTR', name, ttl: 9, data: 'Host.example' },
      { type: 'SRV', name, ttl: 9, data: { priority: 1, weight: 2, port: 3, target: 'srv.example' } },
      { type: 'TLSA', name, ttl: 9, data: { usage: 3, selector: 1, matchingType: 1, certificate } },
      { type: 'NS', name, ttl: 9, data: 'ns.example' },
      { type: 'TXT', name, ttl: 9, data: ['v=DKIM1; ', 'p='] },
    ]
    return { answers: all.filter((answer) => answer.type === type) }
  })
  deepEqual(await resolver.mx('d.example'), [
    { exchange: '', priority: 10 },
    { exchange: 'b.example', priority: 20 },
  ])
  deepEqual(await resolver.ptr('192.0.2.1'), ['host.example'])
  deepEqual(await resolver.srv('_x._tcp.d.example'), [{ priority: 1, weight: 2, port: 3, target: 'srv.example' }])
  deepEqual((await resolver.tlsa('_25._tcp.d.example')).records, [
    { usage: 3, selector: 1, matchingType: 1, certificate },
  ])
  deepEqual(await resolver.ns('d.example'), ['ns.example'])
  deepEqual(await resolver.txt('d.example'), ['v=DKIM1; p='])
})

test('closing ends what is under way', async (t) => {
  const { server, resolver } = await open(t, () => 'silence')
  const waiting = rejects(resolver.a('host.example'), { code: 'ESERVFAIL' })
  await resolver.close()
  await waiting
  ok(server.asked.length <= 1)
  await rejects(resolver.a('other.example'), { code: 'ESERVFAIL' })
})

test('servers are read from resolv.conf and from settings', () => {
  const text =
    '# comment\nsearch uni.example\nnameserver 192.0.2.1\n  nameserver\t2001:db8::1 \nnameserver junk\nnameserver fe80::1%eth0\nnameserver 192.0.2.4\n'
  deepEqual(
    readResolvConf(text).map(({ address }) => address),
    ['192.0.2.1', '2001:db8::1', 'fe80::1%eth0'],
  )
  deepEqual(readResolvConf(''), [{ address: '127.0.0.1', port: 53, local: true }])
  deepEqual(readServer('[::1]:5353'), { address: '::1', port: 5353, local: true })
  deepEqual(readServer('192.0.2.1:54'), { address: '192.0.2.1', port: 54, local: false })
})
