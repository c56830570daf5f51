// What can be asked of the emails of an account, and the conditions of those that columns answer.       RFC 8621 §4.4.1
//
// A condition is about one message `m` of an email (and its mail `x`), and says what holds for the email: what depends on
// its other messages, or on its thread, is looked up by the index of threads.

import type { Value } from '../sql/sql.ts'
import { hasColumn, headerColumns, likeText } from './columns.ts'
import { isSeen, type Scope } from './emails.ts'
import { flagBits } from './flags.ts'
import { plain } from './tokens.ts'

export type EmailCriterion =
  | { is: 'all' }
  | { is: 'and' | 'or'; of: EmailCriterion[] }
  | { is: 'not'; of: EmailCriterion }
  | { is: 'in-mailbox'; id: number }
  | { is: 'outside'; of: number[] } // in a mailbox that is none of these
  | { is: 'received'; since?: number; before?: number } // since <= time < before, ms
  | { is: 'size'; atLeast?: number; below?: number } // bytes
  | { is: 'keyword'; name: string; set: boolean } // lower case; those of flagBits with '$'
  | { is: 'thread-keyword'; name: string; of: 'all' | 'some' | 'none' }
  | { is: 'attachment'; has: boolean }
  | { is: 'header'; name: string; text: string } // '': the field is there
  | { is: 'text' | 'body'; text: string }

/** Conditions that only the store itself asks. */
export type AskedCriterion = EmailCriterion | { is: 'header-cut' } | { is: 'or'; of: AskedCriterion[] }

/** Whether columns alone answer a criterion, for every mail. */
export function isOfColumns(criterion: EmailCriterion): boolean {
  switch (criterion.is) {
    case 'text':
    case 'body':
    case 'header': // the column may be cut
      return false
    case 'and':
    case 'or':
      return criterion.of.every(isOfColumns)
    case 'not':
      return isOfColumns(criterion.of)
    default:
      return true
  }
}

/** Whether the answer of a criterion can change while the mailboxes that hold an email stay the same. */
export function dependsOn(criterion: EmailCriterion, what: 'keywords' | 'threads'): boolean {
  switch (criterion.is) {
    case 'keyword':
      return what === 'keywords'
    case 'thread-keyword':
      return true
    case 'and':
    case 'or':
      return criterion.of.some((each) => dependsOn(each, what))
    case 'not':
      return dependsOn(criterion.of, what)
    default:
      return false
  }
}

/** Conditions are never null, so that `not` turns them around. The criterion is one of columns, or a header with a column. */
export function emailCondition(scope: Scope, criterion: AskedCriterion, values: Value[]): string {
  const place = (value: Value): string => `$${values.push(value)}`
  switch (criterion.is) {
    case 'all':
      return '1 = 1'
    case 'and':
    case 'or':
      if (criterion.of.length === 0) return criterion.is === 'and' ? '1 = 1' : '1 = 0'
      return `(${criterion.of.map((each) => emailCondition(scope, each, values)).join(` ${criterion.is} `)})`
    case 'not':
      return `not (${emailCondition(scope, criterion.of, values)})`
    case 'in-mailbox':
      return `(m.mailbox_id = ${place(criterion.id)} or ${another(scope, place, `o.mailbox_id = ${place(criterion.id)}`)})`
    case 'outside': {
      const isOutside = (m: string): string =>
        `cast(${place(` ${criterion.of.join(' ')} `)} as text) not like '% ' || cast(${m}.mailbox_id as text) || ' %'`
      return `(${isOutside('m')} or ${another(scope, place, isOutside('o'))})`
    }
    case 'received':
      return between('m.received_at', criterion.since, criterion.before, place)
    case 'size':
      return between('m.size', criterion.atLeast, criterion.below, place)
    case 'keyword':
      return `${criterion.set ? '' : 'not '}${hasKeyword(scope, criterion.name, place)}`
    case 'thread-keyword':
      return threadCondition(scope, criterion, place)
    case 'attachment':
      return `x.has_attachment = ${criterion.has ? 1 : 0}`
    case 'header':
      if (!hasColumn(criterion.name)) break
      return `x.${headerColumns[criterion.name]} like ${place(`%${likeText(plain(criterion.text))}%`)} escape '!'`
    case 'header-cut':
      return 'x.header_cut = 1'
  }
  throw new Error(`${criterion.is} is not answered by columns`)
}

type Place = (value: Value) => string

/** Another message of the same email. */
function another(scope: Scope, place: Place, condition: string): string {
  return `exists (select 1 from message o where o.account_id = m.account_id and o.thread = m.thread
    and o.mail_id = m.mail_id ${isSeen(scope, place, 'o')} and ${condition})`
}

function between(column: string, low: number | undefined, high: number | undefined, place: Place): string {
  const parts: string[] = []
  if (low !== undefined) parts.push(`${column} >= ${place(low)}`)
  if (high !== undefined) parts.push(`${column} < ${place(high)}`)
  return parts.length > 0 ? `(${parts.join(' and ')})` : '1 = 1'
}

/** Whether a message has a keyword itself. */
function ownKeyword(name: string, place: Place, m: string): string {
  const bit = name.startsWith('$') ? flagBits[name.slice(1) as keyof typeof flagBits] : undefined
  if (bit !== undefined) return `(${m}.flags & ${bit}) <> 0`
  return `' ' || lower(${m}.keywords) || ' ' like ${place(`% ${likeText(name)} %`)} escape '!'`
}

const ofAll = '$seen' // every message of an email has it, or the email has not

function hasKeyword(scope: Scope, name: string, place: Place): string {
  const own = ownKeyword(name, place, 'm')
  const others = ownKeyword(name, place, 'o')
  if (name === ofAll) return `(${own} and not ${another(scope, place, `not (${others})`)})`
  return `(${own} or ${another(scope, place, others)})`
}

/** RFC 8621 §4.4.1: all, some or none of the emails of the thread have it. */
function threadCondition(scope: Scope, { name, of }: EmailCriterion & { is: 'thread-keyword' }, place: Place): string {
  const inThread = (condition: string): string =>
    `exists (select 1 from message o where o.account_id = m.account_id and o.thread = m.thread
      ${isSeen(scope, place, 'o')} and ${condition})`
  const sibling = (condition: string): string =>
    `exists (select 1 from message p where p.account_id = o.account_id and p.thread = o.thread and p.mail_id = o.mail_id
      ${isSeen(scope, place, 'p')} and ${condition})`
  const own = (): string => ownKeyword(name, place, 'o')
  const same = (): string => ownKeyword(name, place, 'p')
  if (of !== 'all') {
    const some = inThread(name === ofAll ? `${own()} and not ${sibling(`not (${same()})`)}` : own())
    return of === 'some' ? some : `not ${some}`
  }
  return `not ${inThread(name === ofAll ? `not (${own()})` : `not ${sibling(same())}`)}`
}
