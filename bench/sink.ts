// The smallest SMTP server: takes everything, keeps nothing, counts. Outbound mail of both sides ends here.

import { createServer, type Socket } from 'node:net'

const nothing = Buffer.alloc(0)
const crlf = Buffer.from('\r\n')

export interface Sink {
  port: number
  count(): number
  /** Resolves when the sink has accepted this many mails in all. */
  reached(count: number): Promise<void>
  close(): Promise<void>
}

/** The smallest SMTP server that accepts everything: where outbound mail of both sides goes. */
export async function openSink(): Promise<Sink> {
  let accepted = 0
  let goals: { count: number; resolve(): void }[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    socket.write('220 sink.example ESMTP\r\n')
    socket.on(
      'data',
      sinkReader((said) => void socket.write(said), taken),
    )
  })
  const taken = () => {
    accepted++
    for (const goal of goals) if (accepted >= goal.count) goal.resolve()
    if (goals.length > 0) goals = goals.filter((goal) => accepted < goal.count)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    count: () => accepted,
    reached: (count) =>
      accepted >= count ? Promise.resolve() : new Promise((resolve) => goals.push({ count, resolve })),
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function sinkReader(say: (text: string) => void, taken: () => void): (chunk: Buffer) => void {
  let rest: Buffer = nothing
  let inMail = false
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    let said = ''
    for (;;) {
      if (inMail) {
        const dot = bytes.indexOf('\r\n.\r\n', start)
        if (dot === -1) {
          start = Math.max(start, bytes.length - 4)
          break
        }
        start = dot + 5
        inMail = false
        taken()
        said += '250 2.0.0 taken\r\n'
      }
      const end = bytes.indexOf(crlf, start)
      if (end === -1) break
      const verb = bytes.toString('latin1', start, Math.min(start + 4, end)).toUpperCase()
      start = end + 2
      if (verb === 'EHLO')
        said += '250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 100000000\r\n250 SMTPUTF8\r\n'
      else if (verb === 'DATA') {
        said += '354 go\r\n'
        inMail = true
        // Nothing can follow before the 354 (RFC 2920 §3.1); an empty mail starts with its dot.
      } else if (verb === 'QUIT') said += '221 bye\r\n'
      else said += '250 ok\r\n'
    }
    rest = start === bytes.length ? nothing : bytes.subarray(start)
    if (said) say(said)
  }
}
