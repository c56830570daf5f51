// A client without manners: writes any bytes, reads or does not, and tells what the server said.

import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export interface Attacker {
  socket: Socket
  /** Everything said so far (the last 64 KiB of it). */
  said(): string
  /** Writes, waiting while the server does not read; false when the connection is gone or nothing was taken for 5 s. */
  write(bytes: Buffer | string): Promise<boolean>
  /** Resolves with what was said when it matches; undefined after `milliseconds` or at the close of the connection. */
  until(pattern: RegExp, milliseconds?: number): Promise<string | undefined>
  /** Writes a line and waits for an answer that matches. */
  ask(line: string, pattern: RegExp): Promise<string | undefined>
  forget(): void // what was said
  isClosed(): boolean
  end(): void
}

const keepAtMost = 65_536

/** `from`: another of the addresses of loopback. */
export function attack(port: number, reads = true, from = '127.0.0.1'): Promise<Attacker> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  let said = ''
  let closed = false
  let woken: (() => void) | undefined
  const wake = () => woken?.()
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
    wake()
  })
  if (reads) {
    socket.on('data', (chunk) => {
      said = (said + chunk.toString('latin1')).slice(-keepAtMost)
      wake()
    })
  } else socket.pause()

  const attacker: Attacker = {
    socket,
    said: () => said,
    async write(bytes) {
      if (closed) return false
      if (socket.write(bytes)) return true
      const deadline = AbortSignal.timeout(5_000)
      while (!closed && socket.writableNeedDrain && !deadline.aborted) await wait(2)
      return !closed && !socket.writableNeedDrain
    },
    async until(pattern, milliseconds = 5_000) {
      const deadline = performance.now() + milliseconds
      for (;;) {
        if (pattern.test(said)) return said
        const left = deadline - performance.now()
        if (closed || left <= 0) return undefined
        await Promise.race([new Promise<void>((resolve) => (woken = resolve)), wait(left)])
      }
    },
    async ask(line, pattern) {
      said = ''
      await attacker.write(`${line}\r\n`)
      return attacker.until(pattern)
    },
    forget: () => void (said = ''),
    isClosed: () => closed,
    end: () => void socket.destroy(),
  }
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(attacker))
    socket.once('error', () => resolve(attacker))
  })
}
