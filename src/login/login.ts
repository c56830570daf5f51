// Signing in, for every door: SMTP AUTH, IMAP, POP3, ManageSieve, the web.
//
// Invariants:
//   an unknown name and a wrong password differ neither in words nor in time
//   sign-ins of one name from one source go one after the other, so that many at once cannot
//   outrun the count of failures
//   every sign-in leaves an event: who, where from, which door, with or without TLS, and why not

import { credentialsOf, lockSignIn, normalLogin } from '../directory/names.ts'
import type { Account } from '../directory/accounts.ts'
import type { Database } from '../sql/sql.ts'
import type { Event } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { openFailures } from './failures.ts'
import { loginDefaults, type LoginLimits } from './limits.ts'
import { openHashing } from './passwords.ts'
import { isLoopback, sourceOf } from './source.ts'
import { steps, type Attempt, type SigningIn, type StepTools } from './steps.ts'
import { openVerified } from './verified.ts'

/**
 * Gives the account, or throws a Trouble: wrong-password | too-many-failures (details.until,
 * details.minutes) | account-closed (details.status, details.reason) | protocol-off | tls-required |
 * unavailable.
 */
export type SignIn = (attempt: Attempt) => Promise<Account>

export interface LoginSettings extends LoginLimits {
  requireTls: boolean
}

/** `note` takes the events; it may lose some (they promise nothing) and must not wait. */
export function openLogin(
  db: Database,
  overrides: Partial<LoginSettings> = {},
  clock: () => number = Date.now,
  note: (event: Event) => void = () => undefined,
): SignIn {
  const settings: LoginSettings = { requireTls: true, ...loginDefaults, ...overrides }
  const failures = openFailures(settings)
  const verified = openVerified(openHashing(settings), failures, settings)
  const inTurn = takeTurns(settings.waitingPerName)

  async function failed({ name, source, now, attempt, credentials }: SigningIn): Promise<void> {
    const digest = verified.digest(name, attempt.password.slice(0, settings.password))
    const locks = failures.failed(name, { at: now, source, digest, against: credentials.passwordHash })
    const until = now + settings.lockMilliseconds
    // Behind a proxy on this machine that does not say whom it speaks for, loopback is everybody.
    if (locks.source && !isLoopback(source)) failures.lockSource(source, until)
    for (const [isDue, where, count] of [
      [locks.here, source, settings.failuresHere],
      [locks.everywhere, '', settings.failuresEverywhere],
    ] as const) {
      if (!isDue) continue
      await lockSignIn(db, { name, source: where, until, failures: count }, now, settings.locks)
      failures.forget(name, where)
    }
  }
  const tools: StepTools = { requireTls: settings.requireTls, failures, verified, failed }

  async function walk(attempt: Attempt, name: string, source: string): Promise<Account> {
    const signingIn = { attempt, name, source, now: clock(), credentials: await credentialsOf(db, name, source) }
    try {
      for (const step of steps) await step(signingIn, tools)
      const account = signingIn.credentials.account
      if (!account) throw new Trouble('wrong-password')
      failures.succeeded(name, source, signingIn.now)
      note(eventOf('login', signingIn, {}))
      return account
    } catch (error) {
      const reason = error instanceof Trouble ? error.code : 'fault'
      note(eventOf('login-failed', signingIn, { reason }))
      throw error
    }
  }

  return async (attempt) => {
    const source = sourceOf(attempt.peer.address, settings.prefix4)
    const name = await normalLogin(db, attempt.name, attempt.host ?? attempt.peer.tls?.servername)
    return inTurn(`${source} ${name}`, () => walk(attempt, name, source))
  }
}

function eventOf(kind: string, { attempt, name, now, credentials }: SigningIn, more: object): Event {
  const { peer, door, sessionId } = attempt
  return {
    at: now,
    kind,
    ...(credentials.account && { account: credentials.account.id }),
    session: sessionId,
    address: name,
    peer: peer.address,
    details: { door, listener: peer.listener, tls: peer.tls?.protocol ?? null, ...more },
  }
}

/** Work under one key runs one after the other; `most` may wait. */
function takeTurns(most: number): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, { last: Promise<unknown>; length: number }>()
  return async (key, work) => {
    const line = lines.get(key) ?? { last: Promise.resolve(), length: 0 }
    if (line.length >= most) throw new Trouble('unavailable', { why: 'too many sign-ins at once' })
    lines.set(key, line)
    line.length++
    const mine = line.last.then(work)
    line.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      line.length--
      if (line.length === 0) lines.delete(key)
    }
  }
}
