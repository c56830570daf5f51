// What a ManageSieve session knows, and what it asks of the house.

import type { Account } from '../directory/accounts.ts'
import type { SignIn } from '../login/login.ts'
import type { Database } from '../sql/sql.ts'
import type { Ear, Peer } from '../wire/conversation.ts'
import type { Argument } from './command.ts'
import type { Framer } from './framer.ts'
import type { ManageSieveLimits } from './limits.ts'
import { Refusal } from './replies.ts'

export interface ManageSieveHost {
  db: Database
  signIn: SignIn
  options: ManageSieveOptions
  /** Scripts of an account changed, after the commit. */
  changed?(accountId: number): void
  /** Told of what should not have happened. */
  report?(error: unknown): void
}

export interface ManageSieveOptions {
  version?: string // in IMPLEMENTATION
  plainLogin?: boolean // passwords without TLS: off unless the operator says so
  limits?: Partial<ManageSieveLimits>
}

export type State = 'stranger' | 'person' | 'ended' // RFC 5804 §1.4

export interface Session {
  id: string
  host: ManageSieveHost
  limits: ManageSieveLimits
  peer: Peer
  ear: Ear
  framer: Framer
  state: State
  account: Account | undefined // of a person
  /** Set: the next thing said answers a challenge. */
  challenge: ((args: Argument[]) => Promise<string>) | undefined
  failedLogins: number
  badCommands: number
}

/** Who signed in: the command table has seen to that. */
export function personOf({ account }: Session): Account {
  if (!account) throw new Refusal('sign-in-first')
  return account
}

/** May a password be sent now? */
export function mayLogin(session: Session): boolean {
  return session.peer.tls !== undefined || session.host.options.plainLogin === true
}
