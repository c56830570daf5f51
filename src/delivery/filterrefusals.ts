// Mail that a filter refuses: in the session where it can be told, else by a report.                    RFC 5429

import { refusalReport } from './filterreplies.ts'
import type { FilterCopy, Filtered, Incoming } from './filters.ts'
import type { House } from './house.ts'
import type { Companion } from './place.ts'
import type { Asked } from './recipients.ts'

/**
 * What the session is told: over LMTP each recipient for himself, else only when all that the mail is for refuse it. A
 * reason that SMTP cannot say is told by a report, where one may be sent. RFC 5429 §2.1, §2.2
 */
export function sessionRefusals(
  incoming: Incoming,
  filtered: Map<number, Filtered>,
  asked: Asked[],
): Map<number, string> {
  const refusals = new Map<number, string>()
  if (filtered.size === 0) return refusals
  for (const [accountId, { rejected }] of filtered) {
    if (!rejected) continue
    const sayable = incoming.smtputf8 || /^[\x20-\x7e\s]*$/.test(rejected.reason)
    const isReported = rejected.how === 'reject' && incoming.genuine && incoming.sender !== ''
    if (!sayable && isReported) continue
    const words = sayable ? rejected.reason.replace(/\s+/g, ' ').trim().slice(0, refusalWords) : ''
    refusals.set(accountId, words === '' ? 'The recipient refuses this mail' : words)
  }
  const isRefused = ({ destinations }: Asked): boolean =>
    destinations.every((to) => to.kind === 'local' && refusals.has(to.accountId))
  const whole = incoming.isLmtp ? asked.filter(isRefused) : asked.every(isRefused) ? asked : []
  const told = new Set(
    whole.flatMap(({ destinations }) => destinations.map((to) => to.kind === 'local' && to.accountId)),
  )
  for (const accountId of refusals.keys()) if (!told.has(accountId)) refusals.delete(accountId)
  return refusals
}
const refusalWords = 400 // characters

/** Reports to the sender about those who refused a mail that was taken for others. */
export async function refusalReports(
  house: House,
  incoming: Incoming,
  {
    copies,
    filtered,
    refusals,
  }: { copies: readonly FilterCopy[]; filtered: Map<number, Filtered>; refusals: ReadonlyMap<number, string> },
): Promise<Companion[]> {
  const reports: Companion[] = []
  for (const copy of filtered.size === 0 ? [] : copies) {
    const rejected = filtered.get(copy.accountId)?.rejected
    if (!rejected || refusals.has(copy.accountId)) continue
    const report = await refusalReport(house, incoming, copy, rejected)
    if (report) reports.push(report)
  }
  return reports
}
