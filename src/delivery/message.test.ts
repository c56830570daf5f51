// However a mail is cut on its way in, the same bytes are kept.

import { test } from 'node:test'
import { streaming } from './delivery.fuzz.ts'

test('a header that comes in very many pieces is kept whole', async () => {
  // The target cuts into pieces of 7 and 101 bytes: lengths around each multiple of the pieces that are held.
  for (const pieces of [1023, 1024, 1025, 2046, 2047, 2048]) {
    for (const length of [7 * pieces - 6, 7 * pieces]) {
      await streaming.run(Buffer.from(`Subject: ${'x '.repeat(length)}`.slice(0, length - 4) + '\r\n\r\n'))
      await streaming.run(Buffer.from(`Subject: ${'x '.repeat(length)}`.slice(0, length)))
    }
  }
})
