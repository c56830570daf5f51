// POST /jmap/upload/{accountId}/: RFC 8620 §6.1. The body goes to the store as it comes.

import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { RequestError } from '../jmap/request.ts'
import { takeUpload } from '../jmap/uploads.ts'
import { accountsOf } from '../jmap/session.ts'
import { objectNumber } from '../store/objectids.ts'
import type { WebHouse } from './house.ts'
import { openGate } from './gate.ts'
import { HttpTrouble } from './problems.ts'
import { Trouble } from '../wire/troubles.ts'
import { sendRequestError } from './requesterrors.ts'
import { mustBe } from './who.ts'

export async function mountUploads(app: FastifyInstance, house: WebHouse): Promise<void> {
  const { jmap } = house
  const inHand = openGate()
  await app.register(async (scope) => {
    // Whatever it is, it is not read here but as it comes.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    scope.post(
      '/jmap/upload/:accountId/',
      {
        bodyLimit: jmap.limits.maxSizeUpload,
        config: { takesItsTime: true },
        errorHandler: (error, _request, reply) => {
          const { code } = error as { code?: string }
          if (code !== 'FST_ERR_CTP_BODY_TOO_LARGE' && code !== 'too-large') throw error
          reply.header('connection', 'close')
          void sendRequestError(reply, new RequestError('limit', 'The upload is too large', 'maxSizeUpload'), 413)
        },
      },
      async (request, reply) => {
        const { account: user } = await mustBe(house, request, { basic: true })
        const account = objectNumber('A', (request.params as { accountId: string }).accountId)
        if (account === undefined || !(await accountsOf(jmap, user)).includes(account)) {
          throw new HttpTrouble('no-such-page')
        }
        const length = Number(request.headers['content-length'] ?? 0)
        if (length > jmap.limits.maxSizeUpload) throw new Trouble('too-large')
        const done = inHand.enter(user.id, jmap.limits.maxConcurrentUpload)
        if (!done) {
          return sendRequestError(reply, new RequestError('limit', 'Too many uploads', 'maxConcurrentUpload'), 429)
        }
        try {
          const { blobId, type, size } = await takeUpload(
            jmap,
            { user, account },
            request.headers['content-type'] ?? '',
            request.body ? paced(request.body as Readable, jmap.limits.uploadIdleMilliseconds) : nothing(),
          )
          const answer = { accountId: `A${account}`, blobId, type, size }
          return reply.code(201).type('application/json').send(JSON.stringify(answer))
        } finally {
          done()
        }
      },
    )
  })
}

/** The pieces of a body; one that brings nothing for a while is broken off, and nothing of it is kept. */
async function* paced(body: Readable, milliseconds: number): AsyncGenerator<Buffer, void, void> {
  const timer = setTimeout(() => body.destroy(new HttpTrouble('too-slow')), milliseconds)
  try {
    for await (const piece of body as AsyncIterable<Buffer>) {
      timer.refresh()
      yield piece
    }
  } finally {
    clearTimeout(timer)
  }
}

async function* nothing(): AsyncGenerator<Buffer, void, void> {}
