// Header fields for those who cannot take UTF-8 in them: the same fields in ASCII.    RFC 6857, RFC 2047, RFC 2231
//
// Promises: never throws; linear; fields that are ASCII stay as they stand, byte by byte; what comes out is ASCII.

import { isAscii } from 'node:buffer'
import { domainToASCII } from 'node:url'
import { eachField, readFields } from './headers.ts'
import { readAddresses } from './addresses.ts'
import type { Address } from './mime.ts'
import { decodeText, unicodeOf } from './words.ts'
import { writeAddressHeader, writeHeader } from './write.ts'

const authors = new Set(['from', 'sender', 'resent-from', 'resent-sender'])
const readers = new Set(['to', 'cc', 'bcc', 'reply-to', 'resent-to', 'resent-cc', 'resent-bcc', 'mail-followup-to'])
const withParameters = new Set(['content-type', 'content-disposition'])
/** Neither text nor addresses: an encoded word has no place in them (RFC 2047 §5). */
const structured =
  /^(?:received|return-path|delivered-to|date|resent-date|message-id|resent-message-id|in-reply-to|references|mime-version|content-(?:id|transfer-encoding|language|location|md5)|authentication-results|dkim-signature|arc-.*|list-.*)$/

/**
 * The fields of a header block in ASCII; other lines, as the empty one at the end, stay in their places. undefined when
 * an author has an address that ASCII cannot say: nobody could answer him.
 */
export function asciiFields(block: Buffer): Buffer | undefined {
  if (isAscii(block)) return block
  const octets = block.toString('latin1')
  let out = ''
  let isPossible = true
  const field = (start: number, colon: number, end: number): void => {
    const raw = block.subarray(start, end)
    const written = isAscii(raw) ? octets.slice(start, end) : asciiField(raw, octets.slice(colon, end))
    if (written === undefined) isPossible = false
    else out += written
  }
  eachField(octets, field, (start, end) => (out += masked(octets.slice(start, end))))
  return isPossible ? Buffer.from(out, 'latin1') : undefined
}

function asciiField(raw: Buffer, octets: string): string | undefined {
  const { name, value } = readFields(raw)[0]!
  const lower = name.toLowerCase()
  if (authors.has(lower) || readers.has(lower)) {
    const addresses = readAddresses(unicodeOf(value)).map(asciiAddress)
    if (!addresses.includes(undefined)) return writeAddressHeader(name, addresses as Address[])
    if (authors.has(lower)) return undefined
    return writeAddressHeader(name, withoutUnsayable(readAddresses(unicodeOf(value))))
  }
  if (withParameters.has(lower)) return `${name}: ${asciiParameters(unicodeOf(value))}\r\n`
  if (structured.test(lower)) return `${name}${masked(octets)}`
  return writeHeader(name, decodeText(value))
}

/** undefined: its local part is not ASCII. A domain always has an ASCII form (RFC 5890 §2.3.2.1). */
function asciiAddress(address: Address): Address | undefined {
  const { mailbox, host } = address
  if (/[^\x00-\x7f]/.test(mailbox)) return undefined
  return /[^\x00-\x7f]/.test(host) ? { ...address, host: domainToASCII(host) || host.replace(beyond, '?') } : address
}

/** RFC 6857 §3.1: a reader whose address cannot be said becomes an empty group of that name; groups are opened. */
function withoutUnsayable(addresses: Address[]): Address[] {
  return addresses.flatMap((address): Address[] => {
    if (address.group) return []
    const { name, mailbox, host } = address
    const said = asciiAddress(address)
    if (said) return [said]
    const marker = { mailbox: '', host: '' }
    return [
      { ...marker, name: `${name === '' ? '' : `${name} `}${mailbox}@${host}`, group: 'start' },
      { ...marker, name: '', group: 'end' },
    ]
  })
}

const parameter = /(;\s*)([\w!#$%&'*+.^`{|}~-]+?)(\*?)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)/g
const beyond = /[^\x00-\x7f]/gu

/** RFC 2231 §4: a value that is not ASCII says its charset and is percent-encoded. */
function asciiParameters(value: string): string {
  const encoded = value.replace(parameter, (whole, before: string, name: string, _star: string, given: string) => {
    if (!/[^\x00-\x7f]/.test(given)) return whole
    const text = given.startsWith('"') ? given.slice(1, -1).replace(/\\(.)/gs, '$1') : given
    const safe = encodeURIComponent(text.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    return `${before.trimEnd()}\r\n\t${name}*=utf-8''${safe}`
  })
  return encoded.replace(beyond, '?')
}

function masked(octets: string): string {
  return octets.replace(/[\x80-\xff]/g, '?')
}
