// Fuzz target: the PROXY protocol header.

import { deepEqual, ok } from 'node:assert/strict'
import { readProxyHeader } from './proxy.ts'

export const target = {
  name: 'proxy header',
  corpus: [
    'PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\nEHLO x\r\n',
    'PROXY TCP6 2001:db8::ff 2001:db8::1 1 65535\r\n',
    'PROXY UNKNOWN\r\n',
    Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000201c6336401dc040019', 'hex'),
    Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'),
    Buffer.from('0d0a0d0a000d0a515549540a21110020c0000201c6336401dc040019020002612e20000c01000000002100045453', 'hex'),
  ],
  run(input: Buffer): void {
    const whole = readProxyHeader(input)
    if (whole.is !== 'local' && whole.is !== 'proxied') return
    // What was read is decided by the header alone, and every shorter text of it wants more.
    const length = input.length - whole.rest.length
    ok(length > 0)
    deepEqual(readProxyHeader(input.subarray(0, length)), { ...whole, rest: Buffer.alloc(0) })
    ok(readProxyHeader(input.subarray(0, length - 1)).is === 'more')
  },
}
