// JMAP over HTTP: the session resource, requests, uploads, downloads, and the two ways of push.
// RFC 8620 §2, §3, §6, §7; RFC 8887.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readRequest, RequestError, runRequest, type Asking } from '../jmap/request.ts'
import { paths } from '../jmap/paths.ts'
import { sessionResource } from '../jmap/session.ts'
import type { SignedIn } from '../login/sessions.ts'
import { newId } from '../tracking/ids.ts'
import { mountDownloads } from './downloads.ts'
import { mountEvents, type Streams } from './events.ts'
import { openGate } from './gate.ts'
import type { WebHouse } from './house.ts'
import { peerOf } from './peers.ts'
import { requestErrorBody } from './requesterrors.ts'
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
  app.post(paths.api, { bodyLimit: house.jmap.limits.maxSizeRequest }, async (request, reply) => {
    const signedIn = await mustBe(house, request, { basic: true })
    const done = inHand.enter(signedIn.account.id, house.jmap.limits.maxConcurrentRequests)
    try {
      if (!done) throw new RequestError('limit', 'Too many requests at once', 'maxConcurrentRequests')
      const asked = readRequest((request.body as Buffer | undefined) ?? Buffer.alloc(0), house.jmap.limits)
      const answer = await runRequest(house.jmap, askingOf(house, signedIn, request, reply), asked)
      return reply.header('cache-control', 'no-store').type('application/json').send(answer)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return sendRequestError(reply, error)
    } finally {
      done?.()
    }
  })
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
  return `${peerOf(request).tls ? 'https' : 'http'}://${hostOf(request)}`
}

export function askingOf(house: WebHouse, signedIn: SignedIn, request: FastifyRequest, reply: FastifyReply): Asking {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return { ...whoOf(signedIn), peer: peerOf(request), sessionId: newId(house.clock()), signal: gone.signal }
}

function sendRequestError(reply: FastifyReply, error: RequestError): FastifyReply {
  return reply
    .code(400)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(requestErrorBody(error)))
}
