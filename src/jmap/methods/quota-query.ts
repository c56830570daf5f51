// Quota/query                                                                  RFC 9425 §4.4

import { isObject, type Arguments } from '../arguments.ts'
import { method, MethodError } from '../method.ts'
import { quotasOf, type QuotaObject } from '../quotas.ts'
import { readQuery, windowOf, type Filter, type QueryArguments } from '../standard.ts'

type Condition = Partial<Record<'name' | 'scope' | 'resourceType' | 'type', string>>

const conditions = ['name', 'scope', 'resourceType', 'type']

function readCondition(condition: Arguments): Condition {
  const odd = Object.entries(condition).find(([name, value]) => !conditions.includes(name) || typeof value !== 'string')
  if (odd || !isObject(condition)) throw new MethodError('unsupportedFilter', `"${odd?.[0]}" is not known`)
  return condition as Condition
}

export const quotaQuery = method<QueryArguments<Condition>>({
  name: 'Quota/query',
  capability: 'urn:ietf:params:jmap:quota',

  read(args) {
    const query = readQuery(args, readCondition)
    const odd = query.sort.find(({ property }) => property !== 'name' && property !== 'used')
    if (odd) throw new MethodError('unsupportedSort', `"${odd.property}" is not sorted by`)
    return query
  },

  async run(call, query) {
    const { list, state } = await quotasOf(call.house.store.db, call.account)
    const found = list.filter((quota) => !query.filter || fits(quota, query.filter)).map(({ id }) => id)
    const at = query.anchor === undefined ? -1 : found.indexOf(query.anchor)
    const { start, end } = windowOf(query, found.length, at, call.house.limits.maxObjectsInGet)
    return {
      accountId: call.accountId,
      queryState: state,
      canCalculateChanges: false,
      position: start,
      ids: found.slice(start, end),
      ...(query.calculateTotal && { total: found.length }),
    }
  },
})

function fits(quota: QuotaObject, filter: Filter<Condition>): boolean {
  if ('condition' in filter) {
    const { name, scope, resourceType, type } = filter.condition
    return (
      (name === undefined || quota.name.toLowerCase().includes(name.toLowerCase())) &&
      (scope === undefined || quota.scope === scope) &&
      (resourceType === undefined || quota.resourceType === resourceType) &&
      (type === undefined || quota.types.includes(type))
    )
  }
  const { operator } = filter
  if (operator === 'AND') return filter.conditions.every((one) => fits(quota, one))
  if (operator === 'OR') return filter.conditions.some((one) => fits(quota, one))
  return !filter.conditions.some((one) => fits(quota, one))
}
