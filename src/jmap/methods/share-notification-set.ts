// ShareNotification/set                                                          RFC 9670 §3.5
//
// Notices are only dismissed; the house alone makes them.

import { objectNumber } from '../../store/objectids.ts'
import { dismissShareNotice, shareNotices } from '../../store/sharenotices.ts'
import { method, setError } from '../method.ts'
import { tellNotices } from '../notices.ts'
import { principalsCapability } from '../principalobjects.ts'
import { checkState, readSet, SetResults, type SetArguments } from '../standard.ts'

export const shareNotificationSet = method<SetArguments>({
  name: 'ShareNotification/set',
  capability: principalsCapability,
  read: readSet,
  async run(call, asked) {
    const { house, account, accountId } = call
    const { db } = house.store
    const before = String((await shareNotices(db, account)).state)
    checkState(asked.ifInState, before)
    const results = new SetResults()
    await results.each(call, asked, {
      create: () => Promise.reject(setError('forbidden')),
      update: () => Promise.reject(setError('forbidden')),
      async destroy(id) {
        const number = objectNumber('S', id) ?? -1
        const gone = await db.transaction((sql) => dismissShareNotice(sql, account, number))
        if (!gone) throw setError('notFound')
      },
    })
    const after = String((await shareNotices(db, account)).state)
    if (after !== before) await tellNotices(house, account)
    return results.answer(accountId, before, after)
  },
})
