// Reads records out of volumes.
//
// Invariants:
//   a read gives the bytes written or throws
//   a file that was forgotten is closed after the last read that is under way

import { read as readFile } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { VolumeLimits } from './limits.ts'
import { volumePath, type Place } from './places.ts'
import { openRecord, readBlockList } from './record.ts'

export interface VolumeReader {
  bytes(volume: number, offset: number, length: number): Promise<Buffer>
  forget(volume: number): Promise<void>
  close(): Promise<void>
}

/** The bytes `start` to `end` of a blob, at once. Most are one record: then without a generator's turns. */
export async function readWhole(reader: VolumeReader, place: Place, start: number, end: number): Promise<Buffer> {
  if (!place.inBlocks) {
    const { kind, bytes } = openRecord(await reader.bytes(place.volume, place.offset, place.length))
    if (kind === 'd') return cut(bytes, start, end)
  }
  const found: Buffer[] = []
  for await (const piece of readPieces(reader, place, start, end)) found.push(piece)
  return found.length === 1 ? found[0]! : Buffer.concat(found)
}

function cut(bytes: Buffer, start: number, end: number): Buffer {
  return start <= 0 && end >= bytes.length ? bytes : bytes.subarray(Math.max(0, start), Math.min(end, bytes.length))
}

/** The same in pieces. */
export async function* readPieces(
  reader: VolumeReader,
  place: Place,
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const { kind, bytes } = openRecord(await reader.bytes(place.volume, place.offset, place.length))
  if (kind === 'd') {
    yield cut(bytes, start, end)
    return
  }
  let at = 0
  for (const block of readBlockList(bytes)) {
    const from = Math.max(0, start - at)
    const to = Math.min(block.plain, end - at)
    at += block.plain
    if (from >= to) continue
    const opened = openRecord(await reader.bytes(block.volume, block.offset, block.stored))
    yield from === 0 && to === block.plain ? opened.bytes : opened.bytes.subarray(from, to)
  }
}

interface OpenVolume {
  file: Promise<FileHandle>
  readers: number // reads under way: the file is closed after the last of them
  leaving: boolean
}

/** Files open for reading, and the pieces read ahead when records are asked for in order. */
export function openReader(folder: string, limits: VolumeLimits): VolumeReader {
  const volumes = new Map<number, OpenVolume>() // the most recently used is the last
  const ahead = new Map<string, Promise<Buffer>>() // 'volume.window' -> the bytes of that window
  let last = { volume: 0, end: 0 }

  const leave = async (volume: number): Promise<void> => {
    const known = volumes.get(volume)
    if (!known) return
    volumes.delete(volume)
    known.leaving = true
    if (known.readers === 0) await closeQuietly(known)
  }
  const enter = (volume: number): OpenVolume => {
    let known = volumes.get(volume)
    volumes.delete(volume)
    known ??= { file: open(volumePath(folder, volume, 'vol'), 'r'), readers: 0, leaving: false }
    volumes.set(volume, known)
    if (volumes.size > limits.openVolumes) void leave(volumes.keys().next().value as number)
    return known
  }
  const withFile = async <T>(volume: number, use: (file: FileHandle) => Promise<T>): Promise<T> => {
    const known = enter(volume)
    known.readers++
    try {
      return await use(await known.file)
    } catch (error) {
      await leave(volume)
      throw error
    } finally {
      known.readers--
      if (known.leaving && known.readers === 0) await closeQuietly(known)
    }
  }
  const readAt = (volume: number, offset: number, length: number): Promise<Buffer> =>
    withFile(volume, async ({ fd }) => {
      const bytes = Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const got = await new Promise<number>((resolve, reject) =>
          readFile(fd, bytes, done, length - done, offset + done, (error, count) =>
            error ? reject(error) : resolve(count),
          ),
        )
        if (got === 0) break
        done += got
      }
      return bytes.subarray(0, done)
    })
  const windowOf = (volume: number, window: number): Promise<Buffer> => {
    const key = `${volume}.${window}`
    let bytes = ahead.get(key)
    if (!bytes) {
      bytes = readAt(volume, window * limits.readAheadBytes, limits.readAheadBytes)
      ahead.set(key, bytes)
      bytes.then(
        // A window that is not full yet may grow: it serves those who wait, then goes.
        (full) => full.length < limits.readAheadBytes && ahead.delete(key),
        () => ahead.delete(key),
      )
      if (ahead.size > limits.readAheads) ahead.delete(ahead.keys().next().value as string)
    }
    return bytes
  }
  const fromWindows = async (volume: number, offset: number, length: number): Promise<Buffer | undefined> => {
    const window = Math.floor(offset / limits.readAheadBytes)
    const from = offset - window * limits.readAheadBytes
    if (from + length > limits.readAheadBytes) return undefined // over the edge: read alone
    const bytes = await windowOf(volume, window)
    return from + length <= bytes.length ? bytes.subarray(from, from + length) : undefined
  }
  return {
    async bytes(volume, offset, length) {
      const inOrder = volume === last.volume && offset >= last.end && offset - last.end < limits.readAheadBytes / 4
      last = { volume, end: offset + length }
      const known = ahead.size > 0 && ahead.has(`${volume}.${Math.floor(offset / limits.readAheadBytes)}`)
      const bytes = (inOrder || known) && (await fromWindows(volume, offset, length))
      const got = bytes || (await readAt(volume, offset, length))
      if (got.length < length) throw new Error('A blob lies beyond the end of its volume')
      return got
    },
    async forget(volume) {
      for (const key of ahead.keys()) if (key.startsWith(`${volume}.`)) ahead.delete(key)
      await leave(volume)
    },
    async close() {
      await Promise.all([...volumes.keys()].map(leave))
    },
  }
}

async function closeQuietly({ file }: OpenVolume): Promise<void> {
  await file.then(
    (open) => open.close(),
    () => undefined,
  )
}
