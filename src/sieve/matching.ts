// Match types: :is :contains :matches (RFC 5228 §2.7.1), :value :count (RFC 5231), :regex (draft-ietf-sieve-regex),
// :list (RFC 6134). Tests give values, the script gives keys.
//
// Promises: time is bounded by values times keys and counted; match values are set only by a match (RFC 5229 §3.2).

import { comparatorNeeds, comparators, standardComparator, type Comparator } from './comparators.ts'
import { matchGlob, readGlob, type Glob } from './glob.ts'
import { BadRegex } from './pattern.ts'
import { compileRegex, matchRegex, type Regex } from './regex.ts'
import type { Session } from './session.ts'
import type { Text } from './text.ts'
import type { Given, Tag } from './word.ts'

export const matchTags: readonly Tag[] = [
  { name: 'is', group: 'match type' },
  { name: 'contains', group: 'match type' },
  { name: 'matches', group: 'match type' },
  { name: 'value', takes: 'string', needs: 'relational', group: 'match type' },
  { name: 'count', takes: 'string', needs: 'relational', group: 'match type' },
  { name: 'regex', needs: 'regex', group: 'match type' },
  { name: 'list', needs: 'extlists', group: 'match type' },
  { name: 'comparator', takes: 'string' },
]

/** Whether some value matches some key of the script. */
export type Match = (session: Session, values: string[]) => boolean | Promise<boolean>

type One = (session: Session, value: string, folded: string, key: string, foldedKey: string) => boolean

/** Reads the tags and the keys; problems are told to `given`. `keys` names the argument `texts` came from. */
export function readMatch(given: Given, keys = 'keys', texts: Text[] = given.list(keys)): Match {
  const comparator = readComparator(given)
  if (given.has(':list')) return listMatch(texts)
  const type = ['contains', 'matches', 'value', 'count', 'regex'].find((each) => given.has(`:${each}`)) ?? 'is'
  if (!comparator.hasSubstrings && (type === 'contains' || type === 'matches' || type === 'regex')) {
    given.problem('comparator-cannot', { name: comparator.name, tag: `:${type}` }, ':comparator')
  }
  if (type === 'count') return countMatch(comparator, readRelation(given, ':count'), texts)
  if (type === 'regex') {
    for (const key of texts) if (typeof key === 'string') tryRegex(given, comparator, key, keys)
  }
  return valueMatch(comparator, texts, matchOne(given, comparator, type))
}

function readComparator(given: Given): Comparator {
  const name = given.has(':comparator') ? (given.fixed(':comparator') ?? standardComparator) : standardComparator
  const comparator = comparators.get(name)
  if (!comparator) given.problem('unknown-comparator', { name: name }, ':comparator')
  const needs = comparator && comparatorNeeds(name)
  if (needs && !given.requires(needs)) given.problem('needs-require', { name, extension: needs }, ':comparator')
  return comparator ?? comparators.get(standardComparator)!
}

type Relation = (order: number) => boolean
const relations: Record<string, Relation> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
}

function readRelation(given: Given, tag: string): Relation {
  const text = given.fixed(tag) ?? 'eq'
  const name = text.toLowerCase()
  if (!Object.hasOwn(relations, name)) given.problem('bad-relation', { text: text }, tag)
  return relations[name] ?? relations['eq']!
}

function matchOne(given: Given, comparator: Comparator, type: string): One {
  switch (type) {
    case 'contains':
      return (session, _, folded, __, key) => {
        session.spend(lookingFor(folded, key))
        return folded.includes(key)
      }
    case 'matches':
      return (session, value, folded, key) => globMatches(session, comparator, value, folded, key)
    case 'value': {
      const relation = readRelation(given, ':value')
      return (_, __, folded, ___, key) => relation(comparator.order(folded, key))
    }
    case 'regex':
      return (session, value, _, key) => regexMatches(session, comparator, value, key)
    default:
      return (_, __, folded, ___, key) => folded === key
  }
}

function globMatches(session: Session, comparator: Comparator, value: string, folded: string, key: string): boolean {
  session.spend(lookingFor(folded, key))
  // Wild cards are found before folding, which may make new ones: a fullwidth question mark, say.
  const glob = kept<Glob>(session, `glob ${comparator.name} ${key}`, () =>
    readGlob(key).map((segment) => segment.map((piece) => (piece === undefined ? piece : comparator.fold(piece)))),
  )
  const values = matchGlob(glob, folded, value, (steps) => session.spend(steps))
  if (values) session.setMatched(values)
  return values !== undefined
}

/** Steps of looking for a key. Engines skip by the last 250 characters of a key; a longer one may go slowly. */
function lookingFor(text: string, key: string): number {
  const slowly = key.length > 250 ? Math.floor((text.length * key.length) / 1024) : 0
  return 1 + (text.length >> 6) + slowly
}

function regexMatches(session: Session, comparator: Comparator, value: string, key: string): boolean {
  const { limits } = session
  const regex = kept<Regex | undefined>(session, `regex ${comparator.name} ${key}`, () => {
    session.spend(limits.regexSize * 2) // as dear as it may become
    try {
      return compileRegex(key, limits, comparator.foldCode)
    } catch (thrown) {
      if (!(thrown instanceof BadRegex)) throw thrown
      // Made of variables: it matches nothing, and the owner hears of it.
      session.warn('bad-regex', { why: thrown.message, whyZh: thrown.zh })
      return undefined
    }
  })
  const spend = (steps: number): void => session.spend(steps)
  const values = regex && matchRegex(regex, value, limits, spend, comparator.foldCode)
  if (values) session.setMatched(values)
  return values !== undefined
}

function tryRegex(given: Given, comparator: Comparator, pattern: string, keys: string): void {
  try {
    compileRegex(pattern, given.limits, comparator.foldCode)
  } catch (thrown) {
    if (!(thrown instanceof BadRegex)) throw thrown
    given.problem('bad-regex', { why: thrown.message, whyZh: thrown.zh }, keys)
  }
}

/** Made once in a run; at most some hundred of them, since keys may be made of variables. */
function kept<T>(session: Session, name: string, make: () => T): T {
  if (session.kept.has(name)) return session.kept.get(name) as T
  const made = make()
  if (session.kept.size < 500) session.kept.set(name, made)
  return made
}

function valueMatch(comparator: Comparator, texts: Text[], one: One): Match {
  return (session, values) => {
    if (values.length === 0) return false
    const keys = session.list(texts)
    const foldedKeys = keys.map((key) => comparator.fold(key))
    for (const value of values) {
      session.spend(1 + keys.length)
      const folded = foldedValue(session, comparator, value)
      for (let i = 0; i < keys.length; i++) {
        if (one(session, value, folded, keys[i]!, foldedKeys[i]!)) return true
      }
    }
    return false
  }
}

const long = 4096 // characters; a body, that is

/** The value folded; that of a long one is kept for the next test of the same body. */
function foldedValue(session: Session, comparator: Comparator, value: string): string {
  const name = `fold ${comparator.name}`
  const last =
    value.length > long ? (session.kept.get(name) as { value: string; folded: string } | undefined) : undefined
  if (last?.value === value) return last.folded
  session.spend(value.length >> 4)
  const folded = comparator.fold(value)
  if (value.length > long) session.kept.set(name, { value, folded })
  return folded
}

/** RFC 5231 §4.2: how many values there are. */
function countMatch(comparator: Comparator, relation: Relation, texts: Text[]): Match {
  return (session, values) => {
    const count = comparator.fold(String(values.length))
    return session.list(texts).some((key) => relation(comparator.order(count, comparator.fold(key))))
  }
}

/** RFC 6134 §2.2: the house compares. ${0} is the value that was found. */
function listMatch(texts: Text[]): Match {
  return async (session, values) => {
    for (const list of session.list(texts)) {
      if ((await session.world.listExists?.(list)) === false) session.warn('bad-list', { name: list })
      for (const value of values) {
        session.spend(1)
        if (await session.world.inList?.(list, value)) {
          session.setMatched([value])
          return true
        }
      }
    }
    return false
  }
}
