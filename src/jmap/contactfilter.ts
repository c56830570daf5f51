// What ContactCard/query asks for, and whether a contact is it.                  RFC 9610 §3.3
//
// Texts match as suggestions do: each word of the condition, without case and accents, somewhere in what it is about.

import { components, type Card } from '../contacts/card.ts'
import { foldText } from '../contacts/searchable.ts'
import type { ContactLine } from '../directory/cards.ts'
import { objectNumber } from '../store/objectids.ts'
import { invalid, readDate, type Arguments } from './arguments.ts'
import { MethodError } from './method.ts'
import { readFilter, readSort, type Comparator, type Filter } from './standard.ts'

type Test = (line: ContactLine) => boolean
export interface ContactCondition {
  test: Test
  needsCard: boolean
}

const sorts: Record<string, (a: ContactLine, b: ContactLine) => number> = {
  created: (a, b) => a.createdAt - b.createdAt,
  updated: (a, b) => a.updatedAt - b.updatedAt,
  'name/given': (a, b) => compare(a.given, b.given),
  'name/surname': (a, b) => compare(a.surname, b.surname),
  'name/surname2': (a, b) => compare(a.surname, b.surname),
}
export const contactSorts = Object.keys(sorts)

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** By name (strokes) where the client does not say. Throws MethodError unsupportedSort. */
export function orderOf(comparators: readonly Comparator[]): (a: ContactLine, b: ContactLine) => number {
  const steps = comparators.map(({ property, isAscending }) => {
    const sort = Object.hasOwn(sorts, property) ? sorts[property] : undefined
    if (!sort) throw new MethodError('unsupportedSort', `"${property}" is not sorted by`)
    return isAscending ? sort : (a: ContactLine, b: ContactLine) => -sort(a, b)
  })
  const byName = (a: ContactLine, b: ContactLine): number => Buffer.compare(a.sortKey, b.sortKey) || a.id - b.id
  return (a, b) => {
    for (const step of steps) {
      const order = step(a, b)
      if (order !== 0) return order
    }
    return byName(a, b)
  }
}

type Texts = (card: Card) => (string | undefined)[]
const values = <T>(of: Record<string, T> | undefined): T[] => Object.values(of ?? {})

const texts: Record<string, Texts> = {
  name: ({ name }) => [name?.full, ...(name?.components ?? []).map(({ value }) => value)],
  'name/given': (card) => [components(card, 'given')],
  'name/surname': (card) => [components(card, 'surname')],
  'name/surname2': (card) => [components(card, 'surname2')],
  nickname: ({ nicknames }) => values(nicknames).map(({ name }) => name),
  organization: ({ organizations }) =>
    values(organizations).flatMap(({ name, units = [] }) => [name, ...units.map((unit) => unit.name)]),
  email: ({ emails }) => values(emails).flatMap(({ address, label }) => [address, label]),
  phone: ({ phones }) => values(phones).flatMap(({ number, label }) => [number, label, number.replace(/[^\d+]/g, '')]),
  onlineService: ({ onlineServices }) =>
    values(onlineServices).flatMap(({ service, uri, user, label }) => [service, uri, user, label]),
  address: ({ addresses }) =>
    values(addresses).flatMap(({ full, components: parts = [] }) => [full, ...parts.map(({ value }) => value)]),
  note: ({ notes }) => values(notes).map(({ note }) => note),
}
const allTexts: Texts = (card) => [
  ...Object.values(texts).flatMap((one) => one(card)),
  ...values(card.titles).map(({ name }) => name),
  ...Object.keys(card.keywords ?? {}),
]

export function readContactQuery(args: Arguments): {
  filter: Filter<ContactCondition> | undefined
  sort: Comparator[]
} {
  return { filter: readFilter(args, 'filter', readCondition), sort: readSort(args) }
}

function readCondition(condition: Arguments): ContactCondition {
  const tests: Test[] = []
  let needsCard = false
  for (const [name, value] of Object.entries(condition)) {
    if (value === null) continue
    const dated = /^(created|updated)(Before|After)$/.exec(name)
    if (dated) {
      const at = readDate(value)
      if (at === undefined) throw invalid(name, 'a UTCDate')
      const key = dated[1] === 'created' ? 'createdAt' : 'updatedAt'
      tests.push(dated[2] === 'Before' ? (line) => line[key] < at : (line) => line[key] >= at)
      continue
    }
    if (typeof value !== 'string') throw invalid(name, 'a text')
    if (name === 'inAddressBook') {
      const id = objectNumber('K', value)
      tests.push((line) => line.bookId === id)
    } else if (name === 'uid') tests.push((line) => line.uid === value)
    else if (name === 'kind') tests.push((line) => line.kind === value)
    else if (name === 'hasMember') {
      needsCard = true
      tests.push(({ card }) => card?.members?.[value] === true || card?.members?.[`urn:uuid:${value}`] === true)
    } else {
      const about = name === 'text' ? allTexts : Object.hasOwn(texts, name) ? texts[name] : undefined
      if (!about) throw new MethodError('unsupportedFilter', `"${name}" is not filtered by`)
      needsCard = true
      const words = foldText(value.slice(0, 1000)).split(/\s+/).slice(0, 20)
      tests.push(({ card }) => {
        const said = foldText(about(card as Card).join('\n'))
        return words.every((word) => said.includes(word))
      })
    }
  }
  return { needsCard, test: (line) => tests.every((test) => test(line)) }
}

export function needsCard(filter: Filter<ContactCondition> | undefined): boolean {
  if (!filter) return false
  return 'condition' in filter ? filter.condition.needsCard : filter.conditions.some(needsCard)
}

export function isMatch(filter: Filter<ContactCondition> | undefined, line: ContactLine): boolean {
  if (!filter) return true
  if ('condition' in filter) return filter.condition.test(line)
  const { operator, conditions } = filter
  if (operator === 'AND') return conditions.every((one) => isMatch(one, line))
  const some = conditions.some((one) => isMatch(one, line))
  return operator === 'OR' ? some : !some
}
