// Ports for servers of tests that must be told theirs.

import { createServer } from 'node:net'

/** A port that was free a moment ago, for servers that must be told theirs before they start. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
