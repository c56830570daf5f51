// What the tests of reclaiming and the process they kill have in common.

import type { VolumeLimits } from '../src/blobs/limits.ts'
import { storeLimits, type StoreLimits } from '../src/store/limits.ts'

export const smallVolumes: Partial<VolumeLimits> = { volumeBytes: 100_000, blockBytes: 20_000 }

/** Every call looks, and nothing waits. */
export const eagerLimits: StoreLimits = {
  ...storeLimits,
  reclaimEvery: 0,
  reclaimGrace: 0,
  reclaimGraceShort: 0,
  reclaimReserve: 0,
  spaceShort: 0,
}
