// Writes blobs: a small one is one record, a large one is a row of blocks and the list of them.
//
// Invariants:
//   the volumes of a blob that is being written are in use, until it is finished or abandoned
//   the blocks of one that was broken off are told dead

import { createHash } from 'node:crypto'
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
  blockBytes: number
}

/** Keeps a small blob in memory; hands over to `large` when it grows. */
export function eitherWriter(put: Blobs['put'], large: () => BlobWriter, blockBytes: number): BlobWriter {
  let pieces: Uint8Array[] = []
  let size = 0
  let grown: BlobWriter | undefined
  return {
    write(piece) {
      if (grown) return grown.write(piece)
      pieces.push(piece)
      size += piece.length
      if (size <= blockBytes) return undefined
      grown = large()
      const all = Buffer.concat(pieces)
      pieces = []
      return grown.write(all)
    },
    finish() {
      if (grown) return grown.finish()
      return put(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces))
    },
    async abandon() {
      pieces = []
      await grown?.abandon()
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

export function largeWriter(pen: Pen): BlobWriter {
  const row = openBlockRow(pen)
  const hash = createHash('sha256')
  let size = 0
  let held: Uint8Array[] = []
  let heldBytes = 0

  const writeBlock = (bytes: Buffer): Promise<void> => row.add(makeRecord('b', bytes), bytes.length)
  return {
    async write(piece) {
      hash.update(piece)
      size += piece.length
      held.push(piece)
      heldBytes += piece.length
      if (heldBytes < pen.blockBytes) return
      const all = Buffer.concat(held)
      let from = 0
      for (; all.length - from >= pen.blockBytes; from += pen.blockBytes)
        await writeBlock(all.subarray(from, from + pen.blockBytes))
      held = from < all.length ? [Buffer.from(all.subarray(from))] : []
      heldBytes = all.length - from
    },
    async finish() {
      if (heldBytes > 0) await writeBlock(Buffer.concat(held))
      held = []
      return { ...(await row.finish()), size, hash: hash.digest('hex') }
    },
    abandon() {
      held = []
      return row.abandon()
    },
  }
}
