// One question over UDP or TCP to one server.
//
// Every UDP question has its own socket on a port the kernel picks at random, connected to the server:
// datagrams from anybody else are dropped by the kernel (RFC 5452 §9.2). TCP: RFC 7766.
//
// Invariants: the socket is closed when the promise settles; the signal ends it at once.

import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { DnsLimits } from './limits.ts'
import { type Question, readReply, type Reply, Unfit } from './message.ts'
import type { Server } from './servers.ts'

/** 'silent': no answer in time. 'broken': unreachable, or what came was nonsense. */
export class NoReply extends Error {
  why: 'silent' | 'broken' | 'attacked'

  constructor(why: 'silent' | 'broken' | 'attacked') {
    super(why)
    this.why = why
  }
}

/** Sends a datagram and waits for one that fits. Throws NoReply. */
export function askByUdp(server: Server, question: Question, limits: DnsLimits, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
    const timer = setTimeout(() => fail('silent'), limits.timeout)
    const stop = () => fail('broken')
    let wrong = 0
    let over = false

    socket.on('error', stop) // a connected socket hears ICMP "unreachable"
    socket.on('message', (bytes) => {
      try {
        const reply = readReply(bytes, question, limits)
        end()
        resolve(reply)
      } catch (error) {
        if (!(error instanceof Unfit)) throw error
        // Not the answer: keep waiting for the real one, but not while somebody guesses ids.
        if (++wrong >= limits.wrongAnswers) fail('attacked')
      }
    })
    if (signal.aborted) return fail('broken')
    signal.addEventListener('abort', stop)
    // Node hands "no route" to this callback, not to 'error'; its types do not say so.
    socket.connect(server.port, server.address, (unreachable?: Error) => {
      if (unreachable) fail('broken')
      else if (!over) socket.send(question.bytes)
    })

    function fail(why: NoReply['why']): void {
      end()
      reject(new NoReply(why))
    }

    function end(): void {
      if (over) return
      over = true
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.close()
    }
  })
}

/** The same over a connection of its own. Throws NoReply. */
export function askByTcp(server: Server, question: Question, limits: DnsLimits, signal: AbortSignal): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port })
    const timer = setTimeout(() => fail('silent'), limits.timeout)
    const stop = () => fail('broken')
    const prefix = Buffer.alloc(2)
    let message: Buffer | undefined // filled once the two octets of length are there
    let size = 0

    socket.on('error', stop)
    socket.on('close', stop)
    socket.on('data', (piece: Buffer) => {
      let at = 0
      for (; size < 2 && at < piece.length; at++) prefix[size++] = piece[at]!
      if (size < 2) return
      const length = prefix.readUInt16BE(0)
      if (length > limits.messageBytes) return fail('broken')
      message ??= Buffer.alloc(length)
      piece.copy(message, size - 2, at)
      size += piece.length - at
      if (size >= length + 2) finish(message)
    })
    if (signal.aborted) return fail('broken')
    signal.addEventListener('abort', stop)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(question.bytes.length)
    socket.write(Buffer.concat([length, question.bytes])) // one write: RFC 7766 §8

    function finish(bytes: Buffer): void {
      try {
        const reply = readReply(bytes, question, limits)
        end()
        resolve(reply)
      } catch {
        fail('broken')
      }
    }

    function fail(why: NoReply['why']): void {
      end()
      reject(new NoReply(why))
    }

    function end(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.removeAllListeners()
      socket.on('error', () => {}) // a reset after the end is nobody's business
      socket.destroy()
    }
  })
}
