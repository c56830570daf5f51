// What JMAP refused as a whole: a problem with a type of its own. RFC 8620 §3.6.1, §6.1; RFC 8887 §4.3.4.

import type { FastifyReply } from 'fastify'
import type { RequestError } from '../jmap/request.ts'

export function requestErrorBody({ type, message, limit }: RequestError, status = 400): object {
  return { type: `urn:ietf:params:jmap:error:${type}`, status, detail: message, ...(limit && { limit }) }
}

export function sendRequestError(reply: FastifyReply, error: RequestError, status = 400): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(requestErrorBody(error, status)))
}
