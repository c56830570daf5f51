// Bytes under a reference. Written once, never overwritten, dropped when nobody points at them.
//
// Invariants:
//   when finish() or put() resolves, the bytes are on disk (group commit: one sync for many)
//   a blob that was torn by a crash was never acknowledged and is never read
//   reading gives exactly the bytes written, or throws; never others

/** Opaque to all but this room: say "volume.offset.length". Safe in SQL and in URLs. */
export type BlobRef = string

export interface Stored {
  ref: BlobRef
  size: number // bytes as written
  hash: string // SHA-256 of the bytes, hex
}

export interface BlobWriter {
  /** Takes the next piece; await it: a large blob waits here for the disk. Throws Trouble disk-full. */
  write(piece: Uint8Array): Promise<void> | void
  /** Ends the blob; resolves when it is durable. Throws Trouble disk-full. */
  finish(): Promise<Stored>
  /** Forgets what was written. Safe to call at any time, also after a failure. */
  abandon(): Promise<void>
}

/** Reads only: also for a thread of its own. */
export type BlobReader = Pick<Blobs, 'read' | 'stream'>

export interface Blobs {
  folder: string // where they lie, for threads that read them themselves
  writer(): BlobWriter
  put(bytes: Uint8Array): Promise<Stored>
  /** The whole blob, or bytes start..end (end exclusive). For what fits in memory: headers, small mails, ranges. */
  read(ref: BlobRef, start?: number, end?: number): Promise<Buffer>
  /** The same in pieces of at most 256 KiB, for large mails. */
  stream(ref: BlobRef, start?: number, end?: number): AsyncIterable<Buffer>
  /** Nobody points at it any more: its space may come back. */
  drop(ref: BlobRef): Promise<void>
  close(): Promise<void>
}
