// The keys of SEARCH, SORT and THREAD: from the wire to what the store understands. RFC 9051 §6.4.4,
// RFC 5032 (WITHIN), RFC 7162 §3.1.5 (MODSEQ), RFC 8474 (EMAILID, THREADID), RFC 8514 (SAVED...).
//
// Reading gives Keys: criteria that may still name message numbers. aimKeys() turns them into criteria.

import { decodeCharset } from '../mime/charset.ts'
import { flagBits } from '../store/flags.ts'
import type { Criterion } from '../store/criteria.ts'
import { bad, no } from './answers.ts'
import { imapLimits } from './limits.ts'
import { objectNumber } from '../store/objectids.ts'
import { fromUtf8, nextDay, type Scanner } from './scanner.ts'
import { normal, readRanges, type Ranges } from './sequences.ts'

export type Keys =
  | { is: 'ready'; criterion: Criterion }
  | { is: 'numbers' | 'uids'; ranges: Ranges }
  | { is: 'saved' | 'recent' }
  | { is: 'younger' | 'older'; seconds: number }
  | { is: 'and' | 'or'; of: Keys[] }
  | { is: 'not'; of: Keys }

export interface Search {
  keys: Keys
  usesModseq: boolean
}

/** Charsets a client may search in; RFC 5530 wants them named when it asks for another. */
const charsets = [
  'US-ASCII',
  'UTF-8',
  'BIG5',
  'GB18030',
  'GBK',
  'GB2312',
  'ISO-8859-1',
  'ISO-2022-JP',
  'SHIFT_JIS',
  'EUC-JP',
  'EUC-KR',
]

/** Throws NO [BADCHARSET]. */
export function checkCharset(name: string): string {
  const charset = name.toUpperCase()
  if (!charsets.includes(charset))
    throw no('That character set is not known here', `BADCHARSET (${charsets.join(' ')})`)
  return charset
}

interface Reading {
  charset: string
  keys: number
  usesModseq: boolean
}

/** search-key *(SP search-key), all of which must hold. */
export function readSearchKeys(scan: Scanner, charset: string): Search {
  const reading: Reading = { charset, keys: 0, usesModseq: false }
  const keys = readAll(scan, reading)
  return { keys, usesModseq: reading.usesModseq }
}

function readAll(scan: Scanner, reading: Reading): Keys {
  const of = [readKey(scan, reading)]
  while (scan.accept(' ')) of.push(readKey(scan, reading))
  return of.length === 1 ? of[0]! : { is: 'and', of }
}

type Reader = (scan: Scanner, reading: Reading) => Keys

const ready = (criterion: Criterion): Keys => ({ is: 'ready', criterion })
const not = (of: Keys): Keys => ({ is: 'not', of })
const all = ready({ is: 'all' })
const recent: Keys = { is: 'recent' }
const flag =
  (bit: number, set: boolean): Reader =>
  () =>
    ready({ is: 'flag', bit, set })

const dates =
  (is: 'received' | 'sent' | 'saved', when: 'before' | 'on' | 'since'): Reader =>
  (scan) => {
    scan.space()
    const date = scan.date()
    if (when === 'before') return ready({ is, before: date })
    if (when === 'since') return ready({ is, since: date })
    return ready({ is, since: date, before: nextDay(date) })
  }

const header =
  (name: string): Reader =>
  (scan, reading) =>
    ready({ is: 'header', name, text: readText(scan, reading) })

const keyReaders: Record<string, Reader> = {
  ALL: () => all,
  // RFC 3501 §6.4.4; for IMAP4rev2 nothing is \Recent.
  NEW: () => ({ is: 'and', of: [recent, ready({ is: 'flag', bit: flagBits.seen, set: false })] }),
  RECENT: () => recent,
  OLD: () => not(recent),
  ANSWERED: flag(flagBits.answered, true),
  DELETED: flag(flagBits.deleted, true),
  DRAFT: flag(flagBits.draft, true),
  FLAGGED: flag(flagBits.flagged, true),
  SEEN: flag(flagBits.seen, true),
  UNANSWERED: flag(flagBits.answered, false),
  UNDELETED: flag(flagBits.deleted, false),
  UNDRAFT: flag(flagBits.draft, false),
  UNFLAGGED: flag(flagBits.flagged, false),
  UNSEEN: flag(flagBits.seen, false),
  KEYWORD: (scan) => readKeyword(scan, true),
  UNKEYWORD: (scan) => readKeyword(scan, false),
  BEFORE: dates('received', 'before'),
  ON: dates('received', 'on'),
  SINCE: dates('received', 'since'),
  SENTBEFORE: dates('sent', 'before'),
  SENTON: dates('sent', 'on'),
  SENTSINCE: dates('sent', 'since'),
  SAVEDBEFORE: dates('saved', 'before'),
  SAVEDON: dates('saved', 'on'),
  SAVEDSINCE: dates('saved', 'since'),
  SAVEDATESUPPORTED: () => all,
  YOUNGER: (scan) => readInterval(scan, 'younger'),
  OLDER: (scan) => readInterval(scan, 'older'),
  BCC: header('bcc'),
  CC: header('cc'),
  FROM: header('from'),
  SUBJECT: header('subject'),
  TO: header('to'),
  HEADER(scan, reading) {
    scan.space()
    const name = scan.astring('a header name').toLowerCase()
    return ready({ is: 'header', name, text: readText(scan, reading) })
  },
  BODY: (scan, reading) => ready({ is: 'body', text: readText(scan, reading) }),
  TEXT: (scan, reading) => ready({ is: 'text', text: readText(scan, reading) }),
  LARGER: (scan) => readSize(scan, 'larger'),
  SMALLER: (scan) => readSize(scan, 'smaller'),
  UID(scan) {
    scan.space()
    return scan.accept('$') ? { is: 'saved' } : { is: 'uids', ranges: readRanges(scan) }
  },
  NOT(scan, reading) {
    scan.space()
    return { is: 'not', of: scan.deeper(() => readKey(scan, reading)) }
  },
  OR(scan, reading) {
    return scan.deeper(() => {
      scan.space()
      const one = readKey(scan, reading)
      scan.space()
      return { is: 'or', of: [one, readKey(scan, reading)] }
    })
  },
  MODSEQ: readModseq,
  EMAILID: (scan) => readObject(scan, 'email', 'M'),
  THREADID: (scan) => readObject(scan, 'thread', 'T'),
}

// search-key
function readKey(scan: Scanner, reading: Reading): Keys {
  if (++reading.keys > imapLimits.searchKeys) throw bad('Too many search keys', 'LIMIT')
  if (scan.peek() === '(') {
    return scan.deeper(() => {
      scan.expect('(')
      const keys = readAll(scan, reading)
      scan.expect(')')
      return keys
    })
  }
  if (scan.accept('$')) return { is: 'saved' }
  if (/[\d*]/.test(scan.peek())) return { is: 'numbers', ranges: readRanges(scan) }
  const word = scan.match(/[A-Za-z]{1,20}/y)?.toUpperCase() ?? scan.fail('a search key')
  if (!Object.hasOwn(keyReaders, word)) throw bad(`There is no search key ${word}`)
  return keyReaders[word]!(scan, reading)
}

function readText(scan: Scanner, reading: Reading): string {
  scan.space()
  const octets = scan.astring('what to search for')
  if (reading.charset === 'UTF-8' || reading.charset === 'US-ASCII') return fromUtf8(octets)
  return decodeCharset(Buffer.from(octets, 'latin1'), reading.charset.toLowerCase())
}

function readKeyword(scan: Scanner, set: boolean): Keys {
  scan.space()
  return ready({ is: 'keyword', name: scan.atom('a keyword'), set })
}

function readSize(scan: Scanner, is: 'larger' | 'smaller'): Keys {
  scan.space()
  return ready({ is, size: scan.number('a size') })
}

function readInterval(scan: Scanner, is: 'younger' | 'older'): Keys {
  scan.space()
  return { is, seconds: scan.nzNumber('seconds') }
}

// "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer. The entry is read and not used: we keep one
// modseq a message (RFC 7162 §3.1.5).
function readModseq(scan: Scanner, reading: Reading): Keys {
  scan.space()
  if (scan.peek() === '"') {
    scan.string('an entry name')
    scan.space()
    scan.word(['ALL', 'SHARED', 'PRIV'], 'all, shared or priv')
    scan.space()
  }
  reading.usesModseq = true
  return ready({ is: 'modseq', atLeast: scan.number('a modseq') })
}

function readObject(scan: Scanner, is: 'email' | 'thread', kind: 'M' | 'T'): Keys {
  scan.space()
  const id = objectNumber(kind, scan.astring('an object id'))
  return id === undefined ? not(all) : ready({ is, id })
}

/** What the keys mean now, in this mailbox. */
export interface Sight {
  now: number
  highestUid: number
  saved: Ranges
  recent: Ranges
  /** Message numbers as uids. */
  uidsOf(numbers: Ranges): Ranges
}

export function aimKeys(keys: Keys, sight: Sight): Criterion {
  switch (keys.is) {
    case 'ready':
      return keys.criterion
    case 'and':
    case 'or':
      return { is: keys.is, of: keys.of.map((key) => aimKeys(key, sight)) }
    case 'not':
      return { is: 'not', of: aimKeys(keys.of, sight) }
    case 'saved':
    case 'recent':
      return { is: 'uids', ranges: sight[keys.is] }
    case 'uids':
      return { is: 'uids', ranges: normal(keys.ranges, sight.highestUid) }
    case 'numbers':
      return { is: 'uids', ranges: sight.uidsOf(keys.ranges) }
    case 'younger':
      return { is: 'received', since: sight.now - keys.seconds * 1000 }
    case 'older':
      return { is: 'received', before: sight.now - keys.seconds * 1000 + 1 }
  }
}

/** Does any key name message numbers? */
export function namesNumbers(keys: Keys): boolean {
  if (keys.is === 'numbers') return true
  if (keys.is === 'and' || keys.is === 'or') return keys.of.some(namesNumbers)
  return keys.is === 'not' && namesNumbers(keys.of)
}
