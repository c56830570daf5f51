// How fast a login or an address may send: the counters behind policy/sending.ts sendingRate.
//
// A login pays for itself, under the limits of its class of service; a stranger's address pays under those of
// the house; nobody pays in trusted networks and on loopback without a login.

import { classByName, type SendingLimits } from '../directory/classes.ts'
import { sendingRate, type RateWindow } from '../policy/sending.ts'
import type { SmtpSession } from '../smtp/intake.ts'
import type { House } from './house.ts'
import { loopback } from './networks.ts'
import { openRate, sourceOf, type Rate } from './rates.ts'
import { refuse } from './refusals.ts'

export interface Speed {
  /** Reads the limits of the class a login belongs to. Once, when it signs in. */
  signedIn(session: SmtpSession, className: string): Promise<void>
  /** Throws the Refusal when one more mail, or one more recipient, is too fast. Recipients are counted here. */
  check(session: SmtpSession, of: 'mails' | 'recipients'): void
  /** A mail begins. */
  count(session: SmtpSession): void
  /** What the class says of one mail; absent: as the house. */
  limitsOf(session: SmtpSession): SendingLimits
}

const lengths = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
type Period = keyof typeof lengths

interface Limit {
  of: RateWindow['of']
  per: Period
  limit: number
}

export function openSpeed({ settings, store, clock }: House): Speed {
  const rates = new Map<string, Rate>()
  const classLimits = new WeakMap<SmtpSession, SendingLimits>()

  function rateOf({ of, per }: Pick<Limit, 'of' | 'per'>): Rate {
    const name = `${of} ${per}`
    let rate = rates.get(name)
    if (!rate) rates.set(name, (rate = openRate(lengths[per], settings.watchedAddresses)))
    return rate
  }

  function limitsFor(session: SmtpSession): { key: string; limits: Limit[] } | undefined {
    const { login, peer, facts } = session
    if (login) return { key: `#${login.accountId}`, limits: ofLogin(settings, classLimits.get(session) ?? {}) }
    if (facts.trusted || loopback.has(peer.address)) return undefined
    const limits: Limit[] = [
      { of: 'mails', per: 'minute', limit: settings.strangerMailsPerMinute },
      { of: 'recipients', per: 'hour', limit: settings.strangerRecipientsPerHour },
    ]
    return { key: sourceOf(peer.address), limits }
  }

  function add(session: SmtpSession, what: RateWindow['of'], now: number): void {
    const paying = limitsFor(session)
    for (const limit of paying?.limits ?? []) if (limit.of === what) rateOf(limit).add(paying!.key, now)
  }

  return {
    async signedIn(session, className) {
      classLimits.set(session, (await classByName(store.db, className)).limits)
    },
    check(session, of) {
      const paying = limitsFor(session)
      if (!paying) return
      const now = clock()
      const mine = paying.limits.filter((limit) => limit.of === of)
      const windows = mine.map((limit) => ({ ...limit, counted: rateOf(limit).count(paying.key, now) }))
      const verdict = sendingRate(windows, 1)
      if (verdict.outcome !== 'pass') throw refuse(450, '4.7.1', verdict.text ?? 'Too fast, try again later')
      if (of === 'recipients') add(session, of, now)
    },
    count: (session) => add(session, 'mails', clock()),
    limitsOf: (session) => classLimits.get(session) ?? {},
  }
}

function ofLogin(settings: House['settings'], own: SendingLimits): Limit[] {
  const limits: (Omit<Limit, 'limit'> & { limit: number | undefined })[] = [
    { of: 'mails', per: 'minute', limit: settings.mailsPerMinute },
    { of: 'mails', per: 'hour', limit: own.messagesPerHour },
    { of: 'mails', per: 'day', limit: own.messagesPerDay },
    { of: 'recipients', per: 'hour', limit: own.recipientsPerHour ?? settings.recipientsPerHour },
    { of: 'recipients', per: 'day', limit: own.recipientsPerDay },
  ]
  return limits.filter((one): one is Limit => one.limit !== undefined)
}
