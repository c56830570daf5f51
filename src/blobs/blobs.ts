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
  useBefore?: number // on performance.now()'s clock: later no row may begin to name it, its space may be gone
}

/**
 * Blobs whose space comes back only when none of them is needed any more: those that share a file, which gets
 * no more of them. Blobs that are kept each for itself are in no group.
 */
export interface BlobGroup {
  id: number
  bytes: number
  dead: number // of `bytes`, as far as is known
  counted: boolean // count() was asked once: `dead` has more in it than what was dropped
  likely: string[] // SQL LIKE patterns: every reference to a blob of the group matches one; others may
}

export interface BlobWriter {
  /** Takes the next piece; await it: a large blob waits here for the disk. Throws Trouble disk-full. */
  write(piece: Uint8Array): Promise<void> | void
  /** All bytes so far, while they are in memory. Only until finish() or abandon(): the memory is used again. */
  whole(): Buffer | undefined
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
  /**
   * Many whole blobs of `size` bytes, in order, some at a time: for going through a mailbox. Each list is good until the
   * next is asked for. undefined: too large for this, or it could not be read so; ask for it alone.
   */
  batches(wanted: readonly { ref: BlobRef; size: number }[]): AsyncIterable<(Buffer | undefined)[]>
  /** Nobody points at it any more: its space may come back. It can be read until then. */
  drop(ref: BlobRef): Promise<void>
  groups(): Promise<BlobGroup[]>
  /** Whether a blob has bytes in a group. */
  isIn(ref: BlobRef, groupId: number): boolean
  /** Counts as dead what is not in `living`; gives the dead bytes. */
  count(groupId: number, living: AsyncIterable<BlobRef[]>): Promise<number>
  /** The same bytes as a new blob outside of all closed groups, durable. Throws Trouble disk-full. */
  copy(ref: BlobRef): Promise<BlobRef>
  /**
   * Gives back the space of a group that no row has named for a while. False when somebody is still reading
   * or writing there, or was given a reference and may still name it: ask again later.
   */
  retire(groupId: number): Promise<boolean>
  /** Bytes that can still be written, and that there are; undefined where nobody knows. */
  space(): Promise<{ free: number; total: number } | undefined>
  close(): Promise<void>
}
