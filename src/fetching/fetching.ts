// Fetching from accounts elsewhere, on a schedule.
//
// Invariants:
//   so many runs at once, one of each external account over all processes
//   after failures the pauses grow; a password that is refused again and again is not tried any more until something
//   is changed, so that nobody's account elsewhere is locked by us

import { randomBytes, randomInt } from 'node:crypto'
import {
  claimExternal,
  dropClaims,
  dueExternals,
  endRun,
  externalById,
  type ExternalAccount,
} from '../directory/externals.ts'
import type { FetchingLimits } from './limits.ts'
import { runOnce, type FetchingWorld, type Outcome } from './run.ts'
import type { Secrets } from './secrets.ts'

export interface Fetching {
  secrets: Secrets
  limits: FetchingLimits
  /** Looks at what is due, now. */
  wake(): void
  /** Runs one now, due or not; resolves when it has ended. False: it runs already, or is not there. */
  run(id: number): Promise<boolean>
  /** Ends what runs. */
  stop(): Promise<void>
}

export type FetchingOptions = FetchingWorld & { secrets: Secrets }

export function startFetching(world: FetchingOptions): Fetching {
  const { store, secrets, limits, clock, failed } = world
  const { db } = store
  const ended = new AbortController()
  const running = new Set<Promise<boolean>>()
  let looking: Promise<void> | undefined
  let isAgain = false

  async function run(id: number): Promise<boolean> {
    const now = clock()
    const claim = randomBytes(12).toString('base64url')
    const external = await claimExternal(db, id, claim, { now, until: now + limits.runMilliseconds + 120_000 })
    if (!external) return false
    const outcome = await attempt(external, claim)
    // What the house itself broke off is no failure of theirs.
    const isOurs = ended.signal.aborted && outcome.result !== 'ok'
    const { lastResult, lastSaid, failures, active } = external
    const asBefore = { result: lastResult, said: lastSaid, nextAt: now, failures, active }
    await endRun(db, id, claim, { ...outcome, ...(isOurs ? asBefore : plan(external, outcome)) }, clock())
    return true
  }

  async function attempt(external: ExternalAccount, claim: string): Promise<Outcome> {
    const nothing = { said: '', fetched: 0, skipped: 0, isMore: false }
    const password = secrets.open(external.secret, external)
    if (password === undefined) return { ...nothing, result: 'no-secret' }
    try {
      return await runOnce(world, external, claim, password, ended.signal)
    } catch (error) {
      failed(error)
      return { ...nothing, result: 'unavailable' }
    }
  }

  /** When to come again. */
  function plan(external: ExternalAccount, { result, isMore }: Outcome) {
    const now = clock()
    if (result === 'ok')
      return { nextAt: isMore ? now : now + around(external.every), failures: 0, active: external.active }
    const failures = external.failures + 1
    const pause = Math.max(external.every, Math.min(external.every * 2 ** Math.min(failures - 1, 20), limits.longest))
    const isHopeless = result === 'no-secret' || (result === 'wrong-password' && failures >= limits.wrongPasswords)
    return { nextAt: now + around(pause), failures, active: external.active && !isHopeless }
  }

  function track(id: number): void {
    const one = run(id)
      .catch((error: unknown) => {
        failed(error)
        return false
      })
      .then((hasRun) => {
        running.delete(one)
        if (hasRun) wake() // a place is free
        return hasRun
      })
    running.add(one)
  }

  async function look(): Promise<void> {
    do {
      isAgain = false
      const free = limits.runs - running.size
      if (free <= 0 || ended.signal.aborted) return
      for (const id of await dueExternals(db, clock(), free)) track(id)
    } while (isAgain)
  }

  function wake(): void {
    isAgain = true
    looking ??= look()
      .catch(failed)
      .finally(() => (looking = undefined))
  }

  // Where one process alone has the database, no claim outlives it.
  looking = (db.between ? Promise.resolve() : dropClaims(db)).catch(failed).finally(() => (looking = undefined))
  const timer = setInterval(wake, limits.lookMilliseconds).unref()
  return {
    secrets,
    limits,
    wake,
    async run(id) {
      await looking
      if (!(await externalById(db, id, clock()))) return false
      const one = run(id)
      running.add(one)
      try {
        return await one
      } finally {
        running.delete(one)
      }
    },
    async stop() {
      clearInterval(timer)
      ended.abort()
      await looking
      await Promise.allSettled(running)
    },
  }
}

/** Not all at the same moment. */
function around(milliseconds: number): number {
  return milliseconds + randomInt(Math.max(1, Math.floor(milliseconds / 10)))
}
