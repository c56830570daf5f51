// SORT [RETURN (...)] (keys) charset search-keys, UID SORT           RFC 5256, RFC 5957 (DISPLAY)
// THREAD algorithm charset search-keys, UID THREAD                   RFC 5256

import { sort as sortMessages, type SortKey } from '../../store/sort.ts'
import { threads, type ThreadNode } from '../../store/threads.ts'
import { bad, done } from '../answers.ts'
import { whenSelected, type Command, type Run } from '../command.ts'
import { pictureOf } from '../news.ts'
import type { Scanner } from '../scanner.ts'
import { checkCharset, readSearchKeys, type Search } from '../searches.ts'
import { selectedOf, type Session } from '../session.ts'
import { findUids, sayNumbers } from './search.ts'

interface SortOrder extends Search {
  sortBy: SortKey[]
  byUid: boolean
}

const sortKeys = ['ARRIVAL', 'CC', 'DATE', 'FROM', 'SIZE', 'SUBJECT', 'TO', 'DISPLAYFROM', 'DISPLAYTO'] as const
const mostSortKeys = 20

export const sort: Command<SortOrder> = {
  verb: 'SORT',
  allowedIn: whenSelected,
  tells: 'no-expunge',
  read: (scan) => readSort(scan, false),
  run: runSort,
}

export const uidSort: Command<SortOrder> = {
  verb: 'UID SORT',
  allowedIn: whenSelected,
  read: (scan) => readSort(scan, true),
  run: runSort,
}

function readSort(scan: Scanner, byUid: boolean): SortOrder {
  scan.space()
  const sortBy = scan.list(() => readSortKey(scan))
  if (sortBy.length > mostSortKeys) throw bad('Too many sort keys', 'LIMIT')
  scan.space()
  const charset = checkCharset(scan.astring('a character set'))
  scan.space()
  return { ...readSearchKeys(scan, charset), sortBy, byUid }
}

// sort-criterion = ["REVERSE" SP] sort-key
function readSortKey(scan: Scanner): SortKey {
  const reverse = scan.accept('REVERSE ')
  const by = scan.word(sortKeys, 'a sort key').toLowerCase() as SortKey['by']
  return { by, reverse }
}

async function* runSort(session: Session, order: SortOrder): Run {
  const uids = await findUids(session, order)
  const sorted = await sortMessages(session.store, selectedOf(session).mailboxId, uids, order.sortBy)
  yield* sayNumbers('SORT', await numbersOf(session, sorted, order.byUid), undefined)
  return done('Sorted')
}

async function numbersOf(session: Session, uids: number[], byUid: boolean): Promise<number[]> {
  if (byUid) return uids
  const picture = await pictureOf(session)
  return uids.map((uid) => picture.seqOf(uid)).filter((seq) => seq > 0)
}

interface ThreadOrder extends Search {
  algorithm: 'orderedsubject' | 'references'
  byUid: boolean
}

export const thread: Command<ThreadOrder> = {
  verb: 'THREAD',
  allowedIn: whenSelected,
  tells: 'no-expunge',
  read: (scan) => readThread(scan, false),
  run: runThread,
}

export const uidThread: Command<ThreadOrder> = {
  verb: 'UID THREAD',
  allowedIn: whenSelected,
  read: (scan) => readThread(scan, true),
  run: runThread,
}

function readThread(scan: Scanner, byUid: boolean): ThreadOrder {
  scan.space()
  const algorithm =
    scan.word(['ORDEREDSUBJECT', 'REFERENCES'], 'an algorithm') === 'REFERENCES' ? 'references' : 'orderedsubject'
  scan.space()
  const charset = checkCharset(scan.astring('a character set'))
  scan.space()
  return { ...readSearchKeys(scan, charset), algorithm, byUid }
}

async function* runThread(session: Session, order: ThreadOrder): Run {
  const uids = await findUids(session, order)
  const found = await threads(session.store, selectedOf(session).mailboxId, uids, order.algorithm)
  const picture = order.byUid ? undefined : await pictureOf(session)
  const number = (uid: number) => (picture ? picture.seqOf(uid) : uid)
  let text = '* THREAD '
  for (const root of found) {
    text += printThread(root, number)
    if (text.length < session.limits.gather) continue
    yield text
    text = ''
  }
  yield `${found.length === 0 ? '* THREAD' : text}\r\n`
  return done('Threaded')
}

/** thread-list: "(2)(3 6 (4 23)(44 7 96))". Iterative: a thread may be as deep as the mailbox is large. */
export function printThread(root: ThreadNode, number: (uid: number) => number): string {
  let text = '('
  const work: (ThreadNode | string)[] = [root]
  let after = ''
  while (work.length > 0) {
    const node = work.pop()!
    if (typeof node === 'string') {
      text += node
      after = ''
      continue
    }
    if (node.uid !== 0) {
      text += after + number(node.uid)
      after = ' '
    }
    const { children } = node
    if (children.length === 1 && node.uid !== 0) {
      work.push(children[0]!)
      continue
    }
    if (children.length > 0) text += after
    for (let i = children.length - 1; i >= 0; i--) work.push(')', children[i]!, '(')
    after = ''
  }
  return text + ')'
}
