// SearchSnippet/get                                                              RFC 8621 §5.1

import { bodyText, readerOf } from '../../store/content.ts'
import { emailsOf } from '../../store/emails.ts'
import { treeOf } from '../../store/mails.ts'
import { objectNumber } from '../../store/objectids.ts'
import { invalid, isReference, readTexts } from '../arguments.ts'
import { readEmailFilter, searchedTexts } from '../emailfilter.ts'
import { mailCapability, mailScope } from '../mailscope.ts'
import { method, MethodError } from '../method.ts'
import { markAll, markFirst } from '../snippets.ts'
import { resolveIds } from '../standard.ts'

interface Asked {
  emailIds: string[]
  texts: { subject: string[]; body: string[] }
}

const textRead = 256 << 10 // characters of one mail that are looked through

export const searchSnippetGet = method<Asked>({
  name: 'SearchSnippet/get',
  capability: mailCapability,
  read(args, limits) {
    const emailIds = readTexts(args, 'emailIds', [])
    if (!emailIds.every(isReference)) throw invalid('emailIds', 'a list of ids')
    if (emailIds.length > limits.maxObjectsInGet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInGet} objects`)
    return { emailIds, texts: searchedTexts(readEmailFilter(args)) }
  },
  async run(call, { emailIds, texts }) {
    const { store } = call.house
    const scope = await mailScope(call)
    const asked = resolveIds(call, emailIds)
    const numbers = asked.flatMap((id) => objectNumber('M', id) ?? [])
    const mails = await store.mails.get([...(await emailsOf(store.db, scope, numbers)).keys()])
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    for (const emailId of asked) {
      const mail = mails.get(objectNumber('M', emailId) ?? -1)
      if (!mail) {
        notFound.push(emailId)
        continue
      }
      if (call.signal.aborted) break
      const subject = markAll(treeOf(mail).headers.subject, texts.subject)
      const isRead = texts.body.length > 0
      const text = isRead ? await bodyText(mail, readerOf(store.blobs, mail), textRead) : ''
      list.push({ emailId, subject, preview: markFirst(text, texts.body) })
    }
    return { accountId: call.accountId, list, notFound: notFound.length > 0 ? notFound : null }
  },
})
