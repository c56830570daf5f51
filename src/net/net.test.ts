import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { cp, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'
import { close, compress, startTls, type Conversation } from '../wire/conversation.ts'
import { covers, openCertificates, type Certificates } from './certificates.ts'
import { dial } from './dial.ts'
import { listen, type ListenOptions, type Listening } from './listen.ts'
import { pumpLimits } from './pump.ts'
import { selfSigned } from './selfsigned.ts'

interface World {
  certificates: Certificates
  folder: string
  serve(conversation: Conversation, changes?: Partial<ListenOptions>): Promise<Listening>
  errors: unknown[]
}

async function inWorld(body: (world: World) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const certificates = await openCertificates({
    pairs: [],
    folder,
    hostname: 'mail.uni.example',
    oldest: 'TLSv1.2',
    clock: Date.now,
  })
  const listening: Listening[] = []
  const errors: unknown[] = []
  const serve = async (conversation: Conversation, changes: Partial<ListenOptions> = {}): Promise<Listening> => {
    const one = await listen({
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      proxies: [],
      implicitTls: false,
      secure: certificates.secure,
      conversation,
      full: 'full\r\n',
      connections: 100,
      connectionsPerAddress: 100,
      failed: (error) => errors.push(error),
      ...changes,
    })
    listening.push(one)
    return one
  }
  try {
    await body({ certificates, folder, serve, errors })
  } finally {
    await Promise.all(listening.map((one) => one.stop(100)))
    await rm(folder, { recursive: true })
  }
}

/** Says back each line; knows TLS, COMPRESS, FLOOD, WAIT and BYE. */
const echo: Conversation = async function* (ear, peer) {
  yield `hello ${peer.address} ${peer.tls?.protocol ?? 'clear'}\r\n`
  let heard = ''
  for (;;) {
    const thing = await ear.next()
    if (thing === undefined) return
    if (!Buffer.isBuffer(thing)) {
      yield `(${thing.is})\r\n`
      if (thing.is === 'stopping') return
      continue
    }
    heard += thing.toString('latin1')
    for (let cut = heard.indexOf('\r\n'); cut >= 0; cut = heard.indexOf('\r\n')) {
      const line = heard.slice(0, cut)
      heard = heard.slice(cut + 2)
      if (line === 'TLS') {
        heard = ''
        yield 'go\r\n'
        yield startTls
        break
      } else if (line === 'COMPRESS') {
        yield 'go\r\n'
        yield compress
      } else if (line === 'FLOOD') {
        for (let i = 0; i < 200; i++) yield Buffer.alloc(64 << 10, 120)
        yield '\r\n'
      } else if (line === 'WAIT') ear.patience(10)
      else if (line === 'FAIL') throw new Error('mistake')
      else if (line === 'BYE') yield close
      else yield `${line}\r\n`
    }
  }
}

/** Reads until `wanted` has come. */
async function until(socket: Socket, wanted: string): Promise<string> {
  let heard = ''
  while (!heard.includes(wanted)) {
    const bytes = socket.read() as Buffer | null
    if (bytes) heard += bytes.toString('latin1')
    else
      await Promise.race([
        once(socket, 'readable'),
        once(socket, 'close').then(() => {
          throw new Error(`closed after ${heard}`)
        }),
      ])
  }
  return heard
}

test('a conversation over a socket, TLS in the middle, and what was said in clear before it is lost', () =>
  inWorld(async ({ serve }) => {
    const { port } = await serve(echo)
    const socket = connect(port, '127.0.0.1')
    match(await until(socket, '\r\n'), /^hello 127\.0\.0\.1 clear/)
    socket.write('one\r\ntwo\r\n')
    match(await until(socket, 'two\r\n'), /one\r\ntwo/)
    socket.write('TLS\r\ninjected\r\n')
    await until(socket, 'go\r\n')
    const secured = connectTls({ socket, servername: 'mail.uni.example', rejectUnauthorized: false })
    await once(secured, 'secureConnect')
    secured.write('three\r\n')
    equal(await until(secured, 'three\r\n'), '(secured)\r\nthree\r\n')
    secured.write('BYE\r\n')
    await once(secured, 'close')
  }))

test('DEFLATE both ways', () =>
  inWorld(async ({ serve }) => {
    const { port } = await serve(echo)
    const socket = connect(port, '127.0.0.1')
    await until(socket, 'hello')
    socket.write('COMPRESS\r\n')
    await until(socket, 'go\r\n')
    const inflate = socket.pipe(createInflateRaw())
    const deflate = createDeflateRaw()
    deflate.pipe(socket)
    deflate.write('packed\r\n')
    deflate.flush()
    equal(await until(inflate as unknown as Socket, 'packed\r\n'), 'packed\r\n')
    deflate.write('BYE\r\n')
    deflate.flush()
    await once(socket, 'close')
  }))

test('a slow reader holds the conversation, not the memory; all arrives at last', () =>
  inWorld(async ({ serve }) => {
    const { port } = await serve(echo)
    const socket = connect(port, '127.0.0.1')
    await until(socket, 'hello')
    socket.write('FLOOD\r\nend\r\n')
    let count = 0
    for await (const bytes of socket) {
      count += (bytes as Buffer).length
      if ((bytes as Buffer).includes('end\r\n')) break
    }
    ok(count >= 200 * (64 << 10))
  }))

const lengths = Array.from({ length: 60 }, (_, i) => 1 + ((i * 37_993) % 300_000))

/** Says bytes and writes over them as soon as it goes on. */
const rewriting: Conversation = async function* () {
  const page = Buffer.alloc(300_000)
  for (const [i, length] of lengths.entries()) yield page.subarray(0, length).fill(65 + (i % 26))
  yield close
}

for (const how of ['in clear', 'in TLS', 'half closed'] as const) {
  test(`bytes said are the conversation's again when it goes on, ${how}`, () =>
    inWorld(async ({ serve }) => {
      const { port } = await serve(rewriting, { implicitTls: how === 'in TLS' })
      const to = { port, host: '127.0.0.1', allowHalfOpen: true }
      const socket = how === 'in TLS' ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to)
      if (how === 'half closed') socket.end()
      const heard: Buffer[] = []
      for await (const bytes of socket) {
        heard.push(bytes as Buffer)
        await new Promise((resolve) => setImmediate(resolve)) // slower than the server
      }
      const expected = Buffer.concat(lengths.map((length, i) => Buffer.alloc(length, 65 + (i % 26))))
      const all = Buffer.concat(heard)
      ok(all.equals(expected.subarray(0, all.length)))
      equal(all.length, expected.length)
    }))
}

test('what is heard and not taken is bounded: the peer waits', () =>
  inWorld(async ({ serve }) => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let taken = 0
    const { port } = await serve(async function* (ear) {
      yield 'hello\r\n'
      await held
      for (let thing = await ear.next(); thing; thing = await ear.next()) {
        if (Buffer.isBuffer(thing)) taken += thing.length
        if (taken === 32 << 20) yield 'all\r\n'
      }
    })
    const socket = connect(port, '127.0.0.1')
    await until(socket, 'hello')
    socket.write(Buffer.alloc(32 << 20))
    await once(socket, 'data', { signal: AbortSignal.timeout(100) }).catch(() => undefined)
    // The kernel takes some megabytes; the rest is still with the client.
    ok(socket.writableLength > (32 << 20) - pumpLimits.heardBytes - (16 << 20), String(socket.writableLength))
    release?.()
    await until(socket, 'all\r\n')
    socket.destroy()
  }))

test('little that inflates to much is held back; who hangs up behind it is answered all the same', () =>
  inWorld(async ({ serve }) => {
    let release: (() => void) | undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const zeros = Buffer.alloc(64 << 20)
    const { port } = await serve(async function* (ear) {
      yield 'hello\r\n'
      await ear.next()
      yield compress
      await held
      let taken = 0
      for (let thing = await ear.next(); thing; thing = await ear.next()) {
        if (Buffer.isBuffer(thing)) taken += thing.length
      }
      yield `${taken} in all\r\n`
    })
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    await until(socket, 'hello')
    socket.write('COMPRESS\r\n')
    await new Promise((resolve) => setImmediate(resolve))
    const before = process.memoryUsage().arrayBuffers
    const bomb = createDeflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
    bomb.pipe(socket)
    bomb.end(zeros)
    const inflate = socket.pipe(createInflateRaw())
    await once(inflate, 'data', { signal: AbortSignal.timeout(500) }).catch(() => undefined)
    const grown = process.memoryUsage().arrayBuffers - before
    ok(grown < 16 << 20, `${grown} bytes wait`)
    release?.()
    equal(await until(inflate as unknown as Socket, 'in all\r\n'), `${zeros.length} in all\r\n`)
  }))

test('silence, stopping, and a mistake of ours', () =>
  inWorld(async ({ serve, errors }) => {
    const listening = await serve(echo)
    const silent = connect(listening.port, '127.0.0.1')
    await until(silent, 'hello')
    silent.write('WAIT\r\n')
    await until(silent, '(silence)')
    silent.destroy()

    const failing = connect(listening.port, '127.0.0.1')
    await until(failing, 'hello')
    failing.write('FAIL\r\n')
    await once(failing.resume(), 'close')
    match(String(errors[0]), /mistake/)

    const last = connect(listening.port, '127.0.0.1')
    await until(last, 'hello')
    const stopped = listening.stop(5000)
    await until(last, '(stopping)')
    last.end()
    await stopped
    equal(listening.open(), 0)
  }))

test('implicit TLS, and a client that speaks none', () =>
  inWorld(async ({ serve, errors }) => {
    const { port } = await serve(echo, { implicitTls: true })
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'mail.uni.example', rejectUnauthorized: false })
    match(await until(socket, '\r\n'), /TLSv1\.3/)
    socket.destroy()
    const clear = connect(port, '127.0.0.1')
    clear.on('error', () => undefined)
    clear.write('EHLO x\r\n')
    await once(clear.resume(), 'close')
    deepEqual(errors, [])
  }))

test('a PROXY header counts from a listed proxy only', () =>
  inWorld(async ({ serve }) => {
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.8 1234 25\r\n'
    const trusting = await serve(echo, { proxies: ['127.0.0.0/8'] })
    const told = connect(trusting.port, '127.0.0.1')
    told.write(`${header}line\r\n`)
    match(await until(told, 'line\r\n'), /hello 192\.0\.2\.7 clear/)
    told.destroy()
    const doubting = await serve(echo)
    const untold = connect(doubting.port, '127.0.0.1')
    untold.write(header)
    match(await until(untold, 'PROXY'), /hello 127\.0\.0\.1 clear/)
    untold.destroy()
  }))

test('one connection too many is told so', () =>
  inWorld(async ({ serve }) => {
    const { port } = await serve(echo, { connections: 1 })
    const first = connect(port, '127.0.0.1')
    await until(first, 'hello')
    const second = connect(port, '127.0.0.1')
    equal(await until(second, '\r\n'), 'full\r\n')
    first.destroy()
    second.destroy()
  }))

test('dialing: TLS by both ways, an untrusted certificate only where it may be', () =>
  inWorld(async ({ serve, certificates: _ }) => {
    const clear = await serve(echo)
    const implicit = await serve(echo, { implicitTls: true })
    const talk = async (
      port: number,
      implicitTls: boolean,
      verify: boolean,
      servername = 'mail.uni.example',
    ): Promise<string[]> => {
      const heard: string[] = []
      const pumped = await dial(
        {
          address: '127.0.0.1',
          port,
          servername,
          implicitTls,
          verify,
          connectMilliseconds: 5000,
          failed: (error) => heard.push(String(error)),
        },
        async function* (ear, peer) {
          await ear.next()
          if (!implicitTls) {
            yield 'TLS\r\n'
            await ear.next()
            yield startTls
          }
          heard.push(peer.tls?.protocol ?? 'clear')
          yield 'BYE\r\n'
          await ear.next()
        },
      )
      await pumped.ended
      return heard
    }
    deepEqual(await talk(clear.port, false, false), ['TLSv1.3'])
    deepEqual(await talk(implicit.port, true, false), ['TLSv1.3'])
    deepEqual(await talk(clear.port, false, false, '127.0.0.1'), ['TLSv1.3']) // a smart host known by its address
    deepEqual(await talk(implicit.port, true, false, '::1'), ['TLSv1.3'])
    deepEqual(await talk(clear.port, false, true), []) // the handshake failed: the conversation ended there
    await rejects(talk(implicit.port, true, true), /self-signed/)
    await rejects(talk(1, false, false), { code: 'ECONNREFUSED' })
  }))

test('the certificate follows the name asked for, and its files without a restart', () =>
  inWorld(async ({ folder }) => {
    const write = async (name: string, names: string[]): Promise<string> => {
      const { certificate, key } = selfSigned(names, Date.now())
      await writeFile(join(folder, `${name}.pem`), certificate)
      await writeFile(join(folder, `${name}.key`), key)
      return `${join(folder, name)}.pem:${join(folder, name)}.key`
    }
    const pairs = [await write('a', ['a.example']), await write('b', ['b.example', '*.b.example'])]
    const options = { pairs, folder, hostname: 'x', oldest: 'TLSv1.2' as const, clock: Date.now }
    const certificates = await openCertificates(options)
    const listening = await listen({
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      proxies: [],
      implicitTls: true,
      secure: certificates.secure,
      conversation: echo,
      full: '',
      connections: 9,
      connectionsPerAddress: 9,
      failed: () => undefined,
    })
    const namesAt = async (servername: string): Promise<string> => {
      const socket = connectTls({ port: listening.port, host: '127.0.0.1', servername, rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const names = socket.getPeerCertificate().subjectaltname ?? ''
      socket.destroy()
      return names
    }
    equal(await namesAt('b.example'), 'DNS:b.example, DNS:*.b.example')
    equal(await namesAt('x.b.example'), 'DNS:b.example, DNS:*.b.example')
    equal(await namesAt('other.example'), 'DNS:a.example')
    equal(await certificates.reload(), false)

    await write('a', ['new.example'])
    equal(await certificates.reload(), true)
    equal(await namesAt('other.example'), 'DNS:new.example')

    await cp(join(folder, 'b.key'), join(folder, 'a.key'))
    await utimes(join(folder, 'a.key'), 1, 1)
    await rejects(certificates.reload(), { code: 'bad-setting' })
    equal(await namesAt('other.example'), 'DNS:new.example')
    await listening.stop(0)
  }))

test('a star covers one label', () => {
  deepEqual(
    [
      ['*.a.b', 'x.a.b'],
      ['*.a.b', 'a.b'],
      ['*.a.b', 'x.y.a.b'],
      ['a.b', 'a.b'],
    ].map(([known = '', host = '']) => covers(known, host)),
    [true, false, false, true],
  )
})

test('a client that says thousands of things at once gives others their turn', () =>
  inWorld(async ({ serve }) => {
    const busy: Conversation = async function* (ear) {
      yield 'hello\r\n'
      for (let thing = await ear.next(); Buffer.isBuffer(thing); thing = await ear.next()) {
        // Each byte costs a microsecond or so and no wait at all, as commands that the database answers do.
        for (const begun = performance.now(); performance.now() - begun < thing.length / 1000;) await Promise.resolve()
        yield thing.includes('end') ? 'end\r\n' : ''
      }
    }
    const [hog, other] = [await serve(busy), await serve(echo)]
    const loud = connect(hog.port, '127.0.0.1')
    const quiet = connect(other.port, '127.0.0.1')
    await Promise.all([until(loud, 'hello'), until(quiet, 'hello')])
    let isOver = false
    const over = until(loud, 'end').then(() => (isOver = true))
    loud.write(Buffer.concat([Buffer.alloc(1 << 20, 120), Buffer.from('end')]))
    let turns = 0
    while (!isOver) {
      quiet.write(`${turns}\r\n`)
      await until(quiet, `${turns++}\r\n`)
    }
    await over
    ok(turns > 10, `only ${turns} turns`)
    loud.destroy()
    quiet.destroy()
  }))
