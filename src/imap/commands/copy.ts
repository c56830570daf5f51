// COPY set mailbox, UID COPY, MOVE, UID MOVE                RFC 9051 §6.4.7, §6.4.8, RFC 6851, RFC 4315
//
// Invariant: all or nothing; a moved message is in exactly one of the two mailboxes at any time.

import { copyMessages, moveMessages, type Copied, type KeptFlags } from '../../store/messages.ts'
import { Trouble } from '../../wire/troubles.ts'
import { readAim, takeAim, uidsOf, type Aim } from '../aims.ts'
import { noteAct } from '../acts.ts'
import { done, no } from '../answers.ts'
import { whenSelected, type Command, type Finished, type Run } from '../command.ts'
import { changeableBits } from '../flags.ts'
import { forgetUids, pictureOf } from '../news.ts'
import { targetOf, type Place } from '../places.ts'
import type { Scanner } from '../scanner.ts'
import { printRanges, rangesOf } from '../sequences.ts'
import { selectedOf, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'

interface CopyOrder {
  aim: Aim
  path: string[]
}

function readCopy(scan: Scanner, byUid: boolean): CopyOrder {
  scan.space()
  const aim = readAim(scan, byUid)
  scan.space()
  return { aim, path: readMailbox(scan) }
}

export const copy: Command<CopyOrder> = {
  verb: 'COPY',
  allowedIn: whenSelected,
  read: (scan) => readCopy(scan, false),
  run: runCopy,
}

export const uidCopy: Command<CopyOrder> = {
  verb: 'UID COPY',
  allowedIn: whenSelected,
  read: (scan) => readCopy(scan, true),
  run: runCopy,
}

export const move: Command<CopyOrder> = {
  verb: 'MOVE',
  allowedIn: whenSelected,
  read: (scan) => readCopy(scan, false),
  run: runMove,
}

export const uidMove: Command<CopyOrder> = {
  verb: 'UID MOVE',
  allowedIn: whenSelected,
  read: (scan) => readCopy(scan, true),
  run: runMove,
}

async function runCopy(session: Session, { aim, path }: CopyOrder): Promise<Finished> {
  const selected = selectedOf(session)
  const uids = uidsOf(await takeAim(session, aim))
  const target = await targetOf(session, path)
  const { mailbox, rights } = target
  const copied = await copyMessages(session.store, selected.mailboxId, uids, mailbox.id, keptBy(rights))
  await noteMoved(session, 'copy', target, copied)
  // RFC 4315 §3: no COPYUID when nothing was copied.
  return copied.length === 0 ? done('Nothing to copy') : done('Copied', copyUid(mailbox.uidValidity, copied))
}

async function* runMove(session: Session, { aim, path }: CopyOrder): Run {
  const selected = selectedOf(session)
  if (selected.readOnly) throw no('The mailbox was opened for reading', 'READ-ONLY')
  for (const right of 'te') if (!selected.rights.includes(right)) throw new Trouble('not-permitted')
  const uids = uidsOf(await takeAim(session, aim))
  const target = await targetOf(session, path)
  const { mailbox, rights } = target
  const moved = await moveMessages(session.store, selected.mailboxId, uids, mailbox.id, keptBy(rights))
  if (moved.length === 0) return done('Nothing to move')
  await noteMoved(session, 'move', target, moved)
  yield `* OK [${copyUid(mailbox.uidValidity, moved)}] Moved\r\n`
  // EXPUNGE may be said here even by message number: MOVE is not in the list of RFC 9051 §7.5.1.
  const picture = await pictureOf(session)
  yield forgetUids(
    session,
    selected,
    moved.map(({ from }) => from).filter((uid) => picture.has(uid)),
  )
  return done('Moved')
}

/** Out of a mailbox of somebody else, into one, or both. */
async function noteMoved(session: Session, act: 'copy' | 'move', target: Place, copied: Copied[]): Promise<void> {
  const selected = selectedOf(session)
  await noteAct(session, selected, act, () => ({ uids: copied.map(({ from }) => from), to: target.name }))
  await noteAct(session, target, 'add', () => ({ uids: copied.map(({ to }) => to), from: selected.name }))
}

/** Flags that the rights in the target do not reach stay behind; that is no failure (RFC 4314 §4). */
function keptBy(rights: string): KeptFlags {
  return { flags: changeableBits(rights), keywords: rights.includes('w') }
}

/** "COPYUID 42 1:3 7:9": both sets in the same order. */
function copyUid(uidValidity: number, copied: Copied[]): string {
  const from = printRanges(rangesOf(copied.map((each) => each.from)))
  const to = printRanges(rangesOf(copied.map((each) => each.to)))
  return `COPYUID ${uidValidity} ${from} ${to}`
}
