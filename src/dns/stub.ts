// The resolver of the house: a stub that asks the servers it is told.
//
// EDNS with 1232 bytes, TCP for what was cut off, random ids and source ports, capitals mixed in if the
// setting says so (0x20), servers in turn with a timeout each, answers kept for their TTL, the same
// question asked once however many wait for it.
//
// Invariants:
//   every question ends within limits.attempts * limits.timeout (twice that when each needs TCP too), per alias
//   only records that the question leads to are believed (RFC 5452 §6): no extra record enters the cache

import { readFileSync } from 'node:fs'
import { Absence, followAliases, type Found, type Rrset } from './aliases.ts'
import { AnswerCache } from './cache.ts'
import { resolverFrom } from './conveniences.ts'
import { type DnsLimits, dnsLimits } from './limits.ts'
import { type Question, type Reply, writeQuestion } from './message.ts'
import { questionName } from './names.ts'
import { type Answer, DnsTrouble, type RecordType, type Resolver } from './resolver.ts'
import { readServer, type Server, systemServers } from './servers.ts'
import { askByTcp, askByUdp, NoReply } from './transport.ts'
import { zoneResolver } from './zone.ts'

export interface DnsSettings {
  servers?: string[] // '127.0.0.1', '[::1]:5353'; none: those of /etc/resolv.conf
  zoneFile?: string // answers come from this zone text alone: tests and rehearsals
  randomCase?: boolean // 0x20: guards against guessed answers; some servers cannot
  limits?: Partial<DnsLimits>
  now?: () => number // milliseconds; for tests
}

const resolvConfEvery = 30_000 // milliseconds; a new lease brings new servers without a restart

/** Opens the resolver. Throws Trouble bad-setting for a server or zone text that cannot be read. */
export function openResolver(settings: DnsSettings = {}): Resolver {
  if (settings.zoneFile) return zoneResolver(readFileSync(settings.zoneFile, 'utf8'))
  const limits = { ...dnsLimits, ...settings.limits }
  const now = settings.now ?? Date.now
  const configured = settings.servers?.map(readServer) ?? []
  const cache = new AnswerCache(limits.cacheBytes, now)
  const underWay = new Map<string, Promise<Answer>>()
  const closing = new AbortController()
  const roster = openRoster(configured, now)

  async function resolve<T extends RecordType>(asked: string, type: T): Promise<Answer<T>> {
    const name = questionName(asked)
    const kept = cache.get(name, type)
    if (kept instanceof DnsTrouble) throw kept
    if (kept) return kept as Answer<T>

    const key = `${type} ${name}`
    let shared = underWay.get(key)
    if (!shared) {
      if (underWay.size >= limits.concurrent || closing.signal.aborted) throw new DnsTrouble('ESERVFAIL', name)
      shared = resolveAndKeep(name, type).finally(() => underWay.delete(key))
      underWay.set(key, shared)
    }
    return (await shared) as Answer<T>
  }

  async function resolveAndKeep(name: string, type: RecordType): Promise<Answer> {
    try {
      const known = new Map<string, Found>()
      const answer = await followAliases(name, limits.aliases, async (wanted) => {
        if (!known.has(wanted)) await learn(wanted, type, known)
        return known.get(wanted)!
      })
      cache.put(name, type, answer, Math.min(answer.ttl, limits.positiveTtl))
      return answer
    } catch (error) {
      if (error instanceof Absence) cache.put(name, type, error, Math.min(error.ttl, limits.negativeTtl))
      else if (error instanceof DnsTrouble && !closing.signal.aborted) cache.put(name, type, error, limits.failureTtl)
      throw error
    }
  }

  /** Asks for one name and writes into `known` what the reply says of it and of the names it leads to. */
  async function learn(name: string, type: RecordType, known: Map<string, Found>): Promise<void> {
    const { reply, server } = await ask(name, type)
    const authentic = reply.authenticated && server.local
    let end = name
    for (let followed = 0; followed <= limits.aliases; followed++) {
      const set = rrset(reply, end, type, authentic)
      if (set) return void known.set(end, { set })
      const alias = rrset(reply, end, 'CNAME', authentic)
      if (!alias) break
      const target = alias.records[0] as string
      known.set(end, { set: alias, alias: target })
      if (known.has(target)) return
      end = target
    }
    // Without an SOA nobody says how long it holds (RFC 2308 §5): as long as a failure, so that a burst asks once.
    const ttl = reply.negativeTtl ?? limits.failureTtl
    if (reply.rcode === 3) known.set(end, { absent: 'ENOTFOUND', ttl })
    else if (end === name || reply.negativeTtl !== undefined) known.set(end, { absent: 'ENODATA', ttl })
    // Else the server told the alias only: followAliases asks for its end.
  }

  /** One name at the servers in turn, until one says yes or no. Throws DnsTrouble ESERVFAIL or ETIMEOUT. */
  async function ask(name: string, type: RecordType): Promise<{ reply: Reply; server: Server }> {
    const gaveUp = new Set<Server>()
    const servers = roster.inOrder()
    let edns = true
    let silent = true
    for (let attempt = 0; attempt < limits.attempts; attempt++) {
      const server = nextServer(servers, attempt, gaveUp)
      if (!server) break
      const question = writeQuestion(name, type, { edns, randomCase: settings.randomCase ?? false }, limits)
      try {
        const reply = await exchange(server, question)
        if (reply.rcode === 0 || reply.rcode === 3) return { reply, server }
        silent = false
        // FORMERR, NOTIMP, BADVERS: perhaps it only does not know EDNS (RFC 6891 §6.2.2, §7).
        if (edns && [1, 4, 16].includes(reply.rcode)) edns = false
        else gaveUp.add(server)
      } catch (error) {
        if (!(error instanceof NoReply)) throw error
        if (error.why !== 'silent') silent = false
        roster.demote(server)
        if (closing.signal.aborted) break
      }
    }
    throw new DnsTrouble(silent ? 'ETIMEOUT' : 'ESERVFAIL', name)
  }

  async function exchange(server: Server, question: Question): Promise<Reply> {
    try {
      const reply = await askByUdp(server, question, limits, closing.signal)
      if (!reply.truncated) return reply
    } catch (error) {
      if (!(error instanceof NoReply) || error.why !== 'attacked') throw error
    }
    const reply = await askByTcp(server, question, limits, closing.signal)
    if (reply.truncated) throw new NoReply('broken')
    return reply
  }

  return resolverFrom(resolve, async () => {
    closing.abort()
    await Promise.allSettled(underWay.values())
  })
}

function rrset(reply: Reply, name: string, type: RecordType, authentic: boolean): Rrset | undefined {
  const found = reply.records.filter((record) => record.type === type && record.name === name)
  if (found.length === 0) return undefined
  return { records: found.map(({ data }) => data), ttl: Math.min(...found.map(({ ttl }) => ttl)), authentic }
}

function nextServer(servers: Server[], attempt: number, gaveUp: Set<Server>): Server | undefined {
  for (let offset = 0; offset < servers.length; offset++) {
    const server = servers[(attempt + offset) % servers.length]!
    if (!gaveUp.has(server)) return server
  }
  return undefined
}

/** The servers in the order they are to be asked: the one that answers stays first. */
function openRoster(configured: Server[], now: () => number) {
  let order = configured.length > 0 ? configured : systemServers()
  let read = now()

  return {
    inOrder(): Server[] {
      if (configured.length === 0 && now() - read > resolvConfEvery) {
        const fresh = systemServers()
        const changed = fresh.some((server) => !order.some(({ address }) => address === server.address))
        if (changed || fresh.length !== order.length) order = fresh
        read = now()
      }
      return order
    },
    demote(server: Server): void {
      if (order[0] === server) order = [...order.slice(1), server]
    },
  }
}
