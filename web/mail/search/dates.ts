// Dates as people type them into a search: Western or ROC years, whole or in part.      design/ui.md section 5
//
//   2026/3/4  2026-03-04  20260304  2026年3月4日  115/3/4  115年3月  民國115年  3/4  2026/3  2026  今天  yesterday
//
// Pure. A year below 1000 is of the Republic (+1911). What has no year is of this year, or of the last one where it
// would lie ahead.

import { partsOf, startOfDay } from '../../parts/dates.ts'

/** The moment at which what was typed begins in a zone; undefined: that is no date. */
export function readDate(typed: string, now: number, zone: string): number | undefined {
  const text = typed.normalize('NFKC').trim().toLowerCase()
  const today = partsOf(now, zone)
  if (text === '今天' || text === 'today') return startOfDay(today, zone)
  if (text === '昨天' || text === 'yesterday') return startOfDay({ ...today, day: today.day - 1 }, zone)
  const numbers = split(text)
  if (!numbers) return undefined
  let [year, month, day] = numbers
  if (year <= 31 && month !== undefined && day === undefined && !/^民國|年/.test(text)) {
    ;[month, day] = [year, month] // 3/4
    const isAhead = month > today.month || (month === today.month && day > today.day)
    year = isAhead ? today.year - 1 : today.year
  } else if (year < 1000) year += 1911
  if (!isDay(year, month ?? 1, day ?? 1)) return undefined
  return startOfDay({ year, month: month ?? 1, day: day ?? 1 }, zone)
}

function split(text: string): [number, number?, number?] | undefined {
  const compact = /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  const parted = compact ?? /^(?:民國)?(\d{1,4})(?:[-/.年](?:(\d{1,2})(?:[-/.月](?:(\d{1,2})日?)?)?)?)?$/.exec(text)
  if (!parted) return undefined
  const isBareSmall = parted[2] === undefined && Number(parted[1]) < 1000 && !/^民國|年/.test(text)
  if (isBareSmall) return undefined // "7" is no year
  const [year, month, day] = parted.slice(1).map((one) => (one === undefined ? undefined : Number(one)))
  return [year!, month, day]
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year >= 1912 && year <= 9999 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** 7d, 2w, 3m, 1y back from now, in whole days; Chinese units too: 7天 2週 3個月 1年. */
export function readAge(typed: string, now: number, zone: string): number | undefined {
  const found = /^(\d{1,4})\s*(d|w|m|y|天|日|週|周|個月|月|年)$/.exec(typed.normalize('NFKC').trim().toLowerCase())
  if (!found) return undefined
  const n = Number(found[1])
  const today = partsOf(now, zone)
  switch (found[2]) {
    case 'd':
    case '天':
    case '日':
      return startOfDay({ ...today, day: today.day - n }, zone)
    case 'w':
    case '週':
    case '周':
      return startOfDay({ ...today, day: today.day - 7 * n }, zone)
    case 'm':
    case '個月':
    case '月':
      return startOfDay({ ...today, month: today.month - n }, zone)
    default:
      return startOfDay({ ...today, year: today.year - n }, zone)
  }
}

/** 5M, 200K, 1.5GB, 3000 as bytes. */
export function readSize(typed: string): number | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,3})?)\s*(?:([kmg])i?)?b?$/.exec(typed.normalize('NFKC').trim().toLowerCase())
  if (!found) return undefined
  const unit = { k: 1 << 10, m: 1 << 20, g: 1 << 30 }[found[2] ?? ''] ?? 1
  return Math.round(Number(found[1]) * unit)
}
