// PATCH /api/delegations/:id: other rights, mailboxes or dates of a delegation that one gave.

import * as z from 'zod/mini'
import { alterDelegation } from '../../people/delegations.ts'
import { tellNotices } from '../../jmap/notices.ts'
import { tellShares } from '../../store/shares.ts'
import { call } from '../call.ts'
import {
  actorOf,
  delegationShape,
  givenBy,
  idShape,
  mailboxesShape,
  mailboxNumbers,
  rightsShape,
  showDelegation,
  timeShape,
} from '../delegations.ts'

export const delegationSet = call({
  method: 'PATCH',
  path: '/api/delegations/:id',
  summary: { en: 'Changes what a delegate may, and for how long.', zh: '變更代理的權限或期間。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  size: 64 << 10,
  input: z.strictObject({
    id: idShape,
    rights: z.optional(rightsShape),
    mailboxes: z.nullish(mailboxesShape),
    from: z.optional(timeShape),
    until: z.nullish(timeShape),
  }),
  output: delegationShape,

  async run({ house, by }, { id, rights, mailboxes, from, until }) {
    const before = await givenBy(house, by, id)
    const changes = {
      ...(rights && { rights }),
      ...(mailboxes !== undefined && { mailboxIds: mailboxes && mailboxNumbers(mailboxes) }),
      ...(from !== undefined && { fromAt: Date.parse(from) }),
      ...(until !== undefined && { untilAt: until === null ? null : Date.parse(until) }),
    }
    const changed = await alterDelegation(house.store.db, before.id, changes, actorOf(by), house.clock())
    await tellShares(house.store, [changed.ownerId])
    await tellNotices(house.jmap, changed.delegateId)
    return showDelegation(house, changed)
  },
})
