// When a mail is to leave, as people type it.                                          design/ui.md section 5
//
// Pure. 115/3/5, 115年3月5日, 民國115年3月5日, 2026/3/5, 2026-03-05, 3/5 (the next one), full-width digits too;
// times 9:05, 0905, 9點, 9點半, 下午3:20. A year below 1000 is one of the Republic (+1911).

import { offsetAt, partsOf, startOfDay } from '../../parts/dates.ts'

export interface Day {
  year: number // of the common era
  month: number
  day: number
}

/** Undefined: that is no day. `now` and `zone` say which year a day without one is in. */
export function readDay(typed: string, now: number, zone: string): Day | undefined {
  const text = typed.normalize('NFKC').replace(/\s/g, '').replace(/^民國/, '')
  const today = partsOf(now, zone)
  const whole = /^(\d{1,4})(?:[/.-]|年)(\d{1,2})(?:[/.-]|月)(\d{1,2})日?$/.exec(text)
  const short = /^(\d{1,2})(?:[/.-]|月)(\d{1,2})日?$/.exec(text)
  if (whole) {
    const year = Number(whole[1])
    return real({ year: year < 1000 ? year + 1911 : year, month: Number(whole[2]), day: Number(whole[3]) })
  }
  if (!short) return undefined
  const found = { year: today.year, month: Number(short[1]), day: Number(short[2]) }
  const isPast = found.month < today.month || (found.month === today.month && found.day < today.day)
  return real(isPast ? { ...found, year: found.year + 1 } : found)
}

function real(day: Day): Day | undefined {
  const { year, month } = day
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return year > 1911 && year < 3000 && month >= 1 && month <= 12 && day.day >= 1 && day.day <= days ? day : undefined
}

/** Minutes after midnight; undefined: that is no time. */
export function readTime(typed: string): number | undefined {
  const text = typed.normalize('NFKC').replace(/\s/g, '').toLowerCase()
  const half = /^(上午|下午|早上|晚上|am|pm)?(.*?)(am|pm)?$/.exec(text)
  const when = half?.[1] ?? half?.[3] ?? ''
  const found = /^(\d{1,2})(?::(\d{2})|(\d{2})|[點時](?:(\d{1,2})分?|(半))?)?$/.exec(half?.[2] ?? '')
  if (!found) return undefined
  let hour = Number(found[1])
  const minute = found[5] ? 30 : Number(found[2] ?? found[3] ?? found[4] ?? 0)
  if (/下午|晚上|pm/.test(when) && hour < 12) hour += 12
  if (/上午|早上|am/.test(when) && hour === 12) hour = 0
  return hour < 24 && minute < 60 ? hour * 60 + minute : undefined
}

/** The moment, on the clocks of the zone. */
export function momentOf(day: Day, minutes: number, zone: string): number {
  const start = startOfDay(day, zone)
  const asked = start + minutes * 60_000
  // Where clocks change on that day, the hour is the one on the clock.
  return asked - (offsetAt(asked, zone) - offsetAt(start, zone))
}

/** 115年3月5日, the reading beside the field. */
export function rocDay({ year, month, day }: Day): string {
  return `${year - 1911}年${month}月${day}日`
}
