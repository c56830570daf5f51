// One POST to a server that somebody named: a push service. RFC 9110, RFC 8030 §5.
//
// Invariants (SECURITY 21):
//   only https, and only to addresses on the internet, judged after the name was resolved and used as they were judged;
//   no redirect is followed
//   time and answer are bounded; what the answer says beside its status is thrown away

import { request } from 'node:https'
import { isIP } from 'node:net'
import type { Resolver } from '../dns/resolver.ts'
import { isSpecialAddress, ownAddresses } from '../net/addresses.ts'

export interface Poster {
  /** The status, and after how many seconds to come back where that is said. Throws what the network says. */
  post(url: URL, headers: Record<string, string>, body: Buffer): Promise<{ status: number; retryAfter: number }>
}

export interface PosterOptions {
  resolver: Resolver
  allowPrivate: boolean // for tests and closed networks
  milliseconds: number
  authorities?: string[] // PEM, besides the system's
}

export function openPoster(options: PosterOptions): Poster {
  return {
    async post(url, headers, body) {
      const name = url.hostname.replace(/^\[|\]$/g, '')
      const address = await addressOf(name, options)
      return new Promise((resolve, reject) => {
        const asked = request(
          {
            method: 'POST',
            // The name was resolved and judged: it is not asked for again, only the certificate must have it.
            host: address,
            port: url.port || 443,
            path: `${url.pathname}${url.search}`,
            servername: isIP(name) === 0 ? name : '',
            headers: { ...headers, host: url.host, 'content-length': body.length },
            agent: false,
            ca: options.authorities,
            timeout: options.milliseconds,
            maxHeaderSize: 16 << 10,
          },
          (answer) => {
            const after = Number(answer.headers['retry-after'] ?? 0)
            resolve({ status: answer.statusCode ?? 0, retryAfter: Number.isFinite(after) ? after : 0 })
            asked.destroy()
          },
        )
        const late = setTimeout(() => asked.destroy(new Error('no answer in time')), options.milliseconds)
        asked.once('close', () => clearTimeout(late)).once('error', reject)
        asked.end(body)
      })
    },
  }
}

async function addressOf(name: string, { resolver, allowPrivate }: PosterOptions): Promise<string> {
  const found = isIP(name) !== 0 ? [name] : await resolver.a(name).catch(() => resolver.aaaa(name))
  const own = allowPrivate ? new Set<string>() : ownAddresses()
  const open = found.find((address) => allowPrivate || !(isSpecialAddress(address) || own.has(address)))
  if (open === undefined) throw new Error(`${name} is not on the internet`)
  return open
}
