// GET /api/session: who am I, and the token that goes with each change.

import * as z from 'zod/mini'
import type { SignedIn } from '../../login/sessions.ts'
import { call } from '../call.ts'
import { cookieOf, pageToken } from '../who.ts'

export const sessionShape = z.object({
  address: z.string(),
  name: z.string(),
  administrator: z.boolean(),
  mustChangePassword: z.boolean(),
  expires: z.string(),
  pageToken: z.optional(z.string()),
})

export function showSession({ account, session }: SignedIn): z.infer<typeof sessionShape> {
  return {
    address: account.address,
    name: account.name,
    administrator: account.admin,
    mustChangePassword: account.mustChange,
    expires: new Date(session?.expiresAt ?? 0).toISOString(),
  }
}

export const sessionShow = call({
  method: 'GET',
  path: '/api/session',
  summary: { en: 'Who is signed in.', zh: '目前登入者。' },
  who: 'person',
  rate: { count: 600, seconds: 60, per: 'account' },
  output: sessionShape,

  async run({ by, request }) {
    const secret = by.session?.kind === 'cookie' ? cookieOf(request) : undefined
    return { ...showSession(by), ...(secret !== undefined && { pageToken: pageToken(secret) }) }
  },
})
