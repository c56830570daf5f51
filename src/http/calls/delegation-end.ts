// DELETE /api/delegations/:id: ends a delegation that one gave, at once at every door.

import * as z from 'zod/mini'
import { endDelegation } from '../../people/delegations.ts'
import { tellNotices } from '../../jmap/notices.ts'
import { tellShares } from '../../store/shares.ts'
import { call } from '../call.ts'
import { actorOf, givenBy, idShape } from '../delegations.ts'

export const delegationEnd = call({
  method: 'DELETE',
  path: '/api/delegations/:id',
  summary: { en: 'Ends a delegation at once.', zh: '立即終止代理。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  input: z.strictObject({ id: idShape }),

  async run({ house, by }, { id }) {
    const { id: number, ownerId, delegateId } = await givenBy(house, by, id)
    await endDelegation(house.store.db, number, actorOf(by), house.clock())
    await tellShares(house.store, [ownerId])
    await tellNotices(house.jmap, delegateId)
  },
})
