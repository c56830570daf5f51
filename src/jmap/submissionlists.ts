// Lists of submissions: their filters and sorts.                                  RFC 8621 §7.3
//
// Pure.

import type { SubmissionFilter, SubmissionSort } from '../queue/submissions.ts'
import { objectNumber } from '../store/objectids.ts'
import { readDate, readTexts, type Arguments } from './arguments.ts'
import { MethodError } from './method.ts'
import type { Comparator, Filter } from './standard.ts'

const conditions = ['identityIds', 'emailIds', 'threadIds', 'undoStatus', 'before', 'after']

/** Throws MethodError unsupportedFilter. */
export function readSubmissionFilter(condition: Arguments): SubmissionFilter {
  const odd = Object.keys(condition).find((name) => !conditions.includes(name))
  if (odd !== undefined) throw new MethodError('unsupportedFilter', `"${odd}" is not known`)
  const ids = (name: string, kind: 'I' | 'M' | 'T'): number[] | undefined =>
    readTexts(condition, name, undefined)?.flatMap((id) => objectNumber(kind, id) ?? [])
  const date = (name: string): number | undefined => {
    const at = condition[name] == null ? undefined : readDate(condition[name])
    if (condition[name] != null && at === undefined) throw new MethodError('unsupportedFilter', `"${name}" is no date`)
    return at
  }
  const { undoStatus } = condition
  const isStatus = undoStatus === 'pending' || undoStatus === 'final' || undoStatus === 'canceled'
  if (undoStatus != null && !isStatus) throw new MethodError('unsupportedFilter', 'There is no such undoStatus')
  const [identityIds, mailIds, threads] = [ids('identityIds', 'I'), ids('emailIds', 'M'), ids('threadIds', 'T')]
  const [before, after] = [date('before'), date('after')]
  return {
    ...(identityIds && { identityIds }),
    ...(mailIds && { mailIds }),
    ...(threads && { threads }),
    ...(isStatus && { state: undoStatus }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }
}

/** All of these conditions; NOT and OR are not offered (RFC 8620 §5.5 lets a server refuse them). */
export function allOf(filter: Filter<SubmissionFilter> | undefined): SubmissionFilter[] {
  if (!filter) return []
  if ('condition' in filter) return [filter.condition]
  const { operator, conditions: inside } = filter
  if (operator === 'AND' || (operator === 'OR' && inside.length === 1)) return inside.flatMap(allOf)
  throw new MethodError('unsupportedFilter', 'Only AND')
}

/** Throws MethodError unsupportedSort. */
export function readSubmissionSort(sort: readonly Comparator[]): SubmissionSort[] {
  return sort.map(({ property, isAscending }) => {
    if (property !== 'emailId' && property !== 'threadId' && property !== 'sentAt') {
      throw new MethodError('unsupportedSort', `Not by "${property}"`)
    }
    return { by: property, ascending: isAscending }
  })
}
