// The thread that reads many records at once: opens, checks and unpacks them into the room it was given.
//
// What it cannot read is left out; whoever asked reads that alone and learns why.

import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { volumePath, type Extent } from './places.ts'
import { openRecord } from './record.ts'

/** `room` goes to the thread and comes back. */
export interface ToReader {
  extents: Extent[]
  room: ArrayBuffer
}

/** `ends[i]`: where the bytes of record i end in the room, and those of the next begin; -1: they are not there. */
export interface FromReader {
  ends: number[]
  room: ArrayBuffer
}

const { folder, files } = workerData as { folder: string; files: number }
const open = new Map<number, number>() // volume -> file, the most recently used is the last
const gap = 16 << 10 // bytes of others that are read along rather than asking twice
let stretch = Buffer.allocUnsafeSlow(1 << 20)

function fileOf(volume: number): number {
  const file = open.get(volume) ?? openSync(volumePath(folder, volume, 'vol'), 'r')
  open.delete(volume)
  open.set(volume, file)
  const [oldest] = open.keys()
  if (open.size > files) forget(oldest!)
  return file
}

function forget(volume: number): void {
  const file = open.get(volume)
  open.delete(volume)
  if (file !== undefined) closeSync(file)
}

/** How many records from `first` on lie so close together that one read takes them all. */
function neighbours(extents: Extent[], first: number): { count: number; length: number } {
  const { volume, offset, length } = extents[first]!
  let end = offset + length
  let at = first + 1
  for (; at < extents.length; at++) {
    const next = extents[at]!
    const skipped = next.offset - end
    if (next.volume !== volume || skipped < 0 || skipped > gap) break
    if (next.offset + next.length - offset > stretch.length) break
    end = next.offset + next.length
  }
  return { count: at - first, length: end - offset }
}

function readStretch({ volume, offset }: Extent, length: number): Buffer {
  if (length > stretch.length) stretch = Buffer.allocUnsafeSlow(length)
  try {
    return stretch.subarray(0, readSync(fileOf(volume), stretch, 0, length, offset))
  } catch {
    forget(volume)
    return stretch.subarray(0, 0)
  }
}

function bytesOf(bytes: Buffer, from: number, length: number): Buffer | undefined {
  try {
    const { kind, bytes: plain } = openRecord(bytes.subarray(from, from + length))
    return kind === 'd' ? plain : undefined
  } catch {
    return undefined
  }
}

parentPort?.on('message', ({ extents, room }: ToReader) => {
  const target = Buffer.from(room)
  const ends: number[] = []
  let end = 0
  for (let first = 0; first < extents.length;) {
    const { count, length } = neighbours(extents, first)
    const bytes = readStretch(extents[first]!, length)
    for (const extent of extents.slice(first, first + count)) {
      const plain = bytesOf(bytes, extent.offset - extents[first]!.offset, extent.length)
      if (plain && end + plain.length <= target.length) ends.push((end += plain.copy(target, end)))
      else ends.push(-1)
    }
    first += count
  }
  parentPort?.postMessage({ ends, room } satisfies FromReader, [room])
})
