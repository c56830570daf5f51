// EmailSubmission/changes                                                        RFC 8621 §7.2

import { submissionChanges, submissionState } from '../../queue/submissions.ts'
import { objectId } from '../../store/objectids.ts'
import { submissionCapability } from '../identityobjects.ts'
import { tooOld } from '../mailscope.ts'
import { method } from '../method.ts'
import { readChanges, readState, type ChangesArguments } from '../standard.ts'

export const emailSubmissionChanges = method<ChangesArguments>({
  name: 'EmailSubmission/changes',
  capability: submissionCapability,
  read: readChanges,
  async run({ house, account, accountId }, { sinceState, maxChanges }) {
    const { db } = house.store
    const since = readState(sinceState, (await submissionState(db, account)).modseq)
    const changes = await submissionChanges(db, account, since, maxChanges)
    if (!changes) throw tooOld()
    const ids = (numbers: readonly number[]): string[] => numbers.map((id) => objectId('S', id))
    return {
      accountId,
      oldState: sinceState,
      newState: String(changes.modseq),
      hasMoreChanges: changes.hasMore,
      created: ids(changes.created),
      updated: ids(changes.updated),
      destroyed: ids(changes.destroyed),
    }
  },
})
