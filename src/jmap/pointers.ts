// JSON pointers (RFC 6901), and back-references of JMAP made with them (RFC 8620 §3.7): "*" goes through all
// items of an array.

import type { JmapLimits } from './limits.ts'
import { MethodError, type Response } from './method.ts'

type PointerLimits = Pick<JmapLimits, 'pointerTokens' | 'referenceItems'>

/** The tokens of a pointer; undefined when it is none. '' is the whole. */
export function readPointer(pointer: string): string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const nowhere = Symbol('nowhere')

/** What the tokens lead to; undefined when they lead nowhere. RFC 8620 §3.7. */
export function followPointer(value: unknown, tokens: readonly string[], limits: PointerLimits): unknown {
  let items = 0
  const follow = (from: unknown, at: number): unknown => {
    const token = tokens[at]
    if (token === undefined) return from
    if (Array.isArray(from)) {
      if (token !== '*') return /^(?:0|[1-9]\d{0,9})$/.test(token) ? follow(item(from, token), at + 1) : nowhere
      const gathered: unknown[] = []
      for (const each of from) {
        const found = follow(each, at + 1)
        if (found === nowhere) return nowhere
        // "If the result is itself an array, its items are added to the output rather than the array."
        const several = Array.isArray(found) ? found : [found]
        if ((items += several.length) > limits.referenceItems) return nowhere
        for (const one of several) gathered.push(one)
      }
      return gathered
    }
    if (from === null || typeof from !== 'object' || !Object.hasOwn(from, token)) return nowhere
    return follow((from as Record<string, unknown>)[token], at + 1)
  }
  if (tokens.length > limits.pointerTokens) return undefined
  const found = follow(value, 0)
  return found === nowhere ? undefined : found
}

function item(array: unknown[], token: string): unknown {
  return Number(token) < array.length ? array[Number(token)] : nowhere
}

/** An answered call: what it was asked as, and what it said. */
export interface Answered {
  response: Response
  callId: string
}

/** The arguments with every "#name" replaced by what it refers to. Throws MethodError. */
export function resolveReferences(
  args: Record<string, unknown>,
  answered: readonly Answered[],
  limits: PointerLimits,
): Record<string, unknown> {
  if (!Object.keys(args).some((name) => name.startsWith('#'))) return args
  const resolved: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith('#')) resolved[name] = value
    else if (Object.hasOwn(args, name.slice(1))) {
      throw new MethodError('invalidArguments', `Both "${name}" and "${name.slice(1)}" are given`)
    } else resolved[name.slice(1)] = refer(value, answered, limits)
  }
  return resolved
}

function refer(reference: unknown, answered: readonly Answered[], limits: PointerLimits): unknown {
  const { resultOf, name, path } = (reference ?? {}) as Record<string, unknown>
  if (typeof resultOf !== 'string' || typeof name !== 'string' || typeof path !== 'string') {
    throw new MethodError('invalidArguments', 'A reference has resultOf, name and path')
  }
  const source = answered.find(({ callId }) => callId === resultOf)?.response
  if (!source || source[0] !== name) {
    throw new MethodError('invalidResultReference', `No response "${name}" of the call "${resultOf}"`)
  }
  const tokens = readPointer(path)
  const found = tokens && followPointer(source[1], tokens, limits)
  if (found === undefined) throw new MethodError('invalidResultReference', `"${path}" leads nowhere`)
  return found
}
