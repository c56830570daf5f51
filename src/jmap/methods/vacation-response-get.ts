// VacationResponse/get                                                           RFC 8621 §8.1

import { method } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'
import { vacationCapability, vacationId, vacationNow, vacationProperties } from '../vacationobjects.ts'

const known: ReadonlySet<string> = new Set(vacationProperties)

export const vacationResponseGet = method<GetArguments>({
  name: 'VacationResponse/get',
  capability: vacationCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run(call, { ids, properties }) {
    const { object, state } = await vacationNow(call)
    const asked = ids ? resolveIds(call, ids) : [vacationId]
    const wanted = Object.entries(object).filter(([name]) => name === 'id' || !properties || properties.includes(name))
    return {
      accountId: call.accountId,
      state,
      list: asked.includes(vacationId) ? [Object.fromEntries(wanted)] : [],
      notFound: asked.filter((id) => id !== vacationId),
    }
  },
})
