// What a mail says, for the index and for searches that must look: header fields and text.
//
// Everything here reads stored bytes; nothing throws for what a stranger wrote.

import type { BlobReader } from '../blobs/blobs.ts'
import { decodeText, readFields } from '../mime/headers.ts'
import type { Part } from '../mime/mime.ts'
import { previewOf, textOf } from '../mime/text.ts'
import type { StoreLimits } from './limits.ts'
import { treeOf, type MailRow } from './mails.ts'
import { breathe } from './sets.ts'
import { addWords, slices } from './tokens.ts'
import { headerMark, incompleteWord } from './words.ts'

export const wholeBytes = 256 << 10 // a mail up to this size is read at once

export type ReadRange = (start: number, end: number) => Promise<Buffer>

/**
 * Reads ranges of the stored bytes of a mail. A small mail is read once; of a large one what was read last is kept,
 * with what follows: ten thousand small parts are not ten thousand readings of a packed block.
 */
export function readerOf(blobs: BlobReader, { blobRef, size }: { blobRef: string; size: number }): ReadRange {
  if (size > wholeBytes) return windowed(blobs, blobRef, size)
  let whole: Promise<Buffer> | undefined
  return async (start, end) => (await (whole ??= blobs.read(blobRef))).subarray(start, end)
}

function windowed(blobs: BlobReader, blobRef: string, size: number): ReadRange {
  let kept = { start: 0, bytes: Buffer.alloc(0) as Buffer }
  return async (start, end) => {
    if (end - start > wholeBytes) return blobs.read(blobRef, start, end)
    let window = kept
    if (start < window.start || end > window.start + window.bytes.length) {
      window = { start, bytes: await blobs.read(blobRef, start, Math.min(start + wholeBytes, size)) }
      kept = window
    }
    return window.bytes.subarray(start - window.start, end - window.start)
  }
}

export interface HeaderLine {
  name: string // lower case
  value: string // decoded
}

/** The header fields of a mail as it is read: trace first. */
export async function headerLines(mail: MailRow, read: ReadRange): Promise<HeaderLine[]> {
  const block = await read(0, treeOf(mail).part.body)
  const bytes = mail.trace === '' ? block : Buffer.concat([Buffer.from(mail.trace), block])
  return readFields(bytes).map(({ name, value }) => ({ name: name.toLowerCase(), value: decodeText(value) }))
}

/** Fields that machines write for machines: not looked at by TEXT searches. */
const machineFields =
  /^(?:received|return-path|delivered-to|dkim-signature|domainkey-signature|authentication-results|arc-.*|received-spf|mime-version|content-.*|date|x-google-.*|x-ms-.*|x-microsoft-.*|x-forefront-.*|x-spam-.*|autocrypt|openpgp)$/

/** Whether the words of a field (lower case) are in the index. */
export function isIndexedField(name: string): boolean {
  return !machineFields.test(name)
}

/** The part of the header that people read: what TEXT looks at beside the body. */
export function readableHeader(lines: readonly HeaderLine[]): string {
  let text = ''
  for (const { name, value } of lines) if (!machineFields.test(name)) text += `${value}\n`
  return text
}

/** The text of a mail: its text parts, and the names of its attachments. At most about `limit` characters. */
export async function bodyText(mail: MailRow, read: ReadRange, limit: number): Promise<string> {
  const tree = treeOf(mail)
  const text = await textOf(tree, read, limit)
  const names = fileNames(tree.part)
  return names.length > 0 ? `${text}\n${names.join('\n')}` : text
}

function fileNames(part: Part): string[] {
  const own =
    part.dispositionParameters.find(([name]) => name === 'filename') ??
    part.parameters.find(([name]) => name === 'name')
  const names = own ? [own[1]] : []
  for (const inner of part.parts) names.push(...fileNames(inner))
  if (part.message) names.push(...fileNames(part.message.part))
  return names
}

export interface Content {
  words: string // different, joined by spaces, not those that name accounts
  preview: string
}

const sliceLength = 32_768 // characters tokenized in one go

/** What the index keeps of a mail. */
export async function contentOf(mail: MailRow, read: ReadRange, limits: StoreLimits): Promise<Content> {
  const words = new Set<string>()
  const header = readableHeader(await headerLines(mail, read))
  const text = await bodyText(mail, read, limits.indexedText)
  let isWhole = text.length < limits.indexedText
  isWhole = addWords(header, headerMark, words, limits.indexedWords) && isWhole
  for (const slice of slices(text, sliceLength)) {
    isWhole = addWords(slice, '', words, limits.indexedWords) && isWhole
    if (words.size >= limits.indexedWords) break
    if (text.length > sliceLength) await breathe()
  }
  if (!isWhole) words.add(incompleteWord)
  return { words: [...words].join(' '), preview: previewOf(text) }
}
