// SieveScript/get                                                                RFC 9661 §2.3

import { method } from '../method.ts'
import { scriptProperties, scriptsOf, sieveCapability, tellScript } from '../scriptobjects.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set(scriptProperties)

export const sieveScriptGet = method<GetArguments>({
  name: 'SieveScript/get',
  capability: sieveCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),

  async run(call, { ids, properties }) {
    const { list, state } = await scriptsOf(call)
    const all = list.map(tellScript)
    const asked = ids && resolveIds(call, ids)
    const found = asked ? all.filter(({ id }) => asked.includes(id as string)) : all
    const wanted = (name: string): boolean => name === 'id' || !properties || properties.includes(name)
    return {
      accountId: call.accountId,
      state,
      list: found.map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => wanted(name)))),
      notFound: asked ? asked.filter((id) => !all.some((one) => one.id === id)) : [],
    }
  },
})
