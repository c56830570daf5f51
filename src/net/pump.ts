// The one pump that drives every conversation over a socket.
//
// Invariants (wire/conversation.ts states them for the conversation's side):
//   bytes heard and not yet taken are bounded: past the limit the socket is paused
//   bytes said are written in order; a full socket suspends the conversation, and bytes said are with the kernel
//     before it goes on
//   nothing heard in clear is handed on after the TLS handshake
//   whatever ends first (peer, conversation, error, house), the other ends too, and ended resolves

import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createDeflateRaw, createInflateRaw, constants, type DeflateRaw, type InflateRaw } from 'node:zlib'
import {
  close,
  compress,
  startTls,
  type Conversation,
  type Ear,
  type Heard,
  type Peer,
  type Said,
} from '../wire/conversation.ts'

export const pumpLimits = {
  heardBytes: 64 << 10, // heard and not yet taken; then the peer waits
  heardPieces: 256, // the same in pieces: each weighs more than its bytes when a peer speaks byte by byte
  pieceBytes: 32 << 10, // handed to a conversation at once: so much work it may do in one go
  turnMilliseconds: 5, // after so long without a look at the sockets the next in line has its turn
  saidBytes: 64 << 10, // said and not yet with the kernel; then the conversation waits
  writeStallMilliseconds: 5 * 60_000, // a peer that takes no byte for so long is dropped
  lingerMilliseconds: 5_000, // how long a closed connection may take to drain
  patienceMilliseconds: 5 * 60_000, // until the conversation says otherwise
}

// Work that waits for nothing goes on in microtasks, which come before all sockets: without this, one client
// that says thousands of commands at once would hold up everybody else.
let turnBegan: number | undefined

function isTurnUp(): boolean {
  const now = performance.now()
  if (turnBegan !== undefined) return now - turnBegan > pumpLimits.turnMilliseconds
  turnBegan = now
  setImmediate(() => (turnBegan = undefined))
  return false
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export interface Pumped {
  ended: Promise<void>
  /** The house is closing: the conversation hears { is: 'stopping' }. */
  stop(): void
  destroy(): void
}

export interface PumpOptions {
  peer: Peer
  side: 'server' | 'client'
  /** Turns the socket into a TLS one when the conversation says startTls. */
  secure: (socket: Socket) => TLSSocket
  failed(error: unknown): void // a conversation threw: our mistake, to be logged
}

/** Drives `conversation` over a connected (and, for implicit TLS, secured) socket until either ends. */
export function pump(socket: Socket, conversation: Conversation, options: PumpOptions): Pumped {
  const line = openLine(socket, options)
  const run = async (): Promise<void> => {
    const talk = conversation(line.ear, options.peer)
    try {
      for (;;) {
        const { value, done } = await talk.next()
        if (done || !(await line.say(value))) break
      }
    } catch (error) {
      if (!line.isBroken()) options.failed(error)
    } finally {
      // A conversation that was left in the middle gives back what it holds (locks, writers).
      await talk.return(undefined).catch((error: unknown) => options.failed(error))
      await line.hangUp()
    }
  }
  return { ended: run(), stop: () => line.hear({ is: 'stopping' }), destroy: () => line.destroy() }
}

interface Line {
  ear: Ear
  hear(heard: Heard): void
  /** false: the connection is over. */
  say(said: Said): Promise<boolean>
  hangUp(): Promise<void>
  destroy(): void
  isBroken(): boolean
}

function openLine(raw: Socket, options: PumpOptions): Line {
  let socket: Socket = raw
  let deflated: Deflated | undefined
  let source: Readable = raw // where bytes are heard from: the socket, or what inflates them
  let queue: Heard[] = []
  let queuedBytes = 0
  let woken = false
  let over = false
  let waiter: ((heard: Heard | undefined) => void) | undefined
  let patience = pumpLimits.patienceMilliseconds
  let timer: NodeJS.Timeout | undefined
  let unblock: (() => void) | undefined

  const silence = (): void => {
    if (waiter) give({ is: 'silence' })
    else timer = undefined // busy on our side: that is not the peer's silence
  }
  const give = (heard: Heard | undefined): void => {
    const taker = waiter
    waiter = undefined
    taker?.(heard)
  }
  const hear = (heard: Heard): void => {
    if (over) return
    if (Buffer.isBuffer(heard)) timer?.refresh()
    if (waiter && !(Buffer.isBuffer(heard) && heard.length > pumpLimits.pieceBytes)) return give(heard)
    queue.push(heard)
    if (!Buffer.isBuffer(heard)) return
    queuedBytes += heard.length
    if (queuedBytes > pumpLimits.heardBytes || queue.length > pumpLimits.heardPieces) source.pause()
    if (waiter) give(take())
  }
  const take = (): Heard => {
    const heard = queue[0] as Heard
    if (!Buffer.isBuffer(heard)) return queue.shift() as Heard
    const piece = heard.subarray(0, pumpLimits.pieceBytes)
    if (piece.length < heard.length) queue[0] = heard.subarray(piece.length)
    else queue.shift()
    queuedBytes -= piece.length
    const isRoom = queuedBytes <= pumpLimits.heardBytes / 2 && queue.length <= pumpLimits.heardPieces / 2
    if (isRoom && source.isPaused()) source.resume()
    return piece
  }
  const end = (): void => {
    over = true
    clearTimeout(timer)
    unblock?.()
    if (waiter && queue.length === 0) give(undefined)
  }
  const fail = (): void => {
    queue = []
    end()
    socket.destroy()
  }
  const listen = (): void => {
    socket.on('data', hear)
    socket.on('end', end)
    socket.on('close', end)
    socket.on('error', fail)
    socket.on('drain', () => unblock?.())
    socket.resume() // who met the peer first may have left it paused
  }
  const deafen = (): void => {
    for (const event of ['data', 'end', 'close', 'drain']) socket.removeAllListeners(event)
  }

  const write = (bytes: string | Uint8Array): Promise<boolean> | boolean => {
    if (over && socket.destroyed) return false
    if (deflated) return deflated.write(bytes)
    // A text is the socket's: without a callback, the drain event says enough. Bytes may be used again by the
    // conversation as soon as it goes on.
    if (typeof bytes === 'string') {
      socket.write(bytes)
      return socket.writableLength <= pumpLimits.saidBytes || drained(pumpLimits.saidBytes)
    }
    socket.write(bytes, taken)
    return socket.writableLength === 0 || drained(0)
  }
  const taken = (): void => unblock?.()
  const drained = (most: number): Promise<boolean> =>
    new Promise((resolve) => {
      const stalled = setTimeout(fail, pumpLimits.writeStallMilliseconds)
      unblock = () => {
        if (!socket.destroyed && !(over && most > 0) && socket.writableLength > most) return
        unblock = undefined
        clearTimeout(stalled)
        resolve(!socket.destroyed)
      }
      if (socket.writableLength === 0 || socket.destroyed) unblock()
    })
  const secureNow = async (): Promise<boolean> => {
    if (over) return false
    deafen()
    queue = []
    queuedBytes = 0
    socket.removeListener('error', fail)
    socket.on('error', () => undefined)
    const secured = options.secure(socket)
    secured.on('error', fail)
    const done = await new Promise<boolean>((resolve) => {
      const late = setTimeout(() => resolve(false), 30_000)
      const settle = (ok: boolean) => (): void => {
        clearTimeout(late)
        resolve(ok)
      }
      // A client's socket is 'secure' before the certificate is judged, 'secureConnect' after.
      secured.once(options.side === 'server' ? 'secure' : 'secureConnect', settle(true))
      secured.once('error', settle(false))
      secured.once('close', settle(false))
    })
    if (!done) {
      secured.destroy()
      raw.destroy()
      return false
    }
    secured.removeListener('error', fail)
    socket = secured
    source = secured
    listen()
    const tls = tlsFacts(secured)
    options.peer.tls = tls
    hear({ is: 'secured', tls })
    return true
  }

  listen()
  return {
    ear: {
      next() {
        if (queue.length > 0) {
          const heard = take()
          return isTurnUp() ? nextTurn().then(() => heard) : Promise.resolve(heard)
        }
        if (woken) {
          woken = false
          return Promise.resolve({ is: 'woken' })
        }
        if (over) return Promise.resolve(undefined)
        if (timer) timer.refresh()
        else timer = setTimeout(silence, patience)
        return new Promise((resolve) => (waiter = resolve))
      },
      wake() {
        if (waiter) give({ is: 'woken' })
        else woken = true
      },
      patience(milliseconds) {
        if (milliseconds === patience) return
        patience = milliseconds
        clearTimeout(timer)
        timer = waiter ? setTimeout(silence, patience) : undefined
      },
    },
    hear,
    async say(said) {
      if (said === close) return false
      if (said === startTls) return secureNow()
      if (said === compress) {
        deafen()
        deflated = deflateBothWays(socket, hear, end, fail)
        source = deflated.source // a little that comes can become much: that is where it has to be held back
        return true
      }
      const isOpen = await write(said)
      if (isTurnUp()) await nextTurn()
      return isOpen
    },
    async hangUp() {
      over = true
      clearTimeout(timer)
      await deflated?.finish()
      if (socket.destroyed) return
      await new Promise<void>((resolve) => {
        const late = setTimeout(() => socket.destroy(), pumpLimits.lingerMilliseconds)
        socket.once('close', () => {
          clearTimeout(late)
          resolve()
        })
        socket.removeListener('data', hear)
        socket.resume() // what still comes is read and thrown away, so that our last words arrive
        socket.end(() => socket.destroySoon())
      })
    },
    destroy: fail,
    isBroken: () => socket.destroyed,
  }
}

/** What the TLS layer of a socket says of itself. */
export function tlsFacts(socket: TLSSocket): {
  protocol: string
  cipher: string
  servername?: string
  verified?: boolean
  flaw?: string
} {
  const flaw = socket.authorizationError as unknown as string | undefined // it is the code
  const servername = (socket as TLSSocket & { servername?: string | false }).servername
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher()?.name ?? 'unknown',
    ...(servername ? { servername } : {}),
    verified: socket.authorized,
    ...(flaw && { flaw: String(flaw) }),
  }
}

interface Deflated {
  source: InflateRaw
  write(bytes: string | Uint8Array): Promise<boolean>
  finish(): Promise<void>
}

/** COMPRESS=DEFLATE (RFC 4978): raw deflate both ways, flushed after each thing said. */
function deflateBothWays(socket: Socket, hear: (bytes: Buffer) => void, end: () => void, fail: () => void): Deflated {
  // A stream that was not finished is no mistake: who hangs up need not say so in deflate.
  const inflate: InflateRaw = createInflateRaw({ chunkSize: 16 << 10, finishFlush: constants.Z_SYNC_FLUSH })
  const deflate: DeflateRaw = createDeflateRaw({ level: 3, memLevel: 8 })
  socket.pipe(inflate)
  inflate.on('data', hear)
  inflate.on('end', end)
  inflate.on('error', fail)
  socket.on('close', end) // its end is the end of what is inflated
  deflate.on('data', (bytes: Buffer) => socket.write(bytes))
  deflate.on('error', fail)
  const flush = (): Promise<void> => new Promise((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve))
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      if (socket.writableLength <= pumpLimits.saidBytes || socket.destroyed) return resolve()
      const stalled = setTimeout(fail, pumpLimits.writeStallMilliseconds)
      const go = (): void => {
        clearTimeout(stalled)
        socket.removeListener('drain', go)
        socket.removeListener('close', go)
        resolve()
      }
      socket.once('drain', go)
      socket.once('close', go)
    })
  return {
    source: inflate,
    async write(bytes) {
      if (socket.destroyed) return false
      deflate.write(bytes)
      await flush()
      await drained()
      return !socket.destroyed
    },
    async finish() {
      if (!socket.destroyed) await flush()
      socket.unpipe(inflate)
      inflate.destroy()
      deflate.destroy()
    },
  }
}
