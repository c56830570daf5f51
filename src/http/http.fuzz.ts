// Fuzz targets: header fields that we read ourselves.

import { equal, ok } from 'node:assert/strict'
import { plainType } from '../jmap/uploads.ts'
import { disposition, readRange } from './downloads.ts'
import { languageOf } from './words.ts'

interface Target {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void
}

/** No header we write has more than one line, and no range lies outside. */
export const headers: Target = {
  name: 'http headers',
  corpus: [
    'bytes=0-4',
    'bytes=-3',
    'bytes=5-',
    'zh-TW,en;q=0.5',
    '報告".pdf',
    'a\r\nSet-Cookie: x',
    'text/html; charset=x',
    'a/b\tc',
  ],
  run(input) {
    const text = input.toString()
    const range = readRange(text, 100)
    if (typeof range === 'object') ok(range.start >= 0 && range.start < range.end && range.end <= 100)
    const said = disposition(text)
    ok(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[A-Za-z0-9%._~-]+$/.test(said), said)
    equal(said.split('"').length, 3)
    ok(/^(?:[!-~]+\/[!-~]+)?$/.test(plainType(text)))
    ok(['en', 'zh-Hant'].includes(languageOf(text)))
  },
}
