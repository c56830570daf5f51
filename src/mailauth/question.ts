// What the verifier's thread asks and is told, and what a job looks like.

import type { RecordType } from '../dns/resolver.ts'

export interface DnsQuestion {
  name: string
  type: RecordType
}

export interface VerifyJob {
  head: Uint8Array // the header block, ends CRLF
  checked: boolean // false: not signed, or beyond the limits of what is checked
  address: string // of the client
  helo: string
  sender: string // '' for <>
  hostname: string
  now: number // milliseconds
  authors: number // limits.authors
  keyBits: number // limits.keyBits
}
