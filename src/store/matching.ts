// Finding mails by what they say: TEXT, BODY, and header fields that have no column.           RFC 9051 §6.4.4
//
// The word index is exact for one word (also inside words, by the vocabulary) and for one or two characters of a script
// without spaces; a phrase is narrowed by the index and then compared with the text of each mail left. Runs wherever
// the words are: in a thread beside SQLite, in the main thread for PostgreSQL.
//
// Invariants:
//   a mail that the indexer has not reached is found all the same: it is read
//   reading goes on in slices, between other people's turns; of large mails one at a time is in memory

import type { BlobReader } from '../blobs/blobs.ts'
import type { Reader } from '../sql/sql.ts'
import { uidsOf } from './columns.ts'
import { bodyText, headerLines, readableHeader, readerOf, wholeBytes } from './content.ts'
import type { StoreLimits } from './limits.ts'
import { readMails, type MailRow } from './mails.ts'
import { ascending, both, breathe, list, padded, ranges } from './sets.ts'
import { holds, plain, questionOf, type AskedWord, type Question } from './tokens.ts'
import { accountWord, everyoneWord, headerMark, incompleteWord, wordTables, wordsWith, type Sought } from './words.ts'

/** Where words and texts are found. */
export interface Library {
  engine: 'sqlite' | 'postgres'
  db: Reader
  apart: Reader // for long questions
  blobs: BlobReader
  limits: StoreLimits
}

/** One question about a mailbox, in uids, or about all of an account, in ids of mails; plain data. */
export interface Asked {
  mailboxId: number | undefined // undefined: all of the account, also what its owner does not see any more
  accountId: number // whose mailbox it is
  what:
    | { is: 'text' | 'body'; text: string }
    | { is: 'header'; name: string; text: string }
    | { is: 'words'; of: 'text' | 'body' | 'header'; text: string } // those that may have it, as far as words tell; none is missing
  within: number[] | undefined // ascending; undefined: the whole mailbox, or account
}

/**
 * The uids (or ids of mails) that match, ascending. 'many unindexed' when more mails than limits.searchReads had to be read for want of
 * words, and `patient` is false: ask again when the indexer had its time.
 */
export async function find(library: Library, asked: Asked, patient: boolean): Promise<number[] | 'many unindexed'> {
  const { what, within } = asked
  const all = async (): Promise<number[]> => within ?? (await allOf(library, asked))
  if (what.is === 'header') return lookAt(library, asked, await all(), headerLooker(library, what))

  const question = questionOf(what.text)
  if (question.text === '') return all() // every text has the empty text in it
  if (what.is === 'words') return mayHave(library, { ...asked, what }, question, all)
  const looker = textLooker(library, what.is, question)
  if (within && within.length <= fewRead) return lookAt(library, asked, within, looker)
  if (question.words.length === 0) return lookAt(library, asked, await all(), looker)

  // What is not indexed is listed first: a mail indexed meanwhile is then in both lists, never in none.
  const unindexed = both(await unindexedOf(library, asked), within)
  if (unindexed.length > library.limits.searchReads && !patient) return 'many unindexed'
  const unsure = new Set(unindexed)
  for (const uid of await askIndex(library, asked, { word: incompleteWord, prefix: false })) unsure.add(uid)
  const sure: number[] = []
  for (const uid of both(await askIndex(library, asked, await soughtFor(library, question, what.is)), within)) {
    if (question.exact) sure.push(uid)
    else unsure.add(uid)
  }
  const toRead = both([...unsure].sort(ascend), within)
  const read = await lookAt(library, asked, toRead, looker)
  return [...new Set([...sure, ...read])].sort(ascend)
}

const fewRead = 64 // mails that are read sooner than the index is asked

/** What the index says, and what it knows nothing of; no mail is read. */
async function mayHave(
  library: Library,
  asked: Asked & { what: { is: 'words' } },
  question: Question,
  all: () => Promise<number[]>,
): Promise<number[]> {
  if (question.words.length === 0) return all()
  const unsure = await unindexedOf(library, asked)
  const incomplete = await askIndex(library, asked, { word: incompleteWord, prefix: false })
  const found = await askIndex(library, asked, await soughtFor(library, question, asked.what.of))
  return both(ascending([...unsure, ...incomplete, ...found]), asked.within)
}

const ascend = (a: number, b: number): number => a - b

async function soughtFor(library: Library, { words }: Question, is: 'text' | 'body' | 'header'): Promise<Sought> {
  const each = await Promise.all(words.map(async (asked) => ({ any: await spellings(library, asked) })))
  if (is === 'body') return { all: each }
  return {
    all: each.map(({ any }) => {
      const inHeader = any.map(({ word, prefix }) => ({ word: headerMark + word, prefix }))
      return { any: is === 'header' ? inHeader : [...any, ...inHeader] }
    }),
  }
}

/** The words that an asked word stands for: those that begin or end so, or have it inside. */
async function spellings(
  { apart, limits }: Library,
  { word, prefix, within }: AskedWord,
): Promise<{ word: string; prefix: boolean }[]> {
  const itself = { word, prefix }
  if (!within) return [itself]
  const found = await wordsWith(apart, word, prefix, limits.searchPieces)
  return [itself, ...(found ?? []).map((one) => ({ word: one, prefix: false }))]
}

async function allOf({ apart }: Library, { mailboxId, accountId }: Asked): Promise<number[]> {
  const [column, where] = mailboxId === undefined ? ['mail_id', 'account_id'] : ['uid', 'mailbox_id']
  const text = `select string_agg(cast(${column} as text), ' ') from message where ${where} = $1`
  const rows = await apart.arrays(text, [mailboxId ?? accountId])
  return ascending(uidsOf(rows[0]?.[0]))
}

/** What was asked about and has these words, ascending. */
async function askIndex(
  { engine, apart }: Library,
  { mailboxId, accountId }: Asked,
  sought: Sought,
): Promise<number[]> {
  const tables = wordTables(engine)
  const ours: Sought = { any: [accountWord(accountId), everyoneWord].map((word) => ({ word, prefix: false })) }
  const text =
    mailboxId === undefined
      ? `select string_agg(cast(m.mail_id as text), ' ') from mail x cross join message m
          where m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id and ${tables.where('x.id', 2)}`
      : `select string_agg(cast(uid as text), ' ') from message where mailbox_id = $1 and ${tables.where('mail_id', 2)}`
  const rows = await apart.arrays(text, [mailboxId ?? accountId, tables.value({ all: [ours, sought] })])
  return ascending(uidsOf(rows[0]?.[0]))
}

async function unindexedOf({ engine, db }: Library, { mailboxId, accountId }: Asked): Promise<number[]> {
  const { unindexed } = wordTables(engine)
  const text = mailboxId === undefined ? unindexed('m.mail_id', 'm.account_id') : unindexed('m.uid', 'm.mailbox_id')
  const rows = await db.arrays(text, [mailboxId ?? accountId])
  return ascending(rows.map((row) => row[0] as number))
}

type Looker = (mail: MailRow) => Promise<boolean>

const comparedText = 8 << 20 // characters of one mail that are compared

function textLooker({ blobs }: Library, is: 'text' | 'body', question: Question): Looker {
  return async (mail) => {
    const read = readerOf(blobs, mail)
    if (is === 'text' && holds(plain(readableHeader(await headerLines(mail, read))), question)) return true
    return holds(plain(await bodyText(mail, read, comparedText)), question)
  }
}

function headerLooker({ blobs }: Library, { name, text }: { name: string; text: string }): Looker {
  const field = name.toLowerCase()
  const wanted = plain(text)
  return async (mail) => {
    const lines = await headerLines(mail, readerOf(blobs, mail))
    return lines.some((line) => line.name === field && plain(line.value).includes(wanted))
  }
}

const sliceMilliseconds = 5
const readsAtOnce = 8

/** Those of `uids` (ascending; or ids of mails) whose mails the looker says yes to. Each mail is read once. */
async function lookAt(
  library: Library,
  { mailboxId }: Asked,
  uids: readonly number[],
  looker: Looker,
): Promise<number[]> {
  const { db } = library
  const found: number[] = []
  const known = new Map<number, boolean>()
  let began = performance.now()
  for (let from = 0; from < uids.length; from += 64) {
    const part = uids.slice(from, from + 64)
    const rows: [number, number][] =
      mailboxId === undefined ? part.map((id) => [id, id]) : await mailIdsOf(db, mailboxId, part)
    const fresh = [...new Set(rows.map(([, mailId]) => mailId))].filter((mailId) => !known.has(mailId))
    for (const group of groupsOf(await readMails(db, fresh))) {
      await Promise.all(group.map(async (mail) => known.set(mail.id, await look(db, mail, looker))))
      if (performance.now() - began > sliceMilliseconds) {
        await breathe()
        began = performance.now()
      }
    }
    for (const [uid, mailId] of rows) if (known.get(mailId)) found.push(uid)
  }
  return found.sort(ascend)
}

/** Several small mails are read at once, a large one alone. */
function* groupsOf(mails: readonly MailRow[]): Generator<MailRow[], void, undefined> {
  let group: MailRow[] = []
  for (const mail of mails) {
    if (mail.size > wholeBytes) yield [mail]
    else group.push(mail)
    if (group.length < readsAtOnce) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

async function look(db: Reader, mail: MailRow, looker: Looker): Promise<boolean> {
  try {
    return await looker(mail)
  } catch (error) {
    const [now] = await readMails(db, [mail.id])
    if (!now) return false // swept while we looked
    if (now.blobRef === mail.blobRef) throw error
    return looker(now) // its bytes were moved
  }
}

async function mailIdsOf(db: Reader, mailboxId: number, uids: readonly number[]): Promise<[number, number][]> {
  const found: [number, number][] = []
  const asked = new Set(uids)
  for (const { low, high, numbers } of ranges(uids, 64)) {
    const dense = numbers.length >= 4
    const where = dense ? 'uid between $2 and $3' : `uid in ${list(numbers.length, 2)}`
    const rows = await db.arrays(`select uid, mail_id from message where mailbox_id = $1 and ${where}`, [
      mailboxId,
      ...(dense ? [low, high] : padded(numbers)),
    ])
    for (const row of rows as [number, number][]) if (asked.has(row[0])) found.push(row)
  }
  return found
}
