// Blobs in append-only volume files: <folder>/000001.vol and so on.
//
// A small blob is one record. A large one is a row of block records, written as the bytes come, and
// one record that lists them; so a 50 MB mail never sits in memory, and a slow sender holds no lock.
// All records of all writers go into the same file; whoever finishes waits for one sync that began
// after the record was written, shared with everyone else (group commit).
//
// Invariants:
//   bytes are written at the end only; a sealed volume never changes
//   a reference is given out after the sync; what a crash tore was never given out, and is skipped
//   a read gives the bytes written or throws: every record carries a CRC-32
//   a volume is removed only when nobody reads or writes in it and no reference into it can still become a row's

import { hash as digest } from 'node:crypto'
import { mkdir, rm, stat, statfs, truncate } from 'node:fs/promises'
import { openAppender } from './appender.ts'
import { openBeside, type Wanted } from './beside.ts'
import type { BlobGroup, BlobReader, BlobRef, Blobs, Stored } from './blobs.ts'
import { openDeadLog } from './dead.ts'
import { volumeLimits, type VolumeLimits } from './limits.ts'
import { likelyRefs, reaches, readRef, volumePath, volumesIn, writeRef, type Extent, type Place } from './places.ts'
import { openReader, readPieces, readWhole } from './reader.ts'
import { checkRecord, isList, makeRecord, openRecord, readBlockList } from './record.ts'
import { watchUses } from './uses.ts'
import { blobWriter, extentOf, openBlockMemory, openBlockRow, type Pen } from './writers.ts'

/** Reads blobs that others write, from a thread of its own. What it reads is in use as far as rows name it. */
export function openBlobReader(folder: string, limits: Partial<VolumeLimits> = {}): BlobReader {
  const reader = openReader(folder, { ...volumeLimits, ...limits })
  return {
    read: (ref, start = 0, end = Infinity) => readWhole(reader, readRef(ref), start, end),
    stream: (ref, start = 0, end = Infinity) => readPieces(reader, readRef(ref), start, end),
  }
}

/** Opens (or makes) the volumes in `folder`. Throws Trouble 'unavailable' when it cannot be written. */
export async function openVolumes(
  folder: string,
  limits: Partial<VolumeLimits> = {},
  now: () => number = () => performance.now(),
): Promise<Blobs> {
  const named = { ...volumeLimits, ...limits }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const reader = openReader(folder, named)
  const appender = await openAppender(folder, named)
  const uses = watchUses(named, now)
  const beside = openBeside(folder, named, uses)
  const dead = openDeadLog(folder)
  const pen: Pen = { appender, uses, dead, memory: openBlockMemory(named.blockBytes, named.blocksKept) }

  const putRecord = async (record: Buffer[]): Promise<{ ref: BlobRef; useBefore: number }> => {
    const extent = await appender.append(record)
    const { volume } = extent
    uses.given(volume, volume)
    await appender.sync(volume, volume)
    return { ref: writeRef({ ...extent, first: volume, inBlocks: false }), useBefore: uses.given(volume, volume) }
  }
  const put = async (bytes: Uint8Array): Promise<Stored> => {
    const buffer = asBuffer(bytes)
    if (buffer.length <= named.blockBytes) {
      const { ref, useBefore } = await putRecord(makeRecord('d', buffer))
      return { ref, size: buffer.length, hash: digest('sha256', buffer), useBefore }
    }
    const writer = blobWriter(pen, put)
    try {
      await writer.write(buffer)
      return await writer.finish()
    } catch (error) {
      await writer.abandon()
      throw error
    }
  }
  const read = async (ref: BlobRef, start = 0, end = Infinity): Promise<Buffer> => {
    const place = readRef(ref)
    uses.begin(place)
    try {
      return await readWhole(reader, place, start, end)
    } finally {
      uses.end(place)
    }
  }
  async function* stream(ref: BlobRef, start = 0, end = Infinity): AsyncGenerator<Buffer> {
    const place = readRef(ref)
    uses.begin(place)
    try {
      yield* readPieces(reader, place, start, end)
    } finally {
      uses.end(place)
    }
  }

  const wantedOf = ({ ref, size }: { ref: BlobRef; size: number }): Wanted | undefined => {
    const extent = readRef(ref)
    return extent.inBlocks || size > named.batchBytes ? undefined : { extent, size }
  }

  // -- space

  const rawRecord = async ({ volume, offset, length }: Extent): Promise<Buffer> => {
    const record = await reader.bytes(volume, offset, length)
    checkRecord(record)
    return record
  }
  const extentsOf = async (place: Place): Promise<Extent[]> => {
    if (!place.inBlocks) return [place]
    return [place, ...readBlockList(openRecord(await rawRecord(place)).bytes).map(extentOf)]
  }
  const copyBlocks = async (list: Buffer): Promise<BlobRef> => {
    const row = openBlockRow(pen)
    try {
      for (const block of readBlockList(openRecord(list).bytes)) {
        await row.add([await rawRecord(extentOf(block))], block.plain)
      }
      return (await row.finish()).ref
    } catch (error) {
      await row.abandon()
      throw error
    }
  }
  const groupOf = async (volume: number): Promise<BlobGroup> => {
    const [{ size }, { bytes, counted }] = await Promise.all([stat(volumePath(folder, volume, 'vol')), dead.of(volume)])
    return { id: volume, bytes: size, dead: Math.min(size, bytes), counted, likely: likelyRefs(volume) }
  }
  return {
    folder,
    put,
    writer: () => blobWriter(pen, put),
    read,
    stream,
    batches: (wanted) => beside.batches(wanted.map(wantedOf)),
    async drop(ref) {
      const place = readRef(ref)
      const extents = await extentsOf(place).catch(() => [place]) // damaged, or copied and gone: nothing to lose
      await dead.tell(extents)
    },
    async groups() {
      const found: BlobGroup[] = []
      for (const volume of await volumesIn(folder)) if (volume < appender.current()) found.push(await groupOf(volume))
      return found
    },
    isIn: (ref, volume) => reaches(readRef(ref), volume),
    async count(volume, living) {
      let alive = 0
      for await (const refs of living) {
        for (const ref of refs) {
          const place = readRef(ref)
          const extents = await extentsOf(place).catch(() => [place])
          for (const extent of extents) if (extent.volume === volume) alive += extent.length
        }
      }
      const { size } = await stat(volumePath(folder, volume, 'vol'))
      await dead.set(volume, Math.max(0, size - alive))
      return Math.max(0, size - alive)
    },
    async copy(ref) {
      const place = readRef(ref)
      uses.begin(place)
      try {
        const record = await rawRecord(place)
        return isList(record) ? await copyBlocks(record) : (await putRecord([record])).ref
      } finally {
        uses.end(place)
      }
    },
    async retire(volume) {
      if (volume >= appender.current()) throw new Error('Only a sealed volume can be removed')
      if (!uses.isFree(volume)) return false
      await reader.forget(volume)
      const path = volumePath(folder, volume, 'vol')
      await truncate(path) // gives the space back also where another thread has the file still open
      await rm(path)
      await dead.remove(volume)
      uses.forget(volume)
      return true
    },
    async space() {
      const { bavail, blocks, bsize } = await statfs(folder)
      return { free: bavail * bsize, total: blocks * bsize }
    },
    async close() {
      await appender.close()
      await Promise.all([reader.close(), beside.close()])
    },
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
