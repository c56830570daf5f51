// MDN/parse                                                                      RFC 9007 §2.2

import { readDisposition } from '../../mail/disposition.ts'
import type { Part } from '../../mime/mime.ts'
import { readMail } from '../../mime/reader.ts'
import { textOf } from '../../mime/text.ts'
import { decodeTransfer } from '../../mime/transfer.ts'
import { invalid, isReference, readTexts, type Arguments } from '../arguments.ts'
import { findBlob, readBlob } from '../blobs.ts'
import { method, MethodError } from '../method.ts'
import { mdnCapability, tellFields } from '../notifications.ts'
import { record, resolveId } from '../standard.ts'

export const mdnParse = method<string[]>({
  name: 'MDN/parse',
  capability: mdnCapability,
  read(args, limits) {
    const blobIds = readTexts(args, 'blobIds', undefined)
    if (!blobIds?.every(isReference)) throw invalid('blobIds', 'a list of ids')
    if (blobIds.length > limits.maxObjectsInGet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInGet} objects`)
    return [...new Set(blobIds)]
  },
  async run(call, blobIds) {
    const parsed = record<Arguments>()
    const [notParsable, notFound]: [string[], string[]] = [[], []]
    for (const asked of blobIds) {
      if (call.signal.aborted) break
      const id = resolveId(call, asked)
      const blob = id === undefined ? undefined : await findBlob(call.house, call, id)
      const bytes = blob && (await readBlob(blob, call.house.limits.maxSizeUpload))
      const told = bytes && (await tellNotification(bytes))
      if (!blob) notFound.push(asked)
      else if (told) parsed[asked] = told
      else notParsable.push(asked)
    }
    const some = <T extends object>(one: T): T | null => (Object.keys(one).length > 0 ? one : null)
    return {
      accountId: call.accountId,
      parsed: some(parsed),
      notParsable: some(notParsable),
      notFound: some(notFound),
    }
  },
})

const longestText = 100_000

async function tellNotification(bytes: Buffer): Promise<Arguments | undefined> {
  const tree = readMail(bytes)
  const part = tree.part.parts.find((one) => one.type === 'message' && one.subtype === 'disposition-notification')
  const fields = part && readDisposition(bodyOf(bytes, part))
  if (!fields) return undefined
  const read = async (start: number, end: number): Promise<Buffer> => bytes.subarray(start, end)
  return {
    forEmailId: null,
    subject: tree.headers.subject || null,
    textBody: (await textOf(tree, read, longestText)) || null,
    includeOriginalMessage: tree.part.parts.some(({ type, subtype }) =>
      type === 'message' ? subtype === 'rfc822' : subtype === 'rfc822-headers',
    ),
    ...tellFields(fields),
  }
}

function bodyOf(bytes: Buffer, { body, end, encoding }: Part): Buffer {
  const raw = bytes.subarray(body, end)
  return decodeTransfer(raw, encoding) ?? raw
}
