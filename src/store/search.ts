// Searching a mailbox: criteria in, uids out.                              RFC 9051 §6.4.4, RFC 7162, RFC 8474
//
// Flags, dates, sizes and the well-known header fields are columns: the database answers for them, apart from the
// event loop. TEXT, BODY and other header fields go to the indexer (matching.ts).
//
// Invariant: what costs much is asked last, and only about what the rest has left over.

import { Trouble } from '../wire/troubles.ts'
import { answerColumns, hasColumn, isColumn } from './columns.ts'
import type { Criterion } from './criteria.ts'
import { idKey } from './mails.ts'
import type { Asked } from './matching.ts'
import { both } from './sets.ts'
import type { Store } from './store.ts'
import { plain, questionOf } from './tokens.ts'

/** What one search works with. */
interface Search {
  store: Store
  mailboxId: number
  accountId: number
  all: () => Promise<number[]>
}

/**
 * The uids of a mailbox that match, ascending. Throws Trouble no-such-mailbox, too-large (more criteria, deeper or longer
 * than the limits), unavailable (a mail cannot be read now).
 */
export async function search(store: Store, mailboxId: number, criterion: Criterion): Promise<number[]> {
  checkSize(store, criterion)
  const mailbox = await store.db.one<{ account_id: number }>('select account_id from mailbox where id = $1', [
    mailboxId,
  ])
  if (!mailbox) throw new Trouble('no-such-mailbox', { mailboxId })
  const all = async (): Promise<number[]> => {
    const { uids } = await store.views.current(mailboxId)
    return uids.slice(1, uids.length)
  }
  return evaluate({ store, mailboxId, accountId: mailbox.account_id, all }, criterion, undefined)
}

function checkSize({ limits }: Store, criterion: Criterion): void {
  let terms = 0
  const look = (each: Criterion, depth: number): void => {
    if (++terms > limits.searchTerms || depth > limits.searchDepth)
      throw new Trouble('too-large', { limit: limits.searchTerms })
    if ('text' in each && Buffer.byteLength(each.text) > limits.searchTextBytes)
      throw new Trouble('too-large', { limit: limits.searchTextBytes })
    if (each.is === 'not') look(each.of, depth + 1)
    else if (each.is === 'and' || each.is === 'or') for (const inner of each.of) look(inner, depth + 1)
  }
  look(criterion, 0)
}

/** Matches among `within` (ascending; undefined: the whole mailbox), ascending. */
async function evaluate(search: Search, criterion: Criterion, within: number[] | undefined): Promise<number[]> {
  if (within?.length === 0) return []
  if (criterion.is === 'all') return within ?? search.all()
  if (criterion.is === 'uids') return inRanges(within ?? (await search.all()), criterion.ranges)
  if (isColumn(criterion)) return both(await answerColumns(search, criterion), within)
  switch (criterion.is) {
    case 'and':
      return evaluateAll(search, criterion.of, within)
    case 'or':
      return evaluateAny(search, criterion.of, within)
    case 'not': {
      const from = within ?? (await search.all())
      const matches = new Set(await evaluate(search, criterion.of, from))
      return from.filter((uid) => !matches.has(uid))
    }
    case 'text':
    case 'body':
      return searchWords(search, criterion.is, criterion.text, within)
    default:
      return searchHeader(search, criterion as Criterion & { is: 'header' }, within)
  }
}

/** The cheap first: each next one is asked only about what is left. */
async function evaluateAll(search: Search, of: Criterion[], within: number[] | undefined): Promise<number[]> {
  let left = within
  const columns = of.filter(isColumn)
  if (columns.length > 0) left = both(await answerColumns(search, { is: 'and', of: columns }), left)
  const others = of.filter((each) => !isColumn(each)).sort((a, b) => costOf(a) - costOf(b))
  for (const each of others) left = await evaluate(search, each, left)
  return left ?? search.all()
}

async function evaluateAny(search: Search, of: Criterion[], within: number[] | undefined): Promise<number[]> {
  const found = new Set<number>()
  const columns = of.filter(isColumn)
  if (columns.length > 0)
    for (const uid of both(await answerColumns(search, { is: 'or', of: columns }), within)) found.add(uid)
  for (const each of of.filter((one) => !isColumn(one)).sort((a, b) => costOf(a) - costOf(b))) {
    const from = within ?? (found.size > 0 ? await search.all() : undefined)
    const rest = from && found.size > 0 ? from.filter((uid) => !found.has(uid)) : from
    for (const uid of await evaluate(search, each, rest)) found.add(uid)
  }
  return [...found].sort((a, b) => a - b)
}

function costOf(criterion: Criterion): number {
  switch (criterion.is) {
    case 'all':
    case 'uids':
      return 0
    case 'and':
    case 'or':
      return Math.max(0, ...criterion.of.map(costOf))
    case 'not':
      return costOf(criterion.of)
    case 'text':
    case 'body':
      return questionOf(criterion.text).exact ? 2 : 3
    case 'header':
      return 4
    default:
      return 1
  }
}

function inRanges(uids: readonly number[], wanted: readonly [number, number][]): number[] {
  const sorted = [...wanted].sort((a, b) => a[0] - b[0])
  const found: number[] = []
  let at = 0
  let reach = 0 // the end of the ranges begun so far
  for (const uid of uids) {
    for (; at < sorted.length && sorted[at]![0] <= uid; at++) reach = Math.max(reach, sorted[at]![1])
    if (uid <= reach) found.push(uid)
  }
  return found
}

/** TEXT and BODY. */
async function searchWords(
  search: Search,
  is: 'text' | 'body',
  text: string,
  within: number[] | undefined,
): Promise<number[]> {
  if (plain(text) === '') return within ?? search.all() // every text has the empty text in it
  return read(search, { is, text }, within)
}

async function read(search: Search, what: Asked['what'], within: number[] | undefined): Promise<number[]> {
  const { store, mailboxId, accountId } = search
  return store.indexer.find({ mailboxId, accountId, what, within })
}

/** HEADER with a field that has no column, or whose column is cut for some mails. */
async function searchHeader(
  search: Search,
  { name, text }: Criterion & { is: 'header' },
  within: number[] | undefined,
): Promise<number[]> {
  const field = name.toLowerCase()
  const what = { is: 'header', name, text } as const
  if (hasColumn(field) && plain(text) !== '') {
    // The columns answer for all but the few mails whose columns are cut.
    const cut = both(await answerColumns(search, { is: 'header-cut' }), within)
    const sure = both(await answerColumns(search, { is: 'header', name: field, text }), within)
    if (cut.length === 0) return sure
    return [...new Set([...sure, ...(await read(search, what, cut))])].sort((a, b) => a - b)
  }
  if (field === 'message-id' && /^<[^<>\s]+>$/.test(text.trim())) {
    // The whole of an id can only be found in the mail that has it.
    return both(await answerColumns(search, { is: 'message-key', key: idKey(text.trim()) }), within)
  }
  return read(search, what, within)
}
