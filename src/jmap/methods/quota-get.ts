// Quota/get                                                                    RFC 9425 §4.2

import { method } from '../method.ts'
import { quotasOf, type QuotaObject } from '../quotas.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const properties: (keyof QuotaObject)[] = [
  'id',
  'resourceType',
  'used',
  'hardLimit',
  'warnLimit',
  'softLimit',
  'scope',
  'name',
  'types',
  'description',
]

export const quotaGet = method<GetArguments>({
  name: 'Quota/get',
  capability: 'urn:ietf:params:jmap:quota',
  read: (args, limits) => readGet(args, limits, (name) => properties.some((one) => one === name)),

  async run(call, { ids, properties: wanted }) {
    const { list, state } = await quotasOf(call.house.store.db, call.account)
    const asked = ids && resolveIds(call, ids)
    const found = asked ? list.filter(({ id }) => asked.includes(id)) : list
    return {
      accountId: call.accountId,
      state,
      list: found.map((quota) =>
        Object.fromEntries(Object.entries(quota).filter(([name]) => name === 'id' || !wanted || wanted.includes(name))),
      ),
      notFound: asked ? asked.filter((id) => !list.some((quota) => quota.id === id)) : [],
    }
  },
})
