// What a running script asks about the house. A declared port; an answer may take its time.
//
// A question the house cannot answer is left undefined: the script is told "no".

import type { Program } from './program.ts'

type Answer<T> = T | Promise<T>

export interface SieveWorld {
  /** Milliseconds: the time that currentdate tells. It does not pass during a run. */
  now: number
  /** Minutes east of Greenwich of the person's zone at a time, for date tests without :zone. */
  zone?(at: number): number
  /** Characters that part an address's user from its detail (RFC 5233 §4); '+' when undefined. */
  separators?: string
  /** Items of RFC 5183 §4.1, as 'domain', 'host', 'location', 'phase', 'name', 'version', 'remote-ip'. */
  environment?(name: string): string | undefined
  /** RFC 5490 §3.1: exists, and the person may put mail into it. */
  mailboxExists?(name: string): Answer<boolean>
  /** RFC 9042 §2: as above, by MAILBOXID. */
  mailboxIdExists?(id: string): Answer<boolean>
  /** RFC 8579 §3: some mailbox (or the one named) has this use, '\Junk' for example. */
  specialUseExists?(use: string, mailbox: string | undefined): Answer<boolean>
  /** RFC 5490 §3.3, §3.5: an annotation of a mailbox, or of the server when `mailbox` is undefined. */
  annotation?(mailbox: string | undefined, name: string): Answer<string | undefined>
  /** RFC 6609 §3.2: an active or inactive script, compiled; undefined when there is none. May throw SieveError. */
  script?(location: 'personal' | 'global', name: string): Answer<Program | undefined>
  /** RFC 7352: whether this key is remembered. It is not remembered by asking: see Outcome.remember. */
  isRemembered?(key: string): Answer<boolean>
  /** Fields the house keeps from editheader; names in lower case. Undefined: all but those of RFC 5293 §4. */
  mayEditHeader?(name: string, how: 'add' | 'delete'): boolean
  /** RFC 6134 §2.7, valid_ext_list. */
  listExists?(list: string): Answer<boolean>
  inList?(list: string, value: string): Answer<boolean>
  /** RFC 6134 §2.8: the addresses of a list, for redirect :list. */
  listAddresses?(list: string): Answer<string[]>
  /** RFC 5235 §3.2: how surely it is spam, 0 to 100 percent; undefined when it was not tested. */
  spam?(): Answer<number | undefined>
  /** RFC 5235 §3.3: 0 not tested, 1 (clean) to 5 (surely infected). */
  virus?(): Answer<number>
}
