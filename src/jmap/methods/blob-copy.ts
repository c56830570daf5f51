// Blob/copy                                                                    RFC 8620 §6.3
//
// Gives blobs of one account to another.

import { readText, readTexts, type Arguments } from '../arguments.ts'
import { findBlob } from '../blobs.ts'
import { method, MethodError, setError, type Call } from '../method.ts'
import { accountsOf } from '../session.ts'
import { record, resolveId } from '../standard.ts'
import { setErrorOf } from '../troubles.ts'
import { copyToAccount, takeUpload } from '../uploads.ts'
import { objectNumber, readBlobId } from '../../store/objectids.ts'
import { findUpload } from '../../store/uploads.ts'

export const blobCopy = method<{ fromAccountId: string; blobIds: string[] }>({
  name: 'Blob/copy',
  capability: 'urn:ietf:params:jmap:core',

  read(args, limits) {
    const blobIds = readTexts(args, 'blobIds', [])
    if (blobIds.length > limits.maxObjectsInSet) {
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} blobs`)
    }
    return { fromAccountId: readText(args, 'fromAccountId'), blobIds }
  },

  async run(call, { fromAccountId, blobIds }) {
    const from = objectNumber('A', fromAccountId)
    if (from === undefined || !(await accountsOf(call.house, call.user)).includes(from)) {
      throw new MethodError('fromAccountNotFound')
    }
    const copied = record<string>()
    const notCopied = record<Arguments>()
    for (const id of blobIds) {
      try {
        copied[id] = await copyOne(call, from, resolveId(call, id) ?? id)
      } catch (error) {
        const reason = setErrorOf(error)
        if (!reason) throw error
        notCopied[id] = reason
      }
    }
    const some = (one: object): object | null => (Object.keys(one).length > 0 ? one : null)
    return { fromAccountId, accountId: call.accountId, copied: some(copied), notCopied: some(notCopied) }
  },
})

async function copyOne(call: Call, from: number, id: string): Promise<string> {
  const { house, user, account } = call
  const name = readBlobId(id)
  const upload =
    name?.is === 'upload'
      ? await findUpload(house.store.db, name.upload, from, user.id, house.store.clock())
      : undefined
  if (upload) return (await copyToAccount(house, upload, account)).blobId
  const blob = await findBlob(house, { user, account: from }, id)
  if (!blob) throw setError('notFound')
  return (await takeUpload(house, call, blob.type, blob.stream())).blobId
}
