// Blob/get                                                                     RFC 9404 §4.2
//
// Blobs, or ranges of them, as text or base64, with digests. What is larger than blobBytes is downloaded instead.

import { createHash, getHashes } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { readCount, type Arguments } from '../arguments.ts'
import { findBlob, readBlob, type FoundBlob } from '../blobs.ts'
import { method, MethodError, type Call } from '../method.ts'
import { readGet, resolveIds } from '../standard.ts'

/** Names of RFC 3230's registry, and those of Node. */
export const digests: Record<string, string> = { sha: 'sha1', 'sha-256': 'sha256', 'sha-512': 'sha512', md5: 'md5' }
for (const [name, known] of Object.entries(digests)) if (!getHashes().includes(known)) delete digests[name]

interface Asked {
  ids: string[]
  properties: string[]
  offset: number
  length: number | undefined
}

const isProperty = (name: string): boolean =>
  ['id', 'data', 'data:asText', 'data:asBase64', 'size'].includes(name) ||
  (name.startsWith('digest:') && Object.hasOwn(digests, name.slice('digest:'.length)))

export const blobGet = method<Asked>({
  name: 'Blob/get',
  capability: 'urn:ietf:params:jmap:blob',

  read(args, limits) {
    const { ids, properties } = readGet(args, limits, isProperty)
    if (!ids) throw new MethodError('invalidArguments', '"ids" must be given', { arguments: ['ids'] })
    const range = { offset: readCount(args, 'offset', 0), length: readCount(args, 'length', undefined) }
    return { ids, properties: properties ?? ['data', 'size'], ...range }
  },

  async run(call, { ids, ...asked }) {
    const list: Arguments[] = []
    const notFound: string[] = []
    for (const id of resolveIds(call, ids)) {
      const blob = await findBlob(call.house, call, id)
      if (blob) list.push(await show(call, blob, asked))
      else notFound.push(id)
    }
    return { accountId: call.accountId, list, notFound }
  },
})

async function show(
  call: Call,
  blob: FoundBlob,
  { properties, offset, length }: Omit<Asked, 'ids'>,
): Promise<Arguments> {
  const size = await blob.size()
  const end = length === undefined ? size : Math.min(size, offset + length)
  const isTruncated = offset + (length ?? 0) > size
  const part = (): AsyncIterable<Buffer> => blob.stream(Math.min(offset, size), end)
  const shown: Arguments = { id: blob.id }
  if (properties.includes('size')) shown['size'] = size
  for (const property of properties) {
    if (!property.startsWith('digest:')) continue
    const hash = createHash(digests[property.slice('digest:'.length)] as string)
    for await (const piece of part()) hash.update(piece)
    shown[property] = hash.digest('base64')
  }
  if (properties.some((one) => one.startsWith('data'))) {
    const most = call.house.limits.blobBytes
    const bytes = await readBlob({ ...blob, stream: part }, most)
    if (!bytes)
      throw new MethodError('requestTooLarge', `More than ${most} bytes: download the blob, or ask for a range`)
    showData(shown, properties, bytes)
  }
  if (isTruncated) shown['isTruncated'] = true
  return shown
}

/** "data" is text where the bytes are one, else base64. RFC 9404 §4.2. */
function showData(shown: Arguments, properties: readonly string[], bytes: Buffer): void {
  const isText = isUtf8(bytes)
  if (properties.includes('data:asText') || (isText && properties.includes('data'))) {
    shown['data:asText'] = isText ? bytes.toString() : null
    if (!isText) shown['isEncodingProblem'] = true
  }
  if (properties.includes('data:asBase64') || (!isText && properties.includes('data'))) {
    shown['data:asBase64'] = bytes.toString('base64')
    if (!isText && properties.includes('data')) shown['isEncodingProblem'] = true
  }
}
