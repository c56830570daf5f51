// Mails put together from parts: texts, and bytes that come as streams.       RFC 2045, RFC 2046 §5.1, RFC 2183, RFC 2231
//
// Promises: lines end CRLF and stay within 998 characters; what is composed here is ASCII, but for a message/rfc822
// inside it that is not; attachments are never whole in memory; no parameter value can end its field.

import { isAscii } from 'node:buffer'
import { quotedPrintable } from './write.ts'

/** A part to be written. `header`: its fields, CRLF ended, without the empty line. */
export type Composed =
  | { is: 'multipart'; header: string; boundary: string; parts: Composed[] }
  | { is: 'text'; header: string; body: Buffer } // with its transfer encoding done
  | { is: 'bytes'; header: string; encoding: 'base64' | 'none'; pieces: () => AsyncIterable<Buffer> }

/** The bytes of a part, its header first. */
export async function* compose(part: Composed): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(`${part.header}\r\n`)
  if (part.is === 'text') yield part.body
  else if (part.is === 'bytes') yield* part.encoding === 'base64' ? encodeBase64(part.pieces()) : part.pieces()
  else {
    let line = `--${part.boundary}\r\n` // the line end before a delimiter belongs to it
    for (const inner of part.parts) {
      yield Buffer.from(line)
      yield* compose(inner)
      line = `\r\n--${part.boundary}\r\n`
    }
    yield Buffer.from(`\r\n--${part.boundary}--\r\n`)
  }
}

const bytesPerLine = 57 // 76 characters, RFC 2045 §6.8

/** Base64 in lines of 76 characters, of a stream. */
export async function* encodeBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let left: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = left.length === 0 ? piece : Buffer.concat([left, piece])
    const whole = bytes.length - (bytes.length % bytesPerLine)
    if (whole > 0) yield base64Block(bytes.subarray(0, whole))
    left = Buffer.from(bytes.subarray(whole)) // the memory of a piece may be used again
  }
  if (left.length > 0) yield base64Block(left)
}

function base64Block(bytes: Buffer): Buffer {
  const text = bytes.toString('base64')
  return Buffer.from(`${text.replace(/.{76}(?=.)/g, '$&\r\n')}\r\n`, 'latin1')
}

export interface EncodedText {
  encoding: '7bit' | 'quoted-printable' | 'base64'
  body: Buffer
}

/** A text as the body of a part in UTF-8: as it is where it can be, else in what is shorter. Ends with a line end. */
export function encodeText(text: string): EncodedText {
  const lines = text.replace(/\r\n?|\n/g, '\r\n')
  const bytes = Buffer.from(lines.endsWith('\r\n') || lines === '' ? lines : `${lines}\r\n`)
  if (isAscii(bytes) && isMailText(lines)) return { encoding: '7bit', body: bytes }
  const quoted = Buffer.from(quotedPrintable(lines.endsWith('\r\n') ? lines : `${lines}\r\n`), 'latin1')
  const coded = base64Block(bytes)
  return quoted.length <= coded.length
    ? { encoding: 'quoted-printable', body: quoted }
    : { encoding: 'base64', body: coded }
}

/** No NUL, no line that is too long, none that programs on the way change. */
function isMailText(lines: string): boolean {
  return (
    !lines.includes('\0') &&
    !/[^\r\n]{991}/.test(lines) &&
    !/(?:^|\n)(?:From |\.)/.test(lines) &&
    !/[ \t]\r/.test(lines)
  )
}

/** A field with parameters: Content-Type, Content-Disposition. CRLF ended. Names must be tokens. */
export function writeParameterField(name: string, value: string, parameters: readonly [string, string][]): string {
  let out = `${name}: ${value}`
  let length = out.length
  for (const parameter of parameters.flatMap(([key, text]) => writeParameter(key, text))) {
    const folds = length + parameter.length + 2 > 76
    out += folds ? `;\r\n ${parameter}` : `; ${parameter}`
    length = folds ? parameter.length + 1 : length + parameter.length + 2
  }
  return `${out}\r\n`
}

const longestValue = 60 // characters of one piece

/** RFC 2045 §5.1 where the value allows it, else RFC 2231 §3, §4. */
function writeParameter(name: string, value: string): string[] {
  const clean = value.replace(/[\x00-\x1f\x7f]+/g, ' ')
  if (/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(clean) && clean.length <= longestValue) return [`${name}=${clean}`]
  if (/^[\x20-\x7e]*$/.test(clean) && clean.length <= longestValue)
    return [`${name}="${clean.replace(/["\\]/g, '\\$&')}"`]
  const pieces = ["utf-8''"]
  for (const character of clean.toWellFormed()) {
    const written = percent(character)
    if (pieces.at(-1)!.length + written.length > longestValue) pieces.push('')
    pieces[pieces.length - 1] += written
  }
  if (pieces.length === 1) return [`${name}*=${pieces[0]}`]
  return pieces.map((piece, i) => `${name}*${i}*=${piece}`)
}

/** RFC 2231 §7: attribute-char stand for themselves. */
function percent(character: string): string {
  if (/^[!#$&+\-.0-9A-Z^_`a-z{|}~]$/.test(character)) return character
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/** Message ids in brackets, folded. */
export function writeIds(name: string, ids: readonly string[]): string {
  return `${name}: ${ids.map((id) => `<${id}>`).join('\r\n ')}\r\n`
}

/** RFC 5322 §3.3, in the zone `minutes` east of UTC. */
export function dateInZone(at: number, minutes: number): string {
  const local = new Date(at + minutes * 60_000).toUTCString().replace(' GMT', '')
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `${local} ${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`
}
