// Dates in header fields, and the parts of a date that a script may ask for.       RFC 5322 §3.3, RFC 5260 §4
//
// Promises: never throws; linear; what is no date gives undefined. Weekdays are not believed but computed.

export interface Moment {
  at: number // milliseconds
  zone: number // minutes east of Greenwich
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const pattern =
  /^(?:[a-z]{3,9}\s*,\s*)?(\d{1,2})\s+([a-z]{3})\s+(\d{2,4})\s+(\d{1,2})\s*:\s*(\d{2})(?:\s*:\s*(\d{2}))?\s*([+-]\d{4}|[a-z]{1,5})?$/i
const namedZones: Record<string, number> = {
  ut: 0, gmt: 0, utc: 0, z: 0, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420,
} // prettier-ignore

/** Reads a Date field's value. Also the end of a Received field, after its last semicolon (RFC 5260 §4). */
export function readMoment(value: string): Moment | undefined {
  if (value.length > 1000) return undefined
  const text = withoutComments(value.slice(value.lastIndexOf(';') + 1)).trim()
  const found = pattern.exec(text)
  if (!found) return undefined
  const [, day, monthName, yearText, hour, minute, second, zoneText] = found
  const month = months.indexOf(monthName!.toLowerCase())
  if (month === -1) return undefined
  const zone = readZone(zoneText ?? '+0000') ?? namedZones[(zoneText ?? '').toLowerCase()] ?? 0
  const year = longYear(Number(yearText), yearText!.length)
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second ?? 0)]
  if (h > 23 || m > 59 || s > 60) return undefined
  const midnight = Date.UTC(2000, month, d) // only to see whether the day exists; 2000 was a leap year
  if (d < 1 || new Date(midnight).getUTCMonth() !== month) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month, d)
  date.setUTCHours(h, m, s)
  return { at: date.getTime() - zone * 60_000, zone }
}

/** RFC 5322 §4.3. */
function longYear(year: number, digits: number): number {
  if (digits === 2) return year < 50 ? 2000 + year : 1900 + year
  return digits === 3 ? 1900 + year : year
}

function withoutComments(text: string): string {
  if (!text.includes('(')) return text
  let out = ''
  let depth = 0
  for (const c of text) {
    if (c === '(') depth++
    else if (c === ')' && depth > 0) depth--
    else if (depth === 0) out += c
  }
  return out
}

/** "+0800" in minutes. */
export function readZone(text: string): number | undefined {
  const found = /^([+-])(\d\d)([0-5]\d)$/.exec(text)
  if (!found || Number(found[2]) > 23) return undefined
  const minutes = Number(found[2]) * 60 + Number(found[3])
  return found[1] === '-' ? -minutes : minutes
}

const pad = (number: number, digits = 2): string => String(number).padStart(digits, '0')

function sayZone(zone: number, colon = ''): string {
  const minutes = Math.abs(zone)
  return `${zone < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${colon}${pad(minutes % 60)}`
}

type Part = (local: Date, zone: number) => string

const date: Part = (d) => `${pad(d.getUTCFullYear(), 4)}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`
const time: Part = (d) => `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`
const monthName = (d: Date): string => months[d.getUTCMonth()]!.replace(/^./, (c) => c.toUpperCase())

/** RFC 5260 §4.2. `local` is the moment moved into the zone, read as UTC. */
const parts: Record<string, Part> = {
  year: (d) => pad(d.getUTCFullYear(), 4),
  month: (d) => pad(d.getUTCMonth() + 1),
  day: (d) => pad(d.getUTCDate()),
  date,
  // Days since 17 November 1858.
  julian: (d) => String(Math.floor(d.getTime() / 86_400_000) + 40_587),
  hour: (d) => pad(d.getUTCHours()),
  minute: (d) => pad(d.getUTCMinutes()),
  second: (d) => pad(d.getUTCSeconds()),
  time,
  iso8601: (d, zone) => `${date(d, zone)}T${time(d, zone)}${sayZone(zone, ':')}`,
  std11: (d, zone) =>
    `${weekdays[d.getUTCDay()]}, ${pad(d.getUTCDate())} ${monthName(d)} ${pad(d.getUTCFullYear(), 4)} ${time(d, zone)} ${sayZone(zone)}`,
  zone: (_, zone) => sayZone(zone),
  weekday: (d) => String(d.getUTCDay()),
}

export function isDatePart(name: string): boolean {
  return Object.hasOwn(parts, name.toLowerCase())
}

/** One part of a moment as it is in its zone; '' for a part there is not. */
export function datePart({ at, zone }: Moment, name: string): string {
  const part = Object.hasOwn(parts, name.toLowerCase()) ? parts[name.toLowerCase()] : undefined
  return part ? part(new Date(at + zone * 60_000), zone) : ''
}
