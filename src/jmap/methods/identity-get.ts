// Identity/get                                                                   RFC 8621 §6.1

import { identitiesOf, identityProperties, submissionCapability, tellIdentity } from '../identityobjects.ts'
import { method } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set(identityProperties)

export const identityGet = method<GetArguments>({
  name: 'Identity/get',
  capability: submissionCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run(call, { ids, properties }) {
    const { list, state } = await identitiesOf(call)
    const all = list.map(tellIdentity)
    const asked = ids && resolveIds(call, ids)
    const found = asked ? all.filter(({ id }) => asked.includes(id as string)) : all
    return {
      accountId: call.accountId,
      state,
      list: found.map((one) =>
        Object.fromEntries(
          Object.entries(one).filter(([name]) => name === 'id' || !properties || properties.includes(name)),
        ),
      ),
      notFound: asked ? asked.filter((id) => !all.some((one) => one.id === id)) : [],
    }
  },
})
