// STORE set [(UNCHANGEDSINCE n)] [+-]FLAGS[.SILENT] flags, UID STORE      RFC 9051 §6.4.6, RFC 7162 §3.1.3
//
// Invariant: an answer for a message is its flags after the change, on disk.

import { flagBits, storeFlags, type FlagChange } from '../../store/flags.ts'
import type { MessageRow } from '../../store/messages.ts'
import { readAim, takeAim, uidsOf, type Aim, type Aimed } from '../aims.ts'
import { noteAct } from '../acts.ts'
import { done, no } from '../answers.ts'
import { whenSelected, type Command, type Run } from '../command.ts'
import { changeableBits, printFlags, readFlags, type Flags } from '../flags.ts'
import { flagsIn, startCondstore, tellKeywords } from '../news.ts'
import type { Scanner } from '../scanner.ts'
import { printSet } from '../sequences.ts'
import { selectedOf, type Selected, type Session } from '../session.ts'
import { Trouble } from '../../wire/troubles.ts'

interface StoreOrder {
  aim: Aim
  mode: FlagChange['mode']
  silent: boolean
  flags: Flags
  unchangedSince: number | undefined
}

export const store: Command<StoreOrder> = {
  verb: 'STORE',
  allowedIn: whenSelected,
  tells: 'no-expunge',
  read: (scan) => readStore(scan, false),
  run: runStore,
}

export const uidStore: Command<StoreOrder> = {
  verb: 'UID STORE',
  allowedIn: whenSelected,
  read: (scan) => readStore(scan, true),
  run: runStore,
}

function readStore(scan: Scanner, byUid: boolean): StoreOrder {
  scan.space()
  const aim = readAim(scan, byUid)
  scan.space()
  let unchangedSince: number | undefined
  if (scan.peek() === '(') {
    scan.list(() => {
      scan.word(['UNCHANGEDSINCE'], 'UNCHANGEDSINCE')
      scan.space()
      unchangedSince = scan.number('a modseq')
    })
    scan.space()
  }
  const mode = scan.accept('+') ? 'add' : scan.accept('-') ? 'remove' : 'set'
  const silent = scan.word(['FLAGS', 'FLAGS.SILENT'], 'FLAGS') === 'FLAGS.SILENT'
  scan.space()
  return { aim, mode, silent, flags: readFlags(scan, true), unchangedSince }
}

async function* runStore(session: Session, order: StoreOrder): Run {
  const selected = selectedOf(session)
  if (selected.readOnly) throw no('The mailbox was opened for reading', 'READ-ONLY')
  const { aim, silent, unchangedSince } = order
  if (unchangedSince !== undefined) yield startCondstore(session)
  const aimed = await takeAim(session, aim)
  const uids = uidsOf(aimed)
  const changes = changesOf(order, selected)
  let rows: MessageRow[] = []
  let failed: number[] = []
  for (const change of changes) {
    const stored = await storeFlags(session.store, selected.mailboxId, uids, change)
    for (const row of stored.changed) selected.own.add(row.modseq)
    rows = stored.changed.concat(stored.same).toSorted((a, b) => a.uid - b.uid)
    failed = stored.failed
  }
  await noteAct(session, selected, 'flags', () => ({ uids: rows.map(({ uid }) => uid), ...toldChange(order) }))
  const missing = uids.length - rows.length - failed.length
  yield* sayStored(session, order, aimed, rows, silent)
  if (failed.length > 0) {
    const named = aim.byUid ? failed : failed.map((uid) => aimed.picture.seqOf(uid))
    return done('Some were changed by others', `MODIFIED ${printSet(named)}`)
  }
  return missing > 0 ? done('Stored, some were expunged', 'EXPUNGEISSUED') : done('Stored')
}

function toldChange({ mode, flags }: StoreOrder): { mode: string; flags: string } {
  return { mode, flags: printFlags(flags.bits, flags.keywords.join(' ')) }
}

/**
 * The changes that the rights allow. One with some of its flags out of reach still changes the others
 * (RFC 4314 §4); one with all of them out of reach is refused.
 */
function changesOf({ mode, flags, unchangedSince }: StoreOrder, { rights }: Selected): FlagChange[] {
  const may = changeableBits(rights)
  const keywords = rights.includes('w') ? flags.keywords : []
  const since = unchangedSince === undefined ? {} : { unchangedSince }
  if (may === everyBit) return [{ mode, flags: flags.bits, keywords, ...since }]
  const bits = flags.bits & may
  if (may === 0 || (mode !== 'set' && bits === 0 && keywords.length === 0)) throw new Trouble('not-permitted')
  if (mode !== 'set') return [{ mode, flags: bits, keywords, ...since }]
  // Replacing only what may be changed is adding and taking away; keywords of others are left alone.
  const remove: FlagChange = { mode: 'remove', flags: may & ~bits, keywords: [], ...since }
  return [remove, { mode: 'add', flags: bits, keywords }]
}

const everyBit = flagBits.seen | flagBits.answered | flagBits.flagged | flagBits.deleted | flagBits.draft

async function* sayStored(
  session: Session,
  order: StoreOrder,
  { picture }: Aimed,
  rows: MessageRow[],
  silent: boolean,
) {
  const { condstore, qresync } = session.enabled
  if (silent && !condstore) return
  const selected = selectedOf(session)
  const withUid = order.aim.byUid || qresync
  let text = ''
  for (const row of rows) {
    // A silent change still says its modseq, for clients that keep count (RFC 7162 §3.1.3); one without effect says nothing.
    if (silent && !selected.own.has(row.modseq)) continue
    const items: string[] = []
    if (withUid) items.push('UID ' + row.uid)
    if (!silent) items.push('FLAGS (' + printFlags(flagsIn(selected, row.uid, row.flags), row.keywords) + ')')
    if (condstore) items.push('MODSEQ (' + row.modseq + ')')
    if (!silent) text += tellKeywords(selected, row.keywords)
    text += '* ' + picture.seqOf(row.uid) + ' FETCH (' + items.join(' ') + ')\r\n'
    if (text.length < session.limits.gather) continue
    yield text
    text = ''
  }
  yield text
}
