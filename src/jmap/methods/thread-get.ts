// Thread/get                                                                     RFC 8621 §3.1

import { threadsOf } from '../../store/emails.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method, MethodError } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known = new Set(['id', 'emailIds'])

export const threadGet = method<GetArguments>({
  name: 'Thread/get',
  capability: mailCapability,
  read(args, limits) {
    const asked = readGet(args, limits, (property) => known.has(property))
    // All threads are as many as mails: nobody wants them at once (RFC 8620 §5.1 allows to refuse).
    if (!asked.ids) throw new MethodError('requestTooLarge', 'Name the threads')
    return asked
  },
  async run(call, { ids, properties }) {
    const scope = await mailScope(call)
    const asked = resolveIds(call, ids ?? [])
    const numbers = asked.flatMap((id) => objectNumber('T', id) ?? [])
    const threads = await threadsOf(call.house.store.db, scope, numbers)
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    for (const id of asked) {
      const emails = threads.get(objectNumber('T', id) ?? -1)
      if (!emails) notFound.push(id)
      else if (properties && !properties.includes('emailIds')) list.push({ id })
      else list.push({ id, emailIds: emails.map((email) => objectId('M', email)) })
    }
    return { accountId: call.accountId, state: stateText(scope.state), list, notFound }
  },
})
