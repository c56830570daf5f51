// One record of a volume: a header of 20 bytes, then the bytes, plain or as one zstd frame.
//
//   0  'PV1' and the kind: 'd' a whole blob, 'b' one block of a large blob, 'i' the list of its blocks
//   4  1 when the bytes are a zstd frame, else 0; three zero bytes
//   8  length as stored    12  length as given    16  CRC-32 of the bytes as stored
//
// Numbers are little endian. A list of blocks holds 20 bytes for each: volume (4), offset (8),
// stored length (4), plain length (4).

import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

export const headerLength = 20
export type Kind = 'd' | 'b' | 'i'

const level = { [constants.ZSTD_c_compressionLevel]: 1 }
// Measured: a zstd context costs 35 us whatever the length, more than all else that happens to a small
// mail; large blobs hold most of the bytes. A block of 256 KiB of text takes 1 ms and a third of its room.
// The base64 of pictures, archives and office files saves only a quarter, and costs as much at every
// reading: a third must be saved, which a look into the middle tells.
const worthTrying = 16 << 10 // bytes
const looked = 4 << 10 // bytes of the middle
const saves = (packed: Buffer, bytes: Buffer): boolean => packed.length < (bytes.length * 2) / 3

function pack(bytes: Buffer): Buffer {
  // One chunk for the whole answer: with the usual ones of 16 KiB the joining costs more than the packing.
  return zstdCompressSync(bytes, { params: level, chunkSize: bytes.length + 1024 })
}

function isWorthPacking(bytes: Buffer): boolean {
  if (bytes.length < worthTrying) return false
  const middle = (bytes.length - looked) >> 1
  const sample = bytes.subarray(middle, middle + looked)
  return pack(sample).length < sample.length * 0.72 // a short piece packs worse than the whole
}

/** The record of `bytes`, packed where that saves at least a third. */
export function makeRecord(kind: Kind, bytes: Buffer): Buffer[] {
  let stored = bytes
  if (kind !== 'i' && isWorthPacking(bytes)) {
    const packed = pack(bytes)
    if (saves(packed, bytes)) stored = packed
  }
  const header = Buffer.allocUnsafe(headerLength)
  header.write(`PV1${kind}`, 0, 'latin1')
  header.writeUInt32LE(stored === bytes ? 0 : 1, 4)
  header.writeUInt32LE(stored.length, 8)
  header.writeUInt32LE(bytes.length, 12)
  header.writeUInt32LE(crc32(stored), 16)
  return [header, stored]
}

export interface Opened {
  kind: Kind
  bytes: Buffer
}

/** Throws when a record is not exactly what was written. */
export function checkRecord(record: Buffer): void {
  if (record.length < headerLength || record.toString('latin1', 0, 3) !== 'PV1') throw new Error('Not a blob record')
  const stored = record.subarray(headerLength)
  if (stored.length !== record.readUInt32LE(8) || crc32(stored) !== record.readUInt32LE(16)) {
    throw new Error('A blob record is damaged')
  }
}

/** Whether a record is the list of the blocks of a large blob. */
export function isList(record: Buffer): boolean {
  return record[3] === 0x69 // 'i'
}

/** The bytes of a record. Throws when it is not exactly what was written. */
export function openRecord(record: Buffer): Opened {
  checkRecord(record)
  const kind = String.fromCharCode(record[3] ?? 0) as Kind
  const stored = record.subarray(headerLength)
  if (record[4] === 0) return { kind, bytes: stored }
  const length = record.readUInt32LE(12)
  // One octet more than the answer needs: a chunk that is full makes zlib begin another of the same size.
  const bytes = zstdDecompressSync(stored, { maxOutputLength: length || 1, chunkSize: Math.max(64, length + 1) })
  if (bytes.length !== record.readUInt32LE(12)) throw new Error('A blob record is damaged')
  return { kind, bytes }
}

export interface Block {
  volume: number
  offset: number
  stored: number // length of the whole record
  plain: number // bytes
}

const blockLength = 20

export function writeBlockList(blocks: Block[]): Buffer {
  const list = Buffer.allocUnsafe(blocks.length * blockLength)
  blocks.forEach((block, i) => {
    list.writeUInt32LE(block.volume, i * blockLength)
    list.writeBigUInt64LE(BigInt(block.offset), i * blockLength + 4)
    list.writeUInt32LE(block.stored, i * blockLength + 12)
    list.writeUInt32LE(block.plain, i * blockLength + 16)
  })
  return list
}

export function readBlockList(list: Buffer): Block[] {
  return Array.from({ length: list.length / blockLength }, (_, i) => ({
    volume: list.readUInt32LE(i * blockLength),
    offset: Number(list.readBigUInt64LE(i * blockLength + 4)),
    stored: list.readUInt32LE(i * blockLength + 12),
    plain: list.readUInt32LE(i * blockLength + 16),
  }))
}
