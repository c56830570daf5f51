import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readFields } from '../mime/headers.ts'
import type { Envelope, SmtpSession } from '../smtp/intake.ts'
import { protocolOf, traceLines, withoutMailboxLines } from './trace.ts'

const session = (over: Partial<SmtpSession> = {}): SmtpSession => ({
  id: 's',
  role: 'mx',
  peer: { address: '192.0.2.1', port: 1, localAddress: '', localPort: 25, listener: 'smtp' },
  helo: 'client.example',
  protocol: 'ESMTP',
  facts: {},
  ...over,
})
const envelope = (over: Partial<SmtpSession> = {}): Envelope => ({
  session: session(over),
  sender: 'a@else.example',
  body: '7BIT',
  smtputf8: false,
  dsn: {},
  recipients: [{ address: 'wang@uni.example' }],
})
const facts = { hostname: 'mx.uni.example', id: 'i1', receivedAt: 0 }
const tls = { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' }
const login = { accountId: 1, address: 'wang@uni.example' }

test('the trace of a mail over TLS with a login', () => {
  const over = { protocol: 'UTF8SMTP' as const, login, facts: { reverseName: 'host.example' } }
  const lines = traceLines({
    ...facts,
    envelope: envelope({ ...over, peer: { ...session().peer, address: '2001:db8::1', tls } }),
    deliveredTo: 'wang@uni.example',
    authentication: 'mx; none',
  })
  equal(
    lines,
    'Return-Path: <a@else.example>\r\nDelivered-To: wang@uni.example\r\n' +
      'Received: from client.example (host.example [IPv6:2001:db8::1])\r\n' +
      '\tby mx.uni.example with UTF8SMTPSA (TLSv1.3 TLS_AES_256_GCM_SHA384) id i1\r\n' +
      '\tfor <wang@uni.example>;\r\n\tThu, 01 Jan 1970 00:00:00 +0000\r\nAuthentication-Results: mx; none\r\n',
  )
  match(withoutMailboxLines(lines), /^Received: /)
})

const names: [protocol: SmtpSession['protocol'], tls: boolean, login: boolean, name: string][] = [
  ['SMTP', false, false, 'SMTP'],
  ['ESMTP', true, false, 'ESMTPS'],
  ['ESMTP', true, true, 'ESMTPSA'],
  ['ESMTP', false, true, 'ESMTPA'],
  ['LMTP', true, false, 'LMTPS'],
  ['UTF8LMTP', false, false, 'UTF8LMTP'],
]
for (const [protocol, hasTls, hasLogin, name] of names) {
  test(`${name} is said`, () => {
    const over = { protocol, ...(hasLogin && { login }), ...(hasTls && { peer: { ...session().peer, tls } }) }
    equal(protocolOf(session(over)), name)
  })
}

test('nothing a peer says ends a line or leaves its comment', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 100 })
  fc.assert(
    fc.property(anything, anything, anything, (helo, reverseName, address) => {
      const made = envelope({ helo, facts: { reverseName } })
      made.recipients = [{ address }]
      const lines = traceLines({ ...facts, envelope: made })
      deepEqual(
        readFields(Buffer.from(lines)).map(({ name }) => name),
        ['Return-Path', 'Received'],
      )
    }),
  )
})
