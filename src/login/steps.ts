// The steps of a sign-in, in order, the same at every door. Each throws the Trouble that ends it.
//
// What only the owner may know (suspended, door closed) comes after the password; what anybody may
// know before it. A name nobody has goes the same way as a wrong password, in the same time.

import type { Credentials } from '../directory/names.ts'
import type { Protocol } from '../directory/protocols.ts'
import type { Peer } from '../wire/conversation.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Failures } from './failures.ts'
import type { Verified } from './verified.ts'

export interface Attempt {
  name: string // as typed
  password: string
  door: Protocol
  peer: Peer
  sessionId: string
  host?: string // the host name that was asked, where the door knows it better than SNI
  local?: boolean // there is no TLS here, but the password never left this machine, or was encrypted up to it
}

export interface SigningIn {
  attempt: Attempt
  name: string // the normal form
  source: string
  now: number
  credentials: Credentials
}

export interface StepTools {
  requireTls: boolean
  failures: Failures
  verified: Verified
  /** Notes a wrong password and locks what must be locked. */
  failed: (signingIn: SigningIn) => Promise<void>
}

export type Step = (signingIn: SigningIn, tools: StepTools) => void | Promise<void>

/** No password in clear text over a network, unless set otherwise. */
export const tlsStep: Step = ({ attempt }, { requireTls }) => {
  if (requireTls && !attempt.peer.tls && !attempt.local) throw new Trouble('tls-required')
}

/** Locks of the name hold where it is not familiar, those of the name here hold always. */
export const lockStep: Step = ({ credentials, name, source, now }, { failures }) => {
  const wide = Math.max(credentials.lockedEverywhere, failures.sourceLockedUntil(source))
  const until = Math.max(credentials.lockedHere, failures.isFamiliar(name, source, now) ? 0 : wide)
  if (until > now) throw new Trouble('too-many-failures', { until, minutes: Math.ceil((until - now) / 60_000) })
}

export const passwordStep: Step = async (signingIn, { verified, failed }) => {
  if (await verified.isRight(signingIn)) return
  await failed(signingIn)
  throw new Trouble('wrong-password')
}

export const statusStep: Step = ({ credentials: { account } }) => {
  // Nobody is a shared account: whoever uses it signs in as himself.
  if (!account || account.shared) throw new Trouble('wrong-password')
  const { status, reason } = account
  if (status !== 'active') throw new Trouble('account-closed', { status, reason })
}

export const switchStep: Step = ({ attempt, credentials: { account } }) => {
  if (!account?.protocols[attempt.door]) throw new Trouble('protocol-off', { protocol: attempt.door })
}

export const steps: Step[] = [tlsStep, lockStep, passwordStep, statusStep, switchStep]
