// Secrets that come by standard input: never on the command line, where everybody reads them.

import { stdin, stderr } from 'node:process'
import { Trouble } from '../wire/troubles.ts'

const longest = 4096 // bytes of a password

/** The first line of standard input, typed without echo on a terminal. Throws bad-setting. */
export async function readSecret(prompt: string): Promise<string> {
  const bytes = stdin.isTTY ? await typed(prompt) : await piped()
  if (bytes.length > longest) throw new Trouble('bad-setting', { key: '--password-stdin', why: 'too long' })
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return text.decode(bytes)
  } catch {
    throw new Trouble('bad-setting', { key: '--password-stdin', why: 'not UTF-8' })
  }
}

async function piped(): Promise<Buffer> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of stdin as AsyncIterable<Buffer>) {
    pieces.push(piece)
    length += piece.length
    if (piece.includes(10) || length > longest + 2) break
  }
  const all = Buffer.concat(pieces)
  const end = all.indexOf(10)
  const line = end < 0 ? all : all.subarray(0, end)
  return line.at(-1) === 13 ? line.subarray(0, -1) : line
}

function typed(prompt: string): Promise<Buffer> {
  stderr.write(prompt)
  stdin.setRawMode(true)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let line = Buffer.alloc(0)
  const heard = (piece: Buffer) => {
    for (const byte of piece) {
      if (byte === 3) return end(() => reject(new Trouble('bad-setting', { key: '--password-stdin', why: '^C' })))
      if (byte === 13 || byte === 10) return end(() => resolve(line))
      line = byte === 127 || byte === 8 ? line.subarray(0, -1) : Buffer.concat([line, Buffer.of(byte)])
    }
  }
  const end = (then: () => void) => {
    stdin.off('data', heard)
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
    then()
  }
  stdin.on('data', heard)
  return promise
}
