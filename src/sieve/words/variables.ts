// set and string.                                       RFC 5229; :encodeurl RFC 5435 §6, :quoteregex draft-ietf-sieve-regex

import { matchTags, readMatch } from '../matching.ts'
import { octets } from '../session.ts'
import { isVariableName } from '../text.ts'
import type { ActionWord, Given, Tag, TestWord } from '../word.ts'

/** Changes a value; what comes out has at most `limit` octets. */
type Modifier = (value: string, limit: number) => string

const first =
  (change: (c: string) => string): Modifier =>
  (value) => {
    const c = value === '' ? '' : String.fromCodePoint(value.codePointAt(0)!)
    return change(c) + value.slice(c.length)
  }

/** Writes each character in another way, as many as have room: none is cut in the middle. */
const escape =
  (pattern: RegExp, write: (c: string) => string): Modifier =>
  (value, limit) => {
    const out = value.replace(pattern, write)
    if (octets(out) <= limit) return out
    let short = ''
    let length = 0
    for (const c of value) {
      const written = c.replace(pattern, write)
      length += octets(written)
      if (length > limit) break
      short += written
    }
    return short
  }

/** RFC 3986 §2.3: all octets but the unreserved. */
function percent(c: string): string {
  return Array.from(Buffer.from(c), (octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

/** By precedence, highest first: RFC 5229 §4.1. Two of one group exclude each other. */
const modifiers: readonly (Tag & { change: Modifier })[] = [
  { name: 'lower', group: '40', change: (value) => value.toLowerCase() },
  { name: 'upper', group: '40', change: (value) => value.toUpperCase() },
  { name: 'lowerfirst', group: '30', change: first((c) => c.toLowerCase()) },
  { name: 'upperfirst', group: '30', change: first((c) => c.toUpperCase()) },
  { name: 'quotewildcard', group: '20', change: escape(/[*?\\]/g, (c) => `\\${c}`) },
  { name: 'quoteregex', group: '20', needs: 'regex', change: escape(/[\\^$.|?*+(){}[\]]/g, (c) => `\\${c}`) },
  { name: 'encodeurl', group: '15', needs: 'enotify', change: escape(/[^A-Za-z0-9._~-]/gu, percent) },
  { name: 'length', group: '10', change: (value) => String(Array.from(value).length) },
]

export const modifierTags: readonly Tag[] = modifiers

/** The modifiers given, as one change. */
export function readModifiers(given: Given): Modifier {
  const changes = modifiers.filter(({ name }) => given.has(`:${name}`)).map(({ change }) => change)
  return (value, limit) => changes.reduce((text, change) => change(text, limit), value)
}

/** The name of a variable that is set; problems are told. */
export function readVariableName(given: Given, argument: string): string {
  const name = given.fixed(argument)
  if (name === undefined) return ''
  given.assigns(name)
  const global = /^global\.(.*)$/i.exec(name)
  const bare = global && given.requires('include') ? global[1]! : name
  if (!isVariableName(bare, given.limits)) given.problem('bad-variable', { name: name }, argument)
  return name
}

export const set: ActionWord = {
  name: 'set',
  needs: 'variables',
  tags: modifierTags,
  takes: [
    ['name', 'string'],
    ['value', 'string'],
  ],

  read(given) {
    const name = readVariableName(given, 'name')
    const change = readModifiers(given)
    const value = given.text('value') ?? ''
    return (session) => {
      const text = session.text(value)
      session.spend(1 + (text.length >> 1))
      session.setVariable(name, change(text, session.limits.variable))
    }
  },
}

export const string: TestWord = {
  name: 'string',
  needs: 'variables',
  tags: matchTags,
  takes: [
    ['source', 'list'],
    ['keys', 'list'],
  ],

  read(given) {
    const match = readMatch(given)
    const source = given.list('source')
    const counts = given.has(':count')
    return (session) => {
      const values = session.list(source)
      // RFC 5229 §5: an empty string counts as none.
      return match(session, counts ? values.filter((value) => value !== '') : values)
    }
  },
}
