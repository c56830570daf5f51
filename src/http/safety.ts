// Headers that keep pages and answers where they belong, and the questions whether a request came from our own
// pages. SECURITY 13, 19, 22.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpTrouble } from './problems.ts'

const ofAll: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()',
}

const year = 365 * 24 * 3600

/** For answers that are no page: nothing in them runs or is shown. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** For our pages: our own scripts, styles and pictures; mails are shown in frames that have less. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self' blob:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** For letters, in a frame of our pages: they have an origin of their own, and no scripts. */
export const framePolicy = [
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** For bytes of strangers that are downloaded: whatever they are, they are opened as nothing. */
export const downloadPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"

export function secureHeaders(reply: FastifyReply, isEncrypted: boolean): void {
  reply.headers(ofAll)
  reply.header('content-security-policy', dataPolicy)
  if (isEncrypted) reply.header('strict-transport-security', `max-age=${year}`)
}

/** The host a request named, in lower case, with its port; '' where it named none. */
export function hostOf(request: FastifyRequest): string {
  return (request.headers[':authority'] ?? request.headers.host ?? '').toString().toLowerCase()
}

/** The host's name without port and brackets. */
export function hostNameOf(request: FastifyRequest): string {
  const host = hostOf(request)
  return /^\[([0-9a-f:.]+)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '')
}

/**
 * Whether another site sent a request (or nobody can say). Browsers tell by Sec-Fetch-Site, older ones by Origin.
 * `isChange`: a request that tells neither counts as another site's.
 */
export function isFromElsewhere(request: FastifyRequest, isChange: boolean): boolean {
  const { origin } = request.headers
  if (origin !== undefined && !isOrigin(origin, request)) return true
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && (isChange || site !== 'none')
  return isChange && origin === undefined
}

function isOrigin(origin: string, request: FastifyRequest): boolean {
  const found = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())
  return found !== null && found[1] === hostOf(request)
}

/** What HTTP allows and we do not: more than one Host, or one that is no host (RFC 9112 §3.2). */
export function checkHost(request: FastifyRequest): void {
  const raw = request.raw.rawHeaders
  let hosts = 0
  for (let i = 0; i < raw.length; i += 2) if (/^(?:host|:authority)$/i.test(raw[i] as string)) hosts++
  if (hosts > 2 || (hosts > 1 && request.raw.httpVersionMajor < 2)) throw new HttpTrouble('bad-request')
  if (!/^(?:[a-z0-9_.-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/.test(hostOf(request))) {
    throw new HttpTrouble('bad-request')
  }
}
