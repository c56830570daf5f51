// What a Resolver offers beside its one question; the same for every kind of Resolver.

import { reverseName } from './names.ts'
import { DnsTrouble, type RecordType, type Resolver } from './resolver.ts'

/** A Resolver from how it resolves and how it closes. */
export function resolverFrom(resolve: Resolver['resolve'], close: () => Promise<void>): Resolver {
  const records = async <T extends RecordType>(name: string, type: T) => (await resolve(name, type)).records
  return {
    resolve,
    mx: async (name) => (await records(name, 'MX')).toSorted((a, b) => a.priority - b.priority),
    a: (name) => records(name, 'A'),
    aaaa: (name) => records(name, 'AAAA'),
    txt: (name) => records(name, 'TXT'),
    ns: (name) => records(name, 'NS'),
    srv: (name) => records(name, 'SRV'),
    async ptr(address) {
      const name = reverseName(address)
      if (name === undefined) throw new DnsTrouble('ENOTFOUND', address)
      return records(name, 'PTR')
    },
    tlsa: (name) => resolve(name, 'TLSA'),
    close,
  }
}
