// A method of JMAP: a name, a half that reads its arguments and never waits, and a half that does it and
// never parses. RFC 8620 §3.
//
// Invariants the dispatcher (request.ts) keeps for every method:
//   run() is called only for a capability the request named in "using", and with an account the user may
//   see; what he may do with one mailbox of somebody else's is the method's to ask of the store
//   a MethodError or a Trouble becomes the "error" response of that call alone; the other calls go on
//   what else is thrown is our mistake: logged, answered serverFail

import type { Account } from '../directory/accounts.ts'
import type { Visibility } from '../directory/suggestions.ts'
import type { HouseIntake } from '../delivery/intake.ts'
import type { Store } from '../store/store.ts'
import type { Peer } from '../wire/conversation.ts'
import type { JmapLimits } from './limits.ts'
import type { Push } from './push.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Vapid } from './webpush.ts'

/** What methods have in hand. */
export interface JmapHouse {
  store: Store // with db, blobs, changes, clock
  /** What leaves or is delivered goes this way, as from SMTP. */
  intake: HouseIntake
  push: Push // tell() it what changed outside of the store, after the commit
  subscriptions: Subscriptions
  vapid: Vapid
  limits: JmapLimits
  hostname: string
  /** Who is found among the people of the house. */
  visibility: Visibility
  accountById(id: number): Promise<Account | undefined>
  /** Our mistakes. `reference` is the id the client was told. */
  report(error: unknown, reference: string): void
}

/** What a sign-in hangs on: the password as it stood (presenceOf), and a session (0: none). */
export interface Credentials {
  standing: string
  sessionId: number
}

export interface Call {
  house: JmapHouse
  user: Account // who signed in
  credentials: Credentials // what he signed in with
  accountId: string // as the client says it: objectId('A', account)
  account: number // whose data is meant
  own: boolean // account is user.id; else the user sees only mailboxes that were shared to him (store/rights.ts)
  /** Creation id -> id, for "#id" references; of this request, filled by Foo/set (RFC 8620 §3.3). */
  createdIds: Map<string, string>
  using: ReadonlySet<string>
  peer: Peer
  sessionId: string // in the history
  signal: AbortSignal // the client went away, or the house is closing
}

type Arguments = Record<string, unknown>

/** One method response: name and arguments (RFC 8620 §3.2). */
export type Response = [name: string, args: Arguments]

export interface Method<A = unknown> {
  name: string // 'Email/get'
  capability: string // 'urn:ietf:params:jmap:mail'
  /** Set: the method has no accountId argument; call.account is the user's own. */
  accountless?: boolean
  /** Arguments as the client sent them, references resolved. Throws MethodError invalidArguments ... Never waits. */
  read(args: Arguments, limits: JmapLimits): A
  /** The arguments of the response, which has the method's name; or several responses (RFC 8620 §3.6). */
  run(call: Call, args: A): Promise<Arguments | Response[]>
}

/** For the closed list: a method of whatever arguments. */
export function method<A>(one: Method<A>): Method {
  return one as Method
}

export type MethodErrorType =
  | 'serverUnavailable'
  | 'serverFail'
  | 'serverPartialFail'
  | 'unknownMethod'
  | 'invalidArguments'
  | 'invalidResultReference'
  | 'forbidden'
  | 'accountNotFound'
  | 'accountNotSupportedByMethod'
  | 'accountReadOnly'
  | 'requestTooLarge'
  | 'cannotCalculateChanges'
  | 'stateMismatch'
  | 'anchorNotFound'
  | 'unsupportedSort'
  | 'unsupportedFilter'
  | 'tooManyChanges'
  | 'fromAccountNotFound'
  | 'fromAccountNotSupportedByMethod'
  | 'unknownDataType' // RFC 9404 §4.3

/** The call failed (RFC 8620 §3.6.2). `why` is for the developer of the client. */
export class MethodError extends Error {
  type: MethodErrorType
  details: Arguments

  constructor(type: MethodErrorType, why = '', details: Arguments = {}) {
    super(why === '' ? type : why)
    this.name = 'MethodError'
    this.type = type
    this.details = why === '' ? details : { description: why, ...details }
  }
}

/** Why one object of a Foo/set was not created, changed or destroyed (RFC 8620 §5.3). */
export interface SetError extends Arguments {
  type: string
  description?: string
  properties?: string[]
}

/** Thrown for one object of a Foo/set; standard.ts puts it into notCreated, notUpdated or notDestroyed. */
export class SetRefusal extends Error {
  error: SetError

  constructor(error: SetError) {
    super(error.description ?? error.type)
    this.name = 'SetRefusal'
    this.error = error
  }
}

/** throw setError('invalidProperties', { properties: ['name'], description: '...' }) */
export function setError(type: string, details: Partial<SetError> = {}): SetRefusal {
  return new SetRefusal({ ...details, type })
}
