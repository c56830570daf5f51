// GET /jmap/events?types=&closeafter=&ping=: push by EventSource. RFC 8620 §7.3.
//
// Invariants:
//   a stream ends within seconds when its sign-in does not hold any more, and at once when the house closes
//   a peer that does not read is dropped when too much waits for it

import type { FastifyInstance, FastifyReply } from 'fastify'
import type { StateChange } from '../jmap/push.ts'
import type { Gate } from './gate.ts'
import type { WebHouse } from './house.ts'
import { HttpTrouble } from './problems.ts'
import { mustBe } from './who.ts'

export interface Streams {
  open: Set<() => void> // what ends each stream
  gate: Gate
}

export async function mountEvents(app: FastifyInstance, house: WebHouse, streams: Streams): Promise<void> {
  const { limits, push } = house.jmap
  app.get('/jmap/events', { exposeHeadRoute: false }, async (request, reply) => {
    const signedIn = await mustBe(house, request, { basic: true })
    const { types, isOnce, ping } = readQuery(request.query as Record<string, unknown>, limits.pingMilliseconds)
    const done = streams.gate.enter(signedIn.account.id, limits.connections)
    if (!done) throw new HttpTrouble('too-many-requests', { seconds: 30 }, { 'retry-after': '30' })

    const { raw } = startStream(reply)
    const write = (text: string): void => {
      raw.write(text)
      if (raw.writableLength > limits.pushQueueBytes) raw.destroy()
    }
    const said = (change: StateChange, id: string): void => {
      write(`event: state\nid: ${id}\ndata: ${JSON.stringify(change)}\n\n`)
      if (isOnce) end()
    }
    const end = (): void => void raw.end()
    const pingEvent = ping > 0 ? `event: ping\ndata: {"interval":${ping / 1000}}\n\n` : ': here\n\n'
    const pings = setInterval(() => write(pingEvent), ping || house.limits.quietMilliseconds)
    const unwatch = house.sessions.watch(signedIn, end)
    streams.open.add(end)
    const since = request.headers['last-event-id']?.toString()
    const listening = push.listen({ user: signedIn.account.id, types, since, said })
    raw.once('close', () => {
      clearInterval(pings)
      unwatch()
      streams.open.delete(end)
      done()
      listening.then((ears) => ears.end()).catch(() => undefined)
    })
    await listening.catch((error: unknown) => {
      house.report(error, { path: '/jmap/events' })
      raw.destroy()
    })
  })
}

interface Wanted {
  types: ReadonlySet<string> | undefined
  isOnce: boolean
  ping: number // milliseconds; 0: none
}

const longestPing = 3_600_000

function readQuery(query: Record<string, unknown>, leastPing: number): Wanted {
  const { types = '*', closeafter = 'no', ping = '0' } = query
  if (typeof types !== 'string' || typeof ping !== 'string' || !/^\d{1,6}$/.test(ping)) {
    throw new HttpTrouble('bad-request')
  }
  if (closeafter !== 'no' && closeafter !== 'state') throw new HttpTrouble('bad-request')
  const asked = Number(ping) * 1000
  return {
    types: types === '*' ? undefined : new Set(types.split(',').slice(0, 100)),
    isOnce: closeafter === 'state',
    ping: asked === 0 ? 0 : Math.min(Math.max(asked, leastPing), longestPing),
  }
}

/** From here on the answer is written by hand. */
function startStream(reply: FastifyReply): FastifyReply {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  raw.flushHeaders?.()
  raw.write(': here\n\n')
  raw.setTimeout(0)
  return reply
}
