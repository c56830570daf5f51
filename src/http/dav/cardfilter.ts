// Which cards an addressbook-query asks for.                                     RFC 6352 §10.5

import { split, valuesOf, type Line } from '../../contacts/contentlines.ts'
import { carddav, child, childrenOf, type Element } from './xml.ts'

export type CardTest = (lines: readonly Line[]) => boolean

/** Thrown for a collation nobody knows. RFC 6352 §8.3.1 */
export class UnknownCollation extends Error {}

/** `filter`: the C:filter element; without one every card is meant. */
export function cardTest(filter: Element | undefined): CardTest {
  if (!filter) return () => true
  const tests = childrenOf(filter, carddav, 'prop-filter').map(propertyTest)
  return tests.length === 0 ? () => true : together(filter, tests)
}

function together<T>(element: Element, tests: ((what: T) => boolean)[]): (what: T) => boolean {
  const isAll = element.attributes['test'] === 'allof'
  return (what) => (isAll ? tests.every((test) => test(what)) : tests.some((test) => test(what)))
}

function propertyTest(element: Element): CardTest {
  const [group, local] = /^(?:(.*)\.)?([^.]*)$/.exec(element.attributes['name'] ?? '')?.slice(1) ?? []
  const name = (local ?? '').toUpperCase()
  const isMeant = (line: Line): boolean =>
    line.name === name && (group === undefined || line.group === group.toLowerCase())
  if (child(element, carddav, 'is-not-defined')) return (lines) => !lines.some(isMeant)
  const tests = [
    ...childrenOf(element, carddav, 'text-match').map((one): ((line: Line) => boolean) => {
      const test = textTest(one)
      return (line) => test(split(line.value, ';').join(';'))
    }),
    ...childrenOf(element, carddav, 'param-filter').map(parameterTest),
  ]
  const test = tests.length === 0 ? () => true : together(element, tests)
  return (lines) => lines.some((line) => isMeant(line) && test(line))
}

function parameterTest(element: Element): (line: Line) => boolean {
  const name = (element.attributes['name'] ?? '').toUpperCase()
  if (child(element, carddav, 'is-not-defined')) return (line) => valuesOf(line, name).length === 0
  const match = child(element, carddav, 'text-match')
  const test = match ? textTest(match) : () => true
  return (line) => valuesOf(line, name).some(test)
}

function textTest({ attributes, text }: Element): (value: string) => boolean {
  const fold = folds[attributes['collation'] ?? 'default']
  if (!fold) throw new UnknownCollation()
  const wanted = fold(text)
  const type = attributes['match-type'] ?? 'contains'
  const isNot = attributes['negate-condition'] === 'yes'
  return (value) => isMatch(fold(value), wanted, type) !== isNot
}

const folds: Record<string, ((text: string) => string) | undefined> = {
  default: (text) => text.normalize('NFKC').toLowerCase(),
  'i;unicode-casemap': (text) => text.normalize('NFKC').toLowerCase(),
  'i;ascii-casemap': (text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  'i;octet': (text) => text,
}

function isMatch(value: string, wanted: string, type: string): boolean {
  if (type === 'equals') return value === wanted
  if (type === 'starts-with') return value.startsWith(wanted)
  return type === 'ends-with' ? value.endsWith(wanted) : value.includes(wanted)
}
