// Where a blob lies, and how its reference says so.
//
//   12.500.80       volume 12, at byte 500, a record of 80 bytes
//   12.500.80b      the same, and the record is the list of its blocks
//   12.500.80b.11   and the first of these blocks lies in volume 11
//
// Invariant: no byte of a blob lies outside of the volumes from `first` to `volume`.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobRef } from './blobs.ts'

/** Of one record. */
export interface Extent {
  volume: number
  offset: number
  length: number
}

export interface Place extends Extent {
  first: number // the lowest volume that holds a block of it
  inBlocks: boolean
}

export function writeRef({ volume, offset, length, first, inBlocks }: Place): BlobRef {
  const ref = `${volume}.${offset}.${length}`
  return inBlocks ? (first === volume ? `${ref}b` : `${ref}b.${first}`) : ref
}

/** Throws when `ref` is no reference. */
export function readRef(ref: BlobRef): Place {
  const [volume, offset, length = '', first] = ref.split('.')
  const inBlocks = length.endsWith('b')
  const place = {
    volume: Number(volume),
    offset: Number(offset),
    length: Number(inBlocks ? length.slice(0, -1) : length),
    first: Number(first ?? volume),
    inBlocks,
  }
  if (length === '' || ![place.volume, place.offset, place.length, place.first].every(Number.isSafeInteger)) {
    throw new Error(`Not a blob reference: ${ref}`)
  }
  return place
}

/** Whether any byte of a blob may lie in `volume`. */
export function reaches({ first, volume: last }: { first: number; volume: number }, volume: number): boolean {
  return first <= volume && volume <= last
}

/** SQL LIKE patterns: the reference of every blob that reaches into `volume` matches one of them. */
export function likelyRefs(volume: number): string[] {
  return [`${volume}.%`, '%.%.%.%']
}

export function volumePath(folder: string, volume: number, kind: 'vol' | 'dead'): string {
  return join(folder, `${String(volume).padStart(6, '0')}.${kind}`)
}

/** The numbers of the volumes in `folder`, ascending. */
export async function volumesIn(folder: string): Promise<number[]> {
  const names = await readdir(folder)
  const found = names
    .map((name) => /^(\d+)\.vol$/.exec(name)?.[1])
    .flatMap((digits) => (digits ? [Number(digits)] : []))
  return found.sort((a, b) => a - b)
}
