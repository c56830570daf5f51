// Limits of the volumes, each with a name.

export interface VolumeLimits {
  volumeBytes: number // a volume this long is sealed
  blockBytes: number // a blob longer than this is kept in blocks
  blocksKept: number // blocks of memory that are free and kept for the next large blobs
  openVolumes: number // files held open for reading
  readAheadBytes: number // taken in at once when records are read in order
  readAheads: number // how many such pieces are kept
  batchBytes: number // of blobs that are read together for going through a mailbox
  batchesAtOnce: number // such batches in memory, of all who read
  besideIdle: number // milliseconds after which the thread that reads them is ended
  unnamedFor: number // milliseconds from the end of a blob until a row must name it
  namingTakes: number // milliseconds, more than any transaction takes that names a blob
}

export const volumeLimits: VolumeLimits = {
  volumeBytes: 1 << 30,
  blockBytes: 256 << 10,
  blocksKept: 32,
  openVolumes: 64,
  readAheadBytes: 256 << 10,
  readAheads: 64,
  batchBytes: 512 << 10,
  batchesAtOnce: 16,
  besideIdle: 60_000,
  unnamedFor: 3_600_000,
  namingTakes: 900_000,
}
