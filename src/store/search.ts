// Searching a mailbox: criteria in, uids out.                              RFC 9051 §6.4.4, RFC 7162, RFC 8474
//
// Flags, dates, sizes and the well-known header fields are columns: the database answers for them, apart from the
// event loop. TEXT and BODY ask the word index, which is exact for one word (as the beginning of words) and for
// one or two characters of a script without spaces; a phrase is narrowed by the index and then compared with
// the text of each mail left. Other header fields are read from the mails themselves.
//
// Invariants:
//   a mail that the indexer has not reached is found all the same: it is read
//   what costs much is asked last, and only about what the rest has left over
//   reading goes on in slices, between other people's turns

import { Trouble } from '../wire/troubles.ts'
import { answerColumns, hasColumn, isColumn, uidsOf } from './columns.ts'
import { bodyText, headerLines, readableHeader, readerOf } from './content.ts'
import type { Criterion } from './criteria.ts'
import { idKey, readMails, type MailRow } from './mails.ts'
import { breathe, list, padded, ranges } from './sets.ts'
import type { Store } from './store.ts'
import { holds, plain, questionOf, type Question } from './tokens.ts'
import { accountWord, everyoneWord, headerMark, incompleteWord, wordTables, type Sought } from './words.ts'

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

/** What is in both; both ascending. */
function both(found: number[], within: number[] | undefined): number[] {
  if (!within) return found
  const common: number[] = []
  for (let i = 0, j = 0; i < found.length && j < within.length;) {
    if (found[i] === within[j]) {
      common.push(found[i]!)
      i++
      j++
    } else if (found[i]! < within[j]!) i++
    else j++
  }
  return common
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
  searched: string,
  within: number[] | undefined,
): Promise<number[]> {
  const question = questionOf(searched)
  if (question.text === '') return within ?? search.all() // every text has the empty text in it
  const looksAt = textLooker(search.store, is, question)
  if (question.words.length === 0) return lookAt(search, within ?? (await search.all()), looksAt)

  // What is not indexed is listed first: a mail indexed meanwhile is then in both lists, never in none.
  const unsure = new Set(await notIndexed(search))
  for (const uid of await askIndex(search, { word: incompleteWord, prefix: false })) unsure.add(uid)
  const candidates = await askIndex(search, soughtFor(question, is))
  const sure: number[] = []
  for (const uid of both(candidates, within)) {
    if (question.exact) sure.push(uid)
    else unsure.add(uid)
  }
  const toRead = both(
    [...unsure].sort((a, b) => a - b),
    within,
  )
  const read = await lookAt(search, toRead, looksAt)
  return [...new Set([...sure, ...read])].sort((a, b) => a - b)
}

function soughtFor({ words }: Question, is: 'text' | 'body'): Sought {
  const each = words.map(({ word, prefix }): Sought => {
    const inBody: Sought = { word, prefix }
    return is === 'body' ? inBody : { any: [inBody, { word: headerMark + word, prefix }] }
  })
  return { all: each }
}

/** Uids of the mailbox whose mails have these words, ascending. */
async function askIndex({ store, mailboxId, accountId }: Search, sought: Sought): Promise<number[]> {
  const tables = wordTables(store.db.engine)
  const ours: Sought = { any: [accountWord(accountId), everyoneWord].map((word) => ({ word, prefix: false })) }
  const rows = await store.db.apart.arrays(
    `select string_agg(cast(uid as text), ' ') from message where mailbox_id = $1 and ${tables.where('mail_id', 2)}`,
    [mailboxId, tables.value({ all: [ours, sought] })],
  )
  return uidsOf(rows[0]?.[0])
}

const fewUnindexed = 16

/** Uids of mails that have no words yet. A bounded wait lets the indexer have them first. */
async function notIndexed({ store, mailboxId }: Search): Promise<number[]> {
  const ask = async (): Promise<number[]> => {
    const rows = await store.db.arrays(
      `select m.uid from mail x join message m on m.mail_id = x.id where x.indexed <> 1 and m.mailbox_id = $1`,
      [mailboxId],
    )
    return rows.map((row) => row[0] as number)
  }
  const uids = await ask()
  if (uids.length <= fewUnindexed) return uids
  await before(store.indexer.caughtUp(), store.limits.searchWait)
  return ask()
}

async function before(event: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([event, late])
  clearTimeout(timer)
}

type Looker = (mail: MailRow) => Promise<boolean>

const comparedText = 16 << 20 // characters of one mail that are compared

function textLooker(store: Store, is: 'text' | 'body', question: Question): Looker {
  return async (mail) => {
    const read = readerOf(store.blobs, mail)
    if (is === 'text' && holds(plain(readableHeader(await headerLines(mail, read))), question)) return true
    return holds(plain(await bodyText(mail, read, comparedText)), question)
  }
}

/** HEADER with a field that has no column, or whose column is cut for some mails. */
async function searchHeader(
  search: Search,
  { name, text }: Criterion & { is: 'header' },
  within: number[] | undefined,
): Promise<number[]> {
  const field = name.toLowerCase()
  const wanted = plain(text)
  const looker: Looker = async (mail) => {
    const lines = await headerLines(mail, readerOf(search.store.blobs, mail))
    return lines.some((line) => line.name === field && plain(line.value).includes(wanted))
  }
  if (hasColumn(field) && wanted !== '') {
    // answerColumns() has answered for the columns; here are the few mails whose columns are cut.
    const cut = await answerColumns(search, { is: 'header-cut' })
    const sure = await answerColumns(search, { is: 'header', name: field, text })
    const read = await lookAt(search, both(cut, within), looker)
    return [...new Set([...both(sure, within), ...read])].sort((a, b) => a - b)
  }
  if (field === 'message-id' && /^<[^<>\s]+>$/.test(text.trim())) {
    // The whole of an id can only be found in the mail that has it.
    return both(await answerColumns(search, { is: 'message-key', key: idKey(text.trim()) }), within)
  }
  return lookAt(search, within ?? (await search.all()), looker)
}

const sliceMilliseconds = 5
const readsAtOnce = 8

/** Those of `uids` (ascending) whose mails the looker says yes to. Each mail is read once. */
async function lookAt({ store, mailboxId }: Search, uids: readonly number[], looker: Looker): Promise<number[]> {
  const found: number[] = []
  const known = new Map<number, boolean>()
  let began = performance.now()
  for (let from = 0; from < uids.length; from += 64) {
    const rows = await mailIdsOf(store, mailboxId, uids.slice(from, from + 64))
    const fresh = [...new Set(rows.map(([, mailId]) => mailId))].filter((mailId) => !known.has(mailId))
    const mails = await readMails(store.db, fresh)
    for (let i = 0; i < mails.length; i += readsAtOnce) {
      await Promise.all(
        mails.slice(i, i + readsAtOnce).map(async (mail) => known.set(mail.id, await look(store, mail, looker))),
      )
      if (performance.now() - began > sliceMilliseconds) {
        await breathe()
        began = performance.now()
      }
    }
    for (const [uid, mailId] of rows) if (known.get(mailId)) found.push(uid)
  }
  return found.sort((a, b) => a - b)
}

async function look(store: Store, mail: MailRow, looker: Looker): Promise<boolean> {
  try {
    return await looker(mail)
  } catch (error) {
    const [still] = await readMails(store.db, [mail.id])
    if (still) throw error
    return false // swept while we looked
  }
}

async function mailIdsOf(store: Store, mailboxId: number, uids: readonly number[]): Promise<[number, number][]> {
  const found: [number, number][] = []
  const asked = new Set(uids)
  for (const { low, high, numbers } of ranges(uids, 64)) {
    const dense = numbers.length >= 4
    const where = dense ? 'uid between $2 and $3' : `uid in ${list(numbers.length, 2)}`
    const rows = await store.db.arrays(`select uid, mail_id from message where mailbox_id = $1 and ${where}`, [
      mailboxId,
      ...(dense ? [low, high] : padded(numbers)),
    ])
    for (const row of rows as [number, number][]) if (asked.has(row[0])) found.push(row)
  }
  return found
}
