// Email/queryChanges                                                             RFC 8621 §4.5

import { listChanges } from '../../store/emailquerychanges.ts'
import type { EmailQuery } from '../../store/emaillists.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { readCount, readFlag, readText } from '../arguments.ts'
import { readEmailQuery } from '../emailfilter.ts'
import { mailCapability, mailScope, readSince, stateText, tooOld } from '../mailscope.ts'
import { method, MethodError } from '../method.ts'

interface Asked {
  query: EmailQuery
  since: string
  most: number
  upTo: string | undefined
  calculateTotal: boolean
}

export const emailQueryChanges = method<Asked>({
  name: 'Email/queryChanges',
  capability: mailCapability,
  read(args, limits) {
    return {
      query: readEmailQuery(args),
      since: readText(args, 'sinceQueryState'),
      most: Math.min(readCount(args, 'maxChanges', limits.queryResults, 1), limits.queryResults),
      upTo: readText(args, 'upToId', undefined),
      calculateTotal: readFlag(args, 'calculateTotal', false),
    }
  },
  async run(call, { query, since, most, upTo, calculateTotal }) {
    const { store } = call.house
    const scope = await mailScope(call)
    const last = upTo === undefined ? undefined : objectNumber('M', upTo)
    const changes = await listChanges(store, scope, query, readSince(since), {
      most,
      ...(last === undefined ? {} : { last }),
    })
    if (!changes) throw tooOld()
    if (changes === 'too many') throw new MethodError('tooManyChanges', `There are more than ${most} changes`)
    return {
      accountId: call.accountId,
      oldQueryState: since,
      newQueryState: stateText(scope.state),
      ...(calculateTotal ? { total: await (await store.lists.open(store, scope, query)).total() } : {}),
      removed: changes.removed.map((id) => objectId('M', id)),
      added: changes.added.map(([id, index]) => ({ id: objectId('M', id), index })),
    }
  },
})
