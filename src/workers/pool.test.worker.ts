// The thread of pool.test.ts: does what each job says.

import { serveJobs } from './serve.ts'

serveJobs(async ({ input, body, ask }) => {
  const { what, by } = input as { what: string; by?: number }
  switch (what) {
    case 'double':
      return by! * 2
    case 'count': {
      let size = 0
      for await (const piece of body) size += piece.length
      return size
    }
    case 'ask':
      return await ask({ by })
    case 'ask for ever':
      for (;;) await ask({})
    case 'throw':
      throw new Error('on purpose')
    case 'spin':
      for (;;);
    case 'exit':
      return process.exit(3)
    case 'fill': {
      const heap: unknown[] = []
      for (;;) heap.push(Array.from({ length: 10_000 }, (_, n) => ({ n })))
    }
    default:
      return await new Promise(() => {}) // waits for ever
  }
})
