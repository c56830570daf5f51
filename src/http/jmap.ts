// JMAP over HTTP: the session resource, requests, uploads, downloads, and the two ways of push.
// RFC 8620 §2, §3, §6, §7; RFC 8887.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readRequest, RequestError, runRequest, type Asking } from '../jmap/request.ts'
import { paths } from '../jmap/paths.ts'
import { sessionResource } from '../jmap/session.ts'
import type { SignedIn } from '../login/sessions.ts'
import { newId } from '../tracking/ids.ts'
import { packed } from './packing.ts'
import { mountDownloads } from './downloads.ts'
import { mountEvents, type Streams } from './events.ts'
import { openGate } from './gate.ts'
import type { WebHouse } from './house.ts'
import { isEncrypted, peerOf } from './peers.ts'
import { sendRequestError } from './requesterrors.ts'
import { hostOf } from './safety.ts'
import { mountSocket } from './socket.ts'
import { mountUploads } from './uploads.ts'
import { mustBe, whoOf } from './who.ts'

/** Mounts everything; the answer ends what stays open (pushes). */
export async function mountJmap(app: FastifyInstance, house: WebHouse): Promise<() => void> {
  app.get(paths.wellKnown, (_request, reply) => reply.redirect(paths.session, 307))

  app.get(paths.session, async (request, reply) => {
    const { account } = await mustBe(house, request, { basic: true })
    const resource = await sessionResource(house.jmap, account, originOf(request))
    return reply
      .header('cache-control', 'no-cache, no-store, must-revalidate') // RFC 8620 §2
      .type('application/json')
      .send(JSON.stringify(resource))
  })

  const inHand = openGate()
  const known = new WeakMap<FastifyRequest, SignedIn>()
  const { limits } = house.jmap
  app.post(
    paths.api,
    {
      bodyLimit: limits.maxSizeRequest,
      // Before the body is read: what a stranger sends is not kept.
      onRequest: async (request) => void known.set(request, await mustBe(house, request, { basic: true })),
      errorHandler: (error, _request, reply) => {
        const refused = asRequestError(error)
        if (!refused) throw error
        void sendRequestError(reply, refused)
      },
    },
    async (request, reply) => {
      const signedIn = known.get(request) as SignedIn
      const done = inHand.enter(signedIn.account.id, limits.maxConcurrentRequests)
      if (!done) throw new RequestError('limit', 'Too many requests at once', 'maxConcurrentRequests')
      try {
        const asked = readRequest((request.body as Buffer | undefined) ?? Buffer.alloc(0), limits)
        const answer = await runRequest(house.jmap, askingOf(house, signedIn, request, reply), asked)
        const bytes = await packed(request, reply, answer)
        return reply.header('cache-control', 'no-store').type('application/json').send(bytes)
      } finally {
        done()
      }
    },
  )
  await mountUploads(app, house)
  await mountDownloads(app, house)
  const streams: Streams = { open: new Set(), gate: openGate() }
  await mountEvents(app, house, streams)
  await mountSocket(app, house, streams, inHand)
  return () => {
    for (const end of streams.open) end()
  }
}

/** The origin a client reached us at. */
export function originOf(request: FastifyRequest): string {
  return `${isEncrypted(request) ? 'https' : 'http'}://${hostOf(request)}`
}

export function askingOf(house: WebHouse, signedIn: SignedIn, request: FastifyRequest, reply: FastifyReply): Asking {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return { ...whoOf(signedIn), peer: peerOf(request), sessionId: newId(house.clock()), signal: gone.signal }
}

/** What was refused as JMAP says it; also what Fastify refused before us. */
function asRequestError(error: unknown): RequestError | undefined {
  if (error instanceof RequestError) return error
  const { code } = error as { code?: string }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new RequestError('notJSON', 'application/json is wanted')
  const isLarge = code === 'FST_ERR_CTP_BODY_TOO_LARGE'
  return isLarge ? new RequestError('limit', 'The request is too large', 'maxSizeRequest') : undefined
}
