// Lanes: what waits in memory for one destination, and how many connections it may have.
//
// A destination that takes mail well gets more connections, one by one; one that turns us away gets half. One
// that does not answer at all is left alone for a while, and what waits for it goes back into the table.

import type { QueueEntry, QueueMail } from './entries.ts'
import type { QueueSettings } from './limits.ts'
import type { Way } from './routes.ts'

/** One mail for recipients behind one lane. */
export interface Job {
  mail: QueueMail
  entries: QueueEntry[]
  way: Way
}

export interface Lane {
  key: string
  jobs: Job[]
  inHand: number // entries waiting and being sent
  lines: number // connections, idle ones too
  opening: number // lines that did not take a mail yet
  idle: Set<() => void> // wakes a connection that waits for the next mail
  limit: number // of connections
  blockedUntil: number
  blocks: number // times in a row that nobody answered
}

export interface Lanes {
  of(key: string): Lane
  /** The lane, where there is one. */
  known(key: string): Lane | undefined
  all(): Iterable<Lane>
  /** It took a mail. */
  went(lane: Lane): void
  /** It turned a connection away. */
  refused(lane: Lane): void
  /** Nobody answered at any address. */
  unreachable(lane: Lane, now: number): void
  /** Forgets the lane when nothing is in it and nothing has to be remembered. */
  tidy(lane: Lane, now: number): void
}

const hour = 3_600_000

export function openLanes(settings: QueueSettings): Lanes {
  const lanes = new Map<string, Lane>()
  return {
    of(key) {
      let lane = lanes.get(key)
      if (!lane) {
        lane = { key, jobs: [], inHand: 0, lines: 0, opening: 0, idle: new Set(), limit: 2, blockedUntil: 0, blocks: 0 }
        lanes.set(key, lane)
      }
      return lane
    },
    known: (key) => lanes.get(key),
    all: () => lanes.values(),
    went(lane) {
      lane.blocks = 0
      lane.blockedUntil = 0
      if (lane.limit < settings.connectionsPerDestination) lane.limit++
    },
    refused(lane) {
      lane.limit = Math.max(1, Math.floor(lane.limit / 2))
    },
    unreachable(lane, now) {
      const { blocked } = settings
      const pause = blocked[Math.min(lane.blocks, blocked.length - 1)] ?? 60_000
      lane.blocks++
      lane.limit = 1
      lane.blockedUntil = now + pause
    },
    tidy(lane, now) {
      const isRemembered = lane.blocks > 0 && lane.blockedUntil + hour > now
      if (lane.inHand === 0 && lane.lines === 0 && !isRemembered) lanes.delete(lane.key)
    },
  }
}
