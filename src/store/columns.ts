// Criteria that columns answer: one statement, asked apart from the event loop, for a whole tree of them.

import type { Value } from '../sql/sql.ts'
import type { Criterion } from './criteria.ts'
import type { Store } from './store.ts'
import { plain } from './tokens.ts'

/** Criteria of columns, and two that only searches inside this room ask. */
export type ColumnCriterion = Criterion | { is: 'header-cut' } | { is: 'message-key'; key: number }

export const headerColumns: Record<string, string> = {
  subject: 'subject',
  from: 'from_text',
  to: 'to_text',
  cc: 'cc_text',
  bcc: 'bcc_text',
}

/** Header fields whose text is kept in a column, up to a length. */
export function hasColumn(field: string): boolean {
  return Object.hasOwn(headerColumns, field)
}

/** Whether columns alone answer a criterion, for every mail. */
export function isColumn(criterion: Criterion): boolean {
  switch (criterion.is) {
    case 'all':
    case 'uids':
    case 'text':
    case 'body':
    case 'header': // the column may be cut
      return false
    case 'and':
    case 'or':
      return criterion.of.length > 0 && criterion.of.every(isColumn)
    case 'not':
      return isColumn(criterion.of)
    default:
      return true
  }
}

/** The uids that match, ascending. The criterion is one of columns. */
export async function answerColumns(
  { store, mailboxId }: { store: Store; mailboxId: number },
  criterion: ColumnCriterion,
): Promise<number[]> {
  const values: Value[] = [mailboxId]
  const condition = conditionOf(criterion, values)
  const from = condition.includes('x.') ? 'message m join mail x on x.id = m.mail_id' : 'message m'
  const rows = await store.db.apart.arrays(
    `select string_agg(cast(m.uid as text), ' ') from ${from} where m.mailbox_id = $1 and ${condition}`,
    values,
  )
  return uidsOf(rows[0]?.[0])
}

/** Uids from the text of string_agg, ascending: a hundred thousand rows cross threads as one string. */
export function uidsOf(text: unknown): number[] {
  if (typeof text !== 'string') return []
  const uids = text.split(' ').map(Number)
  for (let i = 1; i < uids.length; i++) if (uids[i]! < uids[i - 1]!) return uids.sort((a, b) => a - b)
  return uids
}

/** Conditions are never null, so that `not` turns them around. */
function conditionOf(criterion: ColumnCriterion, values: Value[]): string {
  const place = (value: Value): string => `$${values.push(value)}`
  switch (criterion.is) {
    case 'and':
    case 'or':
      return `(${criterion.of.map((each) => conditionOf(each, values)).join(` ${criterion.is} `)})`
    case 'not':
      return `not (${conditionOf(criterion.of, values)})`
    case 'flag':
      return `(m.flags & ${criterion.bit & 31}) ${criterion.set ? '<>' : '='} 0`
    case 'keyword':
      return `' ' || lower(m.keywords) || ' ' ${criterion.set ? '' : 'not '}like ${place(
        `% ${likeText(criterion.name.toLowerCase())} %`,
      )} escape '!'`
    case 'received':
      return between('m.received_at', criterion, place)
    case 'saved':
      return between('m.saved_at', criterion, place)
    case 'sent':
      return `(x.sent_day is not null and ${between('x.sent_day * 86400000', criterion, place)})`
    case 'larger':
      return `m.size > ${place(criterion.size)}`
    case 'smaller':
      return `m.size < ${place(criterion.size)}`
    case 'modseq':
      return `m.modseq >= ${place(criterion.atLeast)}`
    case 'email':
      return `m.mail_id = ${place(criterion.id)}`
    case 'thread':
      return `m.thread = ${place(criterion.id)}`
    case 'attachment':
      return `x.has_attachment = ${criterion.has ? 1 : 0}`
    case 'header':
      return `x.${headerColumns[criterion.name]} like ${place(`%${likeText(plain(criterion.text))}%`)} escape '!'`
    case 'header-cut':
      return 'x.header_cut = 1'
    case 'message-key':
      return `x.message_key = ${place(criterion.key)}`
    default:
      throw new Error(`${criterion.is} is not answered by columns`)
  }
}

function between(
  column: string,
  { since, before }: { since?: number; before?: number },
  place: (value: Value) => string,
): string {
  const parts: string[] = []
  if (since !== undefined) parts.push(`${column} >= ${place(since)}`)
  if (before !== undefined) parts.push(`${column} < ${place(before)}`)
  return parts.length > 0 ? `(${parts.join(' and ')})` : '1 = 1'
}

export function likeText(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}
