// Fuzz targets: bodies of requests, pointers and patches, and transfer encodings undone in pieces.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { decodeTransfer } from '../mime/transfer.ts'
import { parseIJson } from './ijson.ts'
import { jmapDefaults } from './limits.ts'
import { SetRefusal } from './method.ts'
import { applyPatch, patchOf } from './patch.ts'
import { followPointer, readPointer } from './pointers.ts'
import { readRequest, RequestError } from './request.ts'
import { decodePieces } from './transfer.ts'

interface Target {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void | Promise<void>
}

const request =
  '{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{"a":[{"b":"\\u00e4"}],"#c":{"resultOf":"x","name":"y","path":"/a/*"}},"a"]],"createdIds":{"k":"M1"}}'

/** What passes is JSON, has each name once and no half characters; printed and read again it is the same. */
export const requests: Target = {
  name: 'jmap requests',
  corpus: [
    request,
    '[]',
    '{"a":1,"a":2}',
    '"\\ud800"',
    '[[[[[[]]]]]]',
    '{"a":{"__proto__":{"b":[]}}}',
    '\ufeff{}',
    '{"\\u0061":1,"a":2}',
    '[1e999]',
  ],
  run(input) {
    let value: unknown
    try {
      value = parseIJson(input, 20)
    } catch (error) {
      ok(error instanceof Error)
      return
    }
    deepEqual(JSON.parse(input.toString()), value)
    const printed = JSON.stringify(value)
    ok(printed.isWellFormed())
    deepEqual(parseIJson(Buffer.from(printed), 20), value)
    try {
      readRequest(input, jmapDefaults)
    } catch (error) {
      ok(error instanceof RequestError)
    }
  },
}

/** A patch throws nothing but a refusal, leaves the object alone, and what it sets is there afterwards. */
export const patches: Target = {
  name: 'jmap patches',
  corpus: [
    '{"a/b":1}',
    '{"keywords/$seen":true,"mailboxIds/F1":null}',
    '{"a":{"b":1},"a/b":2}',
    '{"list/0":1}',
    '{"__proto__/x":1}',
    '{"a~1b":1,"~":2}',
    '{"":1}',
  ],
  run(input) {
    let patch: Record<string, unknown>
    try {
      patch = JSON.parse(input.toString()) as Record<string, unknown>
    } catch {
      return
    }
    if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return
    const object = { a: { b: { c: 1 } }, keywords: { $seen: true }, list: [1, 2], none: null }
    const before = JSON.stringify(object)
    try {
      const changed = applyPatch(object, patchOf(patch))
      for (const [pointer, value] of Object.entries(patch)) {
        const tokens = readPointer(`/${pointer}`) as string[]
        const there = followPointer(changed, tokens, jmapDefaults)
        if (value === null && tokens.length > 1) equal(there, undefined)
        else if (tokens.length <= jmapDefaults.pointerTokens && !tokens.includes('*')) deepEqual(there, value)
      }
    } catch (error) {
      if (!(error instanceof SetRefusal)) throw error
    }
    equal(JSON.stringify(object), before)
    equal(({} as Record<string, unknown>)['x'], undefined, 'no prototype was touched')
  },
}

/** Undone in pieces it is what it is undone at once. */
export const transfers: Target = {
  name: 'jmap transfer encodings',
  corpus: [
    'SGVs\r\nbG8=\r\n',
    'QQ==QUI=QUJD',
    'a=20b=\r\nc =\r\n',
    '=C3=\r\n=A4\r\n  \r\n',
    '====',
    'QUJDR',
    'a = b=4',
    '   ',
  ],
  async run(input) {
    const size = 1 + ((input[0] ?? 0) % 7)
    async function* pieces(): AsyncGenerator<Buffer, void, void> {
      for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size)
    }
    for (const encoding of ['base64', 'quoted-printable', '8bit']) {
      const got: Buffer[] = []
      for await (const piece of decodePieces(pieces(), encoding)) got.push(piece)
      const whole = encoding === 'base64' ? withoutRubbish(input) : input
      deepEqual(Buffer.concat(got), decodeTransfer(whole, encoding), encoding)
    }
  },
}

// decodeTransfer looks for a next text only a little behind a padding: it gives up where much rubbish follows.
function withoutRubbish(input: Buffer): Buffer {
  const letters = input.toString('latin1').replace(/[^A-Za-z0-9+/=_-]+/g, '')
  return Buffer.from(letters.replaceAll('-', '+').replaceAll('_', '/').replace(/=+/g, '='), 'latin1')
}
