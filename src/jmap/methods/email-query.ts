// Email/query                                                                    RFC 8621 §4.4
//
// The total is counted only when it is asked for, or when a position counts from the end.

import { canFollow } from '../../store/emailquerychanges.ts'
import type { EmailQuery } from '../../store/emaillists.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { readEmailQuery } from '../emailfilter.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method } from '../method.ts'
import { readQuery, windowOf, type QueryArguments } from '../standard.ts'

interface Asked {
  query: EmailQuery
  window: Omit<QueryArguments<unknown>, 'filter' | 'sort'>
}

export const emailQuery = method<Asked>({
  name: 'Email/query',
  capability: mailCapability,
  read(args) {
    const { filter: _filter, sort: _sort, ...others } = args
    return { query: readEmailQuery(args), window: readQuery(others, (condition) => condition) }
  },
  async run(call, { query, window }) {
    const { store, limits } = call.house
    const list = await store.lists.open(store, await mailScope(call), query)
    const anchor = window.anchor === undefined ? undefined : objectNumber('M', window.anchor)
    const anchorAt = anchor === undefined ? -1 : await list.placeOf(anchor)
    const isFromEnd = window.anchor === undefined && window.position < 0
    const total = window.calculateTotal || isFromEnd ? await list.total() : undefined
    const { start, end } = windowOf(window, total ?? Infinity, anchorAt, limits.queryResults)
    const ids = await list.slice(start, end - start)
    return {
      accountId: call.accountId,
      queryState: stateText(list.state),
      canCalculateChanges: canFollow(query),
      position: start,
      ids: ids.map((id) => objectId('M', id)),
      ...(window.calculateTotal ? { total } : {}),
      ...(window.limit === undefined || window.limit > limits.queryResults ? { limit: limits.queryResults } : {}),
    }
  },
})
