// EXPUNGE, UID EXPUNGE set                                  RFC 9051 §6.4.3, §6.4.9
//
// The EXPUNGE or VANISHED responses are those of the news: this session learns of its own expunge as of any other.

import { mailboxById } from '../../store/mailboxes.ts'
import { expunge as expungeMessages } from '../../store/messages.ts'
import { Trouble } from '../../wire/troubles.ts'
import { readAim, takeAim, uidsOf, type Aim } from '../aims.ts'
import { noteAct } from '../acts.ts'
import { done, no } from '../answers.ts'
import { nothing, whenSelected, type Command, type Finished } from '../command.ts'
import { selectedOf, type Session } from '../session.ts'

export const expunge: Command<undefined> = {
  verb: 'EXPUNGE',
  allowedIn: whenSelected,
  read: nothing,
  run: (session) => runExpunge(session, undefined),
}

export const uidExpunge: Command<Aim> = {
  verb: 'UID EXPUNGE',
  allowedIn: whenSelected,

  read(scan) {
    scan.space()
    return readAim(scan, true)
  },

  run: (session, aim) => runExpunge(session, aim),
}

async function runExpunge(session: Session, aim: Aim | undefined): Promise<Finished> {
  const selected = selectedOf(session)
  if (selected.readOnly) throw no('The mailbox was opened for reading', 'READ-ONLY')
  if (!selected.rights.includes('e')) throw new Trouble('not-permitted')
  const { store } = session
  const gone = aim
    ? await expungeMessages(store, selected.mailboxId, uidsOf(await takeAim(session, aim)), { onlyDeleted: true })
    : await expungeMessages(store, selected.mailboxId, 'all-deleted')
  await noteAct(session, selected, 'delete', () => ({ uids: gone }))
  selected.dirty = true
  if (!session.enabled.qresync) return done('Expunged')
  // RFC 7162 §3.2.5: the client's cache is good up to here.
  const mailbox = await mailboxById(store.db, selected.mailboxId)
  return done('Expunged', `HIGHESTMODSEQ ${mailbox?.modseq ?? selected.told}`)
}
