// EmailSubmission/query                                                          RFC 8621 §7.3

import { findSubmissions, submissionState, type SubmissionFilter } from '../../queue/submissions.ts'
import { objectId } from '../../store/objectids.ts'
import { submissionCapability } from '../identityobjects.ts'
import { method, MethodError } from '../method.ts'
import { readQuery, windowOf, type QueryArguments } from '../standard.ts'
import { allOf, readSubmissionFilter, readSubmissionSort } from '../submissionlists.ts'

export const emailSubmissionQuery = method<QueryArguments<SubmissionFilter>>({
  name: 'EmailSubmission/query',
  capability: submissionCapability,
  read: (args) => readQuery(args, readSubmissionFilter),
  async run({ house, account, accountId }, query) {
    const { db } = house.store
    const { modseq } = await submissionState(db, account)
    const most = house.limits.queryResults
    const all = await findSubmissions(db, account, allOf(query.filter), readSubmissionSort(query.sort), most + 1)
    if (all.length > most) throw new MethodError('unsupportedFilter', `It fits more than ${most}: say a time`)
    const ids = all.map((id) => objectId('S', id))
    const anchorAt = query.anchor === undefined ? -1 : ids.indexOf(query.anchor)
    const { start, end } = windowOf(query, ids.length, anchorAt, most)
    return {
      accountId,
      queryState: String(modseq),
      canCalculateChanges: false,
      position: start,
      ids: ids.slice(start, end),
      ...(query.calculateTotal && { total: ids.length }),
    }
  },
})
