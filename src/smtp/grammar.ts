// The grammar of command arguments: paths, parameters, xtext.            RFC 5321 §4.1.2, RFC 3461 §4
//
// Pure and linear: sticky regular expressions without nested repeats, each reading on where the last
// one stopped. A text that does not fit throws a Refusal.

import { Refusal, reply } from './replies.ts'

export class Scanner {
  text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  /** Reads what the sticky pattern matches here; undefined when it does not. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (!found) return undefined
    this.at = pattern.lastIndex
    return found[0]
  }

  expect(pattern: RegExp, what: string): string {
    return this.take(pattern) ?? fail(`Expected ${what}`)
  }

  get done(): boolean {
    return this.at >= this.text.length
  }
}

function fail(why: string): never {
  throw new Refusal(reply(501, '5.5.4', why))
}

// -- addresses

// atext of RFC 5322 and UTF8-non-ascii of RFC 6531 §3.3. Dots are checked after: dot-string forbids them
// first, last and doubled, yet such addresses exist (some telephone operators gave them out).
const dotString = /[^\x00-\x20"(),:;<>@[\\\]\x7f]+/y
// Quoted-string = DQUOTE *( %d32-33 / 35-91 / 93-126 / "\" %d32-126 ) DQUOTE
const quotedString = /"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"/y
const domainText = /[^\x00-\x20"(),:;<>@[\\\]\x7f]+/y
const literalText = /\[[\x21-\x5a\x5e-\x7e]+\]/y
// A-d-l = At-domain *( "," At-domain ), RFC 5321 appendix C: heard, never followed.
const sourceRoute = /@[^\x00-\x20"(),:;<>@[\\\]\x7f]+(?:,@[^\x00-\x20"(),:;<>@[\\\]\x7f]+)*:/y
const simplePath = /<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>/y
const blank = / */y
const open = /</y
const shut = />/y
const at = /@/y

/** Whose path it is decides the status code of a bad one, and what may stand between '<' and '>'. */
export type PathKind = 'sender' | 'recipient'

/**
 * '<' [source route] address '>' with blanks allowed before it. Gives the address as written without the
 * route; '' for the null sender; 'postmaster' may stand alone as a recipient. RFC 5321 §4.1.1.2, §4.1.1.3.
 */
export function readPath(scan: Scanner, kind: PathKind, limit: number): string {
  scan.take(blank)
  const simple = scan.take(simplePath)
  if (simple !== undefined && simple.length <= limit) {
    const address = simple.slice(1, -1)
    if (isDomain(address.slice(address.indexOf('@') + 1))) return address
    return badPath(kind, 'Not a domain name')
  }
  if (simple !== undefined) return badPath(kind, 'Address is too long')
  if (scan.take(open) === undefined) return badPath(kind, 'An address stands between < and >')
  if (kind === 'sender' && scan.take(shut) !== undefined) return ''
  scan.take(sourceRoute)
  const address = readMailbox(scan, kind)
  if (scan.take(shut) === undefined) return badPath(kind, 'Not an address')
  return Buffer.byteLength(address) + 2 > limit ? badPath(kind, 'Address is too long') : address
}

function readMailbox(scan: Scanner, kind: PathKind): string {
  const local = scan.take(dotString) ?? scan.take(quotedString)
  if (local === undefined) return badPath(kind, 'Not an address')
  if (scan.take(at) === undefined) {
    // RFC 5321 §4.5.1: postmaster needs no domain.
    if (kind === 'recipient' && local.toLowerCase() === 'postmaster') return local
    return badPath(kind, 'An address has a domain')
  }
  const domain = scan.take(domainText)
  if (domain !== undefined) return isDomain(domain) ? `${local}@${domain}` : badPath(kind, 'Not a domain name')
  const literal = scan.take(literalText)
  if (literal === undefined || !isAddressLiteral(literal)) return badPath(kind, 'Not a domain name')
  return `${local}@${literal}`
}

function badPath(kind: PathKind, why: string): never {
  throw new Refusal(kind === 'sender' ? reply(501, '5.1.7', why) : reply(501, '5.1.3', why))
}

/** Dots between labels of 1 to 63 letters, digits, '-', '_' or UTF-8; one last dot allowed. RFC 1035 §2.3.4. */
export function isDomain(text: string): boolean {
  return text.length <= 255 && domainPattern.test(text)
}

const domainPattern = /^(?:[\w\u0080-\u{10ffff}](?:[\w\u0080-\u{10ffff}-]{0,62}(?<!-))?(?:\.(?!$)|\.?$))+$/u

/** [192.0.2.1], [IPv6:2001:db8::1] or [tag:words]. RFC 5321 §4.1.3. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const inside = text.slice(1, -1)
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(inside)) return inside.split('.').every((part) => Number(part) < 256)
  if (/^ipv6:/i.test(inside))
    return /^[0-9a-f:.]{2,45}$/i.test(inside.slice(5)) && URL.canParse(`http://[${inside.slice(5)}]/`)
  return /^[A-Za-z0-9-]*[A-Za-z0-9]:[\x21-\x5a\x5e-\x7e]+$/.test(inside)
}

/** RFC 6531 §3.5: without SMTPUTF8 an address is ASCII. */
export function refuseUtf8(address: string): void {
  if (/[^\x00-\x7f]/.test(address)) throw new Refusal(reply(553, '5.6.7', 'This address needs SMTPUTF8'))
}

/**
 * What a client calls itself: a domain, an address literal, or the odd names that old machines give.
 * RFC 5321 §4.1.1.1 asks for a name; §4.1.4 forbids to refuse mail because it does not verify.
 */
export function readClientName(argument: string): string {
  const name = argument.trim()
  if (name === '') fail('Say your name')
  const isName = /^(?:\[[\x21-\x5a\x5e-\x7e]+\]|[^\x00-\x20"(),;<>@[\\\]\x7f]+)$/.test(name)
  if (name.length > 255 || !isName) fail('Not a name')
  return name
}

// -- parameters

// esmtp-keyword ["=" esmtp-value], RFC 5321 §4.1.2; the value may be UTF-8 (RFC 6531 §3.3).
const keyword = /[A-Za-z0-9][A-Za-z0-9-]*/y
const value = /=[^\x00-\x20=\x7f][^\x00-\x20\x7f]*/y
const gap = / +/y

/** Keyword to value, '' for a keyword alone. Not in `known`: 555; twice: 501. RFC 5321 §4.1.1.11. */
export function readParameters<K extends string>(scan: Scanner, known: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {}
  while (!scan.done) {
    if (scan.take(gap) === undefined) fail('A parameter follows a space')
    if (scan.done) break
    const name = scan.expect(keyword, 'a parameter').toUpperCase() as K
    const given = scan.take(value)
    if (!known.includes(name)) throw new Refusal(reply(555, '5.5.4', `Parameter ${name} is not known here`))
    if (found[name] !== undefined) fail(`${name} is given twice`)
    found[name] = given === undefined ? '' : given.slice(1)
  }
  return found
}

/** Digits to a number. RFC 1870 §4: up to twenty of them. */
export function readNumber(text: string, what: string): number {
  if (!/^\d{1,20}$/.test(text)) fail(`${what} is a number`)
  return Number(text)
}

// xtext = *( xchar / hexchar ), RFC 3461 §4.
const xtextPattern = /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/

/** Decodes xtext; what it stands for is read as UTF-8. RFC 3461 §4. */
export function decodeXtext(text: string, what: string): string {
  if (!xtextPattern.test(text)) fail(`${what} is not xtext`)
  if (!text.includes('+')) return text
  const bytes = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  const decoded = Buffer.from(bytes, 'latin1').toString()
  // What is decoded is written into headers and replies later.
  if (/[\x00-\x1f\x7f]/.test(decoded)) fail(`${what} holds control characters`)
  return decoded
}

/** Writes text as xtext. RFC 3461 §4. */
export function encodeXtext(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(
      /[^\x21-\x2a\x2c-\x3c\x3e-\x7e]/g,
      (c) => `+${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
}

/** The `read` of commands without an argument. */
export function readNothing(argument: string): void {
  if (argument.trim() !== '') fail('This command has no argument')
}
