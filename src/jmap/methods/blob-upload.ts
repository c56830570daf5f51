// Blob/upload                                                                  RFC 9404 §4.1
//
// Makes blobs of texts, base64 and ranges of other blobs, put together in order.

import { invalid, isObject, readCount, readObject, type Arguments } from '../arguments.ts'
import { findBlob, readBlob } from '../blobs.ts'
import type { JmapLimits } from '../limits.ts'
import { method, MethodError, setError, type Call } from '../method.ts'
import { record } from '../standard.ts'
import { setErrorOf } from '../troubles.ts'
import { takeUpload } from '../uploads.ts'

interface Source {
  bytes?: Buffer
  blobId?: string
  offset: number
  length: number | undefined
}

type Wanted = { type: string; sources: Source[] } | { wrong: string }

export const blobUpload = method<[string, Wanted][]>({
  name: 'Blob/upload',
  capability: 'urn:ietf:params:jmap:blob',

  read(args, limits) {
    const create = Object.entries(readObject(args, 'create', {}))
    if (create.length > limits.maxObjectsInSet) {
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} objects`)
    }
    return create.map(([id, object]) => [id, readWanted(object, limits)])
  },

  async run(call, wanted) {
    const created = record<Arguments>()
    const notCreated = record<Arguments>()
    for (const [creationId, one] of wanted) {
      try {
        if ('wrong' in one) throw setError('invalidProperties', { description: one.wrong, properties: ['data'] })
        const bytes = await gather(call, one.sources)
        const made = await takeUpload(call.house, call, one.type, [bytes])
        call.createdIds.set(creationId, made.blobId)
        created[creationId] = { id: made.blobId, type: made.type, size: made.size }
      } catch (error) {
        const reason = setErrorOf(error)
        if (!reason) throw error
        notCreated[creationId] = reason
      }
    }
    return { accountId: call.accountId, created, notCreated }
  },
})

function readWanted(object: unknown, limits: JmapLimits): Wanted {
  if (!isObject(object)) throw invalid('create', 'objects under creation ids')
  const { data, type } = object
  if (!Array.isArray(data) || !data.every(isObject)) return { wrong: '"data" is a list of sources' }
  if (data.length > limits.blobSources) return { wrong: `At most ${limits.blobSources} sources` }
  if (type != null && typeof type !== 'string') return { wrong: '"type" is a text' }
  try {
    return { type: type ?? '', sources: data.map(readSource) }
  } catch (error) {
    return { wrong: (error as Error).message }
  }
}

function readSource(source: Arguments): Source {
  const { 'data:asText': text, 'data:asBase64': coded, blobId } = source
  const given = [text, coded, blobId].filter((one) => one != null)
  if (given.length !== 1 || typeof given[0] !== 'string') {
    throw new Error('A source has one of data:asText, data:asBase64 and blobId')
  }
  const range = { offset: readCount(source, 'offset', 0), length: readCount(source, 'length', undefined) }
  if (typeof text === 'string') return { bytes: Buffer.from(text), offset: 0, length: undefined }
  if (typeof blobId === 'string') return { blobId, ...range }
  const isCoded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(coded as string)
  if (!isCoded) throw new Error('data:asBase64 is not base64')
  return { bytes: Buffer.from(coded as string, 'base64'), offset: 0, length: undefined }
}

async function gather(call: Call, sources: readonly Source[]): Promise<Buffer> {
  const most = call.house.limits.blobBytes
  const pieces: Buffer[] = []
  let size = 0
  for (const { bytes, blobId, offset, length } of sources) {
    const piece = bytes ?? (await readRange(call, blobId as string, offset, length, most - size))
    size += piece.length
    if (size > most) throw setError('tooLarge', { description: `At most ${most} bytes` })
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function readRange(
  call: Call,
  blobId: string,
  offset: number,
  length: number | undefined,
  most: number,
): Promise<Buffer> {
  const id = blobId.startsWith('#') ? call.createdIds.get(blobId.slice(1)) : blobId
  const blob = id === undefined ? undefined : await findBlob(call.house, call, id)
  if (!blob) throw setError('blobNotFound', { description: `There is no blob "${blobId}"` })
  const size = await blob.size()
  const end = length === undefined ? size : offset + length
  if (offset > size || end > size) {
    throw setError('invalidProperties', { description: 'The range goes beyond the blob', properties: ['data'] })
  }
  const bytes = await readBlob({ ...blob, stream: () => blob.stream(offset, end) }, most)
  if (!bytes) throw setError('tooLarge')
  return bytes
}
