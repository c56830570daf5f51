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

import { hash as digest, createHash, type Hash } from 'node:crypto'
import { constants, read as readFile } from 'node:fs'
import { appendFile, mkdir, open, readFile as readWhole, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Trouble } from '../wire/troubles.ts'
import type { BlobReader, BlobRef, Blobs, BlobWriter, Stored } from './blobs.ts'
import { makeRecord, openRecord, readBlockList, writeBlockList, type Block } from './record.ts'

export const volumeLimits = {
  volumeBytes: 1 << 30, // a volume this long is sealed
  blockBytes: 256 << 10, // a blob longer than this is kept in blocks
  openVolumes: 64, // files held open for reading
  readAheadBytes: 256 << 10, // taken in at once when records are read in order
  readAheads: 64, // how many such pieces are kept
}

export interface Volumes extends Blobs {
  /** Sealed volumes and how much of each nobody points at any more. */
  sealed(): Promise<{ volume: number; bytes: number; dead: number }[]>
  /** Whether any byte of `ref` lies in `volume`. */
  touches(ref: BlobRef, volume: number): boolean
  /** Deletes a sealed volume out of which every living blob was copied. */
  removeVolume(volume: number): Promise<void>
}

interface Place {
  volume: number
  offset: number
  length: number // of the record
  first: number // the lowest volume that holds a block of it
}

function writeRef({ volume, offset, length, first }: Place): BlobRef {
  const ref = `${volume}.${offset}.${length}`
  return first === volume ? ref : `${ref}.${first}`
}

function readRef(ref: BlobRef): Place {
  const [volume = NaN, offset = NaN, length = NaN, first = volume] = ref.split('.').map(Number)
  if (!Number.isSafeInteger(volume) || !Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) {
    throw new Error(`Not a blob reference: ${ref}`)
  }
  return { volume, offset, length, first }
}

/** Opens (or makes) the volumes in `folder`. Throws Trouble 'unavailable' when it cannot be written. */
export async function openVolumes(folder: string, limits: Partial<typeof volumeLimits> = {}): Promise<Volumes> {
  const named = { ...volumeLimits, ...limits }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const reader = openReader(folder, named)
  const appender = await openAppender(folder, named)

  const put = async (bytes: Uint8Array): Promise<Stored> => {
    const buffer = asBuffer(bytes)
    if (buffer.length > named.blockBytes) {
      const writer = largeWriter(appender, named.blockBytes)
      await writer.write(buffer)
      return writer.finish()
    }
    const place = await appender.append(makeRecord('d', buffer))
    await appender.sync(place.volume, place.volume)
    return { ref: writeRef({ ...place, first: place.volume }), size: buffer.length, hash: digest('sha256', buffer) }
  }
  return {
    folder,
    put,
    writer: () => eitherWriter(put, () => largeWriter(appender, named.blockBytes), named.blockBytes),
    ...readingFrom(reader),
    async drop(ref) {
      const { volume, length } = readRef(ref)
      await appendFile(join(folder, `${fileName(volume)}.dead`), `${ref} ${length}\n`)
    },
    touches(ref, volume) {
      const place = readRef(ref)
      return place.first <= volume && volume <= place.volume
    },
    sealed: () => listSealed(folder, appender.current(), reader.size),
    async removeVolume(volume) {
      if (volume >= appender.current()) throw new Error('Only a sealed volume can be removed')
      await reader.forget(volume)
      await rm(join(folder, `${fileName(volume)}.vol`), { force: true })
      await rm(join(folder, `${fileName(volume)}.dead`), { force: true })
    },
    async close() {
      await appender.close()
      await reader.close()
    },
  }
}

/** Reads blobs that others write, from a thread of its own. */
export function openBlobReader(folder: string, limits: Partial<typeof volumeLimits> = {}): BlobReader {
  return readingFrom(openReader(folder, { ...volumeLimits, ...limits }))
}

function readingFrom(reader: VolumeReader): BlobReader {
  return {
    async read(ref, start = 0, end = Infinity) {
      const pieces: Buffer[] = []
      for await (const piece of readPieces(reader, ref, start, end)) pieces.push(piece)
      return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
    },
    stream: (ref, start = 0, end = Infinity) => readPieces(reader, ref, start, end),
  }
}

const fileName = (volume: number): string => String(volume).padStart(6, '0')

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

// -- writing

interface Appender {
  /** Writes a record at the end; resolves when the bytes are with the kernel. */
  append(record: Buffer[]): Promise<{ volume: number; offset: number; length: number }>
  /** Resolves when everything appended to volumes `first` to `last` before the call is on disk. */
  sync(first: number, last: number): Promise<void>
  current(): number
  close(): Promise<void>
}

interface Waiting {
  record: Buffer[]
  length: number
  resolve(place: { volume: number; offset: number; length: number }): void
  reject(error: unknown): void
}

async function openAppender(folder: string, limits: typeof volumeLimits): Promise<Appender> {
  let volume = Math.max(1, ...(await volumesIn(folder)))
  let file = await openVolume(folder, volume)
  let end = (await file.stat()).size
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let syncing: Promise<void> | undefined
  let nextSync: Promise<void> | undefined
  let sealing: Promise<void> = Promise.resolve()
  const lost = new Set<number>() // volumes whose sync failed: what they held unsynced is never acknowledged

  // The next volume takes the next record at once; a sync also waits for what the last one still held.
  const roll = async (): Promise<void> => {
    const full = file
    file = await openVolume(folder, volume + 1)
    volume++
    end = 0
    const sealed = volume - 1
    sealing = Promise.all([sealing, full.datasync().catch(() => lost.add(sealed))])
      .finally(() => full.close())
      .then(() => undefined)
  }
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, 500)
      try {
        if (end >= limits.volumeBytes) await roll()
        await writeFully(
          file,
          batch.flatMap((one) => one.record),
          end,
        )
        for (const one of batch) {
          one.resolve({ volume, offset: end, length: one.length })
          end += one.length
        }
      } catch (error) {
        for (const one of batch) one.reject(diskTrouble(error))
      }
    }
    writing = undefined
  }
  const startSync = (): Promise<void> => {
    const current = volume
    syncing = Promise.all([sealing, file.datasync()])
      .then(() => undefined)
      .catch((error: unknown) => {
        // What reached the disk is unknown now, and a second sync would not tell: no more into this file.
        lost.add(current)
        end = Infinity
        throw diskTrouble(error)
      })
      .finally(() => (syncing = undefined))
    return syncing
  }
  const nextRun = (): Promise<void> => {
    if (!syncing) return startSync()
    nextSync ??= syncing
      .catch(() => undefined)
      .then(() => {
        nextSync = undefined
        return startSync()
      })
    return nextSync
  }
  return {
    append(record) {
      return new Promise((resolve, reject) => {
        const length = record.reduce((sum, piece) => sum + piece.length, 0)
        waiting.push({ record, length, resolve, reject })
        writing ??= writeAll()
      })
    },
    async sync(first, last) {
      await nextRun()
      for (const gone of lost) {
        if (first <= gone && gone <= last) throw new Trouble('unavailable', { why: 'a volume could not be synced' })
      }
    },
    current: () => volume,
    async close() {
      await writing
      await nextSync?.catch(() => undefined)
      await syncing?.catch(() => undefined)
      await file.close()
    },
  }
}

async function writeFully(file: FileHandle, pieces: Buffer[], position: number): Promise<void> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const { bytesWritten } = await file.writev(pieces, position)
  if (bytesWritten === total) return
  // A short write (a full disk, mostly): the rest once more, so that the kernel says why.
  const rest = Buffer.concat(pieces).subarray(bytesWritten)
  let done = 0
  while (done < rest.length) {
    const answer = await file.write(rest, done, rest.length - done, position + bytesWritten + done)
    done += answer.bytesWritten
  }
}

async function openVolume(folder: string, volume: number): Promise<FileHandle> {
  const { O_RDWR, O_CREAT } = constants
  const file = await open(join(folder, `${fileName(volume)}.vol`), O_RDWR | O_CREAT, 0o600)
  const parent = await open(folder, 'r') // the new name itself must survive a power loss
  await parent.sync().finally(() => parent.close())
  return file
}

async function volumesIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).map((name) => /^(\d+)\.vol$/.exec(name)?.[1]).flatMap((n) => (n ? [Number(n)] : []))
}

async function listSealed(
  folder: string,
  current: number,
  size: (volume: number) => Promise<number>,
): Promise<{ volume: number; bytes: number; dead: number }[]> {
  const sealed = (await volumesIn(folder)).filter((volume) => volume < current).sort((a, b) => a - b)
  return Promise.all(
    sealed.map(async (volume) => {
      const text = await readWhole(join(folder, `${fileName(volume)}.dead`), 'latin1').catch(() => '')
      const dropped = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]))
      dropped.delete('')
      const dead = [...dropped.values()].reduce((sum, length) => sum + Number(length), 0)
      return { volume, bytes: await size(volume), dead }
    }),
  )
}

function diskTrouble(error: unknown): Trouble {
  const { code, message } = error as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return new Trouble(full ? 'disk-full' : 'unavailable', { why: message })
}

/** Keeps a small blob in memory; hands over to `large` when it grows. */
function eitherWriter(put: Blobs['put'], large: () => BlobWriter, blockBytes: number): BlobWriter {
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

function largeWriter(appender: Appender, blockBytes: number): BlobWriter {
  const hash: Hash = createHash('sha256')
  const blocks: Block[] = []
  let size = 0
  let held: Uint8Array[] = []
  let heldBytes = 0

  const writeBlock = async (bytes: Buffer): Promise<void> => {
    const place = await appender.append(makeRecord('b', bytes))
    blocks.push({ volume: place.volume, offset: place.offset, stored: place.length, plain: bytes.length })
  }
  return {
    async write(piece) {
      hash.update(piece)
      size += piece.length
      held.push(piece)
      heldBytes += piece.length
      if (heldBytes < blockBytes) return
      const all = Buffer.concat(held)
      let from = 0
      for (; all.length - from >= blockBytes; from += blockBytes)
        await writeBlock(all.subarray(from, from + blockBytes))
      held = from < all.length ? [Buffer.from(all.subarray(from))] : []
      heldBytes = all.length - from
    },
    async finish() {
      if (heldBytes > 0) await writeBlock(Buffer.concat(held))
      held = []
      const place = await appender.append(makeRecord('i', writeBlockList(blocks)))
      const first = blocks.reduce((lowest, block) => Math.min(lowest, block.volume), place.volume)
      await appender.sync(first, place.volume)
      return { ref: writeRef({ ...place, first }), size, hash: hash.digest('hex') }
    },
    async abandon() {
      held = [] // blocks already written are dead bytes that the next copying of the volume leaves behind
    },
  }
}

// -- reading

interface VolumeReader {
  bytes(volume: number, offset: number, length: number): Promise<Buffer>
  size(volume: number): Promise<number>
  forget(volume: number): Promise<void>
  close(): Promise<void>
}

async function* readPieces(reader: VolumeReader, ref: BlobRef, start: number, end: number): AsyncGenerator<Buffer> {
  const place = readRef(ref)
  const { kind, bytes } = openRecord(await reader.bytes(place.volume, place.offset, place.length))
  if (kind === 'd') {
    yield start <= 0 && end >= bytes.length ? bytes : bytes.subarray(Math.max(0, start), Math.min(end, bytes.length))
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
function openReader(folder: string, limits: typeof volumeLimits): VolumeReader {
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
    known ??= { file: open(join(folder, `${fileName(volume)}.vol`), 'r'), readers: 0, leaving: false }
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
    size: (volume) => withFile(volume, async (file) => (await file.stat()).size),
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
