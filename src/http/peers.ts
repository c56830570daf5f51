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

const peers = new WeakMap<IncomingMessage, { peer: Peer; isEncrypted: boolean }>()

/**
 * Notes the peer with the request: its socket may be gone before it is answered. `isFronted`: the operator says that
 * somebody in front of us encrypts what comes in clear from others than this machine.
 */
export function notePeer(request: FastifyRequest, isFronted: boolean): Peer {
  const peer = peerOfSocket(request.raw.socket)
  const known = { peer, isEncrypted: peer.tls !== undefined }
  peers.set(request.raw, known)
  if (isFronted && !known.isEncrypted) known.isEncrypted = !isLocal(request)
  return peer
}

export function peerOf({ raw }: FastifyRequest): Peer {
  return peers.get(raw)?.peer ?? peerOfSocket(raw.socket)
}

/** Whether nobody between reads along: TLS here, or in front of us. */
export function isEncrypted({ raw }: FastifyRequest): boolean {
  return peers.get(raw)?.isEncrypted ?? false
}

/** Whether a password may be taken though there is no TLS here: it never left this machine, or came encrypted to it. */
export function isSafeInClear(request: FastifyRequest): boolean {
  return isEncrypted(request) || isLocal(request)
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '::1'])

/** From this machine, to this machine, and nothing between: not a proxy that speaks for others. */
export function isLocal(request: FastifyRequest): boolean {
  const { address } = peerOf(request)
  return (address === '::1' || address.startsWith('127.')) && loopbackNames.has(hostNameOf(request))
}
