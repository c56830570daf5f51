// When a mail is tried again, when its sender is told, and when it is given up. Pure.

import type { QueueSettings } from './limits.ts'

export interface Waiting {
  arrivedAt: number
  attempts: number // before this one
  delayTold: boolean
  isLocal: boolean // a mailbox of ours that is full
}

export type Next = { is: 'expired' } | { is: 'again'; nextAt: number; expiresAt: number; tellDelay: boolean }

const minute = 60_000
const hour = 3_600_000

/** After an attempt that failed for now, at `now`. */
export function nextAttempt(waiting: Waiting, now: number, settings: QueueSettings): Next {
  const hours = waiting.isLocal ? settings.localExpireHours : settings.expireHours
  const expiresAt = waiting.arrivedAt + hours * hour
  if (now >= expiresAt) return { is: 'expired' }
  const { retryMinutes, delayNoticeHours } = settings
  const pause = retryMinutes[Math.min(waiting.attempts, retryMinutes.length - 1)] ?? 60
  return {
    is: 'again',
    // The last attempt is made at the end, not a pause before it.
    nextAt: Math.min(now + pause * minute, expiresAt),
    expiresAt,
    tellDelay: !waiting.delayTold && now - waiting.arrivedAt >= delayNoticeHours * hour,
  }
}
