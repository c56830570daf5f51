// Email/parse                                                                    RFC 8621 §4.9
//
// Opens mails that are attached to mails, or uploaded. Their parts have blob ids where they lie in a stored mail
// as they are; inside an upload or an encoded attachment they have none.

import { hasAttachment } from '../../mime/attachments.ts'
import { readFields } from '../../mime/headers.ts'
import { readMail } from '../../mime/reader.ts'
import { findPart } from '../../mime/section.ts'
import { previewOf, textOf } from '../../mime/text.ts'
import { treeOf } from '../../store/mails.ts'
import { blobId, readBlobId } from '../../store/objectids.ts'
import { invalid, isReference, readTexts } from '../arguments.ts'
import { findBlob, readBlob, type FoundBlob } from '../blobs.ts'
import {
  Budget,
  isEmailProperty,
  parsedDefaults,
  readWanted,
  tellEmail,
  type EmailSource,
  type Wanted,
} from '../emailobjects.ts'
import { mailCapability } from '../mailscope.ts'
import { method, MethodError, type Call } from '../method.ts'
import { resolveId } from '../standard.ts'

interface Asked {
  blobIds: string[]
  wanted: Wanted
}

const previewText = 8_192 // characters read to find a preview

export const emailParse = method<Asked>({
  name: 'Email/parse',
  capability: mailCapability,
  read(args, limits) {
    const blobIds = readTexts(args, 'blobIds', undefined)
    if (!blobIds?.every(isReference)) throw invalid('blobIds', 'a list of ids')
    if (blobIds.length > limits.maxObjectsInGet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInGet} objects`)
    const properties = readTexts(args, 'properties', null)
    const odd = properties?.find((property) => !isEmailProperty(property))
    if (odd !== undefined) throw new MethodError('invalidArguments', `"${odd}" is no property`)
    return { blobIds: [...new Set(blobIds)], wanted: readWanted(args, properties, parsedDefaults) }
  },
  async run(call, { blobIds, wanted }) {
    const budget = new Budget(call.house.limits.answerBytes)
    const parsed: [string, Record<string, unknown>][] = []
    const notParsable: string[] = []
    const notFound: string[] = []
    for (const asked of blobIds) {
      if (call.signal.aborted) break
      const id = resolveId(call, asked)
      const blob = id === undefined ? undefined : await findBlob(call.house, call, id)
      const source = blob && (await sourceOf(call, blob))
      if (!blob) notFound.push(asked)
      else if (!source) notParsable.push(asked)
      else parsed.push([asked, await tellEmail(source, wanted, budget)])
    }
    const some = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null)
    return {
      accountId: call.accountId,
      parsed: parsed.length > 0 ? Object.fromEntries(parsed) : null,
      notParsable: some(notParsable),
      notFound: some(notFound),
    }
  },
})

/** The mail a blob is; undefined when it is none, or too large. */
async function sourceOf({ house }: Call, blob: FoundBlob): Promise<EmailSource | undefined> {
  const bytes = await readBlob(blob, house.limits.maxSizeUpload)
  if (!bytes) return undefined
  const tree = readMail(bytes)
  if (readFields(bytes.subarray(0, tree.part.body)).length === 0) return undefined
  const read = async (start: number, end: number): Promise<Buffer> => bytes.subarray(start, end)
  const name = readBlobId(blob.id)
  const partBlobId = async (): Promise<(path: number[]) => string | null> => {
    if (blob.mail) return (path) => blobId({ is: 'part', mailId: blob.mail!.id, path })
    if (name?.is !== 'part') return () => null
    const mail = await house.store.mails.one(name.mailId)
    const isInPlace = mail && findPart(treeOf(mail), name.path)?.message !== undefined
    if (!isInPlace) return () => null
    return (path) => blobId({ is: 'part', mailId: name.mailId, path: [...name.path, ...path] })
  }
  return {
    email: undefined,
    mailId: undefined,
    blobId: blob.id,
    tree,
    trace: '',
    read,
    partBlobId: await partBlobId(),
    hasAttachment: hasAttachment(tree),
    preview: async () => previewOf(await textOf(tree, read, previewText)),
  }
}
