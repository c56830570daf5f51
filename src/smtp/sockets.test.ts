// The conversations over real sockets and TLS on loopback: other people's client against our server, our client too.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createTransport } from 'nodemailer'
import { openCertificates, type Certificates } from '../net/certificates.ts'
import { dial } from '../net/dial.ts'
import { listen, type Listening } from '../net/listen.ts'
import { smtpClient } from './client.ts'
import { smtpServer, type ServerOptions } from './conversation.ts'
import type { Report } from './outgoing.ts'
import { playedHouse, type PlayedHouse } from './played.ts'

let folder: string
let certificates: Certificates

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  certificates = await openCertificates({
    pairs: [],
    folder,
    hostname: 'mx.uni.example',
    oldest: 'TLSv1.2',
    clock: Date.now,
  })
})
after(() => rm(folder, { recursive: true }))

async function serving(
  options: Partial<ServerOptions> & { implicitTls?: boolean },
  body: (port: number, house: PlayedHouse) => Promise<void>,
): Promise<void> {
  const house = playedHouse()
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const listening: Listening = await listen({
    name: 'smtp',
    host: '127.0.0.1',
    port: 0,
    proxies: [],
    implicitTls: options.implicitTls ?? false,
    secure: (socket) => certificates.secure(socket),
    conversation: smtpServer(house, { role: 'mx', hostname: 'mx.uni.example', tlsAvailable: true, failed, ...options }),
    full: '421 4.7.0 Too many connections\r\n',
    connections: 100,
    connectionsPerAddress: 100,
    failed,
  })
  try {
    await body(listening.port, house)
  } finally {
    await listening.stop(2000)
  }
  deepEqual(failures, [])
  equal(house.open, 0)
}

const tls = { rejectUnauthorized: false }

for (const [what, implicitTls] of [
  ['STARTTLS', false],
  ['implicit TLS', true],
] as const) {
  test(`nodemailer submits mails by ${what}`, () =>
    serving({ role: 'submission', implicitTls }, async (port, house) => {
      const auth = { user: 'a@uni.example', pass: 'secret' }
      const transport = createTransport({ host: '127.0.0.1', port, secure: implicitTls, auth, tls, pool: true })
      const sent = await transport.sendMail({
        from: 'a@uni.example',
        to: ['b@uni.example', 'nobody@uni.example', '測試@uni.example'],
        subject: '測試',
        text: '.\n..\n.dots\nand words',
        attachments: [{ filename: 'big.bin', content: Buffer.alloc(300_000, 'x') }],
        dsn: { id: 'id+1', return: 'headers', notify: ['failure', 'delay'], recipient: 'a@uni.example' },
      })
      deepEqual(sent.accepted, ['b@uni.example', '測試@uni.example'])
      deepEqual(sent.rejected, ['nobody@uni.example'])
      match(sent.response, /^250 2\.0\.0 Accepted as m1$/)
      await transport.sendMail({ from: 'a@uni.example', to: 'b@uni.example', subject: 'two', text: 'again' })
      transport.close()

      equal(house.sessions.length, 1, 'a kept connection')
      const [mail] = house.mails
      ok(mail && mail.bytes.length > 400_000)
      match(mail.bytes, /\r\n\.\r\n\.\.\r\n\.dots\r\nand words\r\n/)
      deepEqual(mail.envelope.dsn, { ret: 'HDRS', envid: 'id+1' })
      deepEqual(mail.envelope.recipients[0]?.notify, { success: false, failure: true, delay: true })
      equal(mail.envelope.session.login?.address, 'a@uni.example')
      equal(mail.envelope.session.peer.tls?.protocol, 'TLSv1.3')
    }))
}

test('nodemailer with a wrong password, and without TLS', () =>
  serving({ role: 'submission' }, async (port) => {
    const wrong = createTransport({ host: '127.0.0.1', port, auth: { user: 'a', pass: 'x' }, tls })
    await rejects(wrong.verify(), /535 5\.7\.8/)
    const clear = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
    await rejects(clear.sendMail({ from: 'a@uni.example', to: 'b@uni.example', text: 'x' }), /530 5\.7\.0/)
  }))

test('nodemailer speaks LMTP with us', () =>
  serving({ role: 'lmtp' }, async (port, house) => {
    const transport = createTransport({ host: '127.0.0.1', port, lmtp: true, tls } as never)
    const sent = (await transport.sendMail({ from: 'a@uni.example', to: 'b@uni.example', text: 'x' })) as unknown
    deepEqual((sent as { accepted: string[] }).accepted, ['b@uni.example'])
    equal(house.mails.length, 1)
  }))

test('our client brings mails to our server over TLS, large ones too', () =>
  serving({}, async (port, house) => {
    const line = Buffer.from(`${'.'.repeat(76)}\r\n`)
    const piece = Buffer.alloc(78 * 800, line)
    const reports: Report[] = []
    const mails = [1, 200].map((pieces) => ({
      sender: 'a@out.example',
      recipients: [{ address: 'b@uni.example' }],
      size: pieces * piece.length,
      body: '7BIT' as const,
      smtputf8: false,
      dsn: {},
      async *content() {
        for (let i = 0; i < pieces; i++) yield piece
      },
    }))
    const expected = mails.map(({ size }) => size)
    const pumped = await dial(
      {
        address: '127.0.0.1',
        port,
        servername: 'mx.uni.example',
        implicitTls: false,
        verify: false,
        connectMilliseconds: 5000,
        failed: (error) => {
          throw error
        },
      },
      smtpClient({
        protocol: 'smtp',
        hostname: 'out.example',
        tls: 'required',
        next: async () => mails.shift(),
        report: (_, report) => void reports.push(report),
      }),
    )
    await pumped.ended
    deepEqual(
      reports.map(({ outcomes }) => outcomes[0]?.result),
      ['accepted', 'accepted'],
    )
    deepEqual(
      house.mails.map(({ bytes }) => bytes.length),
      expected,
    )
    equal(reports[1]?.tls?.protocol, 'TLSv1.3')
  }))

test('clear text behind STARTTLS is never obeyed (CVE-2011-0411)', () =>
  serving({}, async (port, house) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      if (heard.includes('Begin TLS')) socket.write('RSET\r\n') // no TLS record: the handshake fails
    })
    socket.write('EHLO x\r\nSTARTTLS\r\nRSET\r\nMAIL FROM:<a@b.example>\r\n')
    await once(socket, 'close')
    match(heard, /220 2\.0\.0 Begin TLS\r\n/)
    ok(!heard.includes('Flushed') && !heard.includes('Sender accepted'))
    equal(house.closedSessions, 1)
  }))
