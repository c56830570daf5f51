// Addresses we do not connect to because a stranger's DNS, or a stranger, says so: private, loopback, link-local and
// the rest of RFC 6890, and our own.                                                              SECURITY 21

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

const special = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(net, bits, 'ipv4')
}
for (const [net, bits] of [
  ['::', 127], // unspecified and loopback
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  special.addSubnet(net, bits, 'ipv6')
}

export function isSpecialAddress(address: string): boolean {
  if (isIPv4(address)) return special.check(address, 'ipv4')
  // An IPv4-mapped one has no business in an AAAA record.
  return !isIPv6(address) || /^::ffff:/i.test(address) || special.check(address, 'ipv6')
}

/** The addresses of this machine, except loopback. */
export function ownAddresses(): Set<string> {
  const own = new Set<string>()
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, internal } of addresses ?? []) if (!internal) own.add(address)
  }
  return own
}

// IPv4 wears other clothes here (6to4, Teredo, NAT64, compatible): behind them may be anybody.
const dressed = new BlockList()
dressed.addSubnet('2002::', 16, 'ipv6')
dressed.addSubnet('2001::', 23, 'ipv6')
dressed.addSubnet('64:ff9b::', 32, 'ipv6')
dressed.addSubnet('::', 96, 'ipv6')

/**
 * Those of the addresses that a person may have us connect to: plainly on the internet, and no machine of ours.
 * Judge what was resolved, and connect to what was judged.
 */
export function outsideOf(addresses: readonly string[]): string[] {
  const own = ownAddresses()
  return addresses.filter((address) => {
    const isDressed = isIPv6(address) && dressed.check(address, 'ipv6')
    return !isDressed && !isSpecialAddress(address) && !own.has(address)
  })
}
