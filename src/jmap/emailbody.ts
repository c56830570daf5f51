// The body of an email as JMAP shows it: its parts, which of them are the text and which attachments.   RFC 8621 §4.1.4
//
// Parts are numbered as IMAP numbers them. A mail inside a mail is one part: Email/parse opens it.

import { fileName } from '../mime/attachments.ts'
import { charsetName, decodeCharset } from '../mime/charset.ts'
import type { Field } from '../mime/headers.ts'
import type { Part, Tree } from '../mime/mime.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { decodePieces, isPlain } from './transfer.ts'
import { allHeaders, headerValue, withoutBrackets, type HeaderProperty } from './headerforms.ts'

/** Reads bytes start..end of the mail that a tree counts in. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>

export interface BodyPart {
  part: Part
  path: number[] // [] for a multipart at the top
  type: string // 'text/plain'
  name: string
  children: BodyPart[]
}

/** The parts of a mail. */
export function bodyOf({ part }: Tree): BodyPart {
  return toBodyPart(part, part.type === 'multipart' ? [] : [1])
}

function toBodyPart(part: Part, path: number[]): BodyPart {
  return {
    part,
    path,
    type: `${part.type}/${part.subtype}`,
    name: fileName(part),
    children: part.type === 'multipart' ? part.parts.map((inner, i) => toBodyPart(inner, [...path, i + 1])) : [],
  }
}

export interface Body {
  text: BodyPart[]
  html: BodyPart[]
  attachments: BodyPart[]
}

interface Sorting {
  text: BodyPart[] | undefined // undefined: what comes is not shown with the plain text
  html: BodyPart[] | undefined
  attachments: BodyPart[]
}

/** What is shown as text, what as HTML, and what else there is: the algorithm of RFC 8621 §4.1.4. */
export function sortBody(root: BodyPart): Body {
  const body: Body = { text: [], html: [], attachments: [] }
  sortParts([root], 'mixed', false, { ...body })
  return body
}

function sortParts(parts: readonly BodyPart[], within: string, inAlternative: boolean, into: Sorting): void {
  const { attachments } = into
  let { text, html } = into
  const textBefore = text?.length ?? -1
  const htmlBefore = html?.length ?? -1
  for (const [i, one] of parts.entries()) {
    if (one.part.type === 'multipart') {
      const { subtype } = one.part
      sortParts(one.children, subtype, inAlternative || subtype === 'alternative', { text, html, attachments })
    } else if (!isShown(one, within, i === 0)) attachments.push(one)
    else if (within === 'alternative') {
      if (one.type === 'text/plain') text?.push(one)
      else if (one.type === 'text/html') html?.push(one)
      else attachments.push(one)
    } else {
      // Inside one alternative, what follows its text belongs to that alternative.
      if (inAlternative && one.type === 'text/plain') html = undefined
      if (inAlternative && one.type === 'text/html') text = undefined
      text?.push(one)
      html?.push(one)
      // By the letter a text after both a plain and an HTML one of an alternative would be nowhere.
      const isNowhere = !text && !html
      if (isNowhere || ((!text || !html) && isMedia(one))) attachments.push(one)
    }
  }
  if (within !== 'alternative' || !text || !html) return
  // Only one of the two was there: it serves for both.
  if (text.length === textBefore) text.push(...html.slice(htmlBefore))
  else if (html.length === htmlBefore) html.push(...text.slice(textBefore))
}

function isMedia({ part }: BodyPart): boolean {
  return part.type === 'image' || part.type === 'audio' || part.type === 'video'
}

function isShown(one: BodyPart, within: string, isFirst: boolean): boolean {
  if (one.part.disposition === 'attachment') return false
  if (one.type !== 'text/plain' && one.type !== 'text/html' && !isMedia(one)) return false
  return isFirst || (within !== 'related' && (isMedia(one) || one.name === ''))
}

export function partId({ path, part }: BodyPart): string | null {
  return part.type === 'multipart' ? null : path.join('.')
}

/** How a mail's parts are told. */
export interface Telling {
  properties: readonly (string | HeaderProperty)[]
  read: ReadBytes
  header(part: Part): Promise<Field[]>
  blobId(path: number[]): string | null
}

/** An EmailBodyPart (RFC 8621 §4.1.4) with the properties asked for. */
export async function tellPart(one: BodyPart, telling: Telling): Promise<Record<string, unknown>> {
  const told: Record<string, unknown> = {}
  const { part } = one
  const isMultipart = part.type === 'multipart'
  let fields: Field[] | undefined
  const readHeader = async (): Promise<Field[]> => (fields ??= await telling.header(part))
  for (const property of telling.properties) {
    if (typeof property !== 'string') told[property.property] = headerValue(await readHeader(), property)
    else if (property === 'headers') told[property] = allHeaders(await readHeader())
    else if (property === 'size') told[property] = isMultipart ? 0 : await decodedSize(part, telling.read)
    else if (property === 'blobId') told[property] = isMultipart ? null : telling.blobId(one.path)
    else if (property !== 'subParts') told[property] = simple[property as keyof typeof simple](one)
  }
  if (telling.properties.includes('subParts')) {
    told['subParts'] = isMultipart ? [] : null
    for (const child of one.children) (told['subParts'] as unknown[]).push(await tellPart(child, telling))
  }
  return told
}

const simple = {
  partId,
  name: ({ name }: BodyPart) => name || null,
  type: ({ type }: BodyPart) => type,
  charset: ({ part }: BodyPart) => charsetOf(part) || (part.type === 'text' ? 'us-ascii' : null),
  disposition: ({ part }: BodyPart) => part.disposition || null,
  cid: ({ part }: BodyPart) => withoutBrackets(part.id.trim()) || null,
  language: ({ part }: BodyPart) => (part.language.length > 0 ? part.language : null),
  location: ({ part }: BodyPart) => part.location || null,
}

/** All properties of a part but header:... */
export const partProperties: readonly string[] = [...Object.keys(simple), 'size', 'blobId', 'headers', 'subParts']

function charsetOf(part: Part): string {
  return part.parameters.find(([name]) => name === 'charset')?.[1] ?? ''
}

const edge = 256 // bytes that show how lines of base64 are written
const counted = 256 << 10 // bytes decoded in one go, only to count

/** Bytes of a part with its transfer encoding undone. */
async function decodedSize(part: Part, read: ReadBytes): Promise<number> {
  const length = part.end - part.body
  if (part.encoding === 'base64' && length > edge * 4) {
    const [front, tail] = [await read(part.body, part.body + edge), await read(part.end - edge, part.end)]
    const size = regularBase64(front.toString('latin1'), tail.toString('latin1'), length)
    if (size !== undefined) return size
  }
  if (isPlain(part.encoding)) return length
  let size = 0
  for await (const piece of decodePieces(pieces(part, read), part.encoding)) size += piece.length
  return size
}

async function* pieces(part: Part, read: ReadBytes): AsyncGenerator<Buffer, void, undefined> {
  for (let from = part.body; from < part.end; from += counted) yield read(from, Math.min(part.end, from + counted))
}

/** The same from both ends of base64 in lines of one length; undefined when it is not written so. */
export function regularBase64(front: string, tail: string, length: number): number | undefined {
  const line = /^([A-Za-z0-9+/]+)(\r?\n)/.exec(front)
  const end = /(?:^|\n)([A-Za-z0-9+/]+)(={0,2})((?:\r?\n)*)$/.exec(tail)
  if (!line || !end || line[1]!.length % 4 !== 0) return undefined
  const full = line[0].length
  const lastLine = end[1]!.length + end[2]!.length
  const before = length - lastLine - end[3]!.length
  if (before % full !== 0 || lastLine % 4 !== 0 || lastLine > line[1]!.length) return undefined
  return ((before / full) * line[1]!.length + lastLine) * 0.75 - end[2]!.length
}

export interface BodyValue {
  value: string
  isEncodingProblem: boolean
  isTruncated: boolean
}

const declaredAscii = new Set(['', 'us-ascii', 'ascii', 'ansi_x3.4-1968'])

/** The text of a part; at most `most` bytes of UTF-8, cut between characters, and in HTML not inside a tag. */
export async function bodyValue(one: BodyPart, read: ReadBytes, most: number): Promise<BodyValue> {
  const { part } = one
  // A byte of text is at most three of quoted-printable, and few bytes of any charset are less than one of UTF-8.
  const end = Math.min(part.end, part.body + most * 4 + 4_096)
  const bytes = await read(part.body, end)
  const decoded = decodeTransfer(bytes, part.encoding)
  const charset = charsetOf(part)
  const text = decodeCharset(decoded ?? bytes, charset).replaceAll('\r\n', '\n')
  const isKnown = decoded !== undefined && (charsetName(charset) !== '' || declaredAscii.has(charset.toLowerCase()))
  const value = cutText(text, most, one.type === 'text/html')
  return {
    value,
    isEncodingProblem: !isKnown || text.includes('\ufffd'),
    isTruncated: value.length < text.length || end < part.end,
  }
}

/** The beginning of a text, at most `most` bytes of UTF-8. */
export function cutText(text: string, most: number, isHtml: boolean): string {
  if (text.length * 3 <= most || Buffer.byteLength(text) <= most) return text
  const bytes = Buffer.from(text.slice(0, most))
  let end = Math.min(most, bytes.length)
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--
  let cut = bytes.toString('utf8', 0, end)
  if (cut.endsWith('\ufffd') && !text.startsWith(cut)) cut = cut.slice(0, -1) // half of a pair of surrogates
  const tag = isHtml ? cut.lastIndexOf('<') : -1
  return tag >= 0 && tag > cut.lastIndexOf('>') ? cut.slice(0, tag) : cut
}
