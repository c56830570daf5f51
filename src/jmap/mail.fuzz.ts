// Fuzz targets: filters and sorts, mails told as Email objects, and snippets of texts.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { readMail } from '../mime/reader.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { bodyOf, sortBody, tellPart, type BodyPart } from './emailbody.ts'
import { readEmailQuery } from './emailfilter.ts'
import { Budget, parsedDefaults, readWanted, tellEmail, type EmailSource } from './emailobjects.ts'
import { readHeaderProperty } from './headerforms.ts'
import { MethodError } from './method.ts'
import { markFirst } from './snippets.ts'

interface Target {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void | Promise<void>
}

/** What is wrong with a query is a MethodError, whatever it is. */
export const queries: Target = {
  name: 'jmap queries of emails',
  corpus: [
    '{"filter":{"inMailbox":"F1","text":"a \\"b c\\" \'d\'"},"sort":[{"property":"receivedAt","isAscending":false}]}',
    '{"filter":{"operator":"NOT","conditions":[{"hasKeyword":"$seen"},{"header":["List-Id","x"]}]},"collapseThreads":true}',
    '{"filter":{"before":"2026-01-05T00:00:00Z","minSize":1,"inMailboxOtherThan":["F1"],"hasAttachment":true}}',
    '{"sort":[{"property":"hasKeyword","keyword":"$Flagged"}]}',
  ],
  run(input) {
    let args: unknown
    try {
      args = JSON.parse(input.toString())
    } catch {
      return
    }
    if (args === null || typeof args !== 'object' || Array.isArray(args)) return
    try {
      const query = readEmailQuery(args as Record<string, unknown>)
      deepEqual(readEmailQuery(args as Record<string, unknown>), query)
    } catch (error) {
      ok(error instanceof MethodError, String(error))
    }
  },
}

const mail = [
  'From: "A, B" <a@x.example>\r\nTo: g: b@x.example, c;\r\nSubject: =?utf-8?B?5pyD6K2w?=\r\nDate: Mon, 5 Jan 2026 10:00:00 +0800\r\n',
  'Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nplain\r\n',
  '--a\r\nContent-Type: text/html; charset=big5\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>=A4=A4</p>\r\n--a--\r\n',
  `--m\r\nContent-Type: image/png; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${'QUJD'.repeat(19)}\r\n`.repeat(20)}QQ==\r\n--m--\r\n`,
].join('')

const properties = [
  'header:From:asAddresses',
  'header:To:asGroupedAddresses:all',
  'header:Date:asDate',
  'header:References:asMessageIds',
  'header:X-A:asURLs',
  'header:Subject:asText',
  'header:Received:all',
]

/** Any bytes are told as an email; no part is lost, no size is wrong, no value too long. */
export const mails: Target = {
  name: 'jmap emails told',
  corpus: [
    mail,
    mail.replace('mixed', 'related'),
    mail.replaceAll('alternative', 'mixed'),
    'Subject: x\r\n\r\ntext',
    '',
  ],
  async run(input) {
    const tree = readMail(input)
    const read = async (start: number, end: number): Promise<Buffer> => input.subarray(start, end)
    const most = 40
    const asked = [...parsedDefaults, 'bodyStructure', 'headers', ...properties]
    for (const property of properties) ok(readHeaderProperty(property))
    const wanted = readWanted({ fetchAllBodyValues: true, maxBodyValueBytes: most }, asked, parsedDefaults)
    const source: EmailSource = {
      email: undefined,
      mailId: undefined,
      blobId: 'B1',
      tree,
      trace: '',
      read,
      partBlobId: (path) => path.join('-'),
      hasAttachment: false,
      preview: async () => '',
    }
    const told = await tellEmail(source, wanted, new Budget(64 << 20))
    for (const value of Object.values(told['bodyValues'] as Record<string, { value: string }>))
      ok(Buffer.byteLength(value.value) <= most)
    JSON.stringify(told)

    const root = bodyOf(tree)
    const { text, html, attachments } = sortBody(root)
    const shown = new Set([...text, ...html, ...attachments])
    const pending: BodyPart[] = [root]
    for (let one = pending.pop(); one; one = pending.pop()) {
      pending.push(...one.children)
      if (one.part.type === 'multipart') continue
      ok(shown.has(one), `part ${one.path.join('.')} is nowhere`)
      const telling = { properties: ['size'], read, header: async () => [], blobId: () => null }
      const bytes = input.subarray(one.part.body, one.part.end)
      const { size } = (await tellPart(one, telling)) as { size: number }
      if (one.part.encoding === 'quoted-printable') equal(size, decodeTransfer(bytes, one.part.encoding)!.length)
    }
  },
}

/** A snippet is small and has no element but <mark>. */
export const snippets: Target = {
  name: 'jmap snippets',
  corpus: ['plan\n<b>The plan</b> of 會\n議', '會議\n請出席會議', 'ss\nStraße & more'],
  run(input) {
    const said = input.toString()
    const line = said.indexOf('\n')
    const snippet = markFirst(said.slice(line + 1), said.slice(0, Math.max(0, line)).split(' '))
    if (snippet === null) return
    ok(Buffer.byteLength(snippet) <= 255)
    ok(!/[<>]/.test(snippet.replace(/<\/?mark>/g, '')))
  },
}
