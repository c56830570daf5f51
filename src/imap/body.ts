// Reads what sections name and writes it as FETCH answers. Small mails are read whole and several
// ahead; large ones go out in pieces as they come from the disk.
//
// Invariant: the size announced in a literal is the number of octets that follow, or the session ends.

import { decodeTransfer, findPart } from '../mime/section.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import type { Store } from '../store/store.ts'
import { bye, no } from './answers.ts'
import type { ImapLimits } from './limits.ts'
import { cutSlices, filterFields, findSection, sliceSize, type Section, type Slice } from './sections.ts'

/** One answer, ready but for bytes that are streamed: text, bytes and ranges of the mail, in order. */
export type Piece = string | Slice

/** " BODY[...] {n}..." for one section: what is small is read already. */
export async function prepareSection(
  store: Store,
  limits: ImapLimits,
  mail: MailRow,
  section: Section,
): Promise<Piece[]> {
  if (section.binary !== 'no') return prepareBinary(store, limits, mail, section)
  const found = findSection(mail, () => treeOf(mail), section)
  if (!found) return [`${section.label} NIL`]
  let slices: Slice[]
  if ('filter' in found) {
    const { trace, start, end } = found.filter
    const block = await readRange(store, mail, start, end)
    slices = [filterFields(trace.length > 0 ? Buffer.concat([trace, block]) : block, section)]
  } else {
    slices = found.slices
  }
  slices = cutSlices(slices, section.partial)
  const size = slices.reduce((sum, slice) => sum + sliceSize(slice), 0)
  if (size === 0) return [`${section.label} ""`]
  if (size > limits.wholeRead) return [`${section.label} {${size}}\r\n`, ...slices]
  const pieces: Piece[] = [`${section.label} {${size}}\r\n`]
  for (const slice of slices)
    pieces.push(Buffer.isBuffer(slice) ? slice : await readRange(store, mail, slice.start, slice.end))
  return pieces
}

async function readRange(store: Store, mail: MailRow, start: number, end: number): Promise<Buffer> {
  if (start >= end) return Buffer.alloc(0)
  const bytes = await store.blobs.read(mail.blobRef, start, end)
  if (bytes.length !== end - start) throw new Error(`the blob of mail ${mail.id} is short`)
  return bytes
}

// BINARY decodes a leaf's transfer encoding; the whole mail and multiparts are given as they are. RFC 3516 §4.2.
async function prepareBinary(store: Store, limits: ImapLimits, mail: MailRow, section: Section): Promise<Piece[]> {
  const tree = treeOf(mail)
  const top = section.path.length === 0
  const part = top ? tree.part : findPart(tree, section.path)
  if (!part) return [`${section.label} ${section.binary === 'size' ? '0' : 'NIL'}`]
  const start = top ? 0 : part.body
  const end = top ? tree.size : part.end
  if (end - start > limits.binary) throw no('The part is too large to be decoded here', 'TOOBIG')
  const stored = await readRange(store, mail, start, end)
  const leaf = !top && part.parts.length === 0 && !part.message
  let bytes = leaf ? decodeTransfer(stored, part.encoding) : stored
  if (!bytes) throw no('The transfer encoding of that part is not known', 'UNKNOWN-CTE')
  if (top && mail.trace !== '') bytes = Buffer.concat([Buffer.from(mail.trace), bytes])
  if (section.binary === 'size') return [`${section.label} ${bytes.length}`]
  const { partial } = section
  if (partial) bytes = bytes.subarray(partial.from, partial.from + partial.count)
  if (bytes.length === 0) return [`${section.label} ""`]
  return [`${section.label} ${bytes.includes(0) ? '~' : ''}{${bytes.length}}\r\n`, bytes]
}

/** Writes prepared answers: gathers what is small into buffers of about `gather` octets, streams the rest. */
export async function* sayPieces(
  store: Store,
  gather: number,
  answers: AsyncIterable<{ mail: MailRow; pieces: Piece[] }>,
): AsyncGenerator<Uint8Array, void, void> {
  let held: Buffer[] = []
  let size = 0
  for await (const { mail, pieces } of answers) {
    for (const piece of pieces) {
      if (typeof piece === 'string' || Buffer.isBuffer(piece)) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
        held.push(bytes)
        size += bytes.length
        if (size < gather) continue
        yield held.length === 1 ? held[0]! : Buffer.concat(held)
      } else {
        if (size > 0) yield Buffer.concat(held)
        yield* streamRange(store, mail, piece)
      }
      held = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(held)
}

async function* streamRange(store: Store, mail: MailRow, { start, end }: { start: number; end: number }) {
  let left = end - start
  try {
    for await (const bytes of store.blobs.stream(mail.blobRef, start, end)) {
      left -= bytes.length
      yield bytes
    }
  } catch {
    left = -1
  }
  // The client counts octets: after a wrong number nothing we say would be understood.
  if (left !== 0) throw bye('The mail could not be read')
}

/** Keeps up to `depth` preparations under way and gives their results in order. */
export async function* inOrder<From, To>(items: Iterable<From>, depth: number, prepare: (item: From) => Promise<To>) {
  const underWay: Promise<To>[] = []
  for (const item of items) {
    const started = prepare(item)
    started.catch(() => {}) // it is awaited below; when an earlier one fails, nobody would
    underWay.push(started)
    if (underWay.length >= depth) yield await underWay.shift()!
  }
  for (const started of underWay) yield await started
}
