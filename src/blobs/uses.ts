// Who still needs a volume: blobs being written or read, and references given out that no row may name yet.
//
// Invariant: once isFree() says so of a volume without named blobs, no row will ever name one of it, for a
// reference is to be named before its time is over, and that time was over long ago.

import type { VolumeLimits } from './limits.ts'
import { reaches } from './places.ts'

/** Something going on that needs the volumes from `first` to `volume`. */
export interface Use {
  first: number
  volume: number
}

export interface Uses {
  begin(use: Use): void
  end(use: Use): void
  /** References into these volumes are given out; gives the time by which a row must name them. */
  given(first: number, last: number): number
  /** Nobody needs a volume any more, as far as can be known here. */
  isFree(volume: number): boolean
  forget(volume: number): void
}

/** `now` in milliseconds, never going back. */
export function watchUses({ unnamedFor, namingTakes }: VolumeLimits, now: () => number): Uses {
  const going = new Set<Use>()
  const lastGiven = new Map<number, number>()
  return {
    begin: (use) => void going.add(use),
    end: (use) => void going.delete(use),
    given(first, last) {
      const at = now()
      for (let volume = first; volume <= last; volume++) lastGiven.set(volume, at)
      return at + unnamedFor
    },
    isFree(volume) {
      for (const use of going) if (reaches(use, volume)) return false
      const at = lastGiven.get(volume)
      return at === undefined || now() - at > unnamedFor + namingTakes
    },
    forget: (volume) => void lastGiven.delete(volume),
  }
}
