import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { headerLimit, readProxyHeader } from './proxy.ts'

const line = (text: string): Buffer => Buffer.from(text, 'latin1')
const signature = '0d0a0d0a000d0a515549540a'

function binary(command: number, family: number, body: Buffer, after = ''): Buffer {
  const head = Buffer.from([command, family, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from(signature, 'hex'), head, body, Buffer.from(after)])
}

function tlv(type: number, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([type, bytes.length >> 8, bytes.length & 255]), bytes])
}

const ipv4 = Buffer.from([192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0, 25])
const ipv6 = Buffer.from('20010db80000000000000000000000ff20010db800000000000000000000000101bb0019', 'hex')
const ssl = (client: number, verify: number): Buffer =>
  tlv(
    0x20,
    Buffer.concat([Buffer.from([client, 0, 0, 0, verify]), tlv(0x21, 'TLSv1.3'), tlv(0x23, 'TLS_AES_128_GCM_SHA256')]),
  )

const heads: [string, Buffer, Record<string, unknown>][] = [
  ['version 1, IPv4', line('PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n'), { address: '192.0.2.1', port: 56324 }],
  ['version 1, IPv6', line('PROXY TCP6 2001:db8::ff 2001:db8::1 1 65535\r\n'), { address: '2001:db8::ff', port: 1 }],
  ['version 2, IPv4', binary(0x21, 0x11, ipv4), { address: '192.0.2.1', port: 56324, localPort: 25 }],
  ['version 2, IPv6', binary(0x21, 0x21, ipv6), { address: '2001:db8::ff', localAddress: '2001:db8::1' }],
  ['a TLV we do not know', binary(0x21, 0x11, Buffer.concat([ipv4, tlv(0xe0, 'x'), tlv(0x04, '')])), { port: 56324 }],
  ['the name of SNI', binary(0x21, 0x11, Buffer.concat([ipv4, tlv(2, 'mx.example')])), { servername: 'mx.example' }],
  [
    'TLS with the proxy',
    binary(0x21, 0x11, Buffer.concat([ipv4, tlv(2, 'mx.example'), ssl(1, 0)])),
    {
      tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', verified: false, servername: 'mx.example' },
    },
  ],
  ['a verified certificate', binary(0x21, 0x11, Buffer.concat([ipv4, ssl(3, 0)])), { verified: true }],
  ['a certificate that fails', binary(0x21, 0x11, Buffer.concat([ipv4, ssl(3, 1)])), { verified: false }],
  ['no TLS with the proxy', binary(0x21, 0x11, Buffer.concat([ipv4, ssl(0, 0)])), { tls: undefined }],
]
for (const [what, bytes, expected] of heads) {
  test(`proxied: ${what}`, () => {
    const read = readProxyHeader(Buffer.concat([bytes, line('EHLO x\r\n')]))
    equal(read.is, 'proxied')
    if (read.is !== 'proxied') return
    equal(read.rest.toString(), 'EHLO x\r\n')
    for (const [key, value] of Object.entries(expected)) {
      deepEqual(key === 'verified' ? read.tls?.verified : read[key as keyof typeof read], value)
    }
    for (let cut = 0; cut < bytes.length; cut++) equal(readProxyHeader(bytes.subarray(0, cut)).is, 'more')
  })
}

const locals: [string, Buffer][] = [
  ['UNKNOWN', line('PROXY UNKNOWN\r\n')],
  ['UNKNOWN with addresses', line('PROXY UNKNOWN ffff::1 ffff::1 1 1\r\n')],
  ['LOCAL', binary(0x20, 0x00, Buffer.alloc(0))],
  ['LOCAL with addresses', binary(0x20, 0x11, ipv4)],
  ['AF_UNSPEC', binary(0x21, 0x00, Buffer.alloc(5))],
  ['a socket file', binary(0x21, 0x31, Buffer.alloc(216))],
]
for (const [what, bytes] of locals) test(`local: ${what}`, () => equal(readProxyHeader(bytes).is, 'local'))

const wrong: [string, Buffer][] = [
  ['SMTP', line('EHLO x\r\n')],
  ['a wrong first byte', line('X')],
  ['an unknown family', line('PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n')],
  ['too few words', line('PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n')],
  ['two spaces', line('PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n')],
  ['IPv6 as IPv4', line('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['a name', line('PROXY TCP4 localhost 198.51.100.1 1 2\r\n')],
  ['a port over 65535', line('PROXY TCP4 192.0.2.1 198.51.100.1 65536 2\r\n')],
  ['a port with a zero before', line('PROXY TCP4 192.0.2.1 198.51.100.1 025 2\r\n')],
  ['a bare LF', line(`PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n${' '.repeat(80)}`)],
  ['a line without end', line(`PROXY TCP4 ${'1'.repeat(107)}`)],
  ['version 3', binary(0x31, 0x11, ipv4)],
  ['an unknown command', binary(0x22, 0x11, ipv4)],
  ['UDP', binary(0x21, 0x12, ipv4)],
  ['addresses cut off', binary(0x21, 0x11, ipv4.subarray(0, 11))],
  ['a TLV over the end', binary(0x21, 0x11, Buffer.concat([ipv4, Buffer.from([4, 0, 9, 1])]))],
  ['half a TLV', binary(0x21, 0x11, Buffer.concat([ipv4, Buffer.from([4, 0])]))],
  ['a short SSL TLV', binary(0x21, 0x11, Buffer.concat([ipv4, tlv(0x20, '\x01')]))],
  ['a header over the limit', binary(0x21, 0x11, Buffer.alloc(headerLimit))],
]
for (const [what, bytes] of wrong) test(`bad: ${what}`, () => equal(readProxyHeader(bytes).is, 'bad'))

test('never throws, and more bytes never make a bad header good', () => {
  const start = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY TCP4 1.2.3.4 ',
    `${Buffer.from(signature, 'hex').toString('latin1')}\x21\x11`,
  )
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 50 }), (head, tail, more) => {
      const bytes = Buffer.concat([Buffer.from(head, 'latin1'), tail])
      if (readProxyHeader(bytes).is === 'bad') equal(readProxyHeader(Buffer.concat([bytes, more])).is, 'bad')
    }),
  )
})
