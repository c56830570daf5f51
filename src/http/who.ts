// Who asks: by a session's cookie, a session's token, or (for JMAP clients) a password with each request.
// RFC 7617 (Basic), RFC 6750 §2.1 (Bearer), RFC 6265bis (cookies).
//
// Invariants:
//   a cookie counts only from our own pages, and for a change only with the session's token in a header, which
//   another site can neither read nor set; what has an Authorization header needs neither, since no browser adds it
//   over plain HTTP a session lives on this machine only, under a cookie name of its own

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Asking } from '../jmap/request.ts'
import type { SignIn } from '../login/login.ts'
import type { Sessions, SignedIn } from '../login/sessions.ts'
import { newId } from '../tracking/ids.ts'
import { HttpTrouble } from './problems.ts'
import { isEncrypted, isSafeInClear, peerOf } from './peers.ts'
import { hostNameOf, isFromElsewhere } from './safety.ts'

export const cookieNames = { secure: '__Host-postern', local: 'postern-local' }
export const tokenHeader = 'x-postern-token'

export interface Doorkeeper {
  sessions: Sessions
  signIn: SignIn
  clock: () => number
}

export function cookieName(request: FastifyRequest): string {
  return isEncrypted(request) ? cookieNames.secure : cookieNames.local
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, secret: string, expires: number): void {
  reply.setCookie(cookieName(request), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: isEncrypted(request),
    expires: new Date(expires),
  })
}

export function dropSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  const secure = isEncrypted(request)
  reply.clearCookie(cookieName(request), { path: '/', httpOnly: true, sameSite: 'strict', secure })
}

/** The secret in a request's cookie; cookies of another name never count. */
export function cookieOf(request: FastifyRequest): string | undefined {
  const secret = request.cookies[cookieName(request)]
  return secret !== undefined && isSafeInClear(request) ? secret : undefined
}

/** What a page sends with each change, in `tokenHeader`: made of the session's secret, and no way back. */
export function pageToken(secret: string): string {
  return createHash('sha256').update(`page token ${secret}`).digest('base64url')
}

export function fromOf(request: FastifyRequest): { address: string; agent: string } {
  return { address: peerOf(request).address, agent: request.headers['user-agent'] ?? '' }
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Who asks, or undefined. `basic`: a password may come with the request. Throws HttpTrouble other-site for a cookie
 * that another site sent; Trouble as signIn does.
 */
export async function whoAsks(
  keeper: Doorkeeper,
  request: FastifyRequest,
  { basic = false, isChange = !safe.has(request.method), token = true } = {},
): Promise<SignedIn | undefined> {
  const { authorization } = request.headers
  if (authorization !== undefined) return authorized(keeper, request, authorization, basic)
  const secret = cookieOf(request)
  if (secret === undefined) return undefined
  if (isFromElsewhere(request, isChange)) throw new HttpTrouble('other-site')
  if (isChange && token && !isToken(request.headers[tokenHeader], secret)) throw new HttpTrouble('other-site')
  const signedIn = await keeper.sessions.find(secret, fromOf(request))
  return signedIn?.session?.kind === 'cookie' ? signedIn : undefined
}

/** The same, or HttpTrouble not-signed-in. Clients that are no browsers are told how they may sign in. */
export async function mustBe(
  keeper: Doorkeeper,
  request: FastifyRequest,
  options: Parameters<typeof whoAsks>[2] = {},
): Promise<SignedIn> {
  const signedIn = await whoAsks(keeper, request, options)
  if (signedIn) return signedIn
  const asksItself = request.headers['sec-fetch-site'] === undefined // a browser would show a window of its own
  const challenge = 'Basic realm="Postern", charset="UTF-8"'
  throw new HttpTrouble('not-signed-in', {}, options.basic && asksItself ? { 'www-authenticate': challenge } : {})
}

function isToken(given: string | string[] | undefined, secret: string): boolean {
  const wanted = Buffer.from(pageToken(secret))
  const token = Buffer.from(typeof given === 'string' ? given : '')
  return token.length === wanted.length && timingSafeEqual(token, wanted)
}

async function authorized(
  keeper: Doorkeeper,
  request: FastifyRequest,
  authorization: string,
  basic: boolean,
): Promise<SignedIn | undefined> {
  const [, scheme = '', value = ''] = /^([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*)$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') {
    const signedIn = await keeper.sessions.find(value, fromOf(request))
    return signedIn?.session?.kind === 'token' ? signedIn : undefined
  }
  if (scheme.toLowerCase() !== 'basic' || !basic) return undefined
  const text = Buffer.from(value, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) throw new HttpTrouble('bad-request')
  const peer = peerOf(request)
  const host = hostNameOf(request)
  return keeper.sessions.withPassword(`${peer.address} ${host} ${isEncrypted(request)} ${value}`, 'jmap', () =>
    keeper.signIn({
      name: text.slice(0, colon),
      password: text.slice(colon + 1),
      door: 'jmap',
      peer,
      sessionId: newId(keeper.clock()),
      host,
      local: isSafeInClear(request),
    }),
  )
}

/** A sign-in as JMAP's methods see it. */
export function whoOf({ account, standing, session }: SignedIn): Pick<Asking, 'user' | 'credentials'> {
  return { user: account, credentials: { standing, sessionId: session?.id ?? 0 } }
}
