// The client's picture of the selected mailbox, and what it is told when the mailbox moved on.
// RFC 9051 §5.2, §7.4, §7.5; RFC 7162 §3.2 (modseq, VANISHED).
//
// Invariants:
//   a message number means to us what it means to the client: `uids` and `total` change only together
//     with the EXISTS, EXPUNGE or VANISHED that says so
//   nothing is told twice as news by the session that did it
//   a mailbox that nobody asked numbers of costs no list of uids

import { mailboxById, type Mailbox } from '../store/mailboxes.ts'
import { changedSince, vanishedSince, type MessageRow } from '../store/messages.ts'
import type { UidList } from '../store/uids.ts'
import { bye } from './answers.ts'
import type { Tells } from './command.ts'
import { printFlags, recentBit, systemFlagNames } from './flags.ts'
import { rightsIn } from './places.ts'
import { countOf, holds, positionsOf, printSet, type Range } from './sequences.ts'
import { selectedOf, type Selected, type Session } from './session.ts'

/** The uids behind the client's message numbers. Read at the first need, then kept up by tellNews. */
export async function pictureOf(session: Session): Promise<UidList> {
  const selected = selectedOf(session)
  if (selected.uids) return selected.uids
  const { uids } = await session.store.views.asOf(selected.mailboxId, selected.toldGone, selected.uidNext)
  selected.uids = uids
  selected.total = uids.length
  return uids
}

/** What the client must hear now, as untagged responses; '' for nothing. */
export async function tellNews(session: Session, tells: Tells): Promise<string> {
  const { selected, store } = session
  if (!selected?.dirty || tells === 'nothing') return ''
  selected.dirty = false
  if (selected.rightsDirty) await checkRights(session, selected)
  const mailbox = await mailboxById(store.db, selected.mailboxId)
  if (!mailbox) throw bye('The selected mailbox was deleted')
  let told = ''
  if (mailbox.modseq > selected.toldGone) {
    if (tells === 'everything') {
      told += await tellGone(session, selected, mailbox.modseq)
    } else {
      // To be told by the next command that may. Until then numbers count what is gone: fix them now.
      await pictureOf(session)
      selected.dirty = true
    }
  }
  if (mailbox.modseq > selected.told) told += await tellChanged(session, selected, mailbox)
  selected.own.clear()
  return told
}

/** Whether the rights in the selected mailbox are those of now; in somebody else's they may have ended since its opening. */
export function hasFreshRights({ selected, person }: Session): boolean {
  return !selected || (!selected.rightsDirty && selected.accountId === person?.id)
}

/** Who lost the right to read does not go on reading. */
export async function checkRights(session: Session, selected: Selected): Promise<void> {
  selected.rightsDirty = false
  const rights = await rightsIn(session, selected.mailboxId)
  if (!rights.includes('r')) throw bye('The selected mailbox is no longer open to you')
  selected.rights = rights
}

async function tellGone(session: Session, selected: Selected, modseq: number): Promise<string> {
  const vanished = await vanishedSince(session.store.db, selected.mailboxId, selected.toldGone)
  const known = vanished.filter((uid) => uid < selected.uidNext)
  const picture = known.length > 0 ? await pictureOf(session) : undefined
  const gone = picture ? known.filter((uid) => picture.has(uid)) : []
  selected.toldGone = modseq
  return forgetUids(session, selected, gone)
}

/** Takes `gone` (ascending uids of the picture) out of the picture and prints EXPUNGE or VANISHED for them. */
export function forgetUids(session: Session, selected: Selected, gone: number[]): string {
  if (gone.length === 0) return ''
  const picture = selected.uids!
  selected.uids = picture.without(gone)
  selected.total = selected.uids.length
  if (session.enabled.qresync) return `* VANISHED ${printSet(gone)}\r\n`
  // From the last to the first: every number said is still right when the client reads it.
  let told = ''
  for (let i = gone.length - 1; i >= 0; i--) told += `* ${picture.seqOf(gone[i]!)} EXPUNGE\r\n`
  return told
}

async function tellChanged(session: Session, selected: Selected, mailbox: Mailbox): Promise<string> {
  const rows = await changedSince(session.store.db, selected.mailboxId, selected.told)
  selected.told = mailbox.modseq
  const { uidNext } = selected
  const fresh: number[] = []
  const changed: MessageRow[] = []
  for (const row of rows) {
    if (row.uid >= uidNext) fresh.push(row.uid)
    else if (!selected.own.has(row.modseq)) changed.push(row)
  }
  let told = ''
  if (fresh.length > 0) {
    fresh.sort((a, b) => a - b)
    selected.total += fresh.length
    selected.uidNext = fresh.at(-1)! + 1
    if (selected.uids) selected.uids = selected.uids.with(fresh)
    told += `* ${selected.total} EXISTS\r\n`
    if (!session.enabled.rev2) {
      claimRecent(session, selected, mailbox, fresh)
      told += `* ${recentIn(selected)} RECENT\r\n`
    }
  }
  if (changed.length > 0) {
    const picture = await pictureOf(session)
    for (const row of changed) {
      const seq = picture.seqOf(row.uid)
      if (seq > 0) told += tellKeywords(selected, row.keywords) + flagsResponse(session, selected, seq, row)
    }
  }
  return told
}

/**
 * Of messages that came (ascending uids), those that no other session was told of are \Recent here. A session that may
 * only read does not take them from the next one (RFC 3501 §6.3.2).
 */
function claimRecent({ store }: Session, selected: Selected, mailbox: Mailbox, fresh: number[]): void {
  const { recents } = store
  const first = selected.readOnly ? recents.from(mailbox) : recents.claim(mailbox, selected.uidNext)
  const before = selected.recent.at(-1)
  const range: Range = [Math.max(first, before ? before[1] + 1 : fresh[0]!), selected.uidNext - 1]
  if (range[0] > range[1]) return
  for (const uid of fresh) if (uid >= range[0]) selected.recentTotal++
  if (before && before[1] + 1 === range[0]) before[1] = range[1]
  else selected.recent.push(range)
}

/** How many messages of the picture are \Recent. */
export function recentIn(selected: Selected): number {
  if (selected.recent.length === 0) return 0
  return selected.uids ? countOf(positionsOf(selected.uids, selected.recent)) : selected.recentTotal
}

/** The flags of a message as this session sees them: those of its row, and \Recent. */
export function flagsIn(selected: Selected, uid: number, flags: number): number {
  return selected.recent.length > 0 && holds(selected.recent, uid) ? flags | recentBit : flags
}

/** Switches CONDSTORE on; what is to be told when it was off. */
export function startCondstore(session: Session): string {
  if (session.enabled.condstore) return ''
  session.enabled.condstore = true
  return whereItStands(session)
}

/**
 * For a client that begins to count modseqs with a mailbox selected (RFC 7162 §3.1): what it has heard up to now. News
 * that were not told yet have higher ones.
 */
export function whereItStands({ selected }: Session): string {
  return selected ? `* OK [HIGHESTMODSEQ ${Math.min(selected.told, selected.toldGone)}] Modseqs are told\r\n` : ''
}

/** "* 3 FETCH (...)" about flags, as unsolicited news. */
function flagsResponse(session: Session, selected: Selected, seq: number, row: MessageRow): string {
  const { condstore, qresync } = session.enabled
  // RFC 7162 §3.2.4: with QRESYNC every such response has the uid; with CONDSTORE the modseq.
  const uid = qresync || session.enabled.rev2 ? `UID ${row.uid} ` : ''
  const flags = printFlags(flagsIn(selected, row.uid, row.flags), row.keywords)
  const modseq = condstore ? ` MODSEQ (${row.modseq})` : ''
  return `* ${seq} FETCH (${uid}FLAGS (${flags})${modseq})\r\n`
}

/** A FLAGS response when a keyword shows up that the client has not heard of (RFC 9051 §7.3.5). */
export function tellKeywords(selected: Selected, keywords: string): string {
  if (keywords === '') return ''
  let news = false
  for (const keyword of keywords.split(' ')) {
    if (selected.keywords.has(keyword)) continue
    selected.keywords.add(keyword)
    news = true
  }
  return news ? `* FLAGS (${[systemFlagNames, ...selected.keywords].join(' ')})\r\n` : ''
}
