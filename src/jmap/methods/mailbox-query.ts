// Mailbox/query                                                                  RFC 8621 §2.3

import { objectId } from '../../store/objectids.ts'
import { listedMailboxes, readMailboxQuery, type MailboxQuery } from '../mailboxlists.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method } from '../method.ts'
import { windowOf } from '../standard.ts'

export const mailboxQuery = method<MailboxQuery>({
  name: 'Mailbox/query',
  capability: mailCapability,
  read: readMailboxQuery,
  async run(call, query) {
    const { state } = await mailScope(call) // before the list, which is then at least as new
    const ids = (await listedMailboxes(call, query)).map((id) => objectId('F', id))
    const { limits } = call.house
    const anchorAt = query.anchor === undefined ? -1 : ids.indexOf(query.anchor)
    const { start, end } = windowOf(query, ids.length, anchorAt, limits.queryResults)
    return {
      accountId: call.accountId,
      queryState: stateText(state),
      canCalculateChanges: false,
      position: start,
      ids: ids.slice(start, end),
      ...(query.calculateTotal ? { total: ids.length } : {}),
      ...(query.limit !== undefined && query.limit > limits.queryResults ? { limit: limits.queryResults } : {}),
    }
  },
})
