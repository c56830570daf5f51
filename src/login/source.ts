// Where a sign-in comes from: the network that failures are counted by. An IPv6 customer has at
// least a /64 to himself (RFC 6177), so its last half says nothing.

import { isIPv4, isIPv6 } from 'node:net'

/** '192.0.2.7', '192.0.2.0/24', '2001:db8:1:2::/64'; other text as it is. Never ''. */
export function sourceOf(address: string, prefix4 = 32): string {
  const bare = address.replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  if (mapped !== undefined && isIPv4(mapped)) return network4(mapped, prefix4)
  if (isIPv4(bare)) return network4(bare, prefix4)
  if (isIPv6(bare)) return network6(bare)
  return bare || 'unknown'
}

/** Of a source that sourceOf gave. */
export function isLoopback(source: string): boolean {
  return source.startsWith('127.') || source === '0:0:0:0::/64'
}

function network4(address: string, prefix: number): string {
  if (prefix >= 32) return address
  const bytes = address.split('.').map(Number)
  const bits = (((bytes[0] ?? 0) << 24) | ((bytes[1] ?? 0) << 16) | ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)) >>> 0
  const kept = prefix <= 0 ? 0 : (bits & (-1 << (32 - prefix))) >>> 0
  return `${[24, 16, 8, 0].map((shift) => (kept >>> shift) & 255).join('.')}/${prefix}`
}

function network6(address: string): string {
  const [before = '', after] = address.toLowerCase().split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const embedded = address.includes('.') ? 1 : 0 // a dotted tail is two groups
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length - embedded
  const groups = [...head, ...Array<string>(Math.max(0, zeros)).fill('0'), ...tail]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
