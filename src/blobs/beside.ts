// Many blobs at once, read in a thread of its own: for going through a mailbox. The event loop gets
// them checked and unpacked, and meanwhile writes the batch before to its socket.
//
// Invariants:
//   the thread begins with the first batch, and ends when none was asked for in a while
//   of one caller two batches are in memory, of all limits.batchesAtOnce; a batch is good until the next is asked for
//   what the thread cannot give is left out, also when it dies or has no room: the caller reads that by itself

import { Worker } from 'node:worker_threads'
import type { VolumeLimits } from './limits.ts'
import type { Extent } from './places.ts'
import type { FromReader, ToReader } from './reading.worker.ts'
import type { Uses } from './uses.ts'

/** A record that is not packed in blocks, and how many bytes it gives. */
export interface Wanted {
  extent: Extent
  size: number
}

export interface BesideReader {
  /** The records' bytes in order, in batches; undefined: read it alone. */
  batches(wanted: Batch): AsyncGenerator<(Buffer | undefined)[], void, void>
  close(): Promise<void>
}

type Batch = (Wanted | undefined)[]

interface Filled {
  found: (Buffer | undefined)[]
  leave(): void // the bytes are not needed any more
}

export function openBeside(folder: string, limits: VolumeLimits, uses: Uses): BesideReader {
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  const waiting: ((answer: FromReader | undefined) => void)[] = [] // in the order asked
  const rooms: ArrayBuffer[] = [] // not in use
  let taken = 0 // in use

  const giveBack = (room: ArrayBuffer | undefined): void => {
    taken--
    if (room && worker) rooms.push(room)
  }
  const end = async (made: Worker | undefined): Promise<void> => {
    if (made === undefined || made !== worker) return
    worker = undefined
    clearTimeout(idle)
    rooms.length = 0
    for (const resolve of waiting.splice(0)) resolve(undefined)
    await made.terminate()
  }
  const start = (): Worker => {
    const workerData = { folder, files: limits.openVolumes }
    const made = new Worker(new URL('./reading.worker.ts', import.meta.url), { workerData })
    made.on('message', (answer: FromReader) => {
      waiting.shift()?.(answer)
      if (waiting.length > 0) return
      made.unref()
      idle = setTimeout(() => void end(made), limits.besideIdle).unref()
    })
    made.on('error', () => void end(made))
    made.on('exit', () => void end(made))
    return made
  }
  const ask = (extents: Extent[]): Promise<FromReader | undefined> => {
    clearTimeout(idle)
    const asked = (worker ??= start())
    asked.ref()
    const room = rooms.pop() ?? new ArrayBuffer(limits.batchBytes)
    return new Promise((resolve) => {
      waiting.push(resolve)
      asked.postMessage({ extents, room } satisfies ToReader, [room])
    })
  }
  const fill = async (batch: Batch): Promise<Filled> => {
    const extents = batch.flatMap((one) => (one ? [one.extent] : []))
    const nothing = { found: batch.map(() => undefined), leave: () => undefined }
    if (extents.length === 0 || taken >= limits.batchesAtOnce) return nothing
    taken++
    const volumes = extents.map(({ volume }) => volume)
    const use = { first: Math.min(...volumes), volume: Math.max(...volumes) }
    uses.begin(use)
    const answer = await ask(extents)
    uses.end(use)
    if (answer) return { found: found(batch, answer), leave: () => giveBack(answer.room) }
    giveBack(undefined)
    return nothing
  }
  return {
    async *batches(wanted) {
      const cut = cutBatches(wanted, limits.batchBytes)
      let next: Promise<Filled> | undefined
      try {
        for (const [i, batch] of cut.entries()) {
          const { found, leave } = await (next ?? fill(batch))
          next = i + 1 < cut.length ? fill(cut[i + 1]!) : undefined
          try {
            yield found
          } finally {
            leave()
          }
        }
      } finally {
        void next?.then(({ leave }) => leave()) // the caller went away
      }
    },
    close: () => end(worker),
  }
}

function found(batch: Batch, { ends, room }: FromReader): (Buffer | undefined)[] {
  let start = 0
  let at = 0
  return batch.map((one) => {
    const end = one ? ends[at++]! : -1
    if (end === -1) return undefined
    const blob = Buffer.from(room, start, end - start)
    start = end
    return blob
  })
}

/** Rows of records whose bytes fit in a room. */
function cutBatches(wanted: Batch, most: number): Batch[] {
  const batches: Batch[] = []
  let bytes = Infinity
  for (const one of wanted) {
    const size = one?.size ?? 0
    if (bytes + size > most) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)!.push(one)
    bytes += size
  }
  return batches
}
