// Dates as people here write them.                                          design/ui.md section 5
//
// Pure: the clock is an argument. A zone is a name of IANA ('Asia/Taipei'); hours go from 0 to 23.

import type { Language } from '../words/words.ts'

export interface DateParts {
  year: number
  month: number // 1..12
  day: number
  weekday: number // 0: Sunday
  hour: number
  minute: number
  second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  return format
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

export function partsOf(time: number, zone: string): DateParts {
  const found: Record<string, string> = {}
  for (const { type, value } of formatOf(zone).formatToParts(time)) found[type] = value
  return {
    year: Number(found['year']),
    month: Number(found['month']),
    day: Number(found['day']),
    weekday: weekdays.indexOf(found['weekday'] ?? ''),
    hour: Number(found['hour']),
    minute: Number(found['minute']),
    second: Number(found['second']),
  }
}

/** The moment at which a day begins in a zone; a month of 13 or a day of 0 counts on. */
export function startOfDay({ year, month, day }: Pick<DateParts, 'year' | 'month' | 'day'>, zone: string): number {
  const asUtc = Date.UTC(year, month - 1, day)
  // The offset at that moment, twice: the first guess may lie on the other side of a change of the clocks.
  const first = asUtc - offsetAt(asUtc, zone)
  return asUtc - offsetAt(first, zone)
}

/** How many milliseconds the clocks of a zone are ahead of UTC. */
export function offsetAt(time: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsOf(time, zone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000
}

const two = (n: number): string => String(n).padStart(2, '0')

export function clockOf(time: number, zone: string): string {
  const { hour, minute } = partsOf(time, zone)
  return `${two(hour)}:${two(minute)}`
}

/** In a list: 14:05 today and yesterday, 3/4 this year, 2025/12/31 before. */
export function listDate(time: number, now: number, zone: string): string {
  const then = partsOf(time, zone)
  const today = partsOf(now, zone)
  const yesterday = partsOf(startOfDay(today, zone) - 1, zone)
  if (isSameDay(then, today) || isSameDay(then, yesterday)) return `${two(then.hour)}:${two(then.minute)}`
  if (then.year === today.year) return `${then.month}/${then.day}`
  return `${then.year}/${then.month}/${then.day}`
}

/** Over a mail: 今天 11:20, 3/3 09:12, 2025/12/31 09:12. */
export function mailDate(time: number, now: number, zone: string, today: string): string {
  const then = partsOf(time, zone)
  const this_ = partsOf(now, zone)
  const clock = `${two(then.hour)}:${two(then.minute)}`
  if (isSameDay(then, this_)) return `${today} ${clock}`
  return `${then.year === this_.year ? '' : `${then.year}/`}${then.month}/${then.day} ${clock}`
}

/** All of it: 2026年3月4日（三）14:05:09 (GMT+8). */
export function fullDate(time: number, zone: string, language: Language): string {
  const { year, month, day, hour, minute, second } = partsOf(time, zone)
  const clock = `${two(hour)}:${two(minute)}:${two(second)} (${zoneName(time, zone)})`
  const tag = language === 'en' ? 'en-GB' : 'zh-TW'
  const weekday = new Intl.DateTimeFormat(tag, { timeZone: zone, weekday: language === 'en' ? 'short' : 'narrow' })
  if (language === 'en') {
    const month_ = new Intl.DateTimeFormat(tag, { timeZone: zone, month: 'short' }).format(time)
    return `${weekday.format(time)} ${day} ${month_} ${year}, ${clock}`
  }
  return `${year}年${month}月${day}日（${weekday.format(time)}）${clock}`
}

function zoneName(time: number, zone: string): string {
  const minutes = Math.round(offsetAt(time, zone) / 60_000)
  const hours = Math.floor(Math.abs(minutes) / 60)
  const rest = Math.abs(minutes) % 60
  return `GMT${minutes < 0 ? '-' : '+'}${hours}${rest ? `:${two(rest)}` : ''}`
}

function isSameDay(a: DateParts, b: DateParts): boolean {
  return a.year === b.year && a.month === b.month && a.day === b.day
}

/** 48 KB, 1.2 MB, 83.2 GB. */
export function sizeText(bytes: number): string {
  let size = Math.max(bytes, 0)
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB']) {
    if (size < 999.5 || unit === 'TB') {
      const digits = unit === 'B' || unit === 'KB' || size >= 99.95 ? 0 : 1
      return `${size.toFixed(digits).replace(/\.0$/, '')} ${unit}`
    }
    size /= 1024
  }
  return ''
}

/** 12,345. */
export function countText(n: number): string {
  return n.toLocaleString('en-US')
}
