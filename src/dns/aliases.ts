// Following CNAMEs, whoever answers.                                   RFC 1034 §3.6.2, RFC 2181 §10.1
//
// Invariant: at most `limit` aliases for one question, so a loop ends as ESERVFAIL.

import { type Answer, type DnsCode, DnsTrouble, type RecordData, type RecordType } from './resolver.ts'

export interface Rrset {
  records: RecordData[RecordType][]
  ttl: number // seconds
  authentic: boolean
}

/** What is found at one name: the records, an alias, or nothing. */
export type Found =
  | { set: Rrset; alias?: string } // with an alias the set is the CNAME itself
  | { absent: DnsCode; ttl: number }

/** "No" with the seconds it may be remembered. */
export class Absence extends DnsTrouble {
  ttl: number

  constructor(code: DnsCode, question: string, ttl: number) {
    super(code, question)
    this.name = 'DnsTrouble'
    this.ttl = ttl
  }
}

/** Looks `name` up, and what it is an alias of, until there are records. Throws DnsTrouble. */
export async function followAliases<T extends RecordType>(
  name: string,
  limit: number,
  lookUp: (name: string) => Promise<Found>,
): Promise<Answer<T>> {
  let at = name
  let ttl = Number.MAX_SAFE_INTEGER
  let authentic = true
  for (let followed = 0; followed <= limit; followed++) {
    const found = await lookUp(at)
    if ('absent' in found) throw new Absence(found.absent, name, Math.min(ttl, found.ttl))
    ttl = Math.min(ttl, found.set.ttl)
    authentic &&= found.set.authentic
    if (found.alias === undefined) {
      return { records: found.set.records as RecordData[T][], name: at, ttl, authentic }
    }
    at = found.alias
  }
  throw new DnsTrouble('ESERVFAIL', name)
}
