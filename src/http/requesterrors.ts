// The body of a request that JMAP refused as a whole. RFC 8620 §3.6.1, RFC 8887 §4.3.4.

import type { RequestError } from '../jmap/request.ts'

/** Problem details of a request error. RFC 8620 §3.6.1. */
export function requestErrorBody({ type, message, limit }: RequestError): object {
  return { type: `urn:ietf:params:jmap:error:${type}`, status: 400, detail: message, ...(limit && { limit }) }
}
