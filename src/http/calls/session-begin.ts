// POST /api/session: signs in.
//
// Invariants: every sign-in has a new secret, and the session the browser had before is over; a secret is in a
// cookie that no script reads, or (kind "token", for programs) in the answer, never in both.

import * as z from 'zod/mini'
import { newId } from '../../tracking/ids.ts'
import { call } from '../call.ts'
import { isSafeInClear } from '../peers.ts'
import { HttpTrouble } from '../problems.ts'
import { hostNameOf, isFromElsewhere } from '../safety.ts'
import { cookieOf, fromOf, pageToken, setSessionCookie } from '../who.ts'
import { sessionShape, showSession } from './session-show.ts'

export const sessionBegin = call({
  method: 'POST',
  path: '/api/session',
  summary: { en: 'Signs in.', zh: '登入。' },
  who: 'anybody',
  rate: { count: 120, seconds: 60, per: 'source' },
  size: 8 << 10,
  input: z.strictObject({
    name: z.string().check(z.minLength(1), z.maxLength(320)),
    password: z.string().check(z.maxLength(1024)),
    kind: z._default(z.enum(['cookie', 'token']), 'cookie'),
  }),
  output: z.extend(sessionShape, { token: z.optional(z.string()) }),

  async run({ house, peer, request, reply }, { name, password, kind }) {
    const isBrowser = request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined
    if (isBrowser && isFromElsewhere(request, true)) throw new HttpTrouble('other-site')
    const account = await house.signIn({
      name,
      password,
      door: 'web',
      peer,
      sessionId: newId(house.clock()),
      host: hostNameOf(request),
      local: isSafeInClear(request),
    })
    const before = cookieOf(request)
    const old = before === undefined ? undefined : await house.sessions.find(before, fromOf(request))
    if (old?.session) await house.sessions.end(old.account.id, old.session.id)
    const { secret, signedIn } = await house.sessions.begin(account, kind, fromOf(request))
    reply.code(201)
    if (kind === 'token') return { ...showSession(signedIn), token: secret }
    setSessionCookie(request, reply, secret, signedIn.session!.expiresAt)
    return { ...showSession(signedIn), pageToken: pageToken(secret) }
  },
})
