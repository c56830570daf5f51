// Does the client's address have a name that leads back to it?                       RFC 8601 §2.7.3, Appendix D

import { isIPv4, SocketAddress } from 'node:net'
import { isAbsent, type Resolver } from '../dns/resolver.ts'
import type { ReverseResult } from './results.ts'

/** 'pass' with the name, 'fail' (names that lead elsewhere), 'permerror' (no name), 'temperror'. Never throws. */
export async function checkReverse(resolver: Resolver, address: string, limit: number): Promise<ReverseResult> {
  const client = plainAddress(address)
  try {
    const names = (await resolver.ptr(client)).slice(0, limit)
    let unsure = false
    for (const name of names) {
      try {
        const forward = isIPv4(client) ? await resolver.a(name) : await resolver.aaaa(name)
        if (forward.some((each) => plainAddress(each) === client)) return { result: 'pass', name }
      } catch (error) {
        unsure ||= !isAbsent(error)
      }
    }
    return { result: unsure ? 'temperror' : 'fail' }
  } catch (error) {
    return { result: isAbsent(error) ? 'permerror' : 'temperror' }
  }
}

/** One spelling for each address; IPv4 written in IPv6 becomes IPv4. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  if (!address.includes(':')) return address
  return SocketAddress.parse(`[${address.split('%')[0]}]:0`)?.address ?? address
}
