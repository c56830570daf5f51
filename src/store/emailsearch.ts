// Which emails of an account match a criterion: ids of mails.                                        RFC 8621 §4.4.1
//
// As search.ts does it for one mailbox: columns answer what they can, apart from the event loop; texts and other
// header fields go to the indexer (matching.ts).
//
// Invariant: what costs much is asked last, and only about what the rest has left over.

import type { Value } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { hasColumn, uidsOf } from './columns.ts'
import { isIndexedField } from './content.ts'
import { emailCondition, isOfColumns, type AskedCriterion, type EmailCriterion } from './emailcriteria.ts'
import { isSeen, type Scope } from './emails.ts'
import type { Asked } from './matching.ts'
import { ascending, both, breathe, list, listLength, padded } from './sets.ts'
import type { Store } from './store.ts'
import { plain, questionOf } from './tokens.ts'

export interface EmailSearch {
  store: Store
  scope: Scope
  mailboxId: number | undefined // only emails in it are asked for
}

/** Throws Trouble too-large for more criteria, deeper or longer than the limits. */
export function checkCriterion({ limits }: Store, criterion: EmailCriterion): void {
  let terms = 0
  const look = (each: EmailCriterion, depth: number): void => {
    if (++terms > limits.searchTerms || depth > limits.searchDepth)
      throw new Trouble('too-large', { limit: limits.searchTerms })
    if ('text' in each && Buffer.byteLength(each.text) > limits.searchTextBytes)
      throw new Trouble('too-large', { limit: limits.searchTextBytes })
    if (each.is === 'not') look(each.of, depth + 1)
    else if (each.is === 'and' || each.is === 'or') for (const inner of each.of) look(inner, depth + 1)
  }
  look(criterion, 0)
}

/**
 * The emails that match among `within` (ascending; undefined: all), ascending. Without `within` there may be some
 * that the scope does not see or that are in another mailbox. Throws Trouble unavailable.
 */
export async function matchingEmails(
  search: EmailSearch,
  criterion: EmailCriterion,
  within?: number[],
): Promise<number[]> {
  if (within?.length === 0) return []
  if (isOfColumns(criterion)) return answer(search, criterion, within)
  switch (criterion.is) {
    case 'and':
      return matchingAll(search, criterion.of, within)
    case 'or':
      return matchingAny(search, criterion.of, within)
    case 'not': {
      const from = within ?? (await answer(search, { is: 'all' }, undefined))
      const matches = new Set(await matchingEmails(search, criterion.of, from))
      return from.filter((id) => !matches.has(id))
    }
    case 'text':
    case 'body':
      if (plain(criterion.text) === '') return within ?? answer(search, { is: 'all' }, undefined)
      return read(search, { is: criterion.is, text: criterion.text }, within)
    default:
      return matchingHeader(search, criterion as EmailCriterion & { is: 'header' }, within)
  }
}

/**
 * A little more than what matches, as far as the index of words tells without a look at any mail, ascending; undefined when
 * it tells nothing, or all there is to know.
 */
export async function likelyEmails(search: EmailSearch, criterion: EmailCriterion): Promise<number[] | undefined> {
  const terms = criterion.is === 'and' ? criterion.of : [criterion]
  if (terms.every((each) => costOf(each) <= indexed)) return undefined
  let likely: number[] | undefined
  for (const each of terms) {
    const what = wordsOf(each)
    if (what) likely = await read(search, what, likely)
  }
  return likely
}

/** Fields for machines are not in the index (content.ts). */
function wordsOf(criterion: EmailCriterion): Asked['what'] | undefined {
  if (criterion.is !== 'text' && criterion.is !== 'body' && criterion.is !== 'header') return undefined
  const { text } = criterion
  if (questionOf(text).words.length === 0) return undefined
  if (criterion.is !== 'header') return { is: 'words', of: criterion.is, text }
  return isIndexedField(criterion.name.toLowerCase()) ? { is: 'words', of: 'header', text } : undefined
}

async function matchingAll(search: EmailSearch, of: EmailCriterion[], within?: number[]): Promise<number[]> {
  const columns = of.filter(isOfColumns)
  const others = of.filter((each) => !isOfColumns(each)).sort((a, b) => costOf(a) - costOf(b))
  let left = within
  // What the index answers alone is asked of it at once; what has to be read is asked only about the mailbox.
  const isCheap = others.every((each) => costOf(each) <= indexed)
  if (columns.length > 0 || (search.mailboxId !== undefined && !isCheap))
    left = await answer(search, { is: 'and', of: columns }, left)
  for (const each of others) left = await matchingEmails(search, each, left)
  return left ?? []
}

async function matchingAny(search: EmailSearch, of: EmailCriterion[], within?: number[]): Promise<number[]> {
  const found = new Set<number>()
  const columns = of.filter(isOfColumns)
  if (columns.length > 0) for (const id of await answer(search, { is: 'or', of: columns }, within)) found.add(id)
  for (const each of of.filter((one) => !isOfColumns(one)).sort((a, b) => costOf(a) - costOf(b))) {
    const rest = within && found.size > 0 ? within.filter((id) => !found.has(id)) : within
    for (const id of await matchingEmails(search, each, rest)) found.add(id)
  }
  return [...found].sort((a, b) => a - b)
}

const indexed = 2

function costOf(criterion: EmailCriterion): number {
  switch (criterion.is) {
    case 'and':
    case 'or':
      return Math.max(0, ...criterion.of.map(costOf))
    case 'not':
      return Math.max(3, costOf(criterion.of))
    case 'text':
    case 'body':
      return questionOf(criterion.text).exact ? indexed : 3
    case 'header':
      return 4
    default:
      return 1
  }
}

function read({ store, scope }: EmailSearch, what: Asked['what'], within?: number[]): Promise<number[]> {
  return store.indexer.find({ mailboxId: undefined, accountId: scope.accountId, what, within })
}

/** A header field that has no column, or whose column is cut for some mails. */
async function matchingHeader(
  search: EmailSearch,
  { name, text }: EmailCriterion & { is: 'header' },
  within?: number[],
): Promise<number[]> {
  const field = name.toLowerCase()
  const what = { is: 'header', name, text } as const
  if (hasColumn(field) && plain(text) !== '') {
    const likely = isFew(within) ? within : await read(search, { is: 'words', of: 'header', text }, within)
    const inColumn = { is: 'header', name: field, text } as const
    const found = await answer(search, { is: 'or', of: [inColumn, { is: 'header-cut' }] }, likely)
    const cut = await answer(search, { is: 'header-cut' }, found)
    if (cut.length === 0) return found
    const sure = await answer(search, inColumn, found)
    return [...new Set([...sure, ...(await read(search, what, cut))])].sort((a, b) => a - b)
  }
  return read(search, what, within ?? (await answer(search, { is: 'all' }, undefined)))
}

const askedOneByOne = 10_000
const partsAtOnce = 8

function isFew(ids: readonly number[] | undefined): boolean {
  return ids !== undefined && ids.length <= askedOneByOne
}

/** What columns answer, ascending. */
async function answer(
  { store, scope, mailboxId }: EmailSearch,
  criterion: AskedCriterion,
  within: number[] | undefined,
): Promise<number[]> {
  if (within && isFew(within)) return answerOf(store, scope, criterion, within)
  const values: Value[] = [mailboxId ?? scope.accountId]
  const condition = emailCondition(scope, criterion, values)
  const seen = isSeen(scope, (value) => `$${values.push(value)}`)
  const from = condition.includes('x.') ? 'message m join mail x on x.id = m.mail_id' : 'message m'
  const rows = await store.db.apart.arrays(
    `select string_agg(cast(m.mail_id as text), ' ') from ${from}
      where m.${mailboxId === undefined ? 'account_id' : 'mailbox_id'} = $1 ${seen} and ${condition}`,
    values,
  )
  return both(ascending(uidsOf(rows[0]?.[0])), within)
}

/** The same for a few emails. */
async function answerOf(
  { db }: Store,
  scope: Scope,
  criterion: AskedCriterion,
  ids: readonly number[],
): Promise<number[]> {
  const found: number[] = []
  for (let from = 0; from < ids.length; from += listLength) {
    if (from % (listLength * partsAtOnce) === listLength) await breathe()
    const part = ids.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, ...padded(part)]
    const condition = emailCondition(scope, criterion, values)
    const seen = isSeen(scope, (value) => `$${values.push(value)}`)
    const rows = await db.arrays(
      `select distinct m.mail_id from mail x cross join message m
        where x.id in ${list(part.length, 2)} and m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id
          ${seen} and ${condition}`,
      values,
    )
    for (const row of rows) found.push(row[0] as number)
  }
  return found.sort((a, b) => a - b)
}
