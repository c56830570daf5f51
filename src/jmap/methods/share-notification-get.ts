// ShareNotification/get                                                          RFC 9670 §3.3

import { objectId } from '../../store/objectids.ts'
import { shareNotices } from '../../store/sharenotices.ts'
import { method } from '../method.ts'
import { noticeProperties, tellNotice } from '../notices.ts'
import { principalsCapability } from '../principalobjects.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set(noticeProperties)

export const shareNotificationGet = method<GetArguments>({
  name: 'ShareNotification/get',
  capability: principalsCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run(call, { ids, properties }) {
    const { list, state } = await shareNotices(call.house.store.db, call.account)
    const asked = ids && resolveIds(call, ids)
    const found = list.filter(({ id }) => !asked || asked.includes(objectId('S', id)))
    const told = await Promise.all(found.map((one) => tellNotice(call.house, one)))
    return {
      accountId: call.accountId,
      state: String(state),
      list: told.map((one) =>
        Object.fromEntries(
          Object.entries(one).filter(([name]) => name === 'id' || !properties || properties.includes(name)),
        ),
      ),
      notFound: (asked ?? []).filter((id) => !told.some((one) => one.id === id)),
    }
  },
})
