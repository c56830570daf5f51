// One mail on its way in: its bytes go to the reader and to a blob in one pass, and when all are here it is
// checked, given its trace lines, and placed.
//
// Invariants:
//   nothing is acknowledged before place() has resolved: blob and rows are on disk
//   a mail of up to one block touches the disk once, when it is accepted; a larger one is written as it comes
//   a mail that is refused leaves no blob behind; where a commit may have happened after all, the blob stays

import type { Stored } from '../blobs/blobs.ts'
import type { Mail } from '../mail/mail.ts'
import { readFields, type Field } from '../mime/headers.ts'
import { MimeReader } from '../mime/reader.ts'
import type { Accepted, Envelope, Sink } from '../smtp/intake.ts'
import { Refusal } from '../smtp/replies.ts'
import { newId } from '../tracking/ids.ts'
import { Trouble } from '../wire/troubles.ts'
import { crossBorder } from './border.ts'
import type { House } from './house.ts'
import { refuse } from './refusals.ts'

export interface Arrived {
  mail: Mail
  fields: Field[]
  /** Makes the bytes durable, once. */
  store(): Promise<Stored>
}

/** What is done with a mail that has arrived whole. */
export type Accept = (arrived: Arrived) => Promise<Accepted>

const endOfHeader = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')
const nothing = Buffer.alloc(0)
const piecesHeld = 1_024 // of a header

/** A sink for one mail of at most `most` bytes. */
export function openMessage(house: House, envelope: Envelope, most: number, accept: Accept): Sink {
  const { settings, store } = house
  const submitted = envelope.session.login !== undefined
  const reader = new MimeReader()
  const writer = store.blobs.writer()
  let pieces: Buffer[] = [] // of the header
  let received = 0 // bytes from the peer
  let size = 0 // bytes kept
  let held = 0 // bytes of the header so far
  let tail: Buffer = lineEnd // the last bytes of it; a mail may begin with the empty line
  let headerBlock: Buffer | undefined
  let fields: Field[] = []

  function keep(piece: Buffer): void | Promise<void> {
    if (piece.length === 0) return
    size += piece.length
    reader.push(piece)
    return writer.write(piece)
  }

  /** A Buffer weighs more than a few bytes: many small ones are joined now and then. */
  function hold(piece: Buffer): void {
    pieces.push(piece)
    if (pieces.length >= piecesHeld) pieces = [Buffer.concat(pieces)]
  }

  /** Waits until the header block is whole, then lets it across the border. */
  function header(piece: Buffer, last: boolean): void | Promise<void> {
    // Looks at the new bytes and the three before them only: many small pieces cost no more than one large one.
    const seam = Buffer.concat([tail, piece.subarray(0, 3)])
    const atSeam = seam.indexOf(endOfHeader)
    const found = atSeam === -1 ? piece.indexOf(endOfHeader) : atSeam - tail.length
    const end = atSeam === -1 && found === -1 ? undefined : held + found + 2
    hold(piece)
    held += piece.length
    tail = piece.length >= 3 ? piece.subarray(-3) : seam.subarray(-3)
    if ((end ?? held) > settings.headerBytes) {
      throw refuse(552, '5.3.4', 'The header of the mail is too long')
    }
    if (end === undefined && !last) return

    const all = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    pieces = []
    const block = end === undefined ? all : all.subarray(0, end)
    fields = readFields(block)
    headerBlock = crossBorder(block, fields, { authservId: settings.hostname, submitted })
    if (headerBlock === block) return keep(all)
    fields = readFields(headerBlock)
    const kept = keep(headerBlock)
    return kept ? kept.then(() => keep(all.subarray(block.length))) : keep(all.subarray(block.length))
  }

  return {
    write(piece) {
      received += piece.length
      if (received > most) {
        throw refuse(552, '5.3.4', `The mail is larger than ${most} bytes`)
      }
      return headerBlock === undefined ? header(piece, false) : keep(piece)
    },

    async finish() {
      if (headerBlock === undefined) await header(nothing, true)
      const tree = reader.end()
      let whole = writer.whole()
      let stored: Stored | undefined

      async function makeDurable(): Promise<Stored> {
        whole = undefined // its memory goes to the next mail
        stored ??= await writer.finish()
        return stored
      }

      const receivedAt = house.clock()
      const mail: Mail = {
        id: newId(receivedAt),
        envelope,
        tree,
        headerBlock: headerBlock!,
        size,
        receivedAt,
        whole,
        async read(start, end) {
          return whole ? whole.subarray(start, end) : store.blobs.read((await makeDurable()).ref, start, end)
        },
        async *stream() {
          if (whole) yield whole
          else yield* store.blobs.stream((await makeDurable()).ref)
        },
      }
      try {
        return await accept({ mail, fields, store: makeDurable })
      } catch (error) {
        if (!stored) await writer.abandon()
        // The answer is why the mail was refused, also where a full disk cannot note that its bytes are free.
        else if (leftNothing(error)) await store.blobs.drop(stored.ref).catch(() => undefined)
        throw error
      }
    },

    async abandon() {
      pieces = []
      await writer.abandon()
    },
  }
}

/** Whether it is certain that no row points at the bytes. A database that failed in the middle cannot say. */
function leftNothing(error: unknown): boolean {
  if (error instanceof Trouble) return error.code !== 'unavailable' && error.code !== 'disk-full'
  return error instanceof Refusal
}
