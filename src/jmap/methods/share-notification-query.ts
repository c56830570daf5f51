// ShareNotification/query                                                        RFC 9670 §3.6

import { objectId, objectNumber } from '../../store/objectids.ts'
import { shareNotices, type ShareNotice } from '../../store/sharenotices.ts'
import { readDate, type Arguments } from '../arguments.ts'
import { method, MethodError } from '../method.ts'
import { principalsCapability } from '../principalobjects.ts'
import { readQuery, windowOf, type QueryArguments } from '../standard.ts'

interface Condition {
  after?: number
  before?: number
  type?: string
  owner?: number
}

function readCondition(condition: Arguments): Condition {
  const read: Condition = {}
  for (const [name, value] of Object.entries(condition)) {
    if (name === 'after' || name === 'before') {
      const at = readDate(value)
      if (at === undefined) throw new MethodError('invalidArguments', `"${name}" is a date`)
      read[name] = at
    } else if (name === 'objectType' && typeof value === 'string') read.type = value
    else if (name === 'objectAccountId' && typeof value === 'string') read.owner = objectNumber('A', value) ?? -1
    else throw new MethodError('unsupportedFilter', `"${name}" is not filtered by`)
  }
  return read
}

const fits = (
  { at, ownerId }: ShareNotice,
  { after = -Infinity, before = Infinity, type, owner }: Condition,
): boolean => at >= after && at < before && (type ?? 'Mailbox') === 'Mailbox' && (owner ?? ownerId) === ownerId

export const shareNotificationQuery = method<QueryArguments<Condition>>({
  name: 'ShareNotification/query',
  capability: principalsCapability,

  read(args) {
    const query = readQuery(args, readCondition)
    if (query.filter && !('condition' in query.filter)) throw new MethodError('unsupportedFilter', 'One condition')
    const odd = query.sort.find(({ property }) => property !== 'created')
    if (odd) throw new MethodError('unsupportedSort', `"${odd.property}" is not sorted by`)
    return query
  },

  async run({ house, account, accountId }, query) {
    const { list, state } = await shareNotices(house.store.db, account)
    const condition = query.filter && 'condition' in query.filter ? query.filter.condition : {}
    const chosen = list.filter((one) => fits(one, condition))
    if (query.sort[0]?.isAscending) chosen.reverse()
    const found = chosen.map(({ id }) => objectId('S', id))
    const at = query.anchor === undefined ? -1 : found.indexOf(query.anchor)
    const { start, end } = windowOf(query, found.length, at, house.limits.maxObjectsInGet)
    return {
      accountId,
      queryState: String(state),
      canCalculateChanges: false,
      position: start,
      ids: found.slice(start, end),
      ...(query.calculateTotal && { total: found.length }),
    }
  },
})
