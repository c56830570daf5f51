// SELECT mailbox [(CONDSTORE) / (QRESYNC (...))], EXAMINE      RFC 9051 §6.3.2, §6.3.3, RFC 7162 §3.1.8, §3.2.5
//
// Invariants:
//   the mailbox selected before is left, whether or not the new one can be had
//   costs one row of the mailbox, however many messages it has; only QRESYNC reads what changed

import { changedSince, vanishedSince } from '../../store/messages.ts'
import type { Mailbox } from '../../store/mailboxes.ts'
import { countFrom } from '../../store/recent.ts'
import { noteAct } from '../acts.ts'
import { bad, done, no } from '../answers.ts'
import { afterLogin, type Command, type Run } from '../command.ts'
import { permanentFlags, printFlags, systemFlagNames, usualKeywords } from '../flags.ts'
import { flagsIn, pictureOf, recentIn } from '../news.ts'
import { placeOf, printName, type Place } from '../places.ts'
import { objectId } from '../../store/objectids.ts'
import type { Scanner } from '../scanner.ts'
import { holds, normal, printSet, readRanges, type Ranges } from '../sequences.ts'
import { deselect, selectedOf, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'

interface Resync {
  uidValidity: number
  modseq: number
  known: Ranges | undefined
}

interface SelectOrder {
  path: string[]
  condstore: boolean
  resync: Resync | undefined
}

export const select: Command<SelectOrder> = {
  verb: 'SELECT',
  allowedIn: afterLogin,
  tells: 'nothing',
  read: readSelect,
  run: (session, order) => runSelect(session, order, false),
}

export const examine: Command<SelectOrder> = {
  verb: 'EXAMINE',
  allowedIn: afterLogin,
  tells: 'nothing',
  read: readSelect,
  run: (session, order) => runSelect(session, order, true),
}

function readSelect(scan: Scanner): SelectOrder {
  scan.space()
  const order: SelectOrder = { path: readMailbox(scan), condstore: false, resync: undefined }
  if (scan.accept(' ')) {
    scan.list(() => {
      if (scan.word(['CONDSTORE', 'QRESYNC'], 'CONDSTORE or QRESYNC') === 'CONDSTORE') order.condstore = true
      else order.resync = readResync(scan)
    })
  }
  return order
}

// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
function readResync(scan: Scanner): Resync {
  scan.space()
  scan.expect('(')
  const uidValidity = scan.nzNumber()
  scan.space()
  const resync: Resync = { uidValidity, modseq: scan.number('a modseq'), known: undefined }
  if (scan.accept(' ')) {
    if (scan.peek() !== '(') resync.known = readRanges(scan)
    if (resync.known === undefined || scan.accept(' ')) {
      // Numbers and uids that belong together: only of use to a server that forgets what it expunged, and ours does not.
      scan.expect('(')
      readRanges(scan)
      scan.space()
      readRanges(scan)
      scan.expect(')')
    }
  }
  scan.expect(')')
  return resync
}

async function* runSelect(session: Session, order: SelectOrder, readOnly: boolean): Run {
  const { enabled } = session
  if (order.resync && !enabled.qresync) throw bad('QRESYNC must be enabled first')
  if (session.selected) {
    deselect(session)
    if (enabled.qresync || enabled.rev2) yield '* OK [CLOSED] The mailbox before is closed\r\n'
  }
  const place = await placeOf(session, order.path, 'r')
  if (!place.mailbox.selectable) throw no('The mailbox only holds others', 'NONEXISTENT')
  if (order.condstore) enabled.condstore = true
  open(session, place, readOnly || !/[swite]/.test(place.rights))
  await noteAct(session, place, 'open')
  if (!enabled.rev2) await takeRecent(session, place.mailbox)
  yield describe(session, place)
  if (order.resync) yield* tellSince(session, place.mailbox, order.resync)
  const { readOnly: closed } = selectedOf(session)
  return done(closed ? 'Opened for reading' : 'Opened', closed ? 'READ-ONLY' : 'READ-WRITE')
}

function open(session: Session, { mailbox, name, rights }: Place, readOnly: boolean): void {
  session.selected = {
    mailboxId: mailbox.id,
    accountId: mailbox.accountId,
    name,
    readOnly,
    rights,
    uidValidity: mailbox.uidValidity,
    total: mailbox.total,
    uidNext: mailbox.uidNext,
    uids: undefined,
    told: mailbox.modseq,
    toldGone: mailbox.modseq,
    recent: [],
    recentTotal: 0,
    own: new Set(),
    keywords: new Set([...mailbox.keywords, ...usualKeywords]),
    dirty: true, // something may have been committed between the reading of the row and the watch
    rightsDirty: false,
    unwatch: () => {},
  }
  const selected = session.selected
  selected.unwatch = session.store.changes.watch({ mailboxId: mailbox.id }, ({ kind }) => {
    selected.dirty = true
    if (kind === 'mailbox') selected.rightsDirty = true
    session.ear.wake()
  })
  session.state = 'selected'
}

/**
 * What no session was told of yet is \Recent in this one, and in no other if it may change the mailbox (RFC 3501
 * §2.3.2). Only where there is something new does this cost a count, and never a wait for the disk.
 */
async function takeRecent(session: Session, mailbox: Mailbox): Promise<void> {
  const { recents, db } = session.store
  const selected = selectedOf(session)
  const first = selected.readOnly ? recents.from(mailbox) : recents.claim(mailbox, mailbox.uidNext)
  if (first >= mailbox.uidNext) return
  selected.recent = [[first, mailbox.uidNext - 1]]
  selected.recentTotal = first <= 1 ? mailbox.total : await countFrom(db, mailbox.id, first, mailbox.uidNext)
}

function describe(session: Session, { mailbox, rights }: Place): string {
  const selected = selectedOf(session)
  const keywords = [...selected.keywords].join(' ')
  const permanent = selected.readOnly ? '' : permanentFlags(rights, keywords)
  let text = `* ${mailbox.total} EXISTS\r\n`
  if (!session.enabled.rev2) {
    text += `* ${recentIn(selected)} RECENT\r\n`
    // RFC 3501 §6.3.1; only where the counters know it: to look for the first unseen may mean to read them all.
    if (mailbox.unseen > 0 && mailbox.unseen === mailbox.total) text += '* OK [UNSEEN 1] The first unseen\r\n'
  }
  text += `* FLAGS (${systemFlagNames} ${keywords})\r\n`
  text += `* OK [PERMANENTFLAGS (${permanent})] What can be kept\r\n`
  text += `* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs are valid\r\n`
  text += `* OK [UIDNEXT ${mailbox.uidNext}] Next UID\r\n`
  text += `* OK [HIGHESTMODSEQ ${mailbox.modseq}] Highest\r\n`
  text += `* OK [MAILBOXID (${objectId('F', mailbox.id)})] Id\r\n`
  if (session.enabled.rev2) text += `* LIST () "/" ${printName(session, selected.name)}\r\n`
  return text
}

// RFC 7162 §3.2.5: what the client missed since it was last here.
async function* tellSince(session: Session, mailbox: Mailbox, resync: Resync): AsyncGenerator<string, void, void> {
  if (resync.uidValidity !== mailbox.uidValidity || resync.modseq >= mailbox.modseq) return
  const { db } = session.store
  const before = mailbox.uidNext - 1
  const known = resync.known ? normal(resync.known, before) : ([[1, before]] as Ranges)
  if (before < 1) return
  const vanished = await vanishedSince(db, mailbox.id, resync.modseq)
  const gone = vanished.filter((uid) => uid < mailbox.uidNext && holds(known, uid))
  if (gone.length > 0) yield `* VANISHED (EARLIER) ${printSet(gone)}\r\n`

  const picture = await pictureOf(session)
  const selected = selectedOf(session)
  let text = ''
  for (const row of await changedSince(db, mailbox.id, resync.modseq)) {
    const seq = picture.seqOf(row.uid)
    if (seq === 0 || !holds(known, row.uid)) continue
    text += `* ${seq} FETCH (UID ${row.uid} FLAGS (${printFlags(flagsIn(selected, row.uid, row.flags), row.keywords)}) MODSEQ (${row.modseq}))\r\n`
    if (text.length < session.limits.gather) continue
    yield text
    text = ''
  }
  yield text
}
