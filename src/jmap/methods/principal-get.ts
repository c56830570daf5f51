// Principal/get                                                                  RFC 9670 §2.1

import { principalsById } from '../../directory/principals.ts'
import { objectNumber } from '../../store/objectids.ts'
import { method } from '../method.ts'
import { principalProperties, principalsCapability, tellPrincipal } from '../principalobjects.ts'
import { accountsOf } from '../session.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set(principalProperties)

export const principalGet = method<GetArguments>({
  name: 'Principal/get',
  capability: principalsCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run({ house, user, accountId, ...call }, { ids, properties }) {
    // All of them would be the whole house: without ids it is oneself, others are found by Principal/query.
    const asked = ids ? resolveIds({ house, user, accountId, ...call }, ids) : [`A${user.id}`]
    const numbers = asked.flatMap((id) => objectNumber('A', id) ?? [])
    const asking = { askerId: user.id, visibility: house.visibility }
    const visible = new Set(await accountsOf(house, user))
    const list = (await principalsById(house.store.db, asking, numbers)).map((one) => tellPrincipal(one, visible))
    return {
      accountId,
      state: '0',
      list: list.map((one) =>
        Object.fromEntries(
          Object.entries(one).filter(([name]) => name === 'id' || !properties || properties.includes(name)),
        ),
      ),
      notFound: asked.filter((id) => !list.some((one) => one.id === id)),
    }
  },
})
