// Reads what sections name and writes it as FETCH answers. Small mails are read whole and several
// ahead; large ones go out in pieces as they come from the disk.
//
// Invariants:
//   the size announced in a literal is the number of octets that follow, or the session ends
//   of one message no more is held than its budget; several messages are under way at once

import type { Part, Tree } from '../mime/mime.ts'
import { decodeTransfer, findPart } from '../mime/section.ts'
import { sizeOf, type MailBytes } from '../store/mails.ts'
import type { Store } from '../store/store.ts'
import { bye, no } from './answers.ts'
import type { ImapLimits } from './limits.ts'
import { cutSlices, filterFields, findSection, sliceSize, type Section, type Slice } from './sections.ts'

/** Text and bytes that are ready, ranges of the stored mail, and bytes that are made when their turn comes. */
export type Piece = string | Slice | { size: number; make(): AsyncIterable<Buffer> }

/** What one message is read with. */
export interface Reading {
  store: Store
  limits: ImapLimits
  mail: MailBytes
  tree(): Tree
  bytes: Buffer | undefined // the stored mail, if it is here already; only until the answer was taken
  budget: number // octets that may still be read ahead
}

/** " BODY[...] {n}..." for one section: what is small is read already. */
export async function prepareSection(reading: Reading, section: Section): Promise<Piece[]> {
  const { mail } = reading
  if (section.binary !== 'no') return prepareBinary(reading, section)
  const found = findSection(mail, reading.tree, section)
  if (!found) return [`${section.label} NIL`]
  let slices: Slice[]
  if ('filter' in found) {
    const { trace, start, end } = found.filter
    const block = await readRange(reading, start, end)
    slices = [filterFields(trace.length > 0 ? Buffer.concat([trace, block]) : block, section)]
  } else {
    slices = found.slices
  }
  const pieces = await prepareSlices(reading, section.label, cutSlices(slices, section.partial))
  return pieces.map((piece) => (typeof piece === 'string' ? piece : withoutNul(reading, piece)))
}

/** A literal has no NUL (RFC 9051 §4.3.1); where a mail has one, 0x80 stands for it. BINARY gives it as it is. */
function withoutNul({ store, mail }: Reading, piece: Exclude<Piece, string>): Piece {
  if (Buffer.isBuffer(piece)) return clean(piece)
  if ('make' in piece) return piece
  const { start, end } = piece
  const make = async function* () {
    for await (const bytes of store.blobs.stream(mail.blobRef, start, end)) yield clean(bytes)
  }
  return { size: end - start, make }
}

function clean(bytes: Buffer): Buffer {
  let at = bytes.indexOf(0)
  if (at < 0) return bytes
  const copy = Buffer.from(bytes)
  for (; at >= 0; at = copy.indexOf(0, at)) copy[at] = 0x80
  return copy
}

async function prepareSlices(reading: Reading, label: string, slices: Slice[]): Promise<Piece[]> {
  const size = slices.reduce((sum, slice) => sum + sliceSize(slice), 0)
  if (size === 0) return [`${label} ""`]
  const head = `${label} {${size}}\r\n`
  if (size > reading.budget) return [head, ...slices]
  reading.budget -= size
  const pieces: Piece[] = [head]
  for (const slice of slices)
    pieces.push(Buffer.isBuffer(slice) ? slice : await readRange(reading, slice.start, slice.end))
  return pieces
}

async function readRange({ store, mail, bytes: whole }: Reading, start: number, end: number): Promise<Buffer> {
  if (start >= end) return Buffer.alloc(0)
  const bytes = whole?.subarray(start, end) ?? (await store.blobs.read(mail.blobRef, start, end))
  if (bytes.length !== end - start) throw new Error(`the blob of mail ${mail.id} is short`)
  return bytes
}

// BINARY decodes a leaf's transfer encoding; the whole mail and multiparts are given as they are. RFC 3516 §4.2.
async function prepareBinary(reading: Reading, section: Section): Promise<Piece[]> {
  const { mail } = reading
  const { label, path, partial } = section
  const part = path.length === 0 ? undefined : findPart(reading.tree(), path)
  if (path.length > 0 && !part) return [`${label} ${section.binary === 'size' ? '0' : 'NIL'}`]
  if (!part || isPlain(part)) {
    if (section.binary === 'size') return [`${label} ${part ? part.end - part.body : sizeOf(mail)}`]
    const found = findSection(mail, reading.tree, { ...section, what: 'all' })!
    const slices = cutSlices('slices' in found ? found.slices : [], partial)
    const [head, ...rest] = await prepareSlices(reading, label, slices)
    // Eight-bit text may have a NUL: then only a literal8 will do, and nothing tells before it is read.
    const binary = part?.encoding === 'binary' || rest.some((piece) => !Buffer.isBuffer(piece) || piece.includes(0))
    return [binary && typeof head === 'string' ? head.replace('{', '~{') : head!, ...rest]
  }
  if (part.encoding === 'base64' && part.end - part.body > reading.limits.wholeRead)
    return prepareLarge(reading, section, part)
  const bytes = await decodePart(reading, part)
  if (section.binary === 'size') return [`${label} ${bytes.length}`]
  const cut = partial ? bytes.subarray(partial.from, partial.from + partial.count) : bytes
  if (cut.length === 0) return [`${label} ""`]
  const head = `${label} ${cut.includes(0) ? '~' : ''}{${cut.length}}\r\n`
  if (cut.length <= reading.budget) {
    reading.budget -= cut.length
    return [head, cut]
  }
  const from = partial?.from ?? 0
  const again = async function* () {
    yield (await decodePart(reading, part)).subarray(from, from + cut.length)
  }
  return [head, { size: cut.length, make: again }]
}

/** Nothing to decode: what holds other parts, and what is not encoded. */
function isPlain(part: Part): boolean {
  return part.parts.length > 0 || part.message !== undefined || ['', '7bit', '8bit', 'binary'].includes(part.encoding)
}

async function decodePart(reading: Reading, part: Part): Promise<Buffer> {
  if (part.end - part.body > reading.limits.binary) throw no('The part is too large to be decoded here', 'TOOBIG')
  const bytes = decodeTransfer(await readRange(reading, part.body, part.end), part.encoding)
  if (!bytes) throw no('The transfer encoding of that part is not known', 'UNKNOWN-CTE')
  return bytes
}

/** Large base64 is decoded twice, in pieces: once to know its size, once to say it. */
async function prepareLarge(reading: Reading, { label, binary, partial }: Section, part: Part): Promise<Piece[]> {
  let size = 0
  for await (const bytes of decodeLarge(reading, part)) size += bytes.length
  if (binary === 'size') return [`${label} ${size}`]
  const from = Math.min(partial?.from ?? 0, size)
  const count = Math.min(partial?.count ?? size, size - from)
  if (count === 0) return [`${label} ""`]
  return [`${label} ~{${count}}\r\n`, { size: count, make: () => window(decodeLarge(reading, part), from, count) }]
}

/** As decodeTransfer does: what is no letter of base64 is passed over, "=" ends a run and not the text. */
async function* decodeLarge({ store, mail }: Reading, part: Part): AsyncGenerator<Buffer, void, void> {
  let rest = ''
  for await (const piece of store.blobs.stream(mail.blobRef, part.body, part.end)) {
    const runs = (rest + piece.toString('latin1').replace(/[^A-Za-z0-9+/=_-]+/g, '')).split('=')
    const open = runs.pop()!
    for (const run of runs) if (run !== '') yield Buffer.from(run, 'base64')
    const whole = open.length & ~3
    if (whole > 0) yield Buffer.from(open.slice(0, whole), 'base64')
    rest = open.slice(whole)
  }
  if (rest !== '') yield Buffer.from(rest, 'base64')
}

/** `count` octets from octet `from` on. */
async function* window(pieces: AsyncIterable<Buffer>, from: number, count: number): AsyncGenerator<Buffer, void, void> {
  let skip = from
  let left = count
  for await (const piece of pieces) {
    const cut = piece.subarray(Math.min(skip, piece.length), Math.min(skip + left, piece.length))
    skip -= Math.min(skip, piece.length)
    left -= cut.length
    if (cut.length > 0) yield cut
    if (left === 0) return
  }
}

/**
 * Writes prepared answers: copies what is small into a page of about `page` octets, streams the rest. What is said is
 * good until the next piece is asked for, and so may be the bytes of an answer.
 */
export async function* sayPieces(
  store: Store,
  page: number,
  answers: AsyncIterable<{ mail: MailBytes; pieces: Piece[] }>,
): AsyncGenerator<Uint8Array, void, void> {
  const held = Buffer.allocUnsafeSlow(page)
  let size = 0
  for await (const { mail, pieces } of answers) {
    for (const piece of pieces) {
      const most = typeof piece === 'string' ? piece.length * 3 : Buffer.isBuffer(piece) ? piece.length : Infinity
      if (size > 0 && size + most > page) {
        yield held.subarray(0, size)
        size = 0
      }
      if (typeof piece === 'string') {
        if (most > page) yield Buffer.from(piece)
        else size += held.write(piece, size)
      } else if (Buffer.isBuffer(piece)) {
        if (most > page) yield piece
        else size += piece.copy(held, size)
      } else if ('make' in piece) yield* counted(piece.make(), piece.size)
      else yield* counted(store.blobs.stream(mail.blobRef, piece.start, piece.end), piece.end - piece.start)
    }
  }
  if (size > 0) yield held.subarray(0, size)
}

async function* counted(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer, void, void> {
  let left = size
  try {
    for await (const bytes of pieces) {
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

/** The same for items whose bytes come in batches. */
export async function* inBatches<From, Bytes, To>(
  items: readonly From[],
  depth: number,
  batches: AsyncIterable<Bytes[]>,
  prepare: (item: From, bytes: Bytes) => Promise<To>,
) {
  let at = 0
  for await (const batch of batches) {
    const first = at
    at += batch.length
    yield* inOrder(batch.keys(), depth, (i) => prepare(items[first + i]!, batch[i]!))
  }
}
