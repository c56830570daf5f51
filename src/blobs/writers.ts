// Writes blobs: a small one is one record, a large one is a row of blocks and the list of them.
//
// Invariants:
//   the volumes of a blob that is being written are in use, until it is finished or abandoned
//   the blocks of one that was broken off are told dead
//   a blob in hand takes one block of memory, which goes back only when nobody writes from it any more

import { createHash, type Hash } from 'node:crypto'
import type { Appender } from './appender.ts'
import type { BlobRef, Blobs, BlobWriter } from './blobs.ts'
import type { DeadLog } from './dead.ts'
import { writeRef, type Extent } from './places.ts'
import { makeRecord, writeBlockList, type Block } from './record.ts'
import type { Uses } from './uses.ts'

/** What writing needs in hand. */
export interface Pen {
  appender: Appender
  uses: Uses
  dead: DeadLog
  memory: BlockMemory
}

/** Memory for blocks that are being filled. Used again and again: large buffers cost the collector dear. */
export interface BlockMemory {
  blockBytes: number
  take(): Buffer
  give(block: Buffer): void
}

export function openBlockMemory(blockBytes: number, kept: number): BlockMemory {
  const free: Buffer[] = []
  return {
    blockBytes,
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(blockBytes),
    give(block) {
      if (free.length < kept) free.push(block)
    },
  }
}

/** The blocks of one large blob on their way to the disk. */
export interface BlockRow {
  /** Writes a block, given as its record. */
  add(record: Buffer[], plain: number): Promise<void>
  /** Writes the list of the blocks; resolves when all of it is durable. */
  finish(): Promise<{ ref: BlobRef; useBefore: number }>
  abandon(): Promise<void>
}

export function openBlockRow({ appender, uses, dead }: Pen): BlockRow {
  // From the volume that is written now: the first block comes there or later.
  const use = { first: appender.current(), volume: Infinity }
  const blocks: Block[] = []
  let broken = false
  uses.begin(use)

  const abandon = async (): Promise<void> => {
    broken = true
    uses.end(use)
    await dead.tell(blocks.splice(0).map(extentOf)).catch(() => undefined) // a count, worth no failure
  }
  return {
    async add(record, plain) {
      const { volume, offset, length } = await appender.append(record)
      blocks.push({ volume, offset, stored: length, plain })
      if (broken) await abandon() // broken off while this block was written
    },
    async finish() {
      try {
        const place = await appender.append(makeRecord('i', writeBlockList(blocks)))
        const first = blocks.reduce((lowest, block) => Math.min(lowest, block.volume), place.volume)
        await appender.sync(first, place.volume)
        const useBefore = uses.given(first, place.volume)
        uses.end(use)
        blocks.length = 0 // no longer ours to abandon
        return { ref: writeRef({ ...place, first, inBlocks: true }), useBefore }
      } catch (error) {
        await abandon()
        throw error
      }
    },
    abandon,
  }
}

export function extentOf({ volume, offset, stored }: Block): Extent {
  return { volume, offset, length: stored }
}

const heldShare = 1 / 8 // of a block: so much of a blob is held in the pieces it came in
const heldPieces = 64 // at most

/** Fills a block; a blob that does not fit is written block by block. `put` writes one that does. */
export function blobWriter(pen: Pen, put: Blobs['put']): BlobWriter {
  let pieces: Uint8Array[] = []
  let block: Buffer | undefined
  let filled = 0
  let size = 0
  let row: BlockRow | undefined
  let hash: Hash | undefined

  const inHand = (): Buffer => (block ? block.subarray(0, filled) : Buffer.concat(pieces))
  const writeBlock = async (): Promise<void> => {
    row ??= openBlockRow(pen)
    hash ??= createHash('sha256')
    const bytes = inHand()
    hash.update(bytes)
    await row.add(makeRecord('b', bytes), bytes.length)
    filled = 0
  }
  const addLong = async (piece: Uint8Array, into: Buffer): Promise<void> => {
    for (let at = 0; at < piece.length;) {
      if (filled === into.length) await writeBlock()
      const part = piece.subarray(at, at + into.length - filled)
      into.set(part, filled)
      filled += part.length
      at += part.length
    }
  }
  const add = (piece: Uint8Array): Promise<void> | undefined => {
    block ??= pen.memory.take()
    if (filled + piece.length > block.length) return addLong(piece, block)
    block.set(piece, filled)
    filled += piece.length
    return undefined
  }
  return {
    write(piece) {
      size += piece.length
      if (block) return add(piece)
      pieces.push(piece)
      if (size <= pen.memory.blockBytes * heldShare && pieces.length < heldPieces) return undefined
      const held = pieces.length === 1 ? piece : Buffer.concat(pieces)
      pieces = []
      return add(held)
    },
    whole: () => (row ? undefined : inHand()),
    async finish() {
      if (row && filled > 0) await writeBlock()
      const stored = row ? { ...(await row.finish()), size, hash: hash!.digest('hex') } : await put(inHand())
      if (block) pen.memory.give(block)
      block = undefined
      return stored
    },
    // The block stays with the collector: a write from it may be under way.
    async abandon() {
      pieces = []
      await row?.abandon()
    },
  }
}
