// Answers that get shorter on the way. RFC 9110 §8.4, §12.5.3
//
// Only answers to requests that prove who asks are packed here, and no secret of a session stands in them beside
// what a stranger wrote; cookies do not come along from other sites, so nobody can try lengths (BREACH).

import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

const packWithBrotli = promisify(brotliCompress)
const packWithGzip = promisify(gzip)

const worthwhile = 1_500 // bytes: below, one packet has room for it anyway

/** Whether an Accept-Encoding header takes a coding by its name. */
export function accepts(coding: 'br' | 'gzip', header: string | string[] | undefined): boolean {
  const range = new RegExp(`(?:^|,)\\s*${coding}\\s*(?:;\\s*q=(?:1|0\\.\\d*[1-9]\\d*))?\\s*(?:,|$)`)
  return range.test(String(header ?? ''))
}

/** The bytes to send for a text, packed where the client takes that; sets the headers that say so. */
export async function packed(request: FastifyRequest, reply: FastifyReply, text: string | Buffer): Promise<Buffer> {
  const bytes = Buffer.from(text as string)
  const wanted = request.headers['accept-encoding']
  reply.header('vary', 'accept-encoding')
  if (bytes.length < worthwhile) return bytes
  if (accepts('br', wanted)) {
    reply.header('content-encoding', 'br')
    return packWithBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
  }
  if (accepts('gzip', wanted)) {
    reply.header('content-encoding', 'gzip')
    return packWithGzip(bytes, { level: 4 })
  }
  return bytes
}
