// GET /api/delegations/history: what others did with the mail of the person who asks, and in his name.

import * as z from 'zod/mini'
import { actsFor } from '../../tracking/acts.ts'
import { call } from '../call.ts'
import { addressShape, ownerOf } from '../delegations.ts'

const page = 100

export const delegationsHistory = call({
  method: 'GET',
  path: '/api/delegations/history',
  summary: {
    en: 'What delegates did, the newest first; "before" is the "next" of the page before.',
    zh: '代理人的操作紀錄,新的在前;before 為前一頁的 next。',
  },
  who: 'person',
  rate: { count: 240, seconds: 60, per: 'account' },
  input: z.strictObject({
    owner: z.optional(addressShape),
    before: z.optional(z.string().check(z.regex(/^\d{1,15}\.\d{1,15}$/))),
  }),
  output: z.object({
    acts: z.array(
      z.object({
        at: z.string(),
        by: z.string(),
        act: z.string(),
        mail: z.optional(z.string()),
        address: z.optional(z.string()), // from where
        details: z.record(z.string(), z.unknown()),
      }),
    ),
    next: z.nullable(z.string()),
  }),

  async run({ house, by }, { owner: named, before }) {
    const owner = await ownerOf(house, by, named)
    const [at, id] = (before ?? '').split('.').map(Number)
    const after = before === undefined ? {} : { after: { at: at as number, id: id as number } }
    const events = await actsFor(house.store.db, owner.address, { ...after, limit: page })
    const last = events.at(-1)
    return {
      acts: events.map(({ at: time, mail, peer, details: { act, by: who, as: _, ...details } }) => ({
        at: new Date(time).toISOString(),
        by: String(who),
        act: String(act),
        ...(mail !== undefined && { mail }),
        ...(peer !== undefined && { address: peer }),
        details,
      })),
      next: last && events.length === page ? `${last.at}.${last.id}` : null,
    }
  },
})
