// GET /api/sessions: where am I signed in.

import * as z from 'zod/mini'
import { call } from '../call.ts'

export const sessionsList = call({
  method: 'GET',
  path: '/api/sessions',
  summary: { en: 'The sessions of the person who asks, the last used first.', zh: '本人目前的登入,最近使用者在前。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  output: z.object({
    sessions: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['cookie', 'token']),
        current: z.boolean(),
        agent: z.string(),
        address: z.string(),
        began: z.string(),
        used: z.string(),
        expires: z.string(),
      }),
    ),
  }),

  async run({ house, by }) {
    const sessions = await house.sessions.list(by.account.id)
    const time = (at: number) => new Date(at).toISOString()
    return {
      sessions: sessions.map(({ id, kind, agent, address, createdAt, usedAt, expiresAt }) => ({
        id: String(id),
        kind,
        current: id === by.session?.id,
        agent,
        address,
        began: time(createdAt),
        used: time(usedAt),
        expires: time(expiresAt),
      })),
    }
  },
})
