import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { queueDefaults } from './limits.ts'
import { nextAttempt, type Next, type Waiting } from './schedule.ts'

const minute = 60_000
const hour = 3_600_000
const fresh: Waiting = { arrivedAt: 0, attempts: 0, delayTold: false, isLocal: false }

const cases: [what: string, waiting: Partial<Waiting>, now: number, next: Partial<Next>][] = [
  ['the first pause is five minutes', {}, 0, { is: 'again', nextAt: 5 * minute, tellDelay: false }],
  ['pauses grow', { attempts: 3 }, hour, { is: 'again', nextAt: hour + 40 * minute }],
  ['the last pause repeats', { attempts: 99 }, 50 * hour, { is: 'again', nextAt: 54 * hour }],
  ['after four hours the sender is told', { attempts: 6 }, 4 * hour, { is: 'again', tellDelay: true }],
  ['but once', { attempts: 7, delayTold: true }, 9 * hour, { is: 'again', tellDelay: false }],
  ['the last attempt is at the end', { attempts: 40 }, 119 * hour, { is: 'again', nextAt: 120 * hour }],
  ['after five days it is over', { attempts: 40 }, 120 * hour, { is: 'expired' }],
  ['a full mailbox of ours has three', { attempts: 40, isLocal: true }, 72 * hour, { is: 'expired' }],
]
for (const [what, waiting, now, next] of cases) {
  test(what, () => {
    const found: Record<string, unknown> = { ...nextAttempt({ ...fresh, ...waiting }, now, queueDefaults) }
    deepEqual(Object.fromEntries(Object.keys(next).map((key) => [key, found[key]])), next)
  })
}
