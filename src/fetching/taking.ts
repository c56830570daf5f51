// What a conversation with another server needs of the house: who to sign in as, what was fetched before, and where
// mails go.
//
// Invariant: when take() has resolved, the mail is on disk and its name is among those that were seen, both by one
// transaction. Nothing is deleted elsewhere before.

import type { Flag } from '../store/flags.ts'
import type { TlsFacts } from '../wire/conversation.ts'
import { Failure } from './failure.ts'

export interface Login {
  tls: 'tls' | 'starttls'
  username: string
  password: string
  folder: string // IMAP
  keep: boolean // mails stay there
}

export interface Offered {
  /** What it is called there, for ever; undefined where it has no name: then its bytes are. */
  key: string | undefined
  flags: Flag[]
  receivedAt: number | undefined
}

/** How far a mailbox of IMAP was read. */
export interface Mark {
  validity: number // UIDVALIDITY; 0: never
  uid: number // all up to this were taken or passed over
}

export interface Taking {
  /** Whether there is time and room for another mail in this run; counts what is left. */
  goesOn(): boolean
  /** Whether a mail is not too large for this; counts those that are. Throws Failure over-quota. */
  fits(size: number): Promise<boolean>
  /** Stores and places a mail, unless one of the same bytes was taken before. */
  take(offered: Offered, pieces: AsyncIterable<Buffer>): Promise<void>
  mark: Mark
  /** Names of all that were taken, of those that begin so. */
  seen(prefix: string): Promise<Set<string>>
  /** These are not there any more. */
  forget(keys: Iterable<string>): Promise<void>
  /** Everything that was there has been looked at. */
  complete(): void
}

/** Before anything secret is said. */
export function checkTls(tls: TlsFacts | undefined): void {
  if (!tls) throw new Failure('no-tls')
  if (!tls.verified) throw new Failure('certificate', tls.flaw ?? '')
}

/** The initial response of SASL PLAIN. RFC 4616 §2 */
export function plainResponse({ username, password }: Login): string {
  return Buffer.from(`\0${username}\0${password}`).toString('base64')
}
