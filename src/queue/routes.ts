// Which way a mail leaves: into our own mailboxes, by a route of the settings, or to the hosts that the
// domain's MX records name.                                            RFC 5321 §5.1, RFC 7505
//
// Invariants:
//   names from DNS never lead to private addresses, nor to ourselves (RFC 5321 §5.1: no circles)
//   "there is no such domain" is for good; "nobody could tell" is not

import { readFile } from 'node:fs/promises'
import { isIPv4, isIPv6 } from 'node:net'
import { DnsTrouble, isAbsent, type Resolver } from '../dns/resolver.ts'
import { normalDomain } from '../mail/address.ts'
import { isSpecialAddress, ownAddresses } from '../net/addresses.ts'
import type { QueueRoute, QueueSettings } from './limits.ts'

/** One address to try. */
export interface Hop {
  host: string // its name, for TLS and the history
  address: string
  port: number
  tls: QueueRoute['tls']
  verify: boolean
  login?: { name: string; password: string }
}

export interface Way {
  lane: string // mails with the same lane may share connections
  hops(): Promise<Hop[]> // in the order to try; throws NoWay
}

/** There is no way to the domain: for good, or for now. */
export class NoWay extends Error {
  result: 'later' | 'refused'
  status: string

  constructor(result: NoWay['result'], status: string, text: string) {
    super(text)
    this.result = result
    this.status = status
  }
}

export interface RouteFacts {
  settings: QueueSettings
  resolver: Resolver
  random?: () => number // 0..1
}

export function wayTo(domain: string, facts: RouteFacts): Way {
  const route = facts.settings.routes.find((route) => fits(route.domain, domain))
  if (route && route.host !== '') {
    return { lane: `${route.host}:${route.port} ${route.username}`, hops: () => hopsOfRoute(route, facts) }
  }
  return { lane: domain, hops: () => hopsOfDomain(domain, facts) }
}

/** 'uni.example' fits itself, '*.edu.tw' everything under edu.tw, '*' everything. */
function fits(pattern: string, domain: string): boolean {
  if (pattern === '*') return true
  const lower = pattern.toLowerCase()
  return lower.startsWith('*.') ? domain.endsWith(lower.slice(1)) : domain === (normalDomain(lower) ?? lower)
}

async function hopsOfRoute(route: QueueRoute, facts: RouteFacts): Promise<Hop[]> {
  const { host, port, tls, verify, username, passwordFile } = route
  const password = passwordFile === '' ? '' : (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '')
  const login = username === '' ? undefined : { name: username, password }
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const addresses = isIPv4(bare) || isIPv6(bare) ? [bare] : await addressesOf(bare, facts)
  if (addresses.length === 0) throw new NoWay('later', '4.4.4', `The route's host ${host} has no address`)
  return addresses.map((address) => ({ host: bare, address, port, tls, verify, login }))
}

async function hopsOfDomain(domain: string, facts: RouteFacts): Promise<Hop[]> {
  const { settings } = facts
  if (domain.startsWith('[')) return [literalHop(domain, settings)]
  const hosts = await mailHosts(domain, facts)
  const own = settings.allowPrivate ? new Set<string>() : ownAddresses()
  const hops: Hop[] = []
  let later: NoWay | undefined
  let closed = 0 // addresses that we may not go to
  let limit = Infinity // the priority at which we ourselves stand
  for (const { host, priority } of hosts) {
    if (priority >= limit || hops.length >= settings.hostsTried * 2) break
    const addresses = await addressesOf(host, facts).catch((error: unknown) => {
      if (!(error instanceof NoWay)) throw error
      later = error
      return []
    })
    if (host === settings.hostname || addresses.some((address) => own.has(address))) {
      limit = priority
      continue
    }
    for (const address of addresses) {
      if (!settings.allowPrivate && isSpecialAddress(address)) closed++
      else hops.push({ host, address, port: settings.port, tls: 'opportunistic', verify: false })
    }
  }
  const usable = limit === Infinity ? hops : hops.filter(({ host }) => priorityOf(hosts, host) < limit)
  if (usable.length > 0) return usable
  if (limit !== Infinity) throw new NoWay('refused', '5.4.6', `${domain} points to this host, which does not serve it`)
  if (later) throw later
  if (closed > 0) throw new NoWay('refused', '5.4.4', `${domain} points to addresses that are not on the internet`)
  throw new NoWay('refused', '5.4.4', `The mail hosts of ${domain} have no addresses`)
}

function priorityOf(hosts: { host: string; priority: number }[], name: string): number {
  return hosts.find(({ host }) => host === name)?.priority ?? 0
}

/** By priority; equal ones in a new order each time. Without MX the domain itself. RFC 5321 §5.1 */
async function mailHosts(
  domain: string,
  { resolver, random = Math.random }: RouteFacts,
): Promise<{ host: string; priority: number }[]> {
  try {
    const records = await resolver.mx(domain)
    const named = records.filter(({ exchange }) => exchange !== '')
    if (named.length === 0) throw new NoWay('refused', '5.1.10', `${domain} takes no mail (null MX)`)
    return named
      .map(({ exchange, priority }) => ({ host: exchange, priority, draw: random() }))
      .sort((a, b) => a.priority - b.priority || a.draw - b.draw)
  } catch (error) {
    if (!(error instanceof DnsTrouble)) throw error
    if (error.code === 'ENOTFOUND') throw new NoWay('refused', '5.1.2', `The domain ${domain} does not exist`)
    if (error.code === 'ENODATA') return [{ host: domain, priority: 0 }]
    throw new NoWay('later', '4.4.3', `The name servers of ${domain} do not answer`)
  }
}

/** IPv6 and IPv4 in turns, IPv6 first. Empty when it has none. Throws NoWay when nobody can tell. */
async function addressesOf(host: string, { resolver }: RouteFacts): Promise<string[]> {
  const [six, four] = await Promise.all([resolver.aaaa(host), resolver.a(host)].map(settle))
  const found: string[] = []
  for (let i = 0; i < Math.max(six!.records.length, four!.records.length); i++) {
    const pair = [six!.records[i], four!.records[i]]
    found.push(...pair.filter((address) => address !== undefined))
  }
  if (found.length === 0 && (six!.unknown || four!.unknown)) {
    throw new NoWay('later', '4.4.3', `The address of ${host} cannot be looked up`)
  }
  return found
}

async function settle(answer: Promise<string[]>): Promise<{ records: string[]; unknown: boolean }> {
  try {
    return { records: await answer, unknown: false }
  } catch (error) {
    if (!(error instanceof DnsTrouble)) throw error
    return { records: [], unknown: !isAbsent(error) }
  }
}

function literalHop(literal: string, settings: QueueSettings): Hop {
  const address = literal.slice(1, -1).replace(/^ipv6:/i, '')
  const isOne = isIPv4(address) || isIPv6(address)
  if (!settings.allowLiterals || !isOne || (!settings.allowPrivate && isSpecialAddress(address))) {
    throw new NoWay('refused', '5.1.2', 'Mail to address literals is not sent')
  }
  return { host: literal, address, port: settings.port, tls: 'opportunistic', verify: false }
}
