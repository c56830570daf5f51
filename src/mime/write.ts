// Mails written: header fields, and the two encodings a body may need.       RFC 5322 §2.2.3, RFC 2047, RFC 2045 §6
//
// Promises: whatever the value, one field comes out: no CR, LF or NUL gets in, lines stay within 78 characters
// where there is a place to fold and within 998 always, and what is written is ASCII.

import type { Address } from './mime.ts'

const lineLength = 78
const wordLength = 75 // an encoded word, RFC 2047 §2

/** One unstructured field: folded, encoded words where the value needs them. Ends CRLF. */
export function writeHeader(name: string, value: string): string {
  const clean = oneLine(value)
  return fold(`${name}:`, isPlain(clean) ? clean.split(' ') : encodedWords(clean, lineLength - name.length - 3))
}

/** An address field: display names quoted or encoded as needed, groups kept. '' values give an empty list. */
export function writeAddressHeader(name: string, addresses: Address[]): string {
  const words: string[] = []
  let inGroup = false
  addresses.forEach((address, i) => {
    if (address.group === 'start') {
      inGroup = true
      words.push(...phrase(address.name))
      words[words.length - 1] += ':'
      return
    }
    const last = addresses[i + 1] === undefined
    if (address.group === 'end') {
      inGroup = false
      words[words.length - 1] += last ? ';' : ';,'
      return
    }
    words.push(...mailboxWords(address))
    const endsGroup = inGroup && (last || addresses[i + 1]!.group === 'end')
    if (!last && !endsGroup) words[words.length - 1] += ','
  })
  return fold(`${name}:`, words)
}

function mailboxWords({ name, mailbox, host }: Address): string[] {
  const local = dotAtom.test(mailbox) ? mailbox : `"${oneLine(mailbox).replace(/["\\]/g, '\\$&')}"`
  const address = host === '' ? local : `${local}@${oneLine(host).replace(/[\s<>,;]/g, '')}`
  return name === '' ? [`<${address}>`] : [...phrase(name), `<${address}>`]
}

// Not ASCII is allowed: an internationalized address cannot be written otherwise (RFC 6532 §3.2).
const dotAtom = /^[^\x00-\x20"(),:;<>@[\\\]\x7f.]+(?:\.[^\x00-\x20"(),:;<>@[\\\]\x7f.]+)*$/
const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/

/** A display name: atoms, a quoted string or encoded words. RFC 5322 §3.2.5, RFC 2047 §5 (3). */
function phrase(name: string): string[] {
  const clean = oneLine(name).trim()
  if (clean === '') return ['""']
  if (!isPlain(clean)) return encodedWords(clean, wordLength)
  if (atoms.test(clean)) return clean.split(' ')
  return `"${clean.replace(/["\\]/g, '\\$&')}"`.split(' ')
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+[ \t]*/g, ' ')
}

/** Printable ASCII with nothing that would be read as an encoded word, and no word too long for a line. */
function isPlain(text: string): boolean {
  return !/[^\x20-\x7e\t]/.test(text) && !text.includes('=?') && !/[^ ]{900}/.test(text)
}

/** Words joined by spaces, a fold where the line would grow beyond 78. */
function fold(start: string, words: string[]): string {
  let out = ''
  let line = start
  let hasWord = false // a line of white space alone must not come about, RFC 5322 §3.2.2
  for (const word of words) {
    if (hasWord && word !== '' && line.length + 1 + word.length > lineLength) {
      out += `${line}\r\n`
      line = ''
    }
    line += ` ${word}`
    hasWord ||= word !== ''
  }
  return `${out}${line}\r\n`
}

/** Encoded words of UTF-8: Q where most is ASCII, else B; no character is split. `first`: room on the first line. */
function encodedWords(text: string, first: number): string[] {
  const asQ = qWord(text).length < (Buffer.byteLength(text) / 3) * 4
  const words: string[] = []
  let room = Math.max(30, Math.min(wordLength, first)) - '=?utf-8?B??='.length
  let piece = ''
  let used = 0 // Q: characters written; B: bytes not yet written
  for (const character of text) {
    const cost = asQ ? qWord(character).length : Buffer.byteLength(character)
    const full = asQ ? used + cost > room : Math.ceil((used + cost) / 3) * 4 > room
    if (full) {
      words.push(encodedWord(piece, asQ))
      room = wordLength - '=?utf-8?B??='.length
      piece = ''
      used = 0
    }
    piece += character
    used += cost
  }
  if (piece !== '') words.push(encodedWord(piece, asQ))
  return words
}

function encodedWord(piece: string, asQ: boolean): string {
  return asQ ? `=?utf-8?Q?${qWord(piece)}?=` : `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`
}

/** RFC 2047 §4.2, with the characters that are safe in a phrase, §5 (3). */
function qWord(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) {
    const c = String.fromCharCode(byte)
    if (c === ' ') out += '_'
    else if (/[A-Za-z0-9!*+/-]/.test(c)) out += c
    else out += hexPair(byte)
  }
  return out
}

function hexPair(byte: number): string {
  return `=${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`
}

/** Text with any line ends as a quoted-printable body of UTF-8 with CRLF. RFC 2045 §6.7. */
export function quotedPrintable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => quotedLine(Buffer.from(line)))
    .join('\r\n')
}

/** Lines of any charset with CRLF in quoted-printable; other line ends are encoded. RFC 2045 §6.7. */
export function quotedLines(bytes: Buffer): string {
  const lines: string[] = []
  let from = 0
  for (let at = bytes.indexOf('\r\n'); at >= 0; at = bytes.indexOf('\r\n', from)) {
    lines.push(quotedLine(bytes.subarray(from, at)))
    from = at + 2
  }
  lines.push(quotedLine(bytes.subarray(from)))
  return lines.join('\r\n')
}

function quotedLine(bytes: Buffer): string {
  let out = ''
  let length = 0
  bytes.forEach((byte, i) => {
    const last = i === bytes.length - 1
    const blank = byte === 32 || byte === 9
    // '.' at the start of a line and "From " are changed by some on the way, so they are written as hex.
    const risky = length === 0 && (byte === 46 || byte === 70)
    const plain = blank ? !last : byte > 32 && byte < 127 && byte !== 61 && !risky
    const piece = plain ? String.fromCharCode(byte) : hexPair(byte)
    if (length + piece.length > 75) {
      out += '=\r\n'
      length = 0
    }
    out += piece
    length += piece.length
  })
  return out
}

/** Base64 in lines of 76 characters, each ended by CRLF. RFC 2045 §6.8. */
export function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  const lines: string[] = []
  for (let i = 0; i < text.length; i += 76) lines.push(text.slice(i, i + 76))
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`
}
