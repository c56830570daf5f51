// Mailbox names between the wire and the house. On the wire: modified UTF-7 (RFC 3501 §5.1.3) for a client
// of IMAP4rev1, UTF-8 once IMAP4rev2 or UTF8=ACCEPT is enabled (RFC 9051 §5.1, RFC 6855). In the house: a
// path of Unicode names in NFC. The hierarchy separator is "/".
//
// Invariants: a name is never a path of files; decode and encode are each other's inverse for every
// well-formed name; "INBOX" has one spelling.

import { no } from './answers.ts'
import { imapLimits } from './limits.ts'
import { fromUtf8, isAscii } from './scanner.ts'

/** Where other people's mailboxes appear (RFC 2342). */
export const othersNamespace = 'Other Users'

const notAName = (why: string) => no(`A mailbox cannot have that name: ${why}`, 'CANNOT')

/** Octets of the wire to a Unicode name, NFC. Throws NO [CANNOT]. */
export function decodeName(octets: string, utf8: boolean): string {
  const name = utf8 || !isAscii(octets) ? fromUtf8(octets) : decodeUtf7(octets)
  return name.normalize('NFC')
}

/** The same for a pattern, whose wildcards may stand anywhere: what is no modified UTF-7 stands for itself. */
export function decodePattern(octets: string, utf8: boolean): string {
  const decode = (shifted: string) => {
    try {
      return decodeUtf7(shifted)
    } catch {
      return shifted
    }
  }
  const pattern = utf8 || !isAscii(octets) ? fromUtf8(octets) : octets.replace(/&[A-Za-z0-9+,]*-/g, decode)
  return pattern.normalize('NFC')
}

/** A Unicode name to text for the wire (still to be quoted). */
export function encodeName(name: string, utf8: boolean): string {
  return utf8 ? name : encodeUtf7(name)
}

/**
 * A name to a path. A trailing separator (CREATE "a/") is taken off. Throws NO [CANNOT] for empty levels,
 * control characters and names beyond the limits.
 */
export function pathOf(name: string): string[] {
  const bare = name.endsWith('/') ? name.slice(0, -1) : name
  if (Buffer.byteLength(bare) > imapLimits.mailboxName) throw notAName('it is too long')
  // oxlint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(bare)) throw notAName('it has control characters')
  const path = bare.split('/')
  if (path.length > imapLimits.levels) throw notAName('it has too many levels')
  if (path.some((level) => level === '')) throw notAName('a level is empty')
  if (path[0]!.toUpperCase() === 'INBOX') path[0] = 'INBOX'
  return path
}

/** A path to a name. */
export function nameOf(path: string[]): string {
  return path.join('/')
}

// RFC 3501 §5.1.3: base64 of UTF-16BE between "&" and "-", "," for "/"; "&-" is "&".
function decodeUtf7(text: string): string {
  if (!text.includes('&')) return text
  let name = ''
  let at = 0
  for (;;) {
    const and = text.indexOf('&', at)
    if (and < 0) return name + text.slice(at)
    name += text.slice(at, and)
    const end = text.indexOf('-', and)
    if (end < 0) throw notAName('it is not modified UTF-7')
    const shifted = text.slice(and + 1, end)
    name += shifted === '' ? '&' : decodeShifted(shifted)
    at = end + 1
  }
}

function decodeShifted(shifted: string): string {
  if (!/^[A-Za-z0-9+,]+$/.test(shifted)) throw notAName('it is not modified UTF-7')
  const bytes = Buffer.from(shifted.replaceAll(',', '/'), 'base64')
  if (bytes.length < 2) throw notAName('it is not modified UTF-7')
  const even = bytes.subarray(0, bytes.length & ~1)
  const text = even.swap16().toString('utf16le')
  if (!text.isWellFormed()) throw notAName('it is not Unicode')
  return text
}

function encodeUtf7(name: string): string {
  if (/^[\x20-\x25\x27-\x7e]*$/.test(name)) return name
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-'
    const bytes = Buffer.from(run, 'utf16le').swap16()
    return `&${bytes.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`
  })
}

/**
 * A LIST pattern as a test: "*" is anything, "%" anything but the separator (RFC 9051 §6.3.9). Linear in
 * name and pattern together with one step back per star, never more than their product.
 */
export function matches(pattern: string, name: string): boolean {
  let p = 0
  let n = 0
  let starAt = -1
  let starFrom = 0
  let percentAt = -1
  let percentFrom = 0
  while (n < name.length) {
    const sign = pattern[p]
    if (sign === '*') {
      starAt = ++p
      starFrom = n
      percentAt = -1
    } else if (sign === '%') {
      percentAt = ++p
      percentFrom = n
    } else if (p < pattern.length && sign === name[n]) {
      p++
      n++
    } else if (percentAt >= 0 && name[percentFrom] !== '/') {
      p = percentAt
      n = ++percentFrom
    } else if (starAt >= 0) {
      p = starAt
      n = ++starFrom
      percentAt = -1
    } else return false
  }
  while (pattern[p] === '*' || pattern[p] === '%') p++
  return p === pattern.length
}
