// Fuzz targets of this room, and the mails they start from.
//
// Properties: never throws; a mail read in pieces gives the tree of the mail read whole; offsets lie inside
// each other; a packed tree unpacks to itself; what writeHeader wrote reads back as it was.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { decodeCharset } from './charset.ts'
import { readAddresses, readDate, readFields, readMessageIds, decodeText } from './headers.ts'
import { htmlToText } from './html.ts'
import type { Part, Tree } from './mime.ts'
import { packTree, unpackStructure, unpackTop, unpackTree } from './pack.ts'
import { readStructured } from './parameters.ts'
import { MimeReader, readMail } from './reader.ts'
import { findPart, sectionRange } from './section.ts'
import { baseSubject } from './subject.ts'
import { previewOf } from './text.ts'
import { decodeTransfer } from './transfer.ts'
import { quotedPrintable, writeAddressHeader, writeHeader } from './write.ts'

const lines = (...list: string[]): string => list.join('\r\n') + '\r\n'

/** Mails good and bad; octets. */
export const corpus: string[] = [
  lines('Subject: hi', 'From: a@b.example', '', 'hello', 'world'),
  'Subject: bare\n\nbare line feeds\n',
  lines('Subject: no body at all'),
  '',
  '\r\n',
  '\n\n',
  'no header here',
  lines('Subject: nul\0 and \xa4\xa4\xa4\xe5', 'Content-Type: text/plain; charset=big5', '', '\xa4\xa4\0'),
  lines('Content-Type: multipart/mixed; boundary=b', '', 'pre', '--b', '', 'one', '--b', '', 'two', '--b--', 'post'),
  lines(
    'Content-Type: multipart/mixed; boundary="a"',
    '',
    '--a',
    'Content-Type: multipart/mixed; boundary="a--"',
    '',
    '--a--',
    '',
    'x',
    '--a----',
    '--a--',
  ),
  lines(
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x',
    'Content-Type: multipart/alternative; boundary=x',
    '',
    '--x',
    '',
    'y',
    '--x--',
    '--x--',
  ),
  lines(
    'Content-Type: multipart/mixed; boundary=out',
    '',
    '--out',
    'Content-Type: multipart/mixed; boundary=outer',
    '',
    '--outer',
    '',
    'unterminated',
    '--out--',
  ),
  lines(
    'Content-Type: multipart/digest; boundary=d',
    '',
    '--d',
    '',
    'Subject: in',
    '',
    'body',
    '--d',
    'Content-Type: text/plain',
    '',
    'no mail',
    '--d--',
  ),
  lines(
    'Content-Type: message/rfc822',
    '',
    'Subject: in',
    'Content-Type: message/rfc822',
    '',
    'Subject: deeper',
    '',
    'text',
  ),
  lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '', 'U3ViamVjdDogeA0KDQp5'),
  lines('Content-Type: multipart/mixed', '', '--b', '', 'no boundary'),
  lines('Content-Type: multipart/mixed; boundary=b', '', '--b--'),
  lines('Content-Type: multipart/mixed; boundary=b', '', '--b', 'Subject: a part without body', '--b', '--b--'),
  lines('Content-Type: text/html; charset="utf-8"', 'Content-Type: text/plain', '', '<p>&lt;x&gt;</p>'),
  lines("Content-Disposition: attachment; filename*0*=utf-8''%E4%B8; filename*1*=%AD; filename=x.txt", '', ''),
  lines(
    'From: "Doe, J" <j@x.example>, g: a@b, c@d;, (c) e@f (Name), <@r1,@r2:u@h>',
    'To: undisclosed-recipients:;',
    '',
    '',
  ),
  lines(
    'Subject: =?big5?b?pKQ=?= =?big5?B?pOU?= =?UTF-8?q?=E4=B8?= =?utf-8?Q?=AD?= =?x',
    ' y',
    'References: <a@b> <c@d>',
    '',
    '',
  ),
  lines('Date: Mon, 5 Jan 2026 10:00:00 +0800 (CST)', 'Message-ID: <x@y>', 'In-Reply-To: Your message', '', ''),
]

export function octets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Throws when offsets of a tree contradict each other. */
export function checkTree(tree: Tree, size: number): void {
  equal(tree.size, size)
  equal(tree.part.start, 0)
  equal(tree.part.end, size)
  checkPart(tree.part)
}

function checkPart(part: Part): void {
  ok(part.start <= part.body && part.body <= part.end, 'start <= body <= end')
  ok(part.lines >= 0 && part.lines <= part.end - part.body, 'lines')
  let from = part.body
  for (const inner of part.message ? [part.message.part] : part.parts) {
    ok(inner.start >= from && inner.end <= part.end, 'inside, in order')
    checkPart(inner)
    from = inner.end
  }
}

function readInPieces(input: Buffer, sizeOf: () => number): Tree {
  const reader = new MimeReader()
  for (let at = 0; at < input.length;) {
    const end = at + Math.max(1, sizeOf())
    // The caller may reuse its buffer: what was handed over is spoilt afterwards.
    const piece = Buffer.from(input.subarray(at, end))
    reader.push(piece)
    piece.fill(0x2d)
    at = end
  }
  return reader.end()
}

export const reader = {
  name: 'mime/reader',
  corpus: corpus.map(octets),
  run(input: Buffer): void {
    const tree = readMail(input)
    checkTree(tree, input.length)
    let step = input.length % 7
    const inPieces = readInPieces(input, () => (step = (step * 5 + 3) % 17))
    deepEqual(inPieces, tree)
    deepEqual(unpackTree(packTree(tree)), tree)
    deepEqual(unpackTop(packTree(tree)), tree.headers)
    deepEqual(unpackStructure(packTree(tree)), tree.part)
    for (const path of [[], [1], [2], [1, 1], [2, 1]]) {
      const part = findPart(tree, path)
      const range = sectionRange(tree, path)
      equal(part === undefined, range === undefined)
      if (range) ok(range.start <= range.end && range.end <= input.length)
    }
  },
}

export const headers = {
  name: 'mime/headers',
  corpus: [...corpus, ': x\r\n', 'a : b\r\n', ' \r\nA: b', 'A:\r\n b\r\n\tc\r\n'].map(octets),
  run(input: Buffer): void {
    for (const field of readFields(input)) {
      ok(/^[!-~]+$/.test(field.name), 'a name is printable')
      ok(!field.value.includes(10), 'a value is unfolded')
      const subject = decodeText(field.value)
      ok(!/[\r\n\0]/.test(subject), 'decoded text is one line')
      baseSubject(subject)
      readAddresses(field.value)
      readMessageIds(subject)
      const date = readDate(subject)
      ok(date === undefined || Number.isFinite(date))
      readStructured(subject, 100)
    }
  },
}

export const bodies = {
  name: 'mime/bodies',
  corpus: [
    'pKSk5Q==\r\npKSk',
    'a=20b=\r\nc=zz=',
    '+ZeVnLIqe-',
    '\x1b$B$3$s\x1b(B',
    '\x1b$)C\x0e\x30\x21\x0f',
    '~{<:Ky~}',
    '\xe4\xb8\xad\xe6\x96\x87',
    '\xa4\xa4\xa4\xe5',
    '\x8e\xa2\xa1\xa1\xc4\xe3',
    '<p title="a>b">x<script>y</script>&amp;&#x4e2d;<!-- -->',
    '<a href=\'x"><style>z',
  ].map(octets),
  run(input: Buffer): void {
    for (const encoding of ['base64', 'quoted-printable', '7bit']) {
      const decoded = decodeTransfer(input, encoding)!
      ok(decoded.length <= input.length, 'decoding never grows')
    }
    for (const name of [
      '',
      'utf-8',
      'big5',
      'gb2312',
      'utf-7',
      'hz-gb-2312',
      'iso-2022-kr',
      'iso-2022-cn',
      'euc-tw',
      'utf-32',
      'iso-8859-1',
    ]) {
      const text = decodeCharset(input, name)
      ok(text.length <= input.length * 2)
    }
    const text = htmlToText(decodeCharset(input, 'utf-8'))
    equal(text, text.trim())
    ok(Array.from(previewOf(text)).length <= 200)
  },
}

export const writing = {
  name: 'mime/write',
  corpus: [
    'hello world',
    '測試 with words',
    'a\r\nBcc: x@y',
    '=?utf-8?q?no?=',
    'x'.repeat(2000),
    '"quoted" <x>',
    ' leading',
    '臺'.repeat(200),
  ],
  run(input: Buffer): void {
    const value = input.toString('utf8')
    const header = writeHeader('Subject', value)
    checkField(header)
    const clean = value.replace(/[\r\n\0]+[ \t]*/g, ' ')
    equal(decodeText(readFields(Buffer.from(header))[0]!.value).trim(), clean.trim())

    const name = clean.replace(/\s+/g, ' ').trim()
    const address = writeAddressHeader('To', [{ name: value, mailbox: 'a', host: 'b.example' }])
    checkField(address)
    const [back] = readAddresses(readFields(Buffer.from(address))[0]!.value)
    equal(back!.name.replace(/\s+/g, ' '), name)
    equal(back!.host, 'b.example')

    const encoded = quotedPrintable(value)
    ok(encoded.split('\r\n').every((line) => line.length <= 76))
    equal(decodeTransfer(Buffer.from(encoded), 'quoted-printable')!.toString(), value.replace(/\r\n|\r|\n/g, '\r\n'))
  },
}

function checkField(header: string): void {
  ok(header.endsWith('\r\n'))
  ok(/^[\x20-\x7e\t\r\n]*$/.test(header), 'ASCII')
  ok(/^[^\r\n]*(?:\r\n[ \t][^\r\n]*\S[^\r\n]*)*\r\n$/.test(header), 'one field, no empty fold')
  ok(header.split('\r\n').every((line) => line.length <= 998))
}
