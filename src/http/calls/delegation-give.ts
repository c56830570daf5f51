// POST /api/delegations: lets another act for the person who asks.

import * as z from 'zod/mini'
import { findAccount } from '../../directory/accounts.ts'
import { giveDelegation } from '../../people/delegations.ts'
import { tellNotices } from '../../jmap/notices.ts'
import { tellShares } from '../../store/shares.ts'
import { call } from '../call.ts'
import {
  actorOf,
  addressShape,
  delegationShape,
  mailboxesShape,
  mailboxNumbers,
  ownerOf,
  rightsShape,
  showDelegation,
  timeShape,
} from '../delegations.ts'

export const delegationGive = call({
  method: 'POST',
  path: '/api/delegations',
  summary: {
    en: 'Lets another act for the person who asks, from a time until a time.',
    zh: '授權他人於期間內代理本人信箱。',
  },
  who: 'person',
  rate: { count: 60, seconds: 60, per: 'account' },
  size: 64 << 10,
  input: z.strictObject({
    owner: z.optional(addressShape),
    delegate: addressShape,
    rights: rightsShape,
    mailboxes: z.nullish(mailboxesShape),
    from: z.optional(timeShape),
    until: z.nullish(timeShape),
  }),
  output: delegationShape,

  async run({ house, by, reply }, { owner: named, delegate, rights, mailboxes, from, until }) {
    const { db } = house.store
    const now = house.clock()
    const owner = await ownerOf(house, by, named)
    const to = await findAccount(db, delegate)
    const given = {
      ownerId: owner.id,
      delegateId: to.id,
      rights,
      mailboxIds: mailboxes ? mailboxNumbers(mailboxes) : undefined,
      fromAt: from === undefined ? now : Date.parse(from),
      untilAt: until == null ? undefined : Date.parse(until),
    }
    const made = await giveDelegation(db, given, actorOf(by), now)
    await tellShares(house.store, [owner.id])
    await tellNotices(house.jmap, to.id)
    reply.code(201)
    return showDelegation(house, made)
  },
})
