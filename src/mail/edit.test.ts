import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readMail } from '../mime/reader.ts'
import type { HeaderLine, NewBody } from '../sieve/actions.ts'
import { editedMail, type Editing } from './edit.ts'

const written = [
  'From: a@x.example\r\nSubject: old\r\n folded\r\nMIME-Version: 1.0\r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n\r\nfront\r\n',
  '--b\r\nContent-Type: text/plain\r\n\r\none\r\n',
  '--b\r\nContent-Type: application/x-evil\r\n\r\ntwo\r\n--b--\r\nend\r\n',
].join('')

function edited(text: string, editing: Partial<Editing>): string {
  const bytes = Buffer.from(text)
  const tree = readMail(bytes)
  const headerBlock = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 2)
  const mail = { tree, headerBlock, size: bytes.length }
  const pieces = editedMail(mail, { at: 0, from: 'me@uni.example', ...editing })
  return Buffer.concat(pieces.map((one) => (Buffer.isBuffer(one) ? one : bytes.subarray(one.from, one.to)))).toString()
}

test('what is left alone comes out byte by byte', () => {
  equal(edited(written, {}), written)
  equal(edited(written, { header: [0, 1, 2, 3] }), written)
  equal(edited(written, { body: { replaced: [], enclosed: [] } }), written)
})

test('header fields go, come and cannot end early', () => {
  const header: HeaderLine[] = [{ name: 'X-New', value: '新 value\r\nBcc: x@y.example' }, 0, 2, 3]
  const text = edited(written, { header })
  match(text, /^X-New: =\?UTF-8\?.*\r\n(?: .*\r\n)*From: a@x\.example\r\nMIME-Version: 1\.0\r\n/i)
  ok(!/^Bcc/m.test(text) && !text.includes('Subject'))
  ok(text.endsWith(written.slice(written.indexOf('\r\n\r\nfront'))))
})

test('a part is replaced in its place', () => {
  const body: NewBody = { replaced: [{ part: [1], content: 'gone\n已移除', mime: false }], enclosed: [] }
  const text = edited(written, { body })
  const tree = readMail(Buffer.from(text))
  equal(tree.part.parts.length, 2)
  equal(`${tree.part.parts[1]!.type}/${tree.part.parts[1]!.subtype}`, 'text/plain')
  ok(!text.includes('evil') && text.includes('one') && text.endsWith('--b--\r\nend\r\n'))
})

test('the whole mail is replaced but for its own fields', () => {
  const content = 'Content-Type: text/html\r\nFrom: forged@x.example\r\n\r\n<p>hi</p>'
  const replaced = [{ part: [], content, mime: true, subject: 'new', from: 'me@uni.example' }]
  const text = edited(written, { body: { replaced, enclosed: [] } })
  const tree = readMail(Buffer.from(text))
  equal(tree.part.subtype, 'html')
  equal(tree.headers.subject, 'new')
  equal(tree.headers.from[0]!.host, 'uni.example')
  match(text, /^Original-From: a@x\.example\r$/m)
  ok(!text.includes('forged') && text.endsWith('\r\n\r\n<p>hi</p>\r\n'))
})

test('a mail is enclosed in a new one', () => {
  const enclosed = [{ content: 'beware', subject: '警告', headers: ['From', 'content-type'] }]
  const text = edited(written, {
    header: [0, 1, 2, 3, { name: 'X-Seen', value: '1' }],
    body: { replaced: [], enclosed },
  })
  const { headers, part } = readMail(Buffer.from(text))
  equal(headers.subject, '警告')
  equal(headers.from[0]!.host, 'x.example')
  equal(headers.dateText, 'Thu, 01 Jan 1970 00:00:00 +0000')
  equal(part.parts[1]!.message!.headers.subject, 'old folded')
  equal(part.parts[1]!.message!.part.parts.length, 2)
  ok(text.includes('X-Seen: 1') && text.includes('beware'))
})
