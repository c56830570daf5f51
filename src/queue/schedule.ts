// When a mail is tried again, when its sender is told, and when it is given up. Pure.

import type { QueueSettings } from './limits.ts'

export interface Waiting {
  arrivedAt: number
  attempts: number // before this one
  delayTold: boolean
  isLocal: boolean // a mailbox of ours that is full
}

export type Next = { is: 'expired' } | { is: 'again'; nextAt: number; expiresAt: number; tellDelay: boolean }

/** After an attempt that failed for now, at `now`. */
export function nextAttempt(waiting: Waiting, now: number, settings: QueueSettings): Next {
  const expiresAt = waiting.arrivedAt + (waiting.isLocal ? settings.expireLocal : settings.expire)
  if (now >= expiresAt) return { is: 'expired' }
  const { retries, delayNotice } = settings
  const pause = retries[Math.min(waiting.attempts, retries.length - 1)] ?? 3_600_000
  return {
    is: 'again',
    // The last attempt is made at the end, not a pause before it.
    nextAt: Math.min(now + pause, expiresAt),
    expiresAt,
    tellDelay: !waiting.delayTold && now - waiting.arrivedAt >= delayNotice,
  }
}
