// SEARCH [RETURN (...)] [CHARSET c] keys, UID SEARCH        RFC 9051 §6.4.4, RFC 4731, RFC 5182, RFC 9394

import { changedSince, messagesOf } from '../../store/messages.ts'
import { search as searchMailbox } from '../../store/search.ts'

import type { UidList } from '../../store/uids.ts'
import { numbersIn } from '../aims.ts'
import { bad, done } from '../answers.ts'
import { whenSelected, type Command, type Run } from '../command.ts'
import { pictureOf, startCondstore } from '../news.ts'
import { printEsearch, readReturns, savedOf, toldOf, type Returns } from '../results.ts'
import type { Scanner } from '../scanner.ts'
import { aimKeys, checkCharset, namesNumbers, readSearchKeys, type Search, type Sight } from '../searches.ts'
import type { Ranges } from '../sequences.ts'
import { selectedOf, type Session } from '../session.ts'

interface SearchOrder extends Search {
  returns: Returns | undefined
  byUid: boolean
  tag: string
  namesCharset: boolean
}

export const search: Command<SearchOrder> = {
  verb: 'SEARCH',
  allowedIn: whenSelected,
  tells: 'no-expunge',
  read: (scan) => readSearch(scan, false),
  run: runSearch,
}

export const uidSearch: Command<SearchOrder> = {
  verb: 'UID SEARCH',
  allowedIn: whenSelected,
  read: (scan) => readSearch(scan, true),
  run: runSearch,
}

function readSearch(scan: Scanner, byUid: boolean): SearchOrder {
  const tag = tagBefore(scan)
  scan.space()
  let returns: Returns | undefined
  if (scan.accept('RETURN ')) {
    returns = readReturns(scan)
    scan.space()
  }
  let charset: string | undefined
  if (scan.accept('CHARSET ')) {
    charset = checkCharset(scan.astring('a character set'))
    scan.space()
  }
  return { ...readSearchKeys(scan, charset ?? 'UTF-8'), returns, byUid, tag, namesCharset: charset !== undefined }
}

/** The tag of the command being read: ESEARCH names it. */
export function tagBefore(scan: Scanner): string {
  return scan.text.slice(0, scan.text.indexOf(' '))
}

async function* runSearch(session: Session, order: SearchOrder): Run {
  const { returns, byUid, tag, usesModseq } = order
  if (order.namesCharset && session.enabled.utf8) throw bad('Strings are UTF-8 here: name no character set') // RFC 6855 §3
  if (usesModseq) yield startCondstore(session)
  const selected = selectedOf(session)
  let uids: number[]
  try {
    uids = await findUids(session, order)
  } catch (thrown) {
    if (returns?.save) session.saved = [] // RFC 5182 §2.1: a failed search leaves nothing saved
    throw thrown
  }
  if (returns?.save) session.saved = savedOf(returns, uids)
  const modseq =
    usesModseq && uids.length > 0 ? await highestModseq(session, returns ? toldOf(returns, uids) : uids) : undefined
  let numbers = uids
  if (!byUid) {
    const picture = await pictureOf(session)
    numbers = uids.map((uid) => picture.seqOf(uid))
  }
  if (returns) {
    const { min, max, all, count, partial } = returns
    // SAVE alone asks for no answer.
    if (min || max || all || count || partial) yield printEsearch(tag, returns, { numbers, byUid, modseq })
  } else if (session.enabled.rev2) {
    // RFC 9051 §6.4.4: IMAP4rev2 answers ESEARCH always.
    const everything = { min: false, max: false, all: true, count: false, save: false, partial: undefined }
    yield printEsearch(tag, everything, { numbers, byUid, modseq })
  } else {
    yield* sayNumbers('SEARCH', numbers, modseq)
  }
  return done(`Searched ${selected.total} messages`)
}

/** "* SEARCH 2 3 6 (MODSEQ 917162500)" in pieces. */
export function* sayNumbers(
  word: string,
  numbers: number[],
  modseq: number | undefined,
): Generator<string, void, void> {
  const atOnce = 8000
  let text = `* ${word}`
  for (let from = 0; from < numbers.length; from += atOnce) {
    yield `${text} ${numbers.slice(from, from + atOnce).join(' ')}`
    text = ''
  }
  yield `${text}${modseq === undefined ? '' : ` (MODSEQ ${modseq})`}\r\n`
}

/** The uids that match, of those the client knows; ascending. */
export async function findUids(session: Session, { keys }: Search): Promise<number[]> {
  const { mailboxId, uidNext } = selectedOf(session)
  const sight = await sightOf(session, namesNumbers(keys))
  const { store } = session
  const uids = await searchMailbox(store, mailboxId, aimKeys(keys, sight))
  return uids.length === 0 || uids.at(-1)! < uidNext ? uids : uids.filter((uid) => uid < uidNext)
}

async function sightOf(session: Session, withNumbers: boolean): Promise<Sight> {
  const { uidNext, recent } = selectedOf(session)
  const { saved, store } = session
  const sight: Sight = { now: store.clock(), highestUid: uidNext - 1, saved, recent, uidsOf: () => [] }
  if (!withNumbers) return sight
  const picture = await pictureOf(session)
  return { ...sight, highestUid: picture.last, uidsOf: (numbers) => uidRanges(numbers, picture) }
}

function uidRanges(numbers: Ranges, picture: UidList): Ranges {
  // All between two uids of the picture is of the picture: one range of numbers is one of uids.
  return numbersIn(numbers, picture.length).map(([from, to]) => [picture.uidAt(from)!, picture.uidAt(to)!])
}

async function highestModseq(session: Session, uids: number[]): Promise<number> {
  const found = new Set(uids)
  let highest = 1
  const { db } = session.store
  const { mailboxId } = selectedOf(session)
  const few = uids.length <= 2 // MIN and MAX may lie far apart
  const rows = few
    ? await messagesOf(db, mailboxId, uids)
    : await changedSince(db, mailboxId, 0, uids[0]!, uids.at(-1)!)
  for (const row of rows) if (row.modseq > highest && found.has(row.uid)) highest = row.modseq
  return highest
}
