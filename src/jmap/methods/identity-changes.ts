// Identity/changes                                                               RFC 8621 §6.2
//
// A person has a handful of identities, and what changes them is not all done here (addresses come and go): the
// state tells whether something changed, and then they are read anew.

import { identitiesOf, submissionCapability } from '../identityobjects.ts'
import { method, MethodError } from '../method.ts'
import { readChanges, type ChangesArguments } from '../standard.ts'

export const identityChanges = method<ChangesArguments>({
  name: 'Identity/changes',
  capability: submissionCapability,
  read: readChanges,
  async run(call, { sinceState }) {
    const { state } = await identitiesOf(call)
    if (state !== sinceState) throw new MethodError('cannotCalculateChanges', 'Read them anew')
    return {
      accountId: call.accountId,
      oldState: state,
      newState: state,
      hasMoreChanges: false,
      created: [],
      updated: [],
      destroyed: [],
    }
  },
})
