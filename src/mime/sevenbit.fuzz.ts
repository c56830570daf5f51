// Recoding whatever comes. Properties: never throws; the same bytes each time; with seven bits asked for, what comes
// out is ASCII, and recoding it once more changes nothing.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { corpus, octets } from './mime.fuzz.ts'
import { readMail } from './reader.ts'
import { recoded, recodingOf, type Source } from './sevenbit.ts'

function sourceOf(bytes: Buffer): Source {
  const step = 1 + (bytes.length % 31)
  return async function* (start, end) {
    for (let at = start; at < end; at += step) yield bytes.subarray(at, Math.min(end, at + step))
  }
}

async function recode(bytes: Buffer, sevenBit: boolean): Promise<Buffer | undefined> {
  const source = sourceOf(bytes)
  const recoding = await recodingOf(readMail(bytes), source, { sevenBit })
  if (!recoding) return undefined
  const [once, again]: [Buffer[], Buffer[]] = [[], []]
  for await (const piece of recoded(recoding, bytes.length, source)) once.push(piece)
  for await (const piece of recoded(recoding, bytes.length, source)) again.push(piece)
  const out = Buffer.concat(once)
  ok(out.equals(Buffer.concat(again)))
  return out
}

export const target = {
  name: 'mime/sevenbit',
  corpus: corpus.map(octets),
  async run(input: Buffer): Promise<void> {
    await recode(input, false)
    const out = await recode(input, true)
    if (!out) return
    equal(isAscii(out), true)
    deepEqual(await recode(out, true), out)
  },
}
