// The end of a mail: it is judged, gets its trace lines, and is placed; then it may be acknowledged.

import type { Mail } from '../mail/mail.ts'
import type { Verdict } from '../mail/verdict.ts'
import type { Accepted } from '../smtp/intake.ts'
import type { Crossed } from '../store/quota.ts'
import type { Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { checks } from './checks.ts'
import type { Filters } from './filters.ts'
import type { Findings } from './findings.ts'
import type { House } from './house.ts'
import type { Arrived } from './message.ts'
import type { QuotaNotices } from './notices.ts'
import { planOf, type Plan } from './plan.ts'
import type { Place, Placing } from './place.ts'
import { overQuota, type Asked, type Destination } from './recipients.ts'
import { refusalOf, refuse } from './refusals.ts'
import { reverseNameKnown } from './reverse.ts'
import { addReport } from './success.ts'

/** What else stands or falls with a mail: told what it is and which recipients have it already. */
export type Along = (sql: Writer, accepted: { id: string; at: number; placed: ReadonlySet<string> }) => Promise<void>

export type Acceptance = (arrived: Arrived, asked: Asked[], along?: Along) => Promise<Accepted>

export function openAcceptance(house: House, filters: Filters, place: Place, notices: QuotaNotices): Acceptance {
  return async (arrived, asked, along) => {
    const { mail, fields } = arrived
    const { session } = mail.envelope
    const findings: Findings = { fields, destinations: asked.flatMap(({ destinations }) => destinations), junk: false }
    const verdicts: Record<string, string> = {}
    for (const check of checks) {
      const judged = check.judge(mail, findings, house)
      const verdict = judged instanceof Promise ? await judged : judged
      verdicts[check.name] = verdict.outcome
      if (verdict.outcome !== 'pass') throw refusalFor(verdict)
    }
    if (session.facts.reverseName === undefined) await reverseNameKnown(house, session)

    const plan = await planOf(house, arrived, asked, { findings, verdicts, submission: along !== undefined, filters })
    const [refused] = plan.refusals.values()
    if (refused !== undefined && session.role !== 'lmtp') throw refuse(550, '5.7.1', refused)
    const report = plan.heldUntil === undefined ? await addReport(house, mail, asked) : undefined
    const also = along ? goesAlong(along, { mail, plan, asked, report }) : report && (() => report)
    const blob = await arrived.store()
    const { full, crossed } = await placeWhatFits(house, place, plan, { blob, also })
    if (crossed.length > 0) notices.tell(crossed)
    if (session.role !== 'lmtp') return { id: mail.id }
    return {
      id: mail.id,
      each: asked.map(({ destinations }) => refusedFor(house, destinations, full) ?? refusedBy(plan, destinations)),
    }
  }
}

/**
 * Places the plan. A mailbox that has become full since RCPT does not keep the mail from the others: over LMTP its
 * recipient is refused alone; over SMTP, where one reply is for all, its copy waits in the queue. With nobody
 * else to place for, the mail is refused. Gives the accounts that were full.
 */
async function placeWhatFits(
  house: House,
  place: Place,
  plan: Plan,
  { blob, also }: { blob: Awaited<ReturnType<Arrived['store']>>; also: Also },
): Promise<{ full: Set<number>; crossed: Crossed[] }> {
  const full = new Set<number>()
  for (;;) {
    try {
      const { crossed } = await place(plan.placing(blob, full, also?.(full)))
      return { full, crossed }
    } catch (error) {
      const accountId = error instanceof Trouble && error.code === 'over-quota' ? error.details['accountId'] : undefined
      if (typeof accountId !== 'number' || full.has(accountId)) throw error
      full.add(accountId)
      if (full.size === plan.locals.length && !plan.hasOutgoing) throw overQuota(house)
    }
  }
}

/** What the transaction does besides, when these accounts are full. */
type Also = ((full: ReadonlySet<number>) => Placing['also']) | undefined

interface Going {
  mail: Mail
  plan: Plan
  asked: Asked[]
  report: Placing['also']
}

function goesAlong(along: Along, { mail, plan, asked, report }: Going): Also {
  return (full) => async (sql, row) => {
    await report?.(sql, row)
    const isPlaced = (to: Destination): boolean => to.kind === 'local' && !full.has(to.accountId)
    const placed = plan.heldUntil === undefined ? asked.filter(({ destinations }) => destinations.every(isPlaced)) : []
    const addresses = new Set(placed.map(({ recipient }) => recipient.address))
    await along(sql, { id: mail.id, at: plan.heldUntil ?? mail.receivedAt, placed: addresses })
  }
}

function refusedFor(
  house: House,
  destinations: Destination[],
  full: Set<number>,
): { code: number; status: string; text: string } | undefined {
  const refused = destinations.every((to) => to.kind === 'local' && full.has(to.accountId))
  if (!refused) return undefined
  return house.settings.overQuota === 'refuse'
    ? { code: 552, status: '5.2.2', text: 'The mailbox is full' }
    : { code: 452, status: '4.2.2', text: 'The mailbox is full, try again later' }
}

/** A recipient whose filter turns the mail away. */
function refusedBy(
  { refusals }: Plan,
  destinations: Destination[],
): { code: number; status: string; text: string } | undefined {
  const all = destinations.map((to) => (to.kind === 'local' ? refusals.get(to.accountId) : undefined))
  const [first] = all
  return first !== undefined && all.every((one) => one !== undefined)
    ? { code: 550, status: '5.7.1', text: first }
    : undefined
}

/** A check's verdict as the reply to the whole mail. */
function refusalFor(verdict: Exclude<Verdict, { outcome: 'pass' }>): Error {
  if (verdict.outcome === 'later') return refuse(451, '4.7.1', verdict.text ?? 'Not possible now, try again later')
  return refusalOf(new Trouble(verdict.trouble), verdict.text)!
}
