import { deepEqual, equal, match, notEqual } from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Part } from './mime.ts'
import { readMail } from './reader.ts'
import { recoded, recodingOf, type Source } from './sevenbit.ts'
import { decodeTransfer } from './transfer.ts'

/** In pieces of `size` bytes, as a disk may give them. */
function sourceOf(bytes: Buffer, size = 7): Source {
  return async function* (start, end) {
    for (let at = start; at < end; at += size) yield bytes.subarray(at, Math.min(end, at + size))
  }
}

async function recode(mail: Buffer | string, sevenBit = true): Promise<Buffer | undefined> {
  const bytes = Buffer.from(mail)
  const source = sourceOf(bytes)
  const recoding = await recodingOf(readMail(bytes), source, { sevenBit })
  if (!recoding) return undefined
  const pieces: Buffer[] = []
  for await (const piece of recoded(recoding, bytes.length, source)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const mime = 'MIME-Version: 1.0\r\n'
const text = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n'

const cases: [what: string, given: string, expected: RegExp | undefined | 'same'][] = [
  ['nothing to do', `${mime}${text}\r\nhello\r\n`, 'same'],
  [
    'a text that is mostly ASCII',
    `${mime}${text}\r\nGrüße and a long ordinary line of text\r\n`,
    /Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1\.0\r\nContent-Type: text\/plain; charset=utf-8\r\n\r\nGr=C3=BC=C3=9Fe and/,
  ],
  [
    'a text that is not',
    `${mime}${text}\r\n你好\r\n`,
    /Content-Transfer-Encoding: base64\r\n[^]*\r\n\r\n5L2g5aW9DQo=\r\n$/,
  ],
  [
    'a text that never said what it is',
    'Subject: x\r\n\r\nGrüße and a long ordinary line of text\r\n',
    /^MIME-Version: 1\.0\r\nContent-Type: text\/plain; charset=unknown-8bit\r\nContent-Transfer-Encoding: quoted-printable\r\nSubject: x\r\n\r\nGr=C3/,
  ],
  [
    'parts',
    `${mime}Content-Transfer-Encoding: 8bit\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n${text}\r\n你好\r\n--b--\r\n`,
    /^Content-Transfer-Encoding: 7bit\r\n[^]*--b\r\n\r\nplain\r\n--b\r\nContent-Transfer-Encoding: base64\r\n[^]*5L2g5aW9\r\n\r\n--b--\r\n$/,
  ],
  [
    'a mail inside',
    `${mime}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: 你好\r\n${mime}${text}\r\n你好\r\n`,
    /Content-Type: message\/rfc822\r\n\r\nContent-Transfer-Encoding: base64\r\nSubject: =\?utf-8\?B\?5L2g5aW9\?=/,
  ],
  [
    'what is signed stays',
    `${mime}Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n${text}\r\n你好\r\n--b\r\n\r\nx\r\n--b--\r\n`,
    undefined,
  ],
  ['an encoding that is not kept to', `${mime}Content-Transfer-Encoding: base64\r\n\r\n你好\r\n`, undefined],
  [
    'text between the parts',
    `${mime}Content-Type: multipart/mixed; boundary=b\r\n\r\n你好\r\n--b\r\n\r\nplain\r\n--b--\r\n`,
    undefined,
  ],
]

for (const [what, given, expected] of cases) {
  test(`seven bits: ${what}`, async () => {
    const out = await recode(given)
    if (expected === undefined) return equal(out, undefined)
    equal(isAscii(out!), true)
    if (expected === 'same') equal(out!.toString(), given)
    else match(out!.toString(), expected)
  })
}

test('only the header, where bodies may stay', async () => {
  const out = await recode(`Subject: 你\r\n${mime}${text}\r\n好\r\n`, false)
  equal(out!.toString(), `Subject: =?utf-8?B?5L2g?=\r\n${mime}${text}\r\n好\r\n`)
})

function leaves(part: Part): Part[] {
  return part.parts.length === 0 ? [part] : part.parts.flatMap(leaves)
}

/** What the parts decode to, but for line ends at their ends. */
function decoded(mail: Buffer): string[] {
  return leaves(readMail(mail).part).map((part) =>
    decodeTransfer(mail.subarray(part.body, part.end), part.encoding)!
      .toString('latin1')
      .replace(/(?:\r\n)+$/, ''),
  )
}

test('decoded, every part is what it was; all of it is ASCII; lines are short', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('.', 'From x', '=', 'tail ', '你好', 'a'.repeat(200)),
  )
  const body = fc
    .array(line, { maxLength: 12 })
    .map((lines) => lines.map((one) => one.replace(/[\r\n\0]|--b/g, '')).join('\r\n'))
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 4 }), async (bodies) => {
      const parts = bodies.map((one) => `--b\r\n${text}\r\n${one}\r\n`).join('')
      const mail = Buffer.from(`${mime}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`)
      const out = await recode(mail)
      notEqual(out, undefined)
      equal(isAscii(out!), true)
      deepEqual(decoded(out!), decoded(mail))
    }),
    { numRuns: 60 },
  )
})
