// EmailSubmission/queryChanges                                                   RFC 8621 §7.4
//
// A list of submissions is short and asked for seldom: it is read anew.

import { submissionCapability } from '../identityobjects.ts'
import { method, MethodError } from '../method.ts'
import { readText, type Arguments } from '../arguments.ts'

export const emailSubmissionQueryChanges = method<Arguments>({
  name: 'EmailSubmission/queryChanges',
  capability: submissionCapability,
  read(args) {
    readText(args, 'sinceQueryState')
    return args
  },
  run: () => Promise.reject(new MethodError('cannotCalculateChanges', 'Ask EmailSubmission/query')),
})
