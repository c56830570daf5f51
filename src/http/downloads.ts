// GET /jmap/download/{accountId}/{blobId}/{name}?accept={type}: RFC 8620 §6.2, RFC 9110 §14 (one range).
//
// Invariants:
//   whatever a stranger wrote is handed over as a file: never shown, never run, never guessed at (SECURITY 19)
//   a blob never changes: its id is its tag, and browsers may keep it for the one who asked

import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { findBlob, type FoundBlob } from '../jmap/blobs.ts'
import { accountsOf } from '../jmap/session.ts'
import { plainType } from '../jmap/uploads.ts'
import { objectNumber } from '../store/objectids.ts'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'
import { downloadPolicy } from './safety.ts'
import { mustBe } from './who.ts'

interface Wanted {
  accountId: string
  blobId: string
  name: string
}

export async function mountDownloads(app: FastifyInstance, house: WebHouse): Promise<void> {
  app.get('/jmap/download/:accountId/:blobId/:name', async (request, reply) => {
    const { account: user } = await mustBe(house, request, { basic: true })
    const { accountId, blobId, name } = request.params as Wanted
    const account = objectNumber('A', accountId)
    const isVisible = account !== undefined && (await accountsOf(house.jmap, user)).includes(account)
    const blob = isVisible ? await findBlob(house.jmap, { user, account }, blobId) : undefined
    if (!blob) throw new HttpTrouble('no-such-page')

    const etag = `"${blob.id}"`
    const { accept } = request.query as { accept?: unknown }
    reply.headers({
      etag,
      'cache-control': 'private, immutable, max-age=31536000',
      'content-security-policy': downloadPolicy,
      'content-disposition': disposition(name),
      'accept-ranges': 'bytes',
      'content-type': plainType(typeof accept === 'string' ? accept : '') || 'application/octet-stream',
    })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    const { range } = request.headers
    const isWhole = range === undefined || (request.headers['if-range'] ?? etag) !== etag
    return isWhole ? sendWhole(blob, reply, request.method) : sendRange(blob, reply, range)
  })
}

async function sendWhole(blob: FoundBlob, reply: FastifyReply, method: string): Promise<FastifyReply> {
  reply.header('content-length', await blob.size())
  return method === 'HEAD' ? reply.send() : reply.send(Readable.from(blob.stream(), { objectMode: false }))
}

async function sendRange(blob: FoundBlob, reply: FastifyReply, range: string): Promise<FastifyReply> {
  const size = await blob.size()
  const wanted = readRange(range, size)
  if (wanted === 'whole') return sendWhole(blob, reply, 'GET')
  if (!wanted) throw new HttpTrouble('bad-range', {}, { 'content-range': `bytes */${size}` })
  const { start, end } = wanted
  return reply
    .code(206)
    .headers({ 'content-range': `bytes ${start}-${end - 1}/${size}`, 'content-length': end - start })
    .send(Readable.from(blob.stream(start, end), { objectMode: false }))
}

/** One range of bytes, end exclusive; 'whole' where several are asked for or another unit (RFC 9110 §14.2: ignored). */
export function readRange(header: string, size: number): { start: number; end: number } | 'whole' | undefined {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.replace(/[ \t]/g, ''))
  if (!found || (found[1] === '' && found[2] === '')) return 'whole'
  const [, first = '', last = ''] = found
  if (first === '') {
    const count = Math.min(Number(last), size)
    return count === 0 ? undefined : { start: size - count, end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  return start < size && end > start ? { start, end } : undefined
}

/** attachment; with the name for old and for new browsers (RFC 6266 §4.3, §D). No control characters, no paths. */
export function disposition(name: string): string {
  const clean =
    name
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
      .replace(/[/\\]/g, '_')
      .slice(0, 200) || 'file'
  const plain = clean.replace(/[^\x20-\x7e]|["%\\]/g, '_')
  const coded = encodeURIComponent(clean.toWellFormed()).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${coded}`
}
