// The web door: pages, /api, and JMAP over HTTP/1.1 and HTTP/2.   RFC 9110, RFC 9112, RFC 9113
//
// Connections come from net/listen with their peer known (PROXY protocol, TLS done); what is spoken over them
// is Node's, what is answered is Fastify's.
//
// Invariants:
//   every answer has the headers of safety.ts, and every refusal is a problem (problems.ts)
//   over plain HTTP only this machine itself is served; others are sent to https
//   a header or body that comes too slowly, and an answer that is not taken, end their connection; the others notice
//   nothing

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { constants, createServer as createServer2, type Http2Server } from 'node:http2'
import type { Socket } from 'node:net'
import cookies from '@fastify/cookie'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Pumped } from '../net/pump.ts'
import type { Peer } from '../wire/conversation.ts'
import { openApi } from './api.ts'
import { openAutoconfig } from './autoconfig.ts'
import { mountDav } from './dav/dav.ts'
import { mountFilePages } from './filepages.ts'
import { mountFileUploads } from './fileuploads.ts'
import { openPages } from './pages.ts'
import type { WebHouse } from './house.ts'
import { mountJmap } from './jmap.ts'
import { isEncrypted, isSafeInClear, notePeer, rememberPeer } from './peers.ts'
import { headersOf, HttpTrouble, problemOf } from './problems.ts'
import { checkHost, hostNameOf, secureHeaders } from './safety.ts'
import { takeUpgrade } from './socket.ts'
import { languageOf } from './words.ts'

export interface Web {
  /** Takes a connection of a listener. Told to stop, it finishes what is being answered. */
  takes(socket: Socket, peer: Peer): Pumped
  protocols: string[] // for ALPN
  stop(): Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Opens the door; nothing listens yet. */
export async function openWeb(house: WebHouse): Promise<Web> {
  const { limits } = house
  const state: State = { isStopping: false }
  let handler: Handler = () => undefined
  const plain = createPlain(house, (request, response) => handler(request, response))
  const app = fastify({
    serverFactory: (given) => {
      handler = given as Handler
      return plain
    },
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: 500, caseSensitive: true },
    forceCloseConnections: false,
    frameworkErrors: (error, request, reply) => void refuse(house, error, request, reply),
    clientErrorHandler: () => undefined, // createPlain has its own
  })
  const second = createSecond(house, (request, response) => handler(request, response))
  prepare(app, house, state)
  const endPushes = await mountJmap(app, house)
  await mountDav(app, house)
  await openApi(app, house)
  await openAutoconfig(app, house)
  await mountFileUploads(app, house)
  await mountFilePages(app, house)
  await openPages(app, house)
  await app.ready()
  plain.on('upgrade', (request, socket, head) => takeUpgrade(handler, request, socket, head))
  const stopping = (): void => {
    if (state.isStopping) return
    state.isStopping = true
    endPushes()
  }
  return {
    takes: (socket, peer) => takeConnection({ plain, second, stopping }, socket, peer),
    protocols: ['h2', 'http/1.1'],
    async stop() {
      stopping()
      plain.closeAllConnections()
      await app.close().catch(() => undefined) // it never listened itself
    },
  }
}

interface State {
  isStopping: boolean
}

/** What happens to every request before it is looked at, and to everything thrown while it is. */
function prepare(app: FastifyInstance, house: WebHouse, state: State): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  void app.register(cookies)
  app.addHook('onRequest', async (request, reply) => {
    notePeer(request, house.allowPlain)
    secureHeaders(reply, isEncrypted(request))
    checkHost(request)
    boundBody(house, request)
    if (!isSafeInClear(request)) return sendToHttps(house, request, reply)
    return undefined
  })
  app.addHook('onSend', async (request, reply) => {
    if (state.isStopping && request.raw.httpVersionMajor < 2) reply.header('connection', 'close')
  })
  app.setErrorHandler((error, request, reply) => refuse(house, error, request, reply))
  app.setNotFoundHandler((request, reply) => refuse(house, new HttpTrouble('no-such-page'), request, reply))
}

/** A body that does not come in time ends its connection. Uploads go by their own pace (takesItsTime). */
function boundBody({ limits }: WebHouse, request: FastifyRequest): void {
  const { headers, raw, method } = request
  const isBare = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  if (raw.httpVersionMajor < 2 ? isBare : method === 'GET' || method === 'HEAD') return
  if (request.routeOptions.config.takesItsTime) return
  const { stream } = raw as IncomingMessage & { stream?: { destroy(): void } } // of HTTP/2
  const timer = setTimeout(() => (stream ?? raw).destroy(), limits.bodyMilliseconds).unref()
  raw.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer))
}

declare module 'fastify' {
  interface FastifyContextConfig {
    takesItsTime?: boolean
  }
}

function sendToHttps(house: WebHouse, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const port = house.httpsPort()
  const isSafe = request.method === 'GET' || request.method === 'HEAD'
  if (port === undefined || !isSafe || request.headers.authorization !== undefined)
    throw new HttpTrouble('tls-required')
  const name = hostNameOf(request)
  const host = name.includes(':') ? `[${name}]` : name
  return reply.redirect(`https://${host}${port === 443 ? '' : `:${port}`}${request.url}`, 308)
}

function refuse(house: WebHouse, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const thrown = ofFastify(error)
  const language = languageOf(request.headers['accept-language'])
  const { problem, isOurs } = problemOf(thrown, language)
  if (isOurs)
    house.report(error, { reference: problem.reference, method: request.method, path: request.routeOptions.url })
  return reply
    .code(problem.status)
    .headers(headersOf(thrown, house.clock()))
    .header('content-type', 'application/problem+json')
    .header('content-language', language)
    .header('cache-control', 'no-store')
    .header('vary', 'accept-language')
    .send(JSON.stringify(problem))
}

/** What Fastify itself refuses, in our words. */
function ofFastify(error: unknown): unknown {
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new HttpTrouble('too-large', {}, { connection: 'close' })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new HttpTrouble('wrong-type')
  const isTheirs = code?.startsWith('FST_') && statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return isTheirs ? new HttpTrouble('bad-request') : error
}

// -- what speaks

function createPlain({ limits }: WebHouse, handler: Handler): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerMilliseconds,
      requestTimeout: 0, // boundBody and uploads see to it
      keepAliveTimeout: limits.idleMilliseconds,
      connectionsCheckingInterval: 1_000,
      insecureHTTPParser: false,
      // Others that offer another protocol (h2c) are answered in this one.
      shouldUpgradeCallback: isWebSocket,
      requireHostHeader: true,
      noDelay: true,
    },
    handler,
  )
  server.maxHeadersCount = limits.headers
  server.maxRequestsPerSocket = limits.requestsPerSocket
  server.timeout = limits.stallMilliseconds // of silence both ways; pushes have none
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || socket.destroyed) return socket.destroy()
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request'
    const body = JSON.stringify({ type: 'about:blank', title: status.slice(4), status: Number(status.slice(0, 3)) })
    const length = Buffer.byteLength(body)
    socket.end(
      `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${length}\r\n\r\n${body}`,
    )
    return socket
  })
  // Node begins to look for slow headers when it listens; ours is given its connections.
  server.emit('listening')
  return server
}

function isWebSocket({ url, headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && /^\/jmap\/socket(?:\?|$)/.test(url ?? '')
}

function createSecond({ limits }: WebHouse, handler: Handler): Http2Server {
  const server = createServer2({
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      enableConnectProtocol: false,
    },
    maxHeaderListPairs: limits.headers,
    maxSendHeaderBlockLength: 64 << 10,
    maxSessionMemory: 16,
    maxSettings: 32,
    maxSessionInvalidFrames: 50,
    maxSessionRejectedStreams: 50,
    maxOutstandingPings: 5,
  })
  server.on('request', handler as never)
  server.on('stream', (stream) =>
    stream.setTimeout(limits.stallMilliseconds, () => stream.close(constants.NGHTTP2_CANCEL)),
  )
  server.on('session', (session) => {
    session.setTimeout(limits.idleMilliseconds, () => session.close()) // what is being answered is finished
    session.on('error', () => session.destroy())
  })
  server.on('sessionError', () => undefined)
  return server
}

interface Speakers {
  plain: Server
  second: Http2Server
  stopping(): void
}

/** Gives a connection to the one of the two that speaks its protocol. */
function takeConnection({ plain, second, stopping }: Speakers, socket: Socket, peer: Peer): Pumped {
  rememberPeer(socket, peer)
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => socket.destroy())
  let goAway = (): void => plain.closeIdleConnections()
  if ((socket as { alpnProtocol?: string | false }).alpnProtocol === 'h2') {
    // Node's own server marks the handshake as done; over a socket of ours HTTP/2 would wait for it for ever.
    Object.assign(socket, { secureConnecting: false })
    second.once('session', (session) => (goAway = () => session.close()))
    second.emit('connection', socket)
  } else {
    plain.emit('connection', socket)
  }
  if (socket.isPaused()) socket.resume() // what followed a PROXY header waits
  const stop = (): void => {
    stopping()
    goAway()
  }
  return { ended, stop, destroy: () => socket.destroy() }
}
