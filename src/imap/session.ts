// One IMAP session: what it is, what it may, what its client knows.

import type { UidList } from '../store/uids.ts'
import type { Store } from '../store/store.ts'
import type { Act } from '../tracking/acts.ts'
import type { Ear, Peer } from '../wire/conversation.ts'
import type { Framer } from './framer.ts'
import { imapLimits, type ImapLimits } from './limits.ts'
import type { Printed } from './printed.ts'
import type { Ranges } from './sequences.ts'

/** Who signed in. */
export interface Person {
  id: number
  address: string
}

export interface LoginAttempt {
  name: string
  password: string
  door: 'imap'
  peer: Peer
  sessionId: string
}

/** What the house gives this room. */
export interface ImapHost {
  store: Store
  /** Throws Trouble wrong-password, too-many-failures, account-closed, protocol-off, tls-required, unavailable. */
  signIn(attempt: LoginAttempt): Promise<Person>
  /** The account of an address of ours, for shared mailboxes and their rights. */
  accountOf(address: string): Promise<Person | undefined>
  addressOf(accountId: number): Promise<string | undefined>
  /** A new id under which the history of a mail is kept. */
  newHistoryId(): string
  /** What somebody did in another's mailboxes; resolves when it is in the history. */
  acted(act: Act): Promise<void>
  /** Our mistakes, for the operator. */
  report(error: unknown, about: { session: string; account?: number; command?: string }): void
  options: ImapOptions
}

export interface ImapOptions {
  hostname: string
  version: string
  /** LOGIN and AUTHENTICATE without TLS. Safe only on loopback. */
  plainLogin?: boolean
  limits?: Partial<ImapLimits>
}

export type State = 'greeted' | 'authenticated' | 'selected' | 'ended'

export interface Session {
  id: string
  host: ImapHost
  store: Store
  limits: ImapLimits
  printed: Printed
  peer: Peer
  ear: Ear
  framer: Framer
  state: State
  person: Person | undefined
  enabled: { rev2: boolean; utf8: boolean; condstore: boolean; qresync: boolean }
  compressed: boolean
  selected: Selected | undefined
  /** "$": uids, as ranges (RFC 5182). Forgotten when the mailbox is left. */
  saved: Ranges
  failedLogins: number
}

/** The client's picture of the selected mailbox. Only news.ts advances it. */
export interface Selected {
  mailboxId: number
  accountId: number
  name: string
  readOnly: boolean
  /** Letters of RFC 4314 that the person has here. */
  rights: string
  uidValidity: number
  /** How many messages the client was told of. */
  total: number
  /** All messages the client was told of have uids below it. */
  uidNext: number
  /** Their uids; undefined until somebody needs a message number. */
  uids: UidList | undefined
  /** Arrivals and flag changes up to this modseq were told. */
  told: number
  /** Removals up to this modseq were told. */
  toldGone: number
  /** Uids that are \Recent for this session (RFC 3501 §2.3.2), normal; none with IMAP4rev2, which knows no such flag. */
  recent: Ranges
  /** How many of them there were when they were last counted; `uids`, once known, are the truth. */
  recentTotal: number
  /** Modseqs of changes this session made itself and has answered. */
  own: Set<number>
  /** Keywords the client has heard in a FLAGS response, in lower case. */
  keywords: Set<string>
  /** Something was committed since the last look. */
  dirty: boolean
  /** The mailbox itself changed: name, place, rights. */
  rightsDirty: boolean
  unwatch(): void
}

/** Are mailbox names and strings UTF-8 on this connection? RFC 9051 §5.1, RFC 6855 §3. */
export function speaksUtf8(session: Session): boolean {
  return session.enabled.rev2 || session.enabled.utf8
}

/** The person of a session that is past login: the command table has seen to that. */
export function personOf(session: Session): Person {
  if (!session.person) throw new Error('nobody signed in')
  return session.person
}

/** The selected mailbox: the command table has seen to that. */
export function selectedOf(session: Session): Selected {
  if (!session.selected) throw new Error('no mailbox is selected')
  return session.selected
}

/** Leaves the selected mailbox without a word. */
export function deselect(session: Session): void {
  session.selected?.unwatch()
  session.selected = undefined
  session.saved = []
  if (session.state === 'selected') session.state = 'authenticated'
}

export function limitsOf(options: ImapOptions): ImapLimits {
  return { ...imapLimits, ...options.limits }
}
