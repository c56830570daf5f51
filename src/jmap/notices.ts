// Notices of what is shared with somebody, as JMAP tells them.                                      RFC 9670 §3

import { shareNotices, type ShareNotice } from '../store/sharenotices.ts'
import { objectId } from '../store/objectids.ts'
import { utcDate } from './arguments.ts'
import { rightsOfLetters } from './mailboxobjects.ts'
import type { JmapHouse } from './method.ts'

export const noticeProperties = [
  'id',
  'created',
  'changedBy',
  'objectType',
  'objectAccountId',
  'objectId',
  'oldRights',
  'newRights',
  'name',
] as const

export async function tellNotice(
  house: Pick<JmapHouse, 'accountById'>,
  notice: ShareNotice,
): Promise<Record<(typeof noticeProperties)[number], unknown>> {
  const { id, at, byId, ownerId, mailboxId, name, oldRights, newRights } = notice
  const by = byId === 0 ? undefined : await house.accountById(byId)
  return {
    id: objectId('S', id),
    created: utcDate(at),
    changedBy: { name: by?.name ?? '', email: by?.address ?? null, principalId: by ? objectId('A', by.id) : null },
    objectType: 'Mailbox',
    objectAccountId: objectId('A', ownerId),
    objectId: objectId('F', mailboxId),
    oldRights: oldRights === '' ? null : rightsOfLetters(oldRights),
    newRights: newRights === '' ? null : rightsOfLetters(newRights),
    name,
  }
}

/** Those who listen hear that there are other notices. After the commit. */
export async function tellNotices({ store, push }: Pick<JmapHouse, 'store' | 'push'>, account: number): Promise<void> {
  const { state } = await shareNotices(store.db, account)
  push.tell(account, { ShareNotification: String(state) })
}
