// Failed sign-ins: what is remembered of them, and when it is enough.
//
// One person's mistakes lock that person's name at that person's place, nobody else there and (until
// it becomes an attack from everywhere) the person nowhere else. A source is locked when many
// different names fail from it, and even then not for names that lately signed in well from it:
// an office behind one address goes on working.
//
// judge() is pure; the tables are in memory and bounded. Names nobody has are counted like all others.

import type { LoginLimits } from './limits.ts'

export interface FailureFacts {
  now: number
  here: number[] // when each different wrong password of the name came from this source
  everywhere: number[] // the same from anywhere
  names: number[] // when each different name last failed from this source
}

export interface Judgement {
  here: boolean // lock the name for this source
  everywhere: boolean // lock the name
  source: boolean // lock the source
}

/** Pure. Counts what is within the window, this failure included. */
export function judge(facts: FailureFacts, limits: LoginLimits): Judgement {
  const within = (times: number[]) => times.filter((at) => at > facts.now - limits.windowMilliseconds).length
  return {
    here: within(facts.here) >= limits.failuresHere,
    everywhere: within(facts.everywhere) >= limits.failuresEverywhere,
    source: within(facts.names) >= limits.namesPerSource,
  }
}

/** One wrong password of a name. */
interface Failure {
  at: number
  source: string
  digest: string // keyed: says nothing without the key of this process
  against: string | undefined // the hash it was wrong for
}

export interface Failures {
  /** True when this password is already known to be wrong for this hash. */
  isKnownWrong(name: string, digest: string, against: string | undefined): boolean
  /** Notes a failure; the same wrong password again changes nothing. */
  failed(name: string, failure: Failure): Judgement
  /** Forgets what counted against a name at a source, and makes the source familiar to it. */
  succeeded(name: string, source: string, now: number): void
  isFamiliar(name: string, source: string, now: number): boolean
  lockSource(source: string, until: number): void
  /** Until when, in milliseconds; 0: not locked. */
  sourceLockedUntil(source: string): number
  /** Forgets a name's count, after a lock was set for it: the next window starts at nothing. */
  forget(name: string, source: string): void
}

const nothing: Judgement = { here: false, everywhere: false, source: false }

export function openFailures(limits: LoginLimits): Failures {
  const byName = new Map<string, Failure[]>()
  const bySource = new Map<string, Map<string, number>>()
  const familiar = new Map<string, number>()
  const lockedSources = new Map<string, number>()
  const pair = (name: string, source: string) => `${source} ${name}`

  function noteName(name: string, failure: Failure): Failure[] {
    const oldest = failure.at - limits.windowMilliseconds
    const kept = (byName.get(name) ?? []).filter((each) => each.at > oldest).slice(-limits.failuresEverywhere + 1)
    kept.push(failure)
    remember(byName, name, kept, limits.remembered)
    return kept
  }

  function noteSource(name: string, failure: Failure): number[] {
    const names = bySource.get(failure.source) ?? new Map<string, number>()
    remember(names, name, failure.at, limits.namesPerSource)
    remember(bySource, failure.source, names, limits.remembered)
    return [...names.values()]
  }

  return {
    isKnownWrong(name, digest, against) {
      const known = byName.get(name)?.find((each) => each.digest === digest)
      return known !== undefined && known.against === against
    },
    failed(name, failure) {
      const known = byName.get(name)?.find((each) => each.digest === failure.digest && each.source === failure.source)
      if (known) {
        known.against = failure.against
        return nothing
      }
      const all = noteName(name, failure)
      const here = all.filter((each) => each.source === failure.source)
      const names = noteSource(name, failure)
      const times = (failures: Failure[]) => failures.map((each) => each.at)
      return judge({ now: failure.at, here: times(here), everywhere: times(all), names }, limits)
    },
    succeeded(name, source, now) {
      remember(familiar, pair(name, source), now, limits.remembered)
      bySource.get(source)?.delete(name)
      this.forget(name, source)
    },
    isFamiliar(name, source, now) {
      const at = familiar.get(pair(name, source))
      return at !== undefined && at > now - limits.familiarMilliseconds
    },
    lockSource(source, until) {
      bySource.delete(source)
      remember(lockedSources, source, until, limits.remembered)
    },
    sourceLockedUntil: (source) => lockedSources.get(source) ?? 0,
    forget(name, source) {
      const left = byName.get(name)?.filter((each) => source !== '' && each.source !== source) ?? []
      if (left.length > 0) byName.set(name, left)
      else byName.delete(name)
    },
  }
}

/** Puts the entry last; the first (oldest) goes when there are too many. */
function remember<Value>(table: Map<string, Value>, key: string, value: Value, most: number): void {
  table.delete(key)
  if (table.size >= most) {
    const [oldest] = table.keys()
    if (oldest !== undefined) table.delete(oldest)
  }
  table.set(key, value)
}
