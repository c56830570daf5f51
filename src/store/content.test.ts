// How often the bytes of a mail are asked for.

import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { BlobReader } from '../blobs/blobs.ts'
import { readerOf } from './content.ts'

test('many small ranges of a large mail are read in few pieces, and are what was asked for', async () => {
  const bytes = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31 + (i >> 8)) & 255))
  let readings = 0
  const blobs = {
    async read(_ref: string, start = 0, end = bytes.length) {
      readings++
      ok(start <= end && end <= bytes.length)
      return bytes.subarray(start, end)
    },
  } as unknown as BlobReader
  const read = readerOf(blobs, { blobRef: 'x', size: bytes.length })
  for (let start = 0; start + 100 <= bytes.length; start += 97) {
    ok((await read(start, start + 100)).equals(bytes.subarray(start, start + 100)))
  }
  ok(readings <= 6, String(readings))
  const ranges: [number, number][] = [
    [0, 5],
    [bytes.length - 3, bytes.length],
    [7, 7],
    [0, bytes.length],
    [300_000, 300_001],
  ]
  for (const [start, end] of ranges) equal((await read(start, end)).compare(bytes, start, end), 0)
})
