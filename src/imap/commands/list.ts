// LIST [(selection)] reference pattern [RETURN (...)], LSUB
//                                    RFC 9051 §6.3.9, RFC 3501 §6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3348
//
// Invariants:
//   only mailboxes with the right to look them up are named, and the levels above them
//   each name is said once, levels before what lies below them

import type { Role } from '../../store/mailboxes.ts'
import { lostSubscriptions } from '../../store/subscriptions.ts'
import { bad, done } from '../answers.ts'
import { afterLogin, type Command, type Run } from '../command.ts'
import { decodePattern, matches, nameOf } from '../names.ts'
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
  subscribed: boolean
  /** Something below it is subscribed. */
  subscribedBelow: boolean
  /** Something below it is selected, and no pattern names it: RECURSIVEMATCH tells of it here. */
  selectedBelow: boolean
}

async function* runList(session: Session, order: ListOrder): Run {
  if (!order.extended && order.patterns[0] === '') {
    // RFC 9051 §6.3.9: an empty pattern asks for the separator.
    yield '* LIST (\\Noselect) "/" ""\r\n'
    return done('That is the separator')
  }
  const { select, want } = order
  let text = ''
  for (const entry of yield* matching(session, order)) {
    const chosen = isChosen(entry, select)
    if (!chosen && !entry.selectedBelow) continue
    const attributes = attributesOf(entry, order.extended, select.subscribed || want.subscribed).join(' ')
    const info = entry.selectedBelow && select.subscribed ? ' ("CHILDINFO" ("SUBSCRIBED"))' : ''
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

function isChosen({ place, subscribed }: Entry, select: ListOrder['select']): boolean {
  if (select.subscribed && !subscribed) return false
  return !select.specialUse || useOf(place) !== undefined
}

// An account may have thousands of mailboxes: between the steps, who else waits has a turn.
async function* matching(
  session: Session,
  { reference, patterns, select }: ListOrder,
): AsyncGenerator<string, Entry[], void> {
  const wanted = patterns.filter((pattern) => pattern !== '').map((pattern) => inboxFirst(reference + pattern))
  const places = await allPlaces(session)
  yield ''
  const entries = entriesOf(places, select.subscribed ? await lostNames(session) : [])
  yield ''
  const named: Entry[] = []
  for (const entry of entries.values()) {
    if (wanted.some((pattern) => matches(pattern, entry.name))) named.push(entry)
    else if (select.recursive && isChosen(entry, select))
      for (const above of levelsAbove(entry.name)) entries.get(above)!.selectedBelow = true
  }
  return named
}

/** Names the person is subscribed to that have no mailbox (RFC 9051 §6.3.7). */
async function lostNames({ store, person }: Session): Promise<string[]> {
  return (await lostSubscriptions(store.db, person!.id)).map(nameOf)
}

/** INBOX in any case is INBOX, in patterns too. */
function inboxFirst(pattern: string): string {
  return /^inbox(?=\/|$)/i.test(pattern) ? `INBOX${pattern.slice(5)}` : pattern
}

/** All names by themselves, in order: mailboxes, subscriptions without one, and the levels above both. */
function entriesOf(places: Place[], lost: string[]): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const place of places) {
    // Parents come first, made up where the session may not see them.
    for (const above of levelsAbove(place.name)) {
      const parent = entryAt(entries, above)
      parent.hasChildren = true
      parent.subscribedBelow ||= place.subscribed
    }
    const entry = entryAt(entries, place.name)
    entry.place = place
    entry.subscribed = place.subscribed
  }
  for (const name of lost) {
    for (const above of levelsAbove(name)) entryAt(entries, above).subscribedBelow = true
    entryAt(entries, name).subscribed = true
  }
  return entries
}

function* levelsAbove(name: string): Generator<string, void, void> {
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) yield name.slice(0, at)
}

function entryAt(entries: Map<string, Entry>, name: string): Entry {
  let entry = entries.get(name)
  if (!entry) {
    entry = {
      name,
      place: undefined,
      hasChildren: false,
      subscribed: false,
      subscribedBelow: false,
      selectedBelow: false,
    }
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

function attributesOf({ place, hasChildren, subscribed }: Entry, extended: boolean, tellSubscribed: boolean): string[] {
  const attributes: string[] = []
  if (!place) attributes.push(extended ? '\\NonExistent' : '\\Noselect')
  else if (!place.mailbox.selectable || !place.rights.includes('r')) attributes.push('\\Noselect')
  attributes.push(hasChildren ? '\\HasChildren' : '\\HasNoChildren')
  if (tellSubscribed && subscribed) attributes.push('\\Subscribed')
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
    const places = await allPlaces(session)
    yield ''
    const entries = entriesOf(places, await lostNames(session))
    yield ''
    for (const { name, place, subscribed, subscribedBelow } of entries.values()) {
      if (!matches(wanted, name)) continue
      // RFC 3501 §6.3.9: a level that "%" stops at is named for the subscribed ones below it.
      if (subscribed && place) text += `* LSUB () "/" ${printName(session, name)}\r\n`
      else if (subscribed || (subscribedBelow && pattern.includes('%')))
        text += `* LSUB (\\Noselect) "/" ${printName(session, name)}\r\n`
    }
    yield text
    return done('Listed')
  },
}
