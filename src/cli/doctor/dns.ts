// What the world reads of our domains in the DNS.

import { planListeners, type ListenerName } from '../../config/listeners.ts'
import type { Config } from '../../config/settings.ts'
import { listDomains } from '../../directory/domains.ts'
import type { Resolver } from '../../dns/resolver.ts'
import { readKeys } from '../../mailauth/keys.ts'
import { checkDns, type Finding as Published } from '../../mailauth/published.ts'
import type { Database } from '../../sql/sql.ts'
import { error, ok, warning, type Finding } from './finding.ts'

export async function examineDns(db: Database, config: Config, resolver: Resolver): Promise<Finding[]> {
  const found: Finding[] = []
  const told = new Set<string>() // what belongs to the host name is the same for every domain
  for (const { name } of await listDomains(db)) {
    const setup = { hostname: config.hostname, addresses: [], ports: servicePorts(config) }
    const published = await checkDns(name, setup, await readKeys(db, name), resolver)
    for (const each of published) {
      const record = `${each.what} ${each.name || name}`
      if (!told.has(record)) found.push(findingOf(name, each))
      told.add(record)
    }
  }
  return found
}

/** Services by their names in SRV records (RFC 6186 §3.1, RFC 8314 §5.1, RFC 5804 §1.8), as the settings place them. */
function servicePorts({ ports, listener }: Config): Record<string, number> {
  const services = new Map(mailServices)
  return Object.fromEntries(
    planListeners(ports, listener).flatMap(({ name, port }) => {
      const service = services.get(name)
      return service === undefined || port === 0 ? [] : [[service, port]]
    }),
  )
}

const mailServices: [ListenerName, string][] = [
  ['imaps', 'imaps'],
  ['imap', 'imap'],
  ['pop3s', 'pop3s'],
  ['pop3', 'pop3'],
  ['submissions', 'submissions'],
  ['submission', 'submission'],
  ['managesieve', 'sieve'],
]

function findingOf(domain: string, { what, name, state, isNeeded, found, advice }: Published): Finding {
  const record = `${what} ${name || domain}`
  if (state === 'ok') return ok('dns', record, record)
  if (state === 'unknown') {
    return warning('dns', { en: `${record}: no name server answered`, zh: `${record}:名稱伺服器沒有回應` }, advice)
  }
  const there = found.length > 0 ? ` (${found.join(' | ')})` : ''
  const words = {
    en: `${record} is ${state}${there}`,
    zh: `${record} ${state === 'missing' ? '不存在' : '不正確'}${there}`,
  }
  return (isNeeded ? error : warning)('dns', words, advice)
}
