// Lists of networks in CIDR notation.

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { Trouble } from '../wire/troubles.ts'

export interface Networks {
  has(address: string): boolean
}

/** Reads '192.0.2.0/24', '2001:db8::/32' or single addresses. Throws Trouble bad-setting. */
export function readNetworks(texts: string[]): Networks {
  const list = new BlockList()
  for (const text of texts) {
    const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? []
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined
    const bits = prefix === undefined ? undefined : Number(prefix)
    const most = family === 'ipv4' ? 32 : 128
    if (!family || (bits !== undefined && bits > most)) {
      throw new Trouble('bad-setting', { value: text })
    }
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, bits, family)
  }
  return {
    has(address) {
      const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
      if (isIPv4(plain)) return list.check(plain, 'ipv4')
      return isIPv6(plain) && list.check(plain, 'ipv6')
    },
  }
}

export const loopback = readNetworks(['127.0.0.0/8', '::1'])
