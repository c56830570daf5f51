// Writes what became of the recipients of one mail: rows, history and reports in one transaction.

import { normalAddress } from '../mail/address.ts'
import { writeEvents, type Event } from '../tracking/events.ts'
import { postponeEntry, removeEntry, removeFinished, type QueueEntry, type QueueMail } from './entries.ts'
import type { QueueHouse } from './port.ts'
import { writeReports, type Tidings } from './returns.ts'
import { nextAttempt } from './schedule.ts'
import { noteOutcomes, type Followed } from './submissions.ts'

export interface Outcome {
  entry: QueueEntry
  result: 'accepted' | 'later' | 'refused'
  status: string
  words: string // the reply of the other host, or our own
  host?: string
  address?: string // IP
  tls?: string
  isLocal?: boolean
  dsnPassedOn?: boolean // the next host reports success itself
  turnedAway?: boolean // 421: too many connections, or going down
  isOurs?: boolean // the words are ours: nobody was asked
}

/** What follows from one outcome. */
interface Consequence {
  outcome: Outcome
  event: Event
  remove: boolean
  postpone?: Parameters<typeof postponeEntry>[3]
  tidings?: Tidings
}

/** Settles outcomes of one mail. Entries that were dropped or taken over meanwhile are left alone. */
export async function settle(house: QueueHouse, node: string, mail: QueueMail, outcomes: Outcome[]): Promise<void> {
  const now = house.clock()
  const following = outcomes.map((outcome) => consequenceOf(house, mail, outcome, now))
  const tidings = following.flatMap((one) => (one.tidings ? [one.tidings] : []))
  const addReports = tidings.length > 0 ? await writeReports(house, mail, tidings) : undefined

  const news = await house.inOneGo(async (sql) => {
    const events: Event[] = []
    const settled: Followed[] = []
    for (const { outcome, event, remove, postpone } of following) {
      const { id } = outcome.entry
      const isOurs = remove ? await removeEntry(sql, node, id) : await postponeEntry(sql, node, id, postpone!)
      if (!isOurs) continue
      events.push(event)
      settled.push(followed(outcome, remove))
    }
    if (events.length === 0) return undefined
    await addReports?.(sql)
    if (following.some(({ remove }) => remove)) await removeFinished(sql, [mail.id])
    await writeEvents(sql, events)
    return mail.submission ? noteOutcomes(sql, mail.historyId, settled) : undefined
  })
  if (news) house.submissionsChanged?.(news)
}

/** An outcome as its sender is told it (RFC 8621 §7, deliveryStatus). */
export function followed({ entry, result, status, words, isLocal }: Outcome, isSettled: boolean): Followed {
  const code = { accepted: '250', later: '451', refused: '550' }[result]
  const reply = /^[245]\d\d /.test(words) ? words : `${code} ${status} ${words}`
  const done = result === 'accepted' ? (isLocal ? 'yes' : 'unknown') : 'no'
  return { address: entry.address, delivered: isSettled ? done : 'queued', reply }
}

function consequenceOf(house: QueueHouse, mail: QueueMail, outcome: Outcome, now: number): Consequence {
  const { entry, status, words, host } = outcome
  const about = { entry, status, words: outcome.isOurs ? undefined : words, host: outcome.isOurs ? undefined : host }
  if (outcome.result === 'accepted') {
    const tidings: Tidings | undefined = outcome.dsnPassedOn ? undefined : { ...about, action: 'relayed' }
    return { outcome, remove: true, event: eventOf(mail, outcome, 'delivered', now), tidings }
  }
  if (outcome.result === 'refused') {
    return {
      outcome,
      remove: true,
      event: eventOf(mail, outcome, 'bounced', now),
      tidings: { ...about, status: `5${status.slice(1)}`, action: 'failed' },
    }
  }
  const { arrivedAt } = mail
  const { attempts, delayTold } = entry
  const isLocal = outcome.isLocal === true
  const next = nextAttempt({ arrivedAt, attempts, delayTold, isLocal }, now, house.settings)
  if (next.is === 'expired') {
    return {
      outcome,
      remove: true,
      event: eventOf(mail, outcome, 'bounced', now, { expired: true }),
      // RFC 3463 §3.5: 4.4.7 is "delivery time expired"; the last attempt says why.
      tidings: isLocal
        ? { ...about, status: `5${status.slice(1)}`, action: 'failed' }
        : { ...about, status: '4.4.7', cause: status, action: 'failed' },
    }
  }
  const { nextAt, expiresAt, tellDelay } = next
  return {
    outcome,
    remove: false,
    event: eventOf(mail, outcome, 'attempt', now, { nextAt, delayTold: tellDelay || undefined }),
    postpone: { nextAt, expiresAt, delayTold: delayTold || tellDelay, at: now, status, words, host },
    tidings: tellDelay ? { ...about, action: 'delayed', retryUntil: expiresAt } : undefined,
  }
}

export function eventOf(mail: QueueMail, outcome: Outcome, kind: string, at: number, more: object = {}): Event {
  const { entry, status, words, host, address, tls } = outcome
  return {
    at,
    kind,
    mail: mail.historyId,
    address: normalAddress(entry.address),
    peer: address,
    details: { attempt: entry.attempts + 1, host, tls, status, words, sender: mail.sender, ...more },
  }
}
