// Dates.                                             RFC 5322 §3.3, §4.3 (obsolete zones and years)
//
// Promises: never throws; what is no date is undefined. Without a zone, UTC is meant.
// Beside the RFC's form, those that mailers really send: no seconds, asctime, ISO 8601, comments anywhere.

const usual =
  /(\d{1,2})[ \t-]+([A-Za-z]{3})[A-Za-z]*[ \t,-]+(\d{2,4})[ \t,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d{1,9})?[ \t]*([+-]\d{4}|[A-Za-z]{1,5})?/
const asctime =
  /([A-Za-z]{3})[ \t]+(\d{1,2})[ \t]+(\d{1,2}):(\d{2}):(\d{2})[ \t]+(?:([A-Za-z]{1,5}|[+-]\d{4})[ \t]+)?(\d{4})/
const iso = /(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?[ \t]*(Z|[+-]\d{2}:?\d{2})?/

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

// RFC 5322 §4.3; the military letters say nothing (RFC 2822 erratum), so they mean UTC like all unknown names.
const zones: Record<string, number> = {
  ut: 0,
  gmt: 0,
  utc: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
  jst: 540,
  kst: 540,
  hkt: 480,
}

/** Milliseconds since 1970 UTC, or undefined. */
export function readDate(text: string): number | undefined {
  const bare = withoutComments(text.slice(0, 200))
  const u = usual.exec(bare)
  if (u) return moment(fullYear(u[3]!), monthOf(u[2]!), u[1]!, u[4]!, u[5]!, u[6], u[7])
  const a = asctime.exec(bare)
  if (a) return moment(Number(a[7]), monthOf(a[1]!), a[2]!, a[3]!, a[4]!, a[5], a[6])
  const i = iso.exec(bare)
  if (i) return moment(Number(i[1]), Number(i[2]) - 1, i[3]!, i[4]!, i[5]!, i[6], i[7]?.replace(':', ''))
  return undefined
}

function withoutComments(text: string): string {
  let bare = text
  while (bare.includes('(')) {
    const inner = bare.replace(/\([^()]*\)?/g, ' ')
    if (inner === bare) break
    bare = inner
  }
  return bare.replace(/\s+/g, ' ')
}

/** RFC 5322 §4.3: 00-49 is 2000-2049, 50-99 and three digits count from 1900. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return text.length === 3 ? 1900 + year : year
}

function monthOf(name: string): number {
  return months.indexOf(name.toLowerCase())
}

function moment(
  year: number,
  month: number,
  dayText: string,
  hourText: string,
  minuteText: string,
  secondText = '0',
  zone = '+0000',
): number | undefined {
  const [day, hour, minute, second] = [Number(dayText), Number(hourText), Number(minuteText), Number(secondText)]
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return undefined
  const time = Date.UTC(year, month, day, hour, minute, second) - zoneMinutes(zone) * 60_000
  return Number.isFinite(time) ? time : undefined
}

function zoneMinutes(zone: string): number {
  if (/^[+-]\d{4}$/.test(zone)) {
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))
    return zone.startsWith('-') ? -minutes : minutes
  }
  return zones[zone.toLowerCase()] ?? 0
}
