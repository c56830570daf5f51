// How much guessing is borne, and how much work strangers can make us do.

import { availableParallelism } from 'node:os'

export interface LoginLimits {
  /** Different wrong passwords of one name from one source within the window before that pair is locked. */
  failuresHere: number
  /** The same from all sources together, before the name is locked where it has not signed in lately. */
  failuresEverywhere: number
  /** Different names that fail from one source within the window before the source is locked. */
  namesPerSource: number
  windowMilliseconds: number
  lockMilliseconds: number
  /** How long a good sign-in makes a source familiar to a name: locks of the source do not hold it. */
  familiarMilliseconds: number
  /** Bits of an IPv4 address that make one source: 32, or 24 for whole networks. IPv6: always 64. */
  prefix4: number
  /** Names, sources and familiar pairs that are remembered; beyond, the oldest is forgotten. */
  remembered: number
  /** Locks kept in the database. */
  locks: number
  /** Passwords hashed at the same time, 19 MiB each. */
  hashesAtOnce: number
  /** Passwords of one source that may wait to be hashed. */
  waitingPerSource: number
  /** Passwords of all sources that may wait. */
  waiting: number
  /** Sign-ins of one name from one source that may wait for each other. */
  waitingPerName: number
  /** How long a verified password need not be hashed again. */
  cacheMilliseconds: number
  cached: number
  /** Bytes of a password. */
  password: number
  /** Characters a new password must have. */
  passwordMinimum: number
}

export const loginDefaults: LoginLimits = {
  failuresHere: 10,
  failuresEverywhere: 100,
  namesPerSource: 30,
  windowMilliseconds: 15 * 60_000,
  lockMilliseconds: 15 * 60_000,
  familiarMilliseconds: 24 * 3_600_000,
  prefix4: 32,
  remembered: 100_000,
  locks: 10_000,
  hashesAtOnce: Math.min(8, Math.max(2, availableParallelism())),
  waitingPerSource: 128,
  waiting: 1024,
  waitingPerName: 1000,
  cacheMilliseconds: 5 * 60_000,
  cached: 50_000,
  password: 1024,
  passwordMinimum: 8,
}
