// CLOSE, UNSELECT                                           RFC 9051 §6.4.1, §6.4.2

import { expunge } from '../../store/messages.ts'
import { noteAct } from '../acts.ts'
import { done } from '../answers.ts'
import { nothing, whenSelected, type Command } from '../command.ts'
import { deselect, selectedOf } from '../session.ts'

export const close: Command<undefined> = {
  verb: 'CLOSE',
  allowedIn: whenSelected,
  tells: 'nothing',
  read: nothing,

  async run(session) {
    const selected = selectedOf(session)
    const { mailboxId, readOnly, rights } = selected
    // No EXPUNGE is said, and a mailbox opened for reading stays as it is.
    if (!readOnly && rights.includes('e')) {
      const gone = await expunge(session.store, mailboxId, 'all-deleted')
      await noteAct(session, selected, 'delete', () => ({ uids: gone }))
    }
    deselect(session)
    return done('Closed')
  },
}

export const unselect: Command<undefined> = {
  verb: 'UNSELECT',
  allowedIn: whenSelected,
  tells: 'nothing',
  read: nothing,

  async run(session) {
    deselect(session)
    return done('Left')
  },
}
