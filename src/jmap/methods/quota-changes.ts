// Quota/changes                                                                RFC 9425 §4.3

import { method, MethodError } from '../method.ts'
import { quotaId, quotasOf } from '../quotas.ts'
import { readChanges, type ChangesArguments } from '../standard.ts'

export const quotaChanges = method<ChangesArguments>({
  name: 'Quota/changes',
  capability: 'urn:ietf:params:jmap:quota',
  read: readChanges,

  async run(call, { sinceState }) {
    const { list, state } = await quotasOf(call.house.store.db, call.account)
    const before = /^(\d{1,16})\.(\d{1,16})$/.exec(sinceState)
    if (!before) throw new MethodError('cannotCalculateChanges', 'That state is not known here')
    const [quota] = state.split('.')
    const [was, is] = [before[1] !== '0', list.length > 0] // whether there was a quota, and is one
    return {
      accountId: call.accountId,
      oldState: sinceState,
      newState: state,
      hasMoreChanges: false,
      updatedProperties: before[1] === quota ? ['used'] : null,
      created: is && !was ? [quotaId] : [],
      updated: is && was && sinceState !== state ? [quotaId] : [],
      destroyed: was && !is ? [quotaId] : [],
    }
  },
})
