// Connects to another server and drives our side of the conversation.

import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Conversation, Peer } from '../wire/conversation.ts'
import { plainAddress } from './listen.ts'
import { pump, tlsFacts, type Pumped } from './pump.ts'

export interface DialOptions {
  address: string // an IP address: names are resolved, and judged, by the caller
  port: number
  servername: string // for SNI and the certificate; an address is not told, but the certificate must hold it
  implicitTls: boolean
  verify: boolean // whether an untrusted certificate ends the connection
  authorities?: string[] // PEM, besides the system's
  localAddress?: string
  connectMilliseconds: number
  failed(error: unknown): void
}

/** Resolves when connected (and secured, for implicit TLS). Rejects with the system's error. */
export async function dial(options: DialOptions, conversation: Conversation): Promise<Pumped> {
  const socket = await connected(options)
  const peer: Peer = {
    address: options.address,
    port: options.port,
    localAddress: plainAddress(socket.localAddress ?? ''),
    localPort: socket.localPort ?? 0,
    listener: 'dialed',
  }
  const secure = (over: Socket): TLSSocket =>
    connectTls({
      socket: over,
      host: options.servername,
      servername: isIP(options.servername) === 0 ? options.servername : '', // RFC 6066 §3: names only
      rejectUnauthorized: options.verify,
      ca: options.authorities,
      minVersion: 'TLSv1.2',
    })
  let line = socket
  if (options.implicitTls) {
    const secured = secure(socket)
    await settled(secured, 'secureConnect', options.connectMilliseconds)
    peer.tls = tlsFacts(secured)
    line = secured
  }
  return pump(line, conversation, { peer, side: 'client', secure, failed: options.failed })
}

async function connected(options: DialOptions): Promise<Socket> {
  const socket = connect({
    host: options.address,
    port: options.port,
    localAddress: options.localAddress,
    noDelay: true,
    allowHalfOpen: true,
  })
  await settled(socket, 'connect', options.connectMilliseconds)
  return socket
}

function settled(socket: Socket, event: string, milliseconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(late)
      socket.destroy()
      reject(error)
    }
    const closed = (): void => fail(new Error('closed before it was ready'))
    const late = setTimeout(() => {
      fail(Object.assign(new Error(`no answer within ${milliseconds / 1000} s`), { code: 'ETIMEDOUT' }))
    }, milliseconds)
    socket.once('error', fail).once('close', closed)
    socket.once(event, () => {
      clearTimeout(late)
      socket.off('error', fail).off('close', closed)
      socket.on('error', () => undefined)
      resolve()
    })
  })
}
