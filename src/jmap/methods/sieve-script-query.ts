// SieveScript/query                                                              RFC 9661 §2.5

import type { Script } from '../../directory/scripts.ts'
import { objectId } from '../../store/objectids.ts'
import type { Arguments } from '../arguments.ts'
import { method, MethodError } from '../method.ts'
import { scriptsOf, sieveCapability } from '../scriptobjects.ts'
import { readQuery, windowOf, type Comparator, type Filter, type QueryArguments } from '../standard.ts'

interface Condition {
  name?: string
  isActive?: boolean
}

function readCondition({ name, isActive, ...odd }: Arguments): Condition {
  const [unknown] = Object.keys(odd)
  if (unknown !== undefined) throw new MethodError('unsupportedFilter', `"${unknown}" is not known`)
  if (name !== undefined && typeof name !== 'string') throw new MethodError('invalidArguments', '"name" is a text')
  if (isActive !== undefined && typeof isActive !== 'boolean') {
    throw new MethodError('invalidArguments', '"isActive" is true or false')
  }
  return { ...(name !== undefined && { name }), ...(isActive !== undefined && { isActive }) }
}

export const sieveScriptQuery = method<QueryArguments<Condition>>({
  name: 'SieveScript/query',
  capability: sieveCapability,

  read(args) {
    const query = readQuery(args, readCondition)
    const odd = query.sort.find(({ property }) => property !== 'name' && property !== 'isActive')
    if (odd) throw new MethodError('unsupportedSort', `"${odd.property}" is not sorted by`)
    return query
  },

  async run(call, query) {
    const { list, state } = await scriptsOf(call)
    const scripts = list.filter((script) => !query.filter || fits(script, query.filter))
    const found = scripts.sort((a, b) => inOrder(a, b, query.sort)).map(({ id }) => objectId('R', id))
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

function inOrder(a: Script, b: Script, sort: Comparator[]): number {
  for (const { property, isAscending } of sort) {
    const order = property === 'name' ? a.name.localeCompare(b.name) : Number(a.active) - Number(b.active)
    if (order !== 0) return isAscending ? order : -order
  }
  return a.id - b.id
}

function fits(script: Script, filter: Filter<Condition>): boolean {
  if ('condition' in filter) {
    const { name, isActive } = filter.condition
    const isNamed = name === undefined || script.name.toLowerCase().includes(name.toLowerCase())
    return isNamed && (isActive === undefined || script.active === isActive)
  }
  const { operator, conditions } = filter
  if (operator === 'AND') return conditions.every((one) => fits(script, one))
  if (operator === 'OR') return conditions.some((one) => fits(script, one))
  return !conditions.some((one) => fits(script, one))
}
