// Principal/query                                                                RFC 9670 §2.4

import { findPrincipals, type PrincipalQuestion } from '../../directory/principals.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import type { Arguments } from '../arguments.ts'
import { method, MethodError } from '../method.ts'
import { principalsCapability } from '../principalobjects.ts'
import { readQuery, windowOf, type QueryArguments } from '../standard.ts'

type Condition = PrincipalQuestion & { type?: string }

const texts = ['text', 'name', 'email', 'type']

function readCondition(condition: Arguments): Condition {
  const read: Condition = {}
  for (const [name, value] of Object.entries(condition)) {
    if (name === 'accountIds' && Array.isArray(value) && value.length <= 500) {
      read.ids = value.flatMap((id) => (typeof id === 'string' ? (objectNumber('A', id) ?? []) : []))
    } else if (texts.includes(name) && typeof value === 'string') read[name as 'text'] = value
    else throw new MethodError('unsupportedFilter', `"${name}" is not filtered by`)
  }
  return read
}

export const principalQuery = method<QueryArguments<Condition>>({
  name: 'Principal/query',
  capability: principalsCapability,

  read(args) {
    const query = readQuery(args, readCondition)
    if (query.filter && !('condition' in query.filter)) throw new MethodError('unsupportedFilter', 'One condition')
    const odd = query.sort.find(({ property, isAscending }) => property !== 'name' || !isAscending)
    if (odd) throw new MethodError('unsupportedSort', 'By name, ascending')
    return query
  },

  async run({ house, user, accountId }, query) {
    const { type, ...question } =
      query.filter && 'condition' in query.filter ? query.filter.condition : ({} as Condition)
    const asking = { askerId: user.id, visibility: house.visibility }
    const people = await findPrincipals(house.store.db, asking, question)
    const found = people
      .filter(({ shared }) => type === undefined || type === (shared ? 'group' : 'individual'))
      .map(({ id }) => objectId('A', id))
    const at = query.anchor === undefined ? -1 : found.indexOf(query.anchor)
    const { start, end } = windowOf(query, found.length, at, house.limits.maxObjectsInGet)
    return {
      accountId,
      queryState: '0',
      canCalculateChanges: false,
      position: start,
      ids: found.slice(start, end),
      ...(query.calculateTotal && { total: found.length }),
    }
  },
})
