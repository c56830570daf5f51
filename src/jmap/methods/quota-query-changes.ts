// Quota/queryChanges                                                           RFC 9425 §4.5
//
// An account has one quota: asking again costs less than telling what changed.

import { method, MethodError } from '../method.ts'

export const quotaQueryChanges = method<undefined>({
  name: 'Quota/queryChanges',
  capability: 'urn:ietf:params:jmap:quota',
  read: () => undefined,

  async run() {
    throw new MethodError('cannotCalculateChanges', 'Ask Quota/query again')
  },
})
