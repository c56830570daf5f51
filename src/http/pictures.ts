// Pictures that letters show, by what they are: nothing else is sent to a frame as a picture.

import type { FastifyReply } from 'fastify'
import { downloadPolicy } from './safety.ts'

const brands = new Set(['avif', 'avis', 'mif1'])

/** The media type of a picture by its first bytes (16 are enough); undefined: none that is shown. SVG is none. */
export function pictureType(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1', 0, 16)
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(text)) return 'image/gif'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp'
  if (text.slice(4, 8) === 'ftyp' && brands.has(text.slice(8, 12))) return 'image/avif'
  return undefined
}

/** Headers of a picture for a frame of an origin of its own. */
export function pictureHeaders(reply: FastifyReply, type: string, seconds: number): FastifyReply {
  return reply.headers({
    'content-type': type,
    'content-security-policy': downloadPolicy,
    'cross-origin-resource-policy': 'cross-origin', // the frame is nobody's; the token is what lets it in
    'content-disposition': 'inline; filename="picture"',
    'cache-control': `private, max-age=${seconds}, immutable`,
  })
}
