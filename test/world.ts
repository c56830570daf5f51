// A whole Postern on loopback, for tests that talk to it with other people's clients. Several of them
// share one zone text and send mail to each other.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createPerson } from '../src/people/people.ts'
import { defaultConfig } from '../src/config/load.ts'
import type { Config } from '../src/config/settings.ts'
import { insertDomain } from '../src/directory/domains.ts'
import type { Resolver } from '../src/dns/resolver.ts'
import { zoneResolver } from '../src/dns/zone.ts'
import { serve, type Running, type ServeOptions } from '../src/main.ts'

export const password = 'correct horse battery staple'

export interface WorldHouse extends Running {
  config: Config
  port(listener: string): number
  /** Another account; its password is `password`. */
  person(address: string, more?: { quota?: number }): Promise<void>
  close(): Promise<void>
}

export interface WorldOptions {
  hostname: string // 'mail.uni.example': the domain is the rest, uni.example
  people?: string[]
  zone?: string // answers every name
  resolver?: Resolver // instead of a zone
  config?: Partial<Config>
  data?: string // an old data folder; a fresh one when not given
  database?: string
  web?: ServeOptions['web']
  fetching?: ServeOptions['fetching']
}

/** A house with the people named, on free ports, closed with its folder by close(). */
export async function openWorld({ hostname, people = [], zone = '', ...options }: WorldOptions): Promise<WorldHouse> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'postern-world-')))
  const config = defaultConfig({
    hostname,
    data,
    database: options.database ?? '',
    ports: 'free',
    grace: 2000,
    'queue.allow_private': true,
    ...options.config,
  })
  const domain = hostname.slice(hostname.indexOf('.') + 1)
  const running = await serve({
    config,
    resolver: options.resolver ?? zoneResolver(zone),
    web: options.web,
    fetching: options.fetching,
    log: pino({ level: 'error' }, { write: (line: string) => void process.stderr.write(line) }),
    async prepare(db) {
      if (await db.one('select name from domain where name = $1', [domain])) return
      await db.transaction((sql) => insertDomain(sql, { name: domain }))
      for (const address of people) await createPerson(db, { address, password, name: '' })
    },
  })
  return {
    ...running,
    config,
    port(listener) {
      const found = running.listeners[listener]
      if (!found) throw new Error(`There is no listener ${listener}`)
      return found.port
    },
    person: async (address, more = {}) =>
      void (await createPerson(running.db, { address, password, name: '', ...more })),
    async close() {
      await running.stop()
      if (options.data === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}
