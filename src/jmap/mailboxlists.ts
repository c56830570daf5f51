// Lists of mailboxes by filter and sort.                                                              RFC 8621 §2.3
//
// An account has few mailboxes, so a list is made from all of them, each time.

import { objectNumber } from '../store/objectids.ts'
import { invalid, isId, readFlag, type Arguments } from './arguments.ts'
import { seenMailboxes, type Seen } from './mailboxobjects.ts'
import { MethodError, type Call } from './method.ts'
import { readQuery, type Comparator, type Filter, type QueryArguments } from './standard.ts'

type Holds = (seen: Seen, all: ReadonlyMap<number, Seen>) => boolean

export interface MailboxQuery extends QueryArguments<Holds> {
  sortAsTree: boolean
  filterAsTree: boolean
}

/** Throws MethodError invalidArguments, unsupportedFilter, unsupportedSort. */
export function readMailboxQuery(args: Arguments): MailboxQuery {
  const query = readQuery(args, readCondition)
  for (const { property } of query.sort)
    if (!Object.hasOwn(sortKeys, property)) throw new MethodError('unsupportedSort', `"${property}" is not known`)
  return {
    ...query,
    sortAsTree: readFlag(args, 'sortAsTree', false),
    filterAsTree: readFlag(args, 'filterAsTree', false),
  }
}

function readCondition(condition: Arguments): Holds {
  const all = Object.entries(condition).map(([name, value]) => {
    const read = Object.hasOwn(conditions, name) ? conditions[name] : undefined
    if (!read) throw new MethodError('unsupportedFilter', `"${name}" is not known`)
    return read(value, name)
  })
  return (seen, mailboxes) => all.every((holds) => holds(seen, mailboxes))
}

const conditions: Record<string, (value: unknown, name: string) => Holds> = {
  parentId(value, name) {
    if (value !== null && !isId(value)) throw invalid(name, 'an id or null')
    const wanted = value === null ? undefined : (objectNumber('F', value) ?? -1)
    return ({ mailbox }, all) => (all.has(mailbox.parentId) ? mailbox.parentId : undefined) === wanted
  },
  name(value, name) {
    if (typeof value !== 'string') throw invalid(name, 'a text')
    const wanted = folded(value)
    return ({ mailbox }) => folded(mailbox.name).includes(wanted)
  },
  role(value, name) {
    if (value !== null && typeof value !== 'string') throw invalid(name, 'a role or null')
    return ({ mailbox }) => mailbox.role === value
  },
  hasAnyRole(value, name) {
    if (typeof value !== 'boolean') throw invalid(name, 'true or false')
    return ({ mailbox }) => (mailbox.role !== null) === value
  },
  isSubscribed(value, name) {
    if (typeof value !== 'boolean') throw invalid(name, 'true or false')
    return ({ subscribed }) => subscribed === value
  },
}

function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

const names = new Intl.Collator('zh-Hant-u-co-stroke', { numeric: true, sensitivity: 'base' })

const sortKeys: Record<string, (a: Seen, b: Seen) => number> = {
  sortOrder: (a, b) => a.mailbox.sortOrder - b.mailbox.sortOrder,
  name: (a, b) => names.compare(a.mailbox.name, b.mailbox.name),
  parentId: (a, b) => a.mailbox.parentId - b.mailbox.parentId,
}

/** Ids of the mailboxes that match, in order. */
export async function listedMailboxes(call: Call, query: MailboxQuery): Promise<number[]> {
  const all = await seenMailboxes(call)
  const sorted = [...all.values()].sort((a, b) => compare(query.sort, a, b))
  const ordered = query.sortAsTree ? asTree(sorted, all) : sorted
  const matching = new Set(ordered.filter((seen) => matches(query.filter, seen, all)).map(({ mailbox }) => mailbox.id))
  // With filterAsTree every mailbox above must match as well (RFC 8621 §2.3).
  const isListed = ({ mailbox }: Seen): boolean => {
    if (!matching.has(mailbox.id)) return false
    const parent = query.filterAsTree ? all.get(mailbox.parentId) : undefined
    return !parent || isListed(parent)
  }
  return ordered.filter(isListed).map(({ mailbox }) => mailbox.id)
}

function matches(filter: Filter<Holds> | undefined, seen: Seen, all: ReadonlyMap<number, Seen>): boolean {
  if (!filter) return true
  if ('condition' in filter) return filter.condition(seen, all)
  const holds = (one: Filter<Holds>): boolean => matches(one, seen, all)
  if (filter.operator === 'AND') return filter.conditions.every(holds)
  return filter.conditions.some(holds) === (filter.operator === 'OR')
}

function compare(sort: readonly Comparator[], a: Seen, b: Seen): number {
  for (const { property, isAscending } of sort) {
    const order = sortKeys[property]!(a, b)
    if (order !== 0) return isAscending ? order : -order
  }
  return a.mailbox.id - b.mailbox.id
}

/** Each mailbox followed by those below it. */
function asTree(sorted: readonly Seen[], all: ReadonlyMap<number, Seen>): Seen[] {
  const children = Map.groupBy(sorted, ({ mailbox }) => (all.has(mailbox.parentId) ? mailbox.parentId : 0))
  const ordered: Seen[] = []
  const walk = (parentId: number): void => {
    for (const seen of children.get(parentId) ?? []) {
      ordered.push(seen)
      walk(seen.mailbox.id)
    }
  }
  walk(0)
  return ordered
}
