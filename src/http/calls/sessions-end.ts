// DELETE /api/sessions/:id: ends one of one's own sessions. DELETE /api/sessions: ends all the others.

import * as z from 'zod/mini'
import { call } from '../call.ts'
import { HttpTrouble } from '../problems.ts'

export const sessionsEndOne = call({
  method: 'DELETE',
  path: '/api/sessions/:id',
  summary: { en: 'Ends one session of the person who asks.', zh: '結束本人的一個登入。' },
  who: 'person',
  rate: { count: 120, seconds: 60, per: 'account' },
  input: z.strictObject({ id: z.string().check(z.regex(/^[1-9]\d{0,14}$/)) }),

  async run({ house, by }, { id }) {
    if (!(await house.sessions.end(by.account.id, Number(id)))) throw new HttpTrouble('no-such-page')
  },
})

export const sessionsEndOthers = call({
  method: 'DELETE',
  path: '/api/sessions',
  summary: { en: 'Ends all other sessions of the person who asks.', zh: '結束本人其他所有登入。' },
  who: 'person',
  rate: { count: 60, seconds: 60, per: 'account' },
  output: z.object({ ended: z.number() }),

  async run({ house, by }) {
    return { ended: await house.sessions.endOthers(by.account.id, by.session?.id ?? 0) }
  },
})
