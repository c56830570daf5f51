// Names, as everybody but this room sees them. stub.ts asks real servers, zone.ts answers from a text.
//
// Invariants:
//   an expected "no" is a DnsTrouble; nothing else is thrown for what a name server said
//   names in answers are lower case A-labels without the last dot; '' is the root
//   `authentic` is true only when a validating server on loopback said so (AD, RFC 6840 §5.8)

export type RecordType = 'A' | 'AAAA' | 'CAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SOA' | 'SRV' | 'TLSA' | 'TXT'

export type DnsCode =
  | 'ENOTFOUND' // the name does not exist (NXDOMAIN)
  | 'ENODATA' // it exists, without records of this type
  | 'ESERVFAIL' // every server refused, failed or answered nonsense: try later
  | 'ETIMEOUT' // no server answered in time: try later

export class DnsTrouble extends Error {
  code: DnsCode
  question: string

  constructor(code: DnsCode, question: string) {
    super(`${code} ${question}`)
    this.name = 'DnsTrouble'
    this.code = code
    this.question = question
  }
}

/** True when the answer is "there is none", false when nobody could tell. */
export function isAbsent(error: unknown): boolean {
  return error instanceof DnsTrouble && (error.code === 'ENOTFOUND' || error.code === 'ENODATA')
}

export interface MxRecord {
  exchange: string // '' for the null MX '.' (RFC 7505): this domain takes no mail
  priority: number
}

export interface SrvRecord {
  target: string // '' for '.': the service is decidedly not there (RFC 2782)
  port: number
  priority: number
  weight: number
}

export interface TlsaRecord {
  usage: number
  selector: number
  matchingType: number
  certificate: Buffer
}

export interface SoaRecord {
  primary: string
  minimum: number // seconds, the negative TTL (RFC 2308 §4)
}

export interface CaaRecord {
  flags: number
  tag: string
  value: string
}

export interface RecordData {
  A: string
  AAAA: string
  CAA: CaaRecord
  CNAME: string
  MX: MxRecord
  NS: string
  PTR: string
  SOA: SoaRecord
  SRV: SrvRecord
  TLSA: TlsaRecord
  TXT: string // the character-strings of one record put together (RFC 7208 §3.3)
}

export interface Answer<T extends RecordType = RecordType> {
  records: RecordData[T][] // at least one
  name: string // where they were found, after CNAMEs
  ttl: number // seconds they may still be used
  authentic: boolean
}

export interface Resolver {
  /** Asks one question. Throws DnsTrouble; never gives an empty answer. */
  resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>>
  /** Sorted by priority. A null MX is one record with exchange ''. */
  mx(name: string): Promise<MxRecord[]>
  a(name: string): Promise<string[]>
  aaaa(name: string): Promise<string[]>
  txt(name: string): Promise<string[]>
  ns(name: string): Promise<string[]>
  srv(name: string): Promise<SrvRecord[]>
  /** Names of an IPv4 or IPv6 address. DnsTrouble ENOTFOUND for what is no address. */
  ptr(address: string): Promise<string[]>
  /** With `authentic`: TLSA records that are not authentic must not be used (RFC 7672 §2.2). */
  tlsa(name: string): Promise<Answer<'TLSA'>>
  /** Ends what is under way; later questions throw ESERVFAIL. */
  close(): Promise<void>
}
