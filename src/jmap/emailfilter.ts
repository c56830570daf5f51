// The filter and the sort of Email/query as the store understands them.                     RFC 8621 §4.4.1, §4.4.2
//
// Pure. Throws MethodError unsupportedFilter, unsupportedSort, invalidArguments.

import { objectNumber } from '../store/objectids.ts'
import type { EmailCriterion } from '../store/emailcriteria.ts'
import type { EmailQuery } from '../store/emaillists.ts'
import type { EmailSort } from '../store/emailsort.ts'
import { invalid, isId, readDate, type Arguments } from './arguments.ts'
import { MethodError } from './method.ts'
import { readFilter, readSort, type Comparator, type Filter } from './standard.ts'

const collations = new Set([undefined, 'i;ascii-casemap', 'i;unicode-casemap', 'i;octet'])

/** filter, sort and collapseThreads of the arguments. */
export function readEmailQuery(args: Arguments): EmailQuery {
  const collapse = args['collapseThreads'] ?? false
  if (typeof collapse !== 'boolean') throw invalid('collapseThreads', 'true or false')
  return { criterion: readEmailFilter(args), sort: readSort(args).map(toSort), collapse }
}

export function readEmailFilter(args: Arguments): EmailCriterion {
  const filter = readFilter(args, 'filter', readCondition)
  return filter ? toCriterion(filter) : { is: 'all' }
}

function toCriterion(filter: Filter<EmailCriterion>): EmailCriterion {
  if ('condition' in filter) return filter.condition
  const of = filter.conditions
    .map(toCriterion)
    .flatMap((one) => (one.is === 'and' && filter.operator === 'AND' ? one.of : [one]))
  if (filter.operator === 'AND') return { is: 'and', of }
  const any: EmailCriterion = { is: 'or', of }
  return filter.operator === 'OR' ? any : { is: 'not', of: any }
}

/** All properties of a condition hold (RFC 8621 §4.4.1). */
function readCondition(condition: Arguments): EmailCriterion {
  const of = Object.entries(condition).flatMap(([name, value]): EmailCriterion[] => {
    const read = Object.hasOwn(conditions, name) ? conditions[name] : undefined
    if (!read) throw new MethodError('unsupportedFilter', `"${name}" is not known`)
    const one = value === null ? nothingAsked : read(value, name)
    return one.is === 'and' ? one.of : [one] // flat, so that the store sees what it can ask first
  })
  return of.length === 1 ? of[0]! : { is: 'and', of }
}

type ReadCondition = (value: unknown, name: string) => EmailCriterion

const nothing: EmailCriterion = { is: 'or', of: [] }
const nothingAsked: EmailCriterion = { is: 'and', of: [] }

const time = (value: unknown, name: string): number => {
  const at = readDate(value)
  if (at === undefined) throw invalid(name, 'a UTCDate')
  return at
}

const size = (value: unknown, name: string): number => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw invalid(name, 'a whole number from 0 on')
  return value as number
}

const text = (value: unknown, name: string): string => {
  if (typeof value !== 'string') throw invalid(name, 'a text')
  return value
}

const threadKeyword =
  (of: 'all' | 'some' | 'none'): ReadCondition =>
  (value, name) => ({ is: 'thread-keyword', name: text(value, name).toLowerCase(), of })

const keyword =
  (set: boolean): ReadCondition =>
  (value, name) => ({ is: 'keyword', name: text(value, name).toLowerCase(), set })

const header: ReadCondition = (value, name) => ({
  is: 'and',
  of: phrases(text(value, name)).map((phrase) => ({ is: 'header', name, text: phrase })),
})

const content =
  (is: 'text' | 'body'): ReadCondition =>
  (value, name) => ({ is: 'and', of: phrases(text(value, name)).map((phrase) => ({ is, text: phrase })) })

const conditions: Record<string, ReadCondition> = {
  inMailbox(value, name) {
    if (!isId(value)) throw invalid(name, 'an id')
    const id = objectNumber('F', value)
    return id === undefined ? nothing : { is: 'in-mailbox', id }
  },
  inMailboxOtherThan(value, name) {
    if (!Array.isArray(value) || !value.every(isId)) throw invalid(name, 'a list of ids')
    return { is: 'outside', of: value.flatMap((one) => objectNumber('F', one) ?? []) }
  },
  before: (value, name) => ({ is: 'received', before: time(value, name) }),
  after: (value, name) => ({ is: 'received', since: time(value, name) }),
  minSize: (value, name) => ({ is: 'size', atLeast: size(value, name) }),
  maxSize: (value, name) => ({ is: 'size', below: size(value, name) }),
  allInThreadHaveKeyword: threadKeyword('all'),
  someInThreadHaveKeyword: threadKeyword('some'),
  noneInThreadHaveKeyword: threadKeyword('none'),
  hasKeyword: keyword(true),
  notKeyword: keyword(false),
  hasAttachment(value, name) {
    if (typeof value !== 'boolean') throw invalid(name, 'true or false')
    return { is: 'attachment', has: value }
  },
  text: content('text'),
  body: content('body'),
  from: header,
  to: header,
  cc: header,
  bcc: header,
  subject: header,
  header(value, name) {
    const isPair = Array.isArray(value) && (value.length === 1 || value.length === 2)
    if (!isPair || !value.every((one) => typeof one === 'string')) throw invalid(name, '[name] or [name, text]')
    return { is: 'header', name: (value[0] as string).toLowerCase(), text: (value[1] as string | undefined) ?? '' }
  },
}

/** Words that must all be there, wherever; what stands in quotes is one (RFC 8621 §4.4.1). */
export function phrases(searched: string): string[] {
  const found: string[] = []
  for (const [, double, single, word] of searched.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'(?=\s|$)|(\S+)/gs)) {
    const phrase = word ?? (double ?? single)!.replace(/\\(.)/gs, '$1')
    if (phrase.trim() !== '') found.push(phrase)
  }
  return found
}

/** The texts a filter looks for, where they can be shown: in the subject, or also in the body. For SearchSnippet/get. */
export function searchedTexts(criterion: EmailCriterion): { subject: string[]; body: string[] } {
  const found = { subject: [] as string[], body: [] as string[] }
  const look = (one: EmailCriterion): void => {
    if (one.is === 'and' || one.is === 'or') for (const inner of one.of) look(inner)
    if (one.is === 'text' || (one.is === 'header' && one.name === 'subject')) found.subject.push(one.text)
    if (one.is === 'text' || one.is === 'body') found.body.push(one.text)
  }
  look(criterion)
  return found
}

const plainSorts: Record<string, 'received' | 'size' | 'from' | 'to' | 'subject' | 'sent'> = {
  receivedAt: 'received',
  size: 'size',
  from: 'from',
  to: 'to',
  subject: 'subject',
  sentAt: 'sent',
}

const keywordSorts: Record<string, 'keyword' | 'all-in-thread' | 'some-in-thread'> = {
  hasKeyword: 'keyword',
  allInThreadHaveKeyword: 'all-in-thread',
  someInThreadHaveKeyword: 'some-in-thread',
}

/** For the capability of an account (RFC 8621 §1.3.1). */
export const sortOptions = [...Object.keys(plainSorts), ...Object.keys(keywordSorts)]

function toSort({ property, isAscending, collation, more }: Comparator): EmailSort {
  if (!collations.has(collation)) throw new MethodError('unsupportedSort', `"${collation}" is no collation here`)
  if (Object.hasOwn(plainSorts, property)) return { by: plainSorts[property]!, ascending: isAscending }
  if (!Object.hasOwn(keywordSorts, property)) throw new MethodError('unsupportedSort', `"${property}" is not known`)
  const { keyword: name } = more
  if (typeof name !== 'string') throw invalid('keyword', 'a keyword')
  return { by: keywordSorts[property]!, name: name.toLowerCase(), ascending: isAscending }
}
