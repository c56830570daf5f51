// The methods every type has: Foo/get, Foo/changes, Foo/set, Foo/query, as far as they are the same for all.
// RFC 8620 §5. A method of a type reads its arguments with these and adds its own.
//
// Invariant: what is announced (maxObjectsInGet, maxObjectsInSet) is kept here, before anything is read or changed.

import {
  invalid,
  isId,
  isObject,
  isReference,
  readCount,
  readFlag,
  readInt,
  readObject,
  readText,
  readTexts,
  type Arguments,
} from './arguments.ts'
import type { JmapLimits } from './limits.ts'
import { MethodError, setError, type Call, type SetError } from './method.ts'
import { patchOf, type Patch } from './patch.ts'
import { setErrorOf } from './troubles.ts'

// -- Foo/get                                                                     RFC 8620 §5.1

export interface GetArguments {
  ids: string[] | null // each once; null: all
  properties: string[] | null // null: those of the type's default; 'id' is always told
}

/** `known` says whether a property is one of the type. Throws MethodError invalidArguments, requestTooLarge. */
export function readGet(args: Arguments, limits: JmapLimits, known: (property: string) => boolean): GetArguments {
  const ids = readTexts(args, 'ids', null)
  const properties = readTexts(args, 'properties', null)
  if (ids && ids.length > limits.maxObjectsInGet) {
    throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInGet} objects`)
  }
  if (ids && !ids.every(isReference)) throw invalid('ids', 'a list of ids')
  const odd = properties?.find((property) => !known(property))
  if (odd !== undefined)
    throw new MethodError('invalidArguments', `"${odd}" is no property`, { arguments: ['properties'] })
  return { ids: ids && [...new Set(ids)], properties: properties && [...new Set(properties)] }
}

/** The ids with "#name" replaced by what this request created under that name; others stay and are not found. */
export function resolveIds(call: Call, ids: readonly string[]): string[] {
  return [...new Set(ids.map((id) => resolveId(call, id) ?? id))]
}

/** "#name" as the id that this request created under it; undefined when it did not. Other ids as they are. */
export function resolveId({ createdIds }: Call, id: string): string | undefined {
  return id.startsWith('#') ? createdIds.get(id.slice(1)) : id
}

// -- Foo/changes                                                                 RFC 8620 §5.2

export interface ChangesArguments {
  sinceState: string
  maxChanges: number // at most so many ids
}

export function readChanges(args: Arguments, limits: JmapLimits): ChangesArguments {
  const asked = readCount(args, 'maxChanges', limits.changes, 1)
  return { sinceState: readText(args, 'sinceState'), maxChanges: Math.min(asked, limits.changes) }
}

/** A state that is a number, as those of mail are. Throws MethodError cannotCalculateChanges for what we never said. */
export function readState(state: string, current: number): number {
  const known = /^(?:0|[1-9]\d{0,15})$/.test(state) && Number(state) <= current
  if (!known) throw new MethodError('cannotCalculateChanges', 'That state is not known here')
  return Number(state)
}

// -- Foo/set                                                                     RFC 8620 §5.3

export interface SetArguments {
  ifInState: string | null
  create: [creationId: string, object: Arguments][]
  update: [id: string, patch: Patch][]
  destroy: string[]
}

/** Throws MethodError invalidArguments, requestTooLarge. What is wrong with one patch is told for that object alone. */
export function readSet(args: Arguments, limits: JmapLimits): SetArguments {
  const create = Object.entries(readObject(args, 'create', {}))
  const update = Object.entries(readObject(args, 'update', {}))
  const destroy = readTexts(args, 'destroy', [])
  if (create.length + update.length + destroy.length > limits.maxObjectsInSet) {
    throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} objects`)
  }
  if (!create.every((pair): pair is [string, Arguments] => isId(pair[0]) && isObject(pair[1]))) {
    throw invalid('create', 'objects under creation ids')
  }
  if (!update.every((pair): pair is [string, Arguments] => isReference(pair[0]) && isObject(pair[1]))) {
    throw invalid('update', 'patches under ids')
  }
  if (!destroy.every(isReference)) throw invalid('destroy', 'a list of ids')
  return {
    ifInState: readText(args, 'ifInState', null),
    create,
    update: update.map(([id, patch]) => [id, patchOf(patch)]),
    destroy: [...new Set(destroy)],
  }
}

/** Throws MethodError stateMismatch. */
export function checkState(ifInState: string | null, current: string): void {
  if (ifInState !== null && ifInState !== current) throw new MethodError('stateMismatch')
}

/** Without a prototype: a creation id may be "__proto__". */
export function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>
}

/** What a Foo/set did, as it is gathered. `answer()` gives the response's arguments. */
export class SetResults {
  created: Record<string, Arguments> = record()
  updated: Record<string, Arguments | null> = record()
  destroyed: string[] = []
  notCreated: Record<string, SetError> = record()
  notUpdated: Record<string, SetError> = record()
  notDestroyed: Record<string, SetError> = record()

  /** Does one thing for each, one after the other; what is refused is noted, our mistakes are thrown on. */
  async each(call: Call, set: SetArguments, deeds: SetDeeds): Promise<void> {
    for (const [creationId, object] of set.create) {
      await this.#try(this.notCreated, creationId, async () => {
        const made = await deeds.create(object, creationId)
        this.created[creationId] = made
        call.createdIds.set(creationId, String(made['id']))
      })
    }
    const goes = new Set(set.destroy.map((id) => resolveId(call, id)))
    for (const [asked, patch] of set.update) {
      await this.#try(this.notUpdated, asked, async () => {
        const id = this.#found(call, asked)
        if (goes.has(id)) throw setError('willDestroy')
        this.updated[id] = await deeds.update(id, patch)
      })
    }
    for (const asked of set.destroy) {
      await this.#try(this.notDestroyed, asked, async () => {
        const id = this.#found(call, asked)
        await deeds.destroy(id)
        this.destroyed.push(id)
      })
    }
  }

  answer(accountId: string, oldState: string | null, newState: string): Arguments {
    const some = <T extends object>(record: T): T | null => (Object.keys(record).length > 0 ? record : null)
    return {
      accountId,
      oldState,
      newState,
      created: some(this.created),
      updated: some(this.updated),
      destroyed: this.destroyed.length > 0 ? this.destroyed : null,
      notCreated: some(this.notCreated),
      notUpdated: some(this.notUpdated),
      notDestroyed: some(this.notDestroyed),
    }
  }

  #found(call: Call, asked: string): string {
    const id = resolveId(call, asked)
    if (id === undefined) throw setError('notFound')
    return id
  }

  async #try(failures: Record<string, SetError>, id: string, deed: () => Promise<void>): Promise<void> {
    try {
      await deed()
    } catch (error) {
      const reason = setErrorOf(error)
      if (!reason) throw error
      failures[id] = reason
    }
  }
}

export interface SetDeeds {
  /** Gives id and the other properties the client could not know. Throws SetRefusal or a Trouble of an object. */
  create(object: Arguments, creationId: string): Promise<Arguments>
  /** Gives properties that changed beside those asked for; null: none. */
  update(id: string, patch: Patch): Promise<Arguments | null>
  destroy(id: string): Promise<void>
}

// -- Foo/query                                                                   RFC 8620 §5.5

export interface Comparator {
  property: string
  isAscending: boolean
  collation: string | undefined
  more: Arguments // what a type adds ('keyword' of RFC 8621 §4.4.2)
}

/** A filter with operators (RFC 8620 §5.5); `condition` is the type's own. */
export type Filter<Condition> =
  | { operator: 'AND' | 'OR' | 'NOT'; conditions: Filter<Condition>[] }
  | { condition: Condition }

export interface QueryArguments<Condition> {
  filter: Filter<Condition> | undefined
  sort: Comparator[]
  position: number // may be negative: from the end
  anchor: string | undefined
  anchorOffset: number
  limit: number | undefined
  calculateTotal: boolean
}

export interface QueryLimits {
  conditions: number
  depth: number
}

/** `readCondition` reads the type's FilterCondition; it throws MethodError unsupportedFilter or invalidArguments. */
export function readQuery<Condition>(
  args: Arguments,
  readCondition: (condition: Arguments) => Condition,
  bounds: QueryLimits = { conditions: 500, depth: 30 },
): QueryArguments<Condition> {
  return {
    filter: readFilter(args, 'filter', readCondition, bounds),
    sort: readSort(args),
    position: readInt(args, 'position', 0),
    anchor: readText(args, 'anchor', undefined),
    anchorOffset: readInt(args, 'anchorOffset', 0),
    limit: readCount(args, 'limit', undefined),
    calculateTotal: readFlag(args, 'calculateTotal', false),
  }
}

/** The filter alone, for Foo/queryChanges and SearchSnippet/get. */
export function readFilter<Condition>(
  args: Arguments,
  name: string,
  readCondition: (condition: Arguments) => Condition,
  bounds: QueryLimits = { conditions: 500, depth: 30 },
): Filter<Condition> | undefined {
  let count = 0
  const read = (value: unknown, depth: number): Filter<Condition> => {
    if (!isObject(value)) throw invalid(name, 'an object')
    if (++count > bounds.conditions || depth > bounds.depth)
      throw new MethodError('unsupportedFilter', 'Too complicated')
    const { operator, conditions } = value
    if (operator === undefined) return { condition: readCondition(value) }
    if (operator !== 'AND' && operator !== 'OR' && operator !== 'NOT') throw invalid('operator', 'AND, OR or NOT')
    if (!Array.isArray(conditions)) throw invalid('conditions', 'a list')
    return { operator, conditions: conditions.map((one) => read(one, depth + 1)) }
  }
  return args[name] == null ? undefined : read(args[name], 1)
}

export function readSort(args: Arguments): Comparator[] {
  const value = args['sort']
  if (value == null) return []
  if (!Array.isArray(value) || value.length > 16) throw invalid('sort', 'a short list of comparators')
  return value.map((one) => {
    if (!isObject(one)) throw invalid('sort', 'a list of comparators')
    const { property: _property, isAscending: _isAscending, collation: _collation, ...more } = one
    return {
      property: readText(one, 'property'),
      isAscending: readFlag(one, 'isAscending', true),
      collation: readText(one, 'collation', undefined),
      more,
    }
  })
}

/**
 * Where the window of a query begins and ends (end exclusive) among `total` results. `anchorAt` is where the anchor
 * stands (-1: nowhere), when there is one. Throws MethodError anchorNotFound. RFC 8620 §5.5.
 */
export function windowOf(
  query: Pick<QueryArguments<unknown>, 'position' | 'anchor' | 'anchorOffset' | 'limit'>,
  total: number,
  anchorAt: number,
  most: number,
): { start: number; end: number } {
  if (query.anchor !== undefined && anchorAt < 0) throw new MethodError('anchorNotFound')
  const wanted =
    query.anchor !== undefined
      ? anchorAt + query.anchorOffset
      : query.position < 0
        ? total + query.position
        : query.position
  const start = Math.max(0, wanted)
  const end = Math.min(total, start + Math.min(query.limit ?? most, most))
  return { start, end: Math.max(start, end) }
}
