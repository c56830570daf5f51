// What somebody does in the account of another goes into the history, before the client hears that it was done.

import { writeActs, type Act } from '../tracking/acts.ts'
import type { Call } from './method.ts'

const longestList = 50 // ids that are kept of one act

/** Nothing in one's own account. */
export async function noteActs(
  call: Pick<Call, 'house' | 'user' | 'account' | 'own' | 'peer' | 'sessionId'>,
  acts: readonly { act: string; ids?: readonly string[]; details?: Record<string, unknown> }[],
): Promise<void> {
  if (call.own || acts.length === 0) return
  const { house, user, account, peer, sessionId } = call
  const owner = await house.accountById(account)
  if (!owner) return // it is leaving
  const at = house.store.clock()
  await writeActs(
    house.store.db,
    acts.map(({ act, ids, details }): Act => ({
      at,
      by: { id: user.id, address: user.address },
      owner: owner.address,
      act,
      ...(sessionId !== '' && { session: sessionId }),
      peer: peer.address,
      details: {
        door: 'jmap',
        ...(ids && { count: ids.length, ids: ids.slice(0, longestList).join(' ') }),
        ...details,
      },
    })),
  )
}
