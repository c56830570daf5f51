// EmailSubmission/get                                                            RFC 8621 §7.1

import { findSubmissions, submissionsOf, submissionState } from '../../queue/submissions.ts'
import { objectNumber } from '../../store/objectids.ts'
import { submissionCapability } from '../identityobjects.ts'
import { method, MethodError } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'
import { submissionProperties, tellSubmission } from '../submissionobjects.ts'

const known: ReadonlySet<string> = new Set(submissionProperties)

export const emailSubmissionGet = method<GetArguments>({
  name: 'EmailSubmission/get',
  capability: submissionCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run({ house, account, accountId, ...call }, { ids, properties }) {
    const { db } = house.store
    const { modseq } = await submissionState(db, account)
    const asked = ids && resolveIds({ house, account, accountId, ...call }, ids)
    const most = house.limits.maxObjectsInGet
    const numbers = asked
      ? asked.flatMap((id) => objectNumber('S', id) ?? [])
      : await findSubmissions(db, account, [], [], most + 1)
    if (numbers.length > most) throw new MethodError('requestTooLarge', `At most ${most} objects`)
    const found = await submissionsOf(db, account, numbers)
    const list = numbers.flatMap((id) => {
      const submission = found.get(id)
      if (!submission) return []
      const told = Object.entries(tellSubmission(submission))
      return [Object.fromEntries(told.filter(([name]) => name === 'id' || !properties || properties.includes(name)))]
    })
    const notFound = asked?.filter((id) => !found.has(objectNumber('S', id) ?? -1)) ?? []
    return { accountId, state: String(modseq), list, notFound }
  },
})
