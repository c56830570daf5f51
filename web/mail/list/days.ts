// The headings of a list of mails by date: today, yesterday, this week, last week, this month, last month, earlier.
//
// Pure. Weeks begin on Monday. Where a heading lies is the number of rows that are newer than its period ends.

import { partsOf, startOfDay } from '../../parts/dates.ts'
import type { Heading } from './layout.ts'

export const periods = ['today', 'yesterday', 'week', 'lastWeek', 'month', 'lastMonth', 'older'] as const
export type Period = (typeof periods)[number]

/** When each period begins; what begins before a longer one of the same name comes later is left out. */
export function periodStarts(now: number, zone: string): [Period, number][] {
  const { year, month, day, weekday } = partsOf(now, zone)
  const at = (y: number, m: number, d: number): number => startOfDay({ year: y, month: m, day: d }, zone)
  const monday = day - ((weekday + 6) % 7)
  const starts: [Period, number][] = [
    ['today', at(year, month, day)],
    ['yesterday', at(year, month, day - 1)],
    ['week', at(year, month, monday)],
    ['lastWeek', at(year, month, monday - 7)],
    ['month', at(year, month, 1)],
    ['lastMonth', at(year, month - 1, 1)],
  ]
  let earliest = Infinity
  const kept = starts.filter(([, start]) => {
    if (start >= earliest) return false
    earliest = start
    return true
  })
  return [...kept, ['older', -Infinity]]
}

/**
 * The headings, from how many rows lie at or after each start (in the order of periodStarts, which go back in time).
 * undefined: not known yet; headings end there.
 */
export function headingsOf(starts: readonly [Period, number][], counts: readonly (number | undefined)[]): Heading[] {
  const headings: Heading[] = []
  let before = 0 // rows newer than this period
  for (const [i, [period]] of starts.entries()) {
    const count = counts[i]
    const isLast = i === starts.length - 1
    if (isLast) headings.push({ at: before, key: period })
    else if (count === undefined) {
      headings.push({ at: before, key: period })
      break
    } else if (count > before) {
      headings.push({ at: before, key: period })
      before = count
    }
  }
  return headings
}

/**
 * How many rows lie at or after each start as far as loaded rows tell: `times` are those of the first rows, newest
 * first, `isAll` says that there are no others.
 */
export function countsFrom(
  starts: readonly [Period, number][],
  times: readonly number[],
  isAll: boolean,
): (number | undefined)[] {
  return starts.map(([, start]) => {
    const at = times.findIndex((time) => time < start)
    return at >= 0 ? at : isAll ? times.length : undefined
  })
}
