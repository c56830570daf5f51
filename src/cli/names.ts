// The DNS as the settings name it, for verbs that ask it.

import type { Config } from '../config/settings.ts'
import type { Resolver } from '../dns/resolver.ts'
import { openResolver } from '../dns/stub.ts'

/** Close it when done. */
export function openNames(config: Config): Resolver {
  return openResolver({ servers: config['dns.servers'], zoneFile: config['dns.zone_file'] || undefined })
}
