// Blobs as JMAP names them: whole mails, parts of mails with their transfer encoding undone, uploads, scripts.
// RFC 8620 §6; RFC 8621 §4.1.4; RFC 9661.
//
// Invariants:
//   a blob is seen by who may read a mail it is in (right r of a mailbox that holds it), or who uploaded it
//   bytes are read as they are asked for; nothing large is held whole

import type { Stored } from '../blobs/blobs.ts'
import { findScript } from '../directory/scripts.ts'
import { findPart } from '../mime/section.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import { readBlobId } from '../store/objectids.ts'
import { mayReadMail } from '../store/rights.ts'
import { findUpload } from '../store/uploads.ts'
import type { JmapHouse } from './method.ts'
import { decodePieces, isPlain } from './transfer.ts'

export interface FoundBlob {
  id: string
  type: string // as the part or the uploader says; '' when nobody does
  /** Bytes; it may be necessary to read the blob to know. */
  size(): Promise<number>
  /** From byte `start` to before `end`. */
  stream(start?: number, end?: number): AsyncIterable<Buffer>
  /** An upload as it lies in the store: for a mail that is to be made of the same bytes. */
  stored?: Stored
  /** A whole mail. */
  mail?: MailRow
}

/** Whose blob, and who asks. */
export interface BlobAsking {
  user: { id: number }
  account: number
}

/** A blob of an account, or undefined where the user has none of that id. */
export async function findBlob(house: JmapHouse, asking: BlobAsking, id: string): Promise<FoundBlob | undefined> {
  const name = readBlobId(id)
  if (!name) return undefined
  const { store } = house
  const { user, account } = asking
  if (name.is === 'upload') {
    const upload = await findUpload(store.db, name.upload, account, user.id, store.clock())
    if (!upload) return undefined
    const { ref, size, hash, type } = upload
    return { id, type, stored: { ref, size, hash }, ...ofBytes(house, '', ref, 0, size) }
  }
  if (name.is === 'script') {
    const script = account === user.id ? await findScript(store.db, account, { id: name.script }) : undefined
    return script?.digest === name.digest ? { id, type: 'application/sieve', ...ofText(script.text) } : undefined
  }
  if (!(await mayReadMail(store.db, name.mailId, account, user.id))) return undefined
  const mail = await store.mails.one(name.mailId)
  if (!mail) return undefined
  if (name.is === 'mail') {
    return { id, type: 'message/rfc822', mail, ...ofBytes(house, mail.trace, mail.blobRef, 0, mail.size) }
  }
  const part = findPart(treeOf(mail), name.path)
  if (!part || part.type === 'multipart') return undefined
  const type = `${part.type}/${part.subtype}`
  if (isPlain(part.encoding)) return { id, type, ...ofBytes(house, '', mail.blobRef, part.body, part.end) }
  return { id, type, ...ofEncoded(() => store.blobs.stream(mail.blobRef, part.body, part.end), part.encoding) }
}

function ofText(text: string): Bytes {
  const bytes = Buffer.from(text)
  return {
    size: async () => bytes.length,
    async *stream(start = 0, end = bytes.length) {
      yield bytes.subarray(start, end)
    },
  }
}

type Bytes = Pick<FoundBlob, 'size' | 'stream'>

/** `front`, then bytes from..to of a stored blob. */
function ofBytes({ store }: JmapHouse, front: string, ref: string, from: number, to: number): Bytes {
  const first = Buffer.from(front)
  const size = first.length + to - from
  return {
    size: async () => size,
    async *stream(start = 0, end = size) {
      if (start < Math.min(end, first.length)) yield first.subarray(start, Math.min(end, first.length))
      const [begin, stop] = [Math.max(start - first.length, 0), Math.min(end, size) - first.length]
      if (stop > begin) yield* store.blobs.stream(ref, from + begin, from + stop)
    },
  }
}

function ofEncoded(open: () => AsyncIterable<Buffer>, encoding: string): Bytes {
  let known: Promise<number> | undefined
  return {
    size: () => (known ??= count(decodePieces(open(), encoding))),
    stream: (start = 0, end = Infinity) => cut(decodePieces(open(), encoding), start, end),
  }
}

async function count(pieces: AsyncIterable<Buffer>): Promise<number> {
  let size = 0
  for await (const piece of pieces) size += piece.length
  return size
}

/** Bytes start..end of a stream. */
async function* cut(pieces: AsyncIterable<Buffer>, start: number, end: number): AsyncGenerator<Buffer, void, void> {
  let at = 0
  for await (const piece of pieces) {
    const wanted = piece.subarray(Math.max(0, start - at), Math.max(0, end - at))
    if (wanted.length > 0) yield wanted
    at += piece.length
    if (at >= end) return
  }
}

/** A blob in memory; undefined when it is larger than `most`. */
export async function readBlob(blob: FoundBlob, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of blob.stream(0, most + 1)) {
    pieces.push(piece)
    size += piece.length
    if (size > most) return undefined
  }
  return Buffer.concat(pieces)
}
