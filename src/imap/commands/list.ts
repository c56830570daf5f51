// LIST [(selection)] reference pattern [RETURN (...)], LSUB
//                                    RFC 9051 §6.3.9, RFC 3501 §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3348
//
// Invariants:
//   only mailboxes with the right to look them up are named, and the levels above them
//   each name is said once, levels before what lies below them

import type { Role } from '../../store/mailboxes.ts'
import { bad, done } from '../answers.ts'
import { afterLogin, type Command, type Run } from '../command.ts'
import { decodePattern, matches } from '../names.ts'
import { allPlaces, printName, type Place } from '../places.ts'
import type { Scanner } from '../scanner.ts'
import type { Session } from '../session.ts'
import { imapLimits } from '../limits.ts'
import { readPattern } from '../words.ts'
import { readStatusItems, statusLine, type StatusItem } from './status.ts'

interface ListOrder {
  reference: string
  patterns: string[]
  extended: boolean
  select: { subscribed: boolean; specialUse: boolean; recursive: boolean }
  want: { subscribed: boolean; specialUse: boolean; status: StatusItem[] | undefined }
}

export const list: Command<ListOrder> = {
  verb: 'LIST',
  allowedIn: afterLogin,
  read: readList,
  run: runList,
}

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
function readList(scan: Scanner): ListOrder {
  const order: ListOrder = {
    reference: '',
    patterns: [],
    extended: false,
    select: { subscribed: false, specialUse: false, recursive: false },
    want: { subscribed: false, specialUse: false, status: undefined },
  }
  scan.space()
  if (scan.peek() === '(') {
    order.extended = true
    readSelection(scan, order)
    scan.space()
  }
  order.reference = decodePattern(scan.astring('a reference name'), scan.utf8)
  scan.space()
  if (scan.peek() === '(') {
    order.extended = true
    order.patterns = scan.list(() => readPattern(scan))
    if (order.patterns.length > imapLimits.patterns) throw bad('Too many patterns', 'LIMIT')
  } else {
    order.patterns = [readPattern(scan)]
  }
  if (scan.accept(' RETURN ')) {
    order.extended = true
    readReturns(scan, order)
  }
  return order
}

function readSelection(scan: Scanner, { select }: ListOrder): void {
  scan.list(() => {
    const word = scan.word(['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'], 'a selection option')
    if (word === 'SUBSCRIBED') select.subscribed = true
    if (word === 'SPECIAL-USE') select.specialUse = true
    if (word === 'RECURSIVEMATCH') select.recursive = true
  }, true)
  // RFC 5258 §3.5: RECURSIVEMATCH goes with another condition.
  if (select.recursive && !select.subscribed && !select.specialUse) throw bad('RECURSIVEMATCH needs SUBSCRIBED')
}

function readReturns(scan: Scanner, { want }: ListOrder): void {
  scan.list(() => {
    const word = scan.word(['SUBSCRIBED', 'CHILDREN', 'SPECIAL-USE', 'STATUS'], 'a return option')
    if (word === 'SUBSCRIBED') want.subscribed = true
    if (word === 'SPECIAL-USE') want.specialUse = true
    if (word === 'STATUS') {
      scan.space()
      want.status = readStatusItems(scan)
    }
  }, true)
}

/** A name in the tree: a mailbox, or only a level above one. */
interface Entry {
  name: string
  place: Place | undefined
  hasChildren: boolean
  /** Something below it is subscribed, or has a special use. */
  below: { subscribed: boolean; specialUse: boolean }
}

async function* runList(session: Session, order: ListOrder): Run {
  if (!order.extended && order.patterns[0] === '') {
    // RFC 9051 §6.3.9: an empty pattern asks for the separator.
    yield '* LIST (\\Noselect) "/" ""\r\n'
    return done('That is the separator')
  }
  const { select, want } = order
  let text = ''
  for (const entry of await matching(session, order)) {
    const chosen = isChosen(entry, select)
    const childInfo =
      select.recursive &&
      ((select.subscribed && entry.below.subscribed) || (select.specialUse && entry.below.specialUse))
    if (!chosen && !childInfo) continue
    // A level that is no mailbox is only named by plain patterns, or for what lies below it.
    if (!entry.place && order.extended && select.subscribed && !childInfo) continue
    const attributes = attributesOf(entry, order.extended, select.subscribed || want.subscribed).join(' ')
    const info = childInfo && select.subscribed ? ' ("CHILDINFO" ("SUBSCRIBED"))' : ''
    text += `* LIST (${attributes}) "/" ${printName(session, entry.name)}${info}\r\n`
    if (want.status && entry.place?.mailbox.selectable && entry.place.rights.includes('r')) {
      text += await statusLine(session, entry.place, want.status)
    }
    if (text.length < session.limits.gather) continue
    yield text
    text = ''
  }
  yield text
  return done('Listed')
}

function isChosen({ place }: Entry, select: ListOrder['select']): boolean {
  if (select.subscribed && !place?.subscribed) return false
  return !select.specialUse || useOf(place) !== undefined
}

async function matching(session: Session, { reference, patterns }: ListOrder): Promise<Entry[]> {
  const wanted = patterns.filter((pattern) => pattern !== '').map((pattern) => inboxFirst(reference + pattern))
  const entries = entriesOf(await allPlaces(session))
  return entries.filter(({ name }) => wanted.some((pattern) => matches(pattern, name)))
}

/** INBOX in any case is INBOX, in patterns too. */
function inboxFirst(pattern: string): string {
  return /^inbox(?=\/|$)/i.test(pattern) ? `INBOX${pattern.slice(5)}` : pattern
}

function entriesOf(places: Place[]): Entry[] {
  const entries = new Map<string, Entry>()
  for (const place of places) {
    const subscribed = place.subscribed
    const specialUse = useOf(place) !== undefined
    // Parents come first, made up where the session may not see them.
    for (let at = place.name.indexOf('/'); at >= 0; at = place.name.indexOf('/', at + 1)) {
      const parent = entryAt(entries, place.name.slice(0, at))
      parent.hasChildren = true
      parent.below.subscribed ||= subscribed
      parent.below.specialUse ||= specialUse
    }
    entryAt(entries, place.name).place = place
  }
  return [...entries.values()]
}

function entryAt(entries: Map<string, Entry>, name: string): Entry {
  let entry = entries.get(name)
  if (!entry) {
    entry = { name, place: undefined, hasChildren: false, below: { subscribed: false, specialUse: false } }
    entries.set(name, entry)
  }
  return entry
}

const uses: Partial<Record<Role, string>> = {
  drafts: '\\Drafts',
  sent: '\\Sent',
  junk: '\\Junk',
  trash: '\\Trash',
  archive: '\\Archive',
  all: '\\All',
  flagged: '\\Flagged',
}

/** The special use of a person's own mailbox: somebody else's Sent is not where this person's mail goes. */
function useOf(place: Place | undefined): string | undefined {
  return place?.own && place.mailbox.role ? uses[place.mailbox.role] : undefined
}

function attributesOf({ place, hasChildren }: Entry, extended: boolean, tellSubscribed: boolean): string[] {
  const attributes: string[] = []
  if (!place) attributes.push(extended ? '\\NonExistent' : '\\Noselect')
  else if (!place.mailbox.selectable || !place.rights.includes('r')) attributes.push('\\Noselect')
  attributes.push(hasChildren ? '\\HasChildren' : '\\HasNoChildren')
  if (tellSubscribed && place?.subscribed) attributes.push('\\Subscribed')
  const use = useOf(place)
  if (use) attributes.push(use)
  return attributes
}

interface LsubOrder {
  reference: string
  pattern: string
}

export const lsub: Command<LsubOrder> = {
  verb: 'LSUB',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    const reference = decodePattern(scan.astring('a reference name'), scan.utf8)
    scan.space()
    return { reference, pattern: readPattern(scan) }
  },

  async *run(session, { reference, pattern }) {
    const wanted = inboxFirst(reference + pattern)
    let text = ''
    for (const { name, place, below } of entriesOf(await allPlaces(session))) {
      if (!matches(wanted, name)) continue
      // RFC 3501 §6.3.9: a level that "%" stops at is named for the subscribed ones below it.
      if (place?.subscribed) text += `* LSUB () "/" ${printName(session, name)}\r\n`
      else if (below.subscribed && pattern.includes('%'))
        text += `* LSUB (\\Noselect) "/" ${printName(session, name)}\r\n`
    }
    yield text
    return done('Listed')
  },
}
