// The text of a mail, for search and for previews.                                        RFC 8970, RFC 3676
//
// Promises: never throws for any mail; reads no more of a part than the limit needs; bodies that are not
// text are not read at all. Parts said to be attachments are left to the document readers, text parts excepted.

import { decodeCharset } from './charset.ts'
import { htmlToText } from './html.ts'
import type { Part, Tree } from './mime.ts'
import { decodeTransfer } from './transfer.ts'

export { htmlToText }

const partBytes = 1024 * 1024 // of one part: what is decoded in one go holds up everyone else

export type ReadRange = (start: number, end: number) => Promise<Buffer>

/**
 * All the text of a mail, nested mails included, parts separated by a line break. `limit`: characters. Of the
 * alternatives of a multipart/alternative the plain one is taken when it says anything.
 */
export async function textOf(tree: Tree, read: ReadRange, limit = 1_000_000): Promise<string> {
  const texts: string[] = []
  let left = limit
  for (const part of textParts(tree.part)) {
    if (left <= 0) break
    const text = await partText(part, read, left)
    if (text === '') continue
    texts.push(text)
    left -= text.length + 1
  }
  return texts.join('\n').slice(0, limit)
}

/** One text part as plain text, at most about `limit` characters. */
export async function partText(part: Part, read: ReadRange, limit: number): Promise<string> {
  const factor = (part.encoding === 'quoted-printable' ? 6 : 3) * (part.subtype === 'html' ? 10 : 1)
  const most = Math.min(partBytes, Math.max(4096, limit * factor))
  const bytes = await read(part.body, Math.min(part.end, part.body + most))
  const decoded = decodeTransfer(bytes, part.encoding) ?? bytes
  const text = decodeCharset(decoded, charsetOf(part))
  const plain = part.subtype === 'html' ? htmlToText(text) : text.replace(/\r\n?/g, '\n')
  return plain.replaceAll('\0', ' ').slice(0, limit)
}

export function charsetOf(part: Part): string {
  return part.parameters.find(([name]) => name === 'charset')?.[1] ?? ''
}

function textParts(part: Part): Part[] {
  if (part.message) return textParts(part.message.part)
  if (part.type === 'multipart') {
    if (part.subtype !== 'alternative') return part.parts.flatMap(textParts)
    const plain = part.parts.filter((inner) => inner.subtype === 'plain' && inner.end - inner.body > 2)
    return (plain.length > 0 ? plain : part.parts).flatMap(textParts)
  }
  return part.type === 'text' && part.end > part.body ? [part] : []
}

const previewLength = 200 // characters, RFC 8970 §3.1

/** The first words of a text on one line: at most 200 characters, quotations and rules left out. */
export function previewOf(text: string): string {
  let out = ''
  let at = 0
  // A mail of quotations only is not read to its end for a preview.
  const stop = Math.min(text.length, 20_000)
  while (at < stop && out.length < previewLength * 2) {
    const end = text.indexOf('\n', at)
    const lineEnd = end === -1 ? text.length : end
    const line = text.slice(at, Math.min(lineEnd, at + 1000)).trim()
    at = lineEnd + 1
    if (line === '--') break // the signature follows, RFC 3676 §4.3
    if (line === '' || line.startsWith('>') || /^[-_=*~#+.\s]+$/.test(line)) continue
    out += out === '' ? line : ` ${line}`
  }
  const clean = out.replace(/[\s\u00a0\p{Cc}\p{Cf}]+/gu, ' ').trim()
  const characters = Array.from(clean.slice(0, previewLength * 2))
  return characters.length <= previewLength
    ? characters.join('')
    : characters.slice(0, previewLength).join('').trimEnd()
}
