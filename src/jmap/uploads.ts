// Takes what a client sends ahead: bytes go to the store as they come. RFC 8620 §6.1.
//
// Invariants:
//   what is acknowledged is on disk; what is refused or broken off leaves nothing
//   more than maxSizeUpload is known after that many bytes, whatever the length said before

import type { Stored } from '../blobs/blobs.ts'
import { blobId } from '../store/objectids.ts'
import { copyUpload, keepUpload, type Upload, type UploadBounds } from '../store/uploads.ts'
import { Trouble } from '../wire/troubles.ts'
import type { BlobAsking } from './blobs.ts'
import type { JmapHouse } from './method.ts'

export interface Uploaded {
  blobId: string
  type: string
  size: number
  hash: string // SHA-256, hex
}

/** A media type as it may be said again: type/subtype in lower case; '' for what is none. */
export function plainType(type: string): string {
  return /^\s*([a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127})\s*(?:;|$)/.exec(type.toLowerCase())?.[1] ?? ''
}

export function uploadBounds({ limits }: JmapHouse): UploadBounds {
  return { bytes: limits.uploadBytes, count: limits.uploads, milliseconds: limits.uploadMilliseconds }
}

/** Throws Trouble too-large (details.limit), over-quota, disk-full. */
export async function takeUpload(
  house: JmapHouse,
  { user, account }: BlobAsking,
  type: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most: number = house.limits.maxSizeUpload,
): Promise<Uploaded> {
  const { store } = house
  const writer = store.blobs.writer()
  let blob: Stored | undefined
  try {
    let size = 0
    for await (const piece of pieces) {
      size += piece.length
      if (size > most) throw new Trouble('too-large', { limit: most })
      await writer.write(piece)
    }
    blob = await writer.finish()
    const kept = { accountId: account, byId: user.id, type: plainType(type), blob }
    return shown(await keepUpload(store, kept, uploadBounds(house)))
  } catch (error) {
    if (!blob) await writer.abandon()
    // Where the database failed in the middle the row may be there after all: then the bytes stay.
    else if (error instanceof Trouble && error.code === 'over-quota') await store.blobs.drop(blob.ref)
    throw error
  }
}

/** The same bytes for another account. */
export async function copyToAccount(house: JmapHouse, upload: Upload, account: number): Promise<Uploaded> {
  return shown(await copyUpload(house.store, upload, account, uploadBounds(house)))
}

function shown({ id, type, size, hash }: Upload): Uploaded {
  return { blobId: blobId({ is: 'upload', upload: id }), type: type || 'application/octet-stream', size, hash }
}
