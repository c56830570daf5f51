// Days of vCard (whole or in part: 19960415, 1996-04-15, --0415, 1996-04, a time behind it) and of JSContact.
// RFC 6350 §4.3.1, §4.3.4; RFC 9553 §2.8.1.

type Parts = { year?: number; month?: number; day?: number }

/** undefined where it is no day: a text, a time alone. */
export function readVCardDate(value: string): Record<string, unknown> | undefined {
  const time = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)Z$/.exec(value)
  if (time) {
    const [year, month, day, hour, minute, second] = time.slice(1) as [string, string, string, string, string, string]
    if (!isDay({ year: +year, month: +month, day: +day }) || +hour > 23 || +minute > 59 || +second > 60)
      return undefined
    return { '@type': 'Timestamp', utc: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` }
  }
  const date = value.replace(/T.*$/, '')
  const found =
    /^(?<year>\d{4})-?(?<month>\d\d)-?(?<day>\d\d)$/.exec(date) ??
    /^(?<year>\d{4})-(?<month>\d\d)$/.exec(date) ??
    /^(?<year>\d{4})$/.exec(date) ??
    /^--(?<month>\d\d)-?(?<day>\d\d)?$/.exec(date) ??
    /^---(?<day>\d\d)$/.exec(date)
  if (!found?.groups) return undefined
  const said = Object.entries(found.groups).filter(([, number]) => number !== undefined)
  const parts: Parts = Object.fromEntries(said.map(([name, number]) => [name, Number(number)]))
  // Apple writes 1604 for a year nobody knows.
  if (parts.year === 1604 && parts.month) delete parts.year
  return isDay(parts) ? { '@type': 'PartialDate', ...parts } : undefined
}

function isDay({ year = 2000, month = 1, day = 1 }: Parts): boolean {
  const date = new Date(Date.UTC(2000, 0, 1))
  date.setUTCFullYear(year, month - 1, day)
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** undefined where a Card says something else than a day. `dashes`: as 3.0 has them. */
export function writeVCardDate(date: Record<string, unknown>, dashes: boolean): string | undefined {
  if (typeof date['utc'] === 'string') {
    const utc = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z$/.exec(date['utc'])
    return utc ? (dashes ? date['utc'] : `${utc[1]}${utc[2]}${utc[3]}T${utc[4]}${utc[5]}${utc[6]}Z`) : undefined
  }
  const number = (name: string, most: number): number | undefined => {
    const value = date[name]
    return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
      ? (value as number)
      : undefined
  }
  const two = (value: number): string => String(value).padStart(2, '0')
  const [year, month, day] = [number('year', 9999), number('month', 12), number('day', 31)]
  const four = year === undefined ? undefined : String(year).padStart(4, '0')
  if (four && month && day) return dashes ? `${four}-${two(month)}-${two(day)}` : `${four}${two(month)}${two(day)}`
  if (four && month) return `${four}-${two(month)}`
  if (four) return four
  if (month && day) return dashes ? `--${two(month)}-${two(day)}` : `--${two(month)}${two(day)}`
  if (month) return `--${two(month)}`
  return day ? `---${two(day)}` : undefined
}
