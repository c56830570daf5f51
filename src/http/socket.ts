// GET /jmap/socket: JMAP over a WebSocket. RFC 8887, RFC 6455.
//
// Invariants:
//   a page of another site cannot open one with our cookie: the Origin must be ours
//   requests run at once up to the account's limit, the same as over HTTP; one too many is refused, not kept
//   a peer that does not read, or whose sign-in does not hold any more, is dropped

import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { WebSocketServer, type WebSocket } from 'ws'
import { parseIJson } from '../jmap/ijson.ts'
import type { Ears } from '../jmap/push.ts'
import { checkRequest, RequestError, runRequest, type Asking } from '../jmap/request.ts'
import type { SignedIn } from '../login/sessions.ts'
import { newId } from '../tracking/ids.ts'
import type { Streams } from './events.ts'
import type { Gate } from './gate.ts'
import type { WebHouse } from './house.ts'
import { peerOf } from './peers.ts'
import { HttpTrouble } from './problems.ts'
import { requestErrorBody } from './requesterrors.ts'
import { mustBe, whoOf } from './who.ts'

const upgrading = Symbol('upgrading')
type Upgrading = IncomingMessage & { [upgrading]?: Buffer }

/** Lets a request to speak another protocol go the way of all requests; `handler` is that way. */
export function takeUpgrade(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const response = new ServerResponse(request)
  Object.assign(request, { [upgrading]: head })
  response.assignSocket(socket as never)
  response.shouldKeepAlive = false
  response.once('finish', () => socket.end())
  handler(request, response)
}

export async function mountSocket(
  app: FastifyInstance,
  house: WebHouse,
  streams: Streams,
  requests: Gate,
): Promise<void> {
  const { limits } = house.jmap
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.maxSizeRequest,
    skipUTF8Validation: true, // parseIJson looks
    handleProtocols: (protocols) => (protocols.has('jmap') ? 'jmap' : false),
    clientTracking: false,
  })
  app.get('/jmap/socket', { exposeHeadRoute: false }, async (request, reply) => {
    const head = (request.raw as Upgrading)[upgrading]
    if (!head) throw new HttpTrouble('bad-request', {}, { upgrade: 'websocket', connection: 'upgrade' })
    // A browser cannot send our header with it, so the Origin alone must do.
    const signedIn = await mustBe(house, request, { basic: true, isChange: true, token: false })
    const protocols = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/)
    if (!protocols.includes('jmap')) throw new HttpTrouble('bad-request')
    const done = streams.gate.enter(signedIn.account.id, limits.connections)
    if (!done) throw new HttpTrouble('too-many-requests', { seconds: 30 }, { 'retry-after': '30' })
    reply.hijack()
    const { socket } = request.raw
    socket.once('close', done)
    reply.raw.detachSocket(socket)
    const asking = { ...whoOf(signedIn), peer: peerOf(request), sessionId: newId(house.clock()) }
    server.handleUpgrade(request.raw, socket, head, (web) => {
      converse({ house, streams, requests, signedIn, web }, asking)
    })
  })
}

interface Line {
  house: WebHouse
  streams: Streams
  requests: Gate
  signedIn: SignedIn
  web: WebSocket
}

function converse(line: Line, asking: Omit<Asking, 'signal'>): void {
  const { house, streams, signedIn, web } = line
  const gone = new AbortController()
  let ears: Promise<Ears> | undefined
  const say = (message: string): void => {
    web.send(message)
    if (web.bufferedAmount > house.jmap.limits.pushQueueBytes + house.jmap.limits.answerBytes) web.terminate()
  }
  const end = (): void => web.close(1001)
  let isThere = true
  web.on('pong', () => (isThere = true))
  const pings = setInterval(() => {
    if (!isThere) return web.terminate()
    isThere = false
    return web.ping()
  }, house.limits.quietMilliseconds)
  const unwatch = house.sessions.watch(signedIn, end)
  streams.open.add(end)
  web.on('error', () => web.terminate())
  web.on('close', () => {
    clearInterval(pings)
    gone.abort()
    unwatch()
    streams.open.delete(end)
    ears?.then((one) => one.end()).catch(() => undefined)
  })
  web.on('message', (data, isBinary) => {
    if (isBinary) return web.close(1003)
    void hear(data as Buffer).catch((error: unknown) => {
      house.report(error, { path: '/jmap/socket' })
      web.close(1011)
    })
  })

  async function hear(data: Buffer): Promise<void> {
    let id: string | undefined
    try {
      const message = parse(data, house.jmap.limits.depth)
      if (typeof message['id'] === 'string') id = message['id']
      switch (message['@type']) {
        case 'Request':
          return await answer(message, id)
        case 'WebSocketPushEnable':
          return await enable(message)
        case 'WebSocketPushDisable':
          ears?.then((one) => one.end()).catch(() => undefined)
          ears = undefined
          return
        default:
          throw new RequestError('notRequest', 'The "@type" is not known')
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      say(JSON.stringify({ '@type': 'RequestError', requestId: id ?? null, ...requestErrorBody(error) }))
    }
  }

  async function answer(message: Record<string, unknown>, id: string | undefined): Promise<void> {
    const { limits } = house.jmap
    const done = line.requests.enter(signedIn.account.id, limits.maxConcurrentRequests)
    if (!done) throw new RequestError('limit', 'Too many requests at once', 'maxConcurrentRequests')
    try {
      const text = await runRequest(house.jmap, { ...asking, signal: gone.signal }, checkRequest(message, limits))
      const head = id === undefined ? '' : `"requestId":${JSON.stringify(id)},`
      if (!gone.signal.aborted) say(`{"@type":"Response",${head}${text.slice(1)}`)
    } finally {
      done()
    }
  }

  // RFC 8887 §4.3.5.2
  async function enable({ dataTypes, pushState }: Record<string, unknown>): Promise<void> {
    const isList = Array.isArray(dataTypes) && dataTypes.every((one) => typeof one === 'string')
    if (dataTypes != null && !isList) throw new RequestError('notRequest', '"dataTypes" is a list of texts')
    const types = dataTypes == null ? undefined : new Set((dataTypes as string[]).slice(0, 100))
    const before = ears
    ears = house.jmap.push.listen({
      user: signedIn.account.id,
      types,
      since: typeof pushState === 'string' ? pushState : undefined,
      said: (change, id) => say(JSON.stringify({ ...change, pushState: id })),
    })
    ;(await before)?.end()
    const mine = await ears
    if (gone.signal.aborted) mine.end()
  }
}

function parse(data: Buffer, depth: number): Record<string, unknown> {
  let value: unknown
  try {
    value = parseIJson(data, depth)
  } catch (error) {
    throw new RequestError('notJSON', `That is not I-JSON: ${(error as Error).message}`)
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new RequestError('notRequest', 'A message is an object')
}
