// PATCH /api/files/{id}/bytes: the next bytes of a file, from Upload-Offset on, in the manner of tus 1.0 ("core").
// HEAD says how far it is.
//
// Invariant: what is acknowledged, and what Upload-Offset says, is on disk; what broke off in the middle stays as far
// as it came.

import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { addPiece, type SharedFile } from '../store/files.ts'
import { Trouble } from '../wire/troubles.ts'
import { ownFile } from './files.ts'
import { openGate } from './gate.ts'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'
import { mustBe } from './who.ts'

export async function mountFileUploads(app: FastifyInstance, house: WebHouse): Promise<void> {
  const { files } = house
  const inHand = openGate()
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    scope.head('/api/files/:id/bytes', async (request, reply) => {
      const file = await ownFile(house, await mustBe(house, request), (request.params as { id: string }).id)
      return says(reply, file.received, file.size).send()
    })
    scope.patch(
      '/api/files/:id/bytes',
      { bodyLimit: files.fileBytes, config: { takesItsTime: true } },
      async (request, reply) => {
        const by = await mustBe(house, request)
        const file = await ownFile(house, by, (request.params as { id: string }).id)
        const offset = request.headers['upload-offset']
        if (typeof offset !== 'string' || !/^\d{1,15}$/.test(offset)) {
          throw new HttpTrouble('bad-input', { where: 'upload-offset', why: 'how many bytes are there already' })
        }
        const length = Number(request.headers['content-length'] ?? 0)
        if (Number(offset) + length > file.size) throw new HttpTrouble('too-large', { limit: file.size })
        if (Number(offset) !== file.received) {
          says(reply, file.received, file.size)
          throw new HttpTrouble('in-use')
        }
        const done = inHand.enter(by.account.id, files.uploads)
        if (!done) throw new HttpTrouble('too-many-requests', { seconds: 5 }, { 'retry-after': '5' })
        try {
          const body = request.body as Readable | undefined
          const received = body ? await takePiece(house, file, body) : file.received
          return says(reply, received, file.size).code(204).send()
        } finally {
          done()
        }
      },
    )
  })
}

function says(reply: FastifyReply, offset: number, length: number): FastifyReply {
  return reply.headers({ 'upload-offset': offset, 'upload-length': length, 'cache-control': 'no-store' })
}

/** Stores what comes; gives how much is here now. */
async function takePiece({ store, files }: WebHouse, file: SharedFile, body: Readable): Promise<number> {
  const writer = store.blobs.writer()
  const quiet = setTimeout(() => body.destroy(new HttpTrouble('too-slow')), files.idleMilliseconds)
  let size = 0
  let broken: unknown
  try {
    const pieces = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    for (;;) {
      const next = await pieces.next().catch((error: unknown) => {
        broken = error instanceof HttpTrouble ? error : new HttpTrouble('bad-request') // the client's, not ours
        return { done: true, value: undefined } as const
      })
      if (next.done) break
      quiet.refresh()
      size += next.value.length
      if (file.received + size > file.size) throw new Trouble('too-large', { limit: file.size })
      await writer.write(next.value)
    }
  } catch (error) {
    await writer.abandon()
    throw error
  } finally {
    clearTimeout(quiet)
  }
  if (size === 0) {
    await writer.abandon()
    if (broken !== undefined) throw broken
    return file.received
  }
  const blob = await writer.finish()
  const received = await addPiece(store, file, file.received, blob).catch(async (error: unknown) => {
    // Where the database failed in the middle the row may be there after all: then the bytes stay.
    if (error instanceof Trouble && error.code !== 'unavailable') await store.blobs.drop(blob.ref)
    throw error
  })
  if (broken !== undefined) throw broken
  return received
}
