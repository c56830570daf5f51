// Names as the DNS writes them.                      RFC 1035 §2.3.4, RFC 3596 §2.5, RFC 5890
//
// Invariant: what questionName gives can be encoded: labels of 1..63 octets, 253 in all, ASCII.

import { isIPv4, isIPv6, isIP } from 'node:net'
import { normalDomain } from '../mail/address.ts'
import { DnsTrouble } from './resolver.ts'

/**
 * The name to ask for: lower case A-labels without the last dot, '' for the root. Wider than a host
 * name: SPF macros make labels of any printable character (RFC 7208 §7).
 * Throws DnsTrouble ENOTFOUND for what cannot be a name: it cannot exist either.
 */
export function questionName(name: string): string {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  if (bare === '') return ''
  const ascii = /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : normalDomain(bare)
  if (ascii === undefined || ascii.length > 253) throw new DnsTrouble('ENOTFOUND', name)
  for (const label of ascii.split('.')) {
    if (label === '' || label.length > 63) throw new DnsTrouble('ENOTFOUND', name)
  }
  return ascii
}

/** The name under which the PTR records of an address lie. undefined for what is no IP address. */
export function reverseName(address: string): string | undefined {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`
  if (!isIPv6(address)) return undefined
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return reverseName(mapped[1]!)
  const nibbles = expandIPv6(address).map((group) => group.toString(16).padStart(4, '0'))
  return `${nibbles.join('').split('').reverse().join('.')}.ip6.arpa`
}

/** The eight groups of an IPv6 address that isIPv6 has accepted. */
function expandIPv6(address: string): number[] {
  let text = address.split('%')[0]!
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (dotted) {
    const [, front, a, b, c, d] = dotted
    text = `${front}${((+a! << 8) | +b!).toString(16)}:${((+c! << 8) | +d!).toString(16)}`
  }
  const [left, right] = text.split('::')
  const head = left ? left.split(':') : []
  const tail = right ? right.split(':') : []
  const gap: string[] = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...(text.includes('::') ? gap : []), ...tail].map((group) => Number.parseInt(group, 16))
}

/** True for addresses that never leave this machine: only such a server's AD bit is worth anything. */
export function isLoopback(address: string): boolean {
  return (isIP(address) === 4 && address.startsWith('127.')) || address === '::1'
}
