// DELETE /api/session: signs out.

import { call } from '../call.ts'
import { dropSessionCookie } from '../who.ts'

export const sessionEnd = call({
  method: 'DELETE',
  path: '/api/session',
  summary: { en: 'Signs out.', zh: '登出。' },
  who: 'person',
  rate: { count: 60, seconds: 60, per: 'account' },

  async run({ house, by, request, reply }) {
    if (by.session) await house.sessions.end(by.account.id, by.session.id)
    dropSessionCookie(request, reply)
    // Pages, pictures and drafts that the browser kept of this person go too.
    if (request.headers.authorization === undefined) reply.header('clear-site-data', '"cache", "storage"')
  },
})
