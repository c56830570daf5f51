// A listener: takes connections, believes PROXY headers of listed proxies only, does implicit TLS,
// and hands each connection to the pump.
//
// Invariants:
//   a connection over a limit is told so in the protocol's words and closed; the others notice nothing
//   a client that does not finish PROXY or TLS in time is dropped

import { BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Conversation, Peer } from '../wire/conversation.ts'
import { readProxyHeader } from './proxy.ts'
import { pump, tlsFacts, type Pumped } from './pump.ts'

export const listenLimits = { handshakeMilliseconds: 30_000, proxyHeaderMilliseconds: 5_000, backlog: 1024 }

export interface ListenOptions {
  name: string
  host: string
  port: number
  proxies: string[] // addresses and ranges (10.0.0.0/8)
  implicitTls: boolean
  secure: (socket: Socket, protocols?: string[]) => TLSSocket
  /** What is spoken: a conversation that the pump drives, or a library that takes the socket whole. */
  conversation: Conversation | { takes(socket: Socket, peer: Peer): Pumped; protocols: string[] }
  full: string // what a connection too many is told, with CRLF
  connections: number
  connectionsPerAddress: number
  /** A conversation begins; gives what to call when it is over. */
  opened?(peer: Peer, end: () => void): () => void
  failed(error: unknown): void
}

export interface Listening {
  host: string
  port: number
  open(): number
  /** Takes no more connections and tells the open ones; resolves when all are gone or after `grace` ms. */
  stop(grace: number): Promise<void>
}

/** Binds and listens. Rejects with the system's error when the port cannot be had. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const proxies = rangesOf(options.proxies)
  const open = new Map<Socket, Pumped | undefined>()
  const perAddress = new Map<string, number>()
  const alpn = typeof options.conversation === 'function' ? undefined : options.conversation.protocols

  const serve = async (socket: Socket): Promise<void> => {
    let address: string | undefined
    open.set(socket, undefined)
    try {
      const peer = await meet(socket, options, proxies)
      address = peer.address
      const count = (perAddress.get(address) ?? 0) + 1
      perAddress.set(address, count)
      const tooMany = open.size > options.connections || (count > options.connectionsPerAddress && !isLoopback(address))
      const line = options.implicitTls ? await handshake(options.secure(socket, alpn), socket, peer) : socket
      if (tooMany) {
        line.end(options.full)
        return
      }
      const { conversation, secure, failed } = options
      const pumped =
        typeof conversation === 'function'
          ? pump(line, conversation, { peer, side: 'server', secure, failed })
          : conversation.takes(line, peer)
      open.set(socket, pumped)
      const over = options.opened?.(peer, pumped.stop)
      await pumped.ended.finally(() => over?.())
    } catch (error) {
      // A peer that broke off or spoke no TLS; nothing of ours is in hand yet.
      if (!(error instanceof GaveUp)) options.failed(error)
      socket.destroy()
    } finally {
      open.delete(socket)
      if (address !== undefined) {
        const left = (perAddress.get(address) ?? 1) - 1
        if (left > 0) perAddress.set(address, left)
        else perAddress.delete(address)
      }
    }
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    socket.on('error', () => undefined)
    void serve(socket)
  })
  await bind(server, options)
  const { address, port } = server.address() as { address: string; port: number }
  return {
    host: address,
    port,
    open: () => open.size,
    async stop(grace) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const [socket, pumped] of open) {
        if (pumped) pumped.stop()
        else socket.destroy()
      }
      const late = setTimeout(() => {
        for (const [socket, pumped] of open) {
          pumped?.destroy()
          socket.destroy()
        }
      }, grace)
      await closed
      clearTimeout(late)
    },
  }
}

async function bind(server: Server, { host, port }: ListenOptions): Promise<void> {
  const at = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: name, port, backlog: listenLimits.backlog }, () => {
        server.removeListener('error', reject)
        resolve()
      })
    })
  await at(host).catch((error: NodeJS.ErrnoException) => {
    // A machine without IPv6 has no '::'.
    if (host === '::' && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL')) return at('0.0.0.0')
    throw error
  })
}

class GaveUp extends Error {}

/** Who is there: the socket's peer, or what a listed proxy says. */
async function meet(socket: Socket, options: ListenOptions, proxies: BlockList): Promise<Peer> {
  const peer: Peer = {
    address: plainAddress(socket.remoteAddress ?? ''),
    port: socket.remotePort ?? 0,
    localAddress: plainAddress(socket.localAddress ?? ''),
    localPort: socket.localPort ?? 0,
    listener: options.name,
  }
  if (options.proxies.length === 0 || !inRanges(proxies, peer.address)) return peer
  const told = await proxied(socket)
  return told ? { ...peer, ...told } : peer
}

type Told = Partial<Pick<Peer, 'address' | 'port' | 'localAddress' | 'localPort'>>

async function proxied(socket: Socket): Promise<Told | undefined> {
  let heard = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => finish(new GaveUp()), listenLimits.proxyHeaderMilliseconds)
    const finish = (error?: Error, told?: Told): void => {
      clearTimeout(late)
      socket.off('data', more).off('close', gone).pause()
      if (error) reject(error)
      else resolve(told)
    }
    const gone = (): void => finish(new GaveUp())
    const more = (bytes: Buffer): void => {
      heard = Buffer.concat([heard, bytes])
      const answer = readProxyHeader(heard)
      if (answer.is === 'more') return
      if (answer.is === 'bad') return finish(new GaveUp())
      socket.off('data', more)
      if (answer.rest.length > 0) socket.unshift(answer.rest)
      finish(
        undefined,
        answer.is === 'proxied'
          ? {
              address: plainAddress(answer.address),
              port: answer.port,
              localAddress: plainAddress(answer.localAddress),
              localPort: answer.localPort,
            }
          : undefined,
      )
    }
    socket.on('data', more).on('close', gone)
  })
}

async function handshake(secured: TLSSocket, raw: Socket, peer: Peer): Promise<TLSSocket> {
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => {
      clearTimeout(late)
      reject(new GaveUp())
    }
    const late = setTimeout(fail, listenLimits.handshakeMilliseconds)
    secured.once('secure', () => {
      clearTimeout(late)
      secured.off('error', fail).off('close', fail)
      resolve()
    })
    secured.on('error', fail).on('close', fail)
    raw.once('close', fail)
  })
  secured.on('error', () => undefined)
  peer.tls = tlsFacts(secured)
  return secured
}

/** '::ffff:192.0.2.1' is 192.0.2.1; an interface's name after % is cut. */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '')
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(bare) ? bare.slice(7) : bare
}

/** Addresses and ranges as a list to ask. Throws an Error naming what is neither. */
export function rangesOf(texts: string[]): BlockList {
  const ranges = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) ranges.addAddress(address, family)
    else ranges.addSubnet(address, Number(prefix), family)
  }
  return ranges
}

export function inRanges(ranges: BlockList, address: string): boolean {
  return ranges.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
