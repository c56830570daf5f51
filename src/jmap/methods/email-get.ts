// Email/get                                                                      RFC 8621 §4.2

import { readerOf } from '../../store/content.ts'
import { emailsOf, type Email } from '../../store/emails.ts'
import { treeOf, type MailRow } from '../../store/mails.ts'
import { blobId, objectId, objectNumber } from '../../store/objectids.ts'
import { previewsOf } from '../../store/previews.ts'
import {
  Budget,
  emailDefaults,
  isEmailProperty,
  partBlobIds,
  readWanted,
  tellEmail,
  type EmailSource,
  type Wanted,
} from '../emailobjects.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method, MethodError, type Call } from '../method.ts'
import { readGet, resolveIds } from '../standard.ts'

interface Asked {
  ids: string[] | null
  wanted: Wanted
}

export const emailGet = method<Asked>({
  name: 'Email/get',
  capability: mailCapability,
  read(args, limits) {
    const { ids, properties } = readGet(args, limits, isEmailProperty)
    return { ids, wanted: readWanted(args, properties, emailDefaults) }
  },
  async run(call, { ids, wanted }) {
    const { store, limits } = call.house
    const scope = await mailScope(call)
    const asked = ids ? resolveIds(call, ids) : await allIds(call, scope)
    const numbers = asked.flatMap((id) => objectNumber('M', id) ?? [])
    const emails = await emailsOf(store.db, scope, numbers)
    const mails = await store.mails.get([...emails.keys()])
    const previews = wanted.properties.includes('preview') ? await previewsOf(store, [...mails.keys()]) : undefined
    const budget = new Budget(limits.answerBytes)
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    for (const id of asked) {
      const email = emails.get(objectNumber('M', id) ?? -1)
      const mail = email && mails.get(email.id)
      if (!email || !mail) notFound.push(id)
      else list.push(await tellEmail(sourceOf(call, email, mail, previews?.get(mail.id) ?? ''), wanted, budget))
      if (call.signal.aborted) break
    }
    return { accountId: call.accountId, state: stateText(scope.state), list, notFound }
  },
})

/** Every email of an account, where they are few (RFC 8620 §5.1). */
async function allIds({ house }: Call, scope: Awaited<ReturnType<typeof mailScope>>): Promise<string[]> {
  const most = house.limits.maxObjectsInGet
  const list = await house.store.lists.open(house.store, scope, { criterion: { is: 'all' }, sort: [], collapse: false })
  const ids = await list.slice(0, most + 1)
  if (ids.length > most) throw new MethodError('requestTooLarge', `At most ${most} objects`)
  return ids.map((id) => objectId('M', id))
}

/** A mail of an account, to be told. */
export function sourceOf({ house: { store } }: Call, email: Email, mail: MailRow, preview: string): EmailSource {
  return {
    email,
    mailId: mail.id,
    blobId: blobId({ is: 'mail', mailId: mail.id }),
    tree: treeOf(mail),
    trace: mail.trace,
    read: readerOf(store.blobs, mail),
    partBlobId: partBlobIds(mail.id),
    hasAttachment: mail.hasAttachment,
    preview: async () => preview,
  }
}
