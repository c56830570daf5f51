// The end of the volumes: takes the records of all writers, one batch after the other, into one file.
//
// Invariants:
//   bytes are written at the end only; a sealed volume never changes
//   a sync began after the record was written, and is shared with everyone else who waits (group commit)
//   a volume whose sync failed takes nothing more, and what it held unsynced is never acknowledged

import { constants, writevSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { Trouble } from '../wire/troubles.ts'
import type { VolumeLimits } from './limits.ts'
import { volumePath, volumesIn, type Extent } from './places.ts'

export interface Appender {
  /** Writes a record at the end; resolves when the bytes are with the kernel. */
  append(record: Buffer[]): Promise<Extent>
  /** Resolves when everything appended to volumes `first` to `last` before the call is on disk. */
  sync(first: number, last: number): Promise<void>
  current(): number
  close(): Promise<void>
}

interface Waiting {
  record: Buffer[]
  length: number
  resolve(extent: Extent): void
  reject(error: unknown): void
}

export async function openAppender(folder: string, limits: VolumeLimits): Promise<Appender> {
  let volume = Math.max(1, ...(await volumesIn(folder)))
  let file = await openVolume(folder, volume)
  let end = (await file.stat()).size
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let syncing: Promise<void> | undefined
  let nextSync: Promise<void> | undefined
  let sealing: Promise<void> = Promise.resolve()
  const lost = new Map<number, Trouble>() // volumes whose sync failed: what they held unsynced is never acknowledged

  // The next volume takes the next record at once; a sync also waits for what the last one still held.
  const roll = async (): Promise<void> => {
    const full = file
    file = await openVolume(folder, volume + 1)
    volume++
    end = 0
    const sealed = volume - 1
    sealing = Promise.all([sealing, full.datasync().catch((error) => lost.set(sealed, diskTrouble(error)))])
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
        const trouble = diskTrouble(error)
        lost.set(current, trouble)
        end = Infinity
        throw trouble
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
      for (const [gone, trouble] of lost) if (first <= gone && gone <= last) throw trouble
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

const writtenHere = 65_536 // bytes

async function writeFully(file: FileHandle, pieces: Buffer[], position: number): Promise<void> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  // A few bytes into the system's memory take less than the way to the thread pool and back.
  const bytesWritten =
    total <= writtenHere ? writevSync(file.fd, pieces, position) : (await file.writev(pieces, position)).bytesWritten
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
  const file = await open(volumePath(folder, volume, 'vol'), O_RDWR | O_CREAT, 0o600)
  const parent = await open(folder, 'r') // the new name itself must survive a power loss
  await parent.sync().finally(() => parent.close())
  return file
}

function diskTrouble(error: unknown): Trouble {
  const { code, message } = error as NodeJS.ErrnoException
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return new Trouble(full ? 'disk-full' : 'unavailable', { why: message })
}
