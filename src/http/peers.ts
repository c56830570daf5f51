// Who is at the other end of a request: what the listener learnt of the connection. SECURITY 15: nothing a
// request says of itself counts.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Peer } from '../wire/conversation.ts'
import { hostNameOf } from './safety.ts'

const key = Symbol('peer')

export function rememberPeer(socket: Duplex, peer: Peer): void {
  Object.assign(socket, { [key]: peer })
}

/** HTTP/2 shows the socket through a proxy, which lets this through too. */
function peerOfSocket(socket: object): Peer {
  const peer = (socket as { [key]?: Peer })[key]
  if (!peer) throw new Error('a request over a socket that no listener gave')
  return peer
}

const peers = new WeakMap<IncomingMessage, Peer>()

/** Notes the peer with the request: its socket may be gone before it is answered. */
export function notePeer({ raw }: FastifyRequest): Peer {
  const peer = peerOfSocket(raw.socket)
  peers.set(raw, peer)
  return peer
}

export function peerOf({ raw }: FastifyRequest): Peer {
  return peers.get(raw) ?? peerOfSocket(raw.socket)
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '::1'])

/** From this machine, to this machine, and nothing between: not a proxy that speaks for others. */
export function isLocal(request: FastifyRequest): boolean {
  const { address } = peerOf(request)
  return (address === '::1' || address.startsWith('127.')) && loopbackNames.has(hostNameOf(request))
}
