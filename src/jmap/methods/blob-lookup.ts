// Blob/lookup                                                                  RFC 9404 §4.3
//
// Which objects of the account use a blob.

import { readTexts } from '../arguments.ts'
import { findBlob } from '../blobs.ts'
import { method, MethodError, type Call } from '../method.ts'
import { readGet, record, resolveIds } from '../standard.ts'
import { mailboxesOfMail } from '../../store/rights.ts'
import { objectId, readBlobId } from '../../store/objectids.ts'

export const lookupTypes = ['Mailbox', 'Thread', 'Email']

export const blobLookup = method<{ ids: string[]; typeNames: string[] }>({
  name: 'Blob/lookup',
  capability: 'urn:ietf:params:jmap:blob',

  read(args, limits) {
    const typeNames = readTexts(args, 'typeNames', [])
    const odd = typeNames.find((name) => !lookupTypes.includes(name))
    if (odd !== undefined) throw new MethodError('unknownDataType', `"${odd}" is not looked up here`)
    return { ids: readGet(args, limits, () => true).ids ?? [], typeNames }
  },

  async run(call, { ids, typeNames }) {
    const list: object[] = []
    const notFound: string[] = []
    for (const id of resolveIds(call, ids)) {
      const blob = await findBlob(call.house, call, id)
      if (!blob) notFound.push(id)
      else list.push({ id, matchedIds: await match(call, id, typeNames) })
    }
    return { accountId: call.accountId, list, notFound }
  },
})

async function match({ house, user, account }: Call, id: string, typeNames: string[]): Promise<object> {
  const matched = record<string[]>()
  for (const name of typeNames) matched[name] = []
  const name = readBlobId(id)
  if (!name || name.is === 'upload' || name.is === 'script') return matched
  const mail = await house.store.mails.one(name.mailId)
  if (!mail) return matched
  const mailboxes = await mailboxesOfMail(house.store.db, mail.id, account, user.id)
  if (matched['Email']) matched['Email'] = [objectId('M', mail.id)]
  if (matched['Thread']) matched['Thread'] = [objectId('T', mail.thread)]
  if (matched['Mailbox']) matched['Mailbox'] = mailboxes.map((mailbox) => objectId('F', mailbox))
  return matched
}
