// What a POP3 session knows, and what it asks of the house.

import type { SignIn } from '../login/login.ts'
import type { Store } from '../store/store.ts'
import type { Ear, Peer } from '../wire/conversation.ts'
import type { Drop } from './drop.ts'
import type { Framer } from './framer.ts'
import type { Pop3Limits } from './limits.ts'
import type { Locks } from './locks.ts'
import { Refusal } from './replies.ts'
import type { Language } from './words.ts'

export interface Pop3Host {
  store: Store
  signIn: SignIn
  options: Pop3Options
  /** Told of what should not have happened. */
  report?(error: unknown): void
}

export interface Pop3Options {
  hostname: string // in the greeting
  version?: string // in IMPLEMENTATION
  plainLogin?: boolean // passwords without TLS: off unless the operator says so
  limits?: Partial<Pop3Limits>
  locks?: Locks // shared by all sessions of all listeners; of this process when not given
}

export type State = 'authorization' | 'transaction' | 'ended' // RFC 1939 §3

export interface Session {
  id: string
  host: Pop3Host
  store: Store
  limits: Pop3Limits
  locks: Locks
  peer: Peer
  ear: Ear
  framer: Framer
  state: State
  language: Language
  name: string | undefined // from USER
  drop: Drop | undefined // of the transaction state
  release: (() => void) | undefined // of the mailbox's lock
  failedLogins: number
  badCommands: number
}

/** The maildrop of a session that is past login: the command table has seen to that. */
export function dropOf(session: Session): Drop {
  if (!session.drop) throw new Error('no maildrop outside the transaction state')
  return session.drop
}

/** May a password be sent now? */
export function mayLogin(session: Session): boolean {
  return session.peer.tls !== undefined || session.host.options.plainLogin === true
}

/** A message's index from its number on the wire. Throws Refusal. */
export function messageOf(drop: Drop, number: number): number {
  if (number < 1 || number > drop.uids.length) throw new Refusal('no-such-message')
  if (drop.deleted[number - 1] === 1) throw new Refusal('is-deleted')
  return number - 1
}
