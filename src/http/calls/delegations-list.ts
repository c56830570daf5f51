// GET /api/delegations: whom the person who asks lets act for him, and for whom he may.

import * as z from 'zod/mini'
import { delegationsGiven, delegationsHad } from '../../directory/delegations.ts'
import { call } from '../call.ts'
import { addressShape, delegationShape, ownerOf, showDelegation } from '../delegations.ts'

export const delegationsList = call({
  method: 'GET',
  path: '/api/delegations',
  summary: {
    en: 'Who may act for the person who asks, and for whom he may; an administrator may name another owner.',
    zh: '本人授權的代理人,以及本人可代理的對象;管理者可指定其他帳號。',
  },
  who: 'person',
  rate: { count: 240, seconds: 60, per: 'account' },
  input: z.strictObject({ owner: z.optional(addressShape) }),
  output: z.object({ given: z.array(delegationShape), had: z.array(delegationShape) }),

  async run({ house, by }, { owner: named }) {
    const { db } = house.store
    const owner = await ownerOf(house, by, named)
    const show = (list: Parameters<typeof showDelegation>[1][]) =>
      Promise.all(list.map((one) => showDelegation(house, one)))
    return {
      given: await show(await delegationsGiven(db, owner.id)),
      had: await show(await delegationsHad(db, owner.id)),
    }
  },
})
