// ShareNotification/changes                                                      RFC 9670 §3.4

import { objectId } from '../../store/objectids.ts'
import { shareNotices, shareNoticesSince } from '../../store/sharenotices.ts'
import { tooOld } from '../mailscope.ts'
import { method } from '../method.ts'
import { principalsCapability } from '../principalobjects.ts'
import { readChanges, readState, type ChangesArguments } from '../standard.ts'

export const shareNotificationChanges = method<ChangesArguments>({
  name: 'ShareNotification/changes',
  capability: principalsCapability,
  read: readChanges,
  async run({ house, account, accountId }, { sinceState, maxChanges }) {
    const { db } = house.store
    const since = readState(sinceState, (await shareNotices(db, account)).state)
    const changes = await shareNoticesSince(db, account, since, maxChanges)
    if (!changes) throw tooOld()
    const ids = (numbers: number[]): string[] => numbers.map((id) => objectId('S', id))
    return {
      accountId,
      oldState: sinceState,
      newState: String(changes.state),
      hasMoreChanges: changes.hasMore,
      created: ids(changes.created),
      updated: [],
      destroyed: ids(changes.destroyed),
    }
  },
})
