import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { hasAttachment } from './attachments.ts'
import { readMail } from './reader.ts'
import { baseSubject } from './subject.ts'
import { htmlToText, previewOf, textOf } from './text.ts'
import { decodeTransfer } from './transfer.ts'
import { base64Lines, quotedPrintable, writeAddressHeader, writeHeader } from './write.ts'

const mail = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1')
const read = (bytes: Buffer, limit?: number): Promise<string> =>
  textOf(readMail(bytes), async (start, end) => bytes.subarray(start, end), limit)

const pages: [what: string, html: string, text: string][] = [
  ['blocks', '<p>a</p><p>b<br>c</p><div>d</div>', 'a\n\nb\nc\n\nd'],
  ['a list and a table', '<ul><li>a<li>b</ul><table><tr><td>c</td><td>d</td></tr></table>', 'a\nb\n\nc d'],
  ['white space', ' a \n  b <b>c</b>d ', 'a b cd'],
  [
    'entities',
    '&lt;a&gt; &amp;amp; &#20013;&#x6587; &eacute;&nbsp;&hellip; &bogus; &#0;',
    '<a> &amp; 中文 é … &bogus; \ufffd',
  ],
  ['windows numbers', '&#146;&#x80;', '’€'],
  ['script and style', 'a<script>if (x < y) "</p>"</script>b<STYLE>p{}</Style >c', 'abc'],
  ['a comment', 'a<!-- <p> -- > -->b', 'ab'],
  ['an open comment', 'a<!-- b', 'a'],
  ['an open script', 'a<script>b', 'a'],
  ['the title', '<html><head><title>T</title></head><body>a', 'a'],
  ['an end in quotes', '<a title="x > y" href=\'>\'>b</a>', 'b'],
  ['a quote that is none', "<p it's>a</p>it's", "a\nit's"],
  ['an open quote', '<p title="x>a</p>', 'a'],
  ['less than', 'a < b <3 c', 'a < b <3 c'],
  ['a doctype', '<!DOCTYPE html>a<?xml?>b', 'ab'],
]
for (const [what, html, text] of pages) test(`html: ${what}`, () => equal(htmlToText(html), text))

test('html: hostile text in linear time', () => {
  for (const unit of ['<a "', "<a x='", '<!--', '<script>', '<', '&', '<p ', '</script', '&#', ' \n']) {
    htmlToText(unit.repeat(500_000 / unit.length))
  }
})

const base64 = Buffer.from('<p>中文</p>').toString('base64')
const sources: [what: string, bytes: Buffer, text: string][] = [
  ['plain', mail('Content-Type: text/plain; charset=big5', '', '\xa4\xa4\xa4\xe5'), '中文'],
  [
    'html in base64',
    mail('Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: base64', '', base64),
    '中文',
  ],
  ['quoted-printable', mail('Content-Transfer-Encoding: quoted-printable', '', 'a=', 'b =20', '=E4=B8=AD'), 'ab  \n中'],
  [
    'the plain alternative',
    mail(
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'plain',
      '--b',
      'Content-Type: text/html',
      '',
      'html',
      '--b--',
    ),
    'plain',
  ],
  [
    'an empty plain alternative',
    mail(
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      'html',
      '--b--',
    ),
    'html',
  ],
  [
    'a mail in a mail',
    mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'one',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Subject: x',
      '',
      'two',
      '--b',
      'Content-Type: image/png',
      '',
      'x',
      '--b--',
    ),
    'one\ntwo',
  ],
  ['nothing', mail('Content-Type: image/png', '', 'x'), ''],
]
for (const [what, bytes, text] of sources) test(`text of ${what}`, async () => equal(await read(bytes), text))

test('text stops at the limit', async () => {
  equal((await read(mail('', 'x'.repeat(100_000)), 10)).length, 10)
})

test('previews', () => {
  equal(previewOf('Dear all,\n\n> quoted\n----\nthe   plan\n-- \nSignature'), 'Dear all, the plan')
  equal(previewOf(''), '')
  equal(Array.from(previewOf('😀'.repeat(500))).length, 200)
  ok(previewOf('a\u200b\u0007b').length <= 3)
})

const subjects: [subject: string, base: string][] = [
  ['Hello', 'hello'],
  ['Re: Hello', 'hello'],
  ['RE[2]: Fwd: hello (fwd)', 'hello'],
  ['[list] Re: [list] hello', 'hello'],
  ['[list] hello', 'hello'],
  ['[list]', '[list]'],
  ['[fwd: Re: hello]', 'hello'],
  ['回覆: 轉寄：測試', '測試'],
  ['答复: Re: x', 'x'],
  ['Re', 're'],
  ['Re:', ''],
  ['regards: x', 'regards: x'],
  ['', ''],
]
for (const [subject, base] of subjects) test(`base subject of "${subject}"`, () => equal(baseSubject(subject), base))

test('base subjects of hostile subjects', () => {
  for (const unit of ['re: ', '[a] ', '[', '[fwd:', ' (fwd)', 're [']) baseSubject(unit.repeat(60_000 / unit.length))
})

const clips: [what: string, bytes: Buffer, has: boolean][] = [
  ['plain text', mail('', 'x'), false],
  [
    'a file',
    mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'x',
      '--b',
      'Content-Type: application/pdf',
      '',
      'x',
      '--b--',
    ),
    true,
  ],
  [
    'a picture of the text',
    mail(
      'Content-Type: multipart/related; boundary=b',
      '',
      '--b',
      'Content-Type: text/html',
      '',
      'x',
      '--b',
      'Content-Type: image/png',
      'Content-ID: <x>',
      'Content-Disposition: inline; filename=x.png',
      '',
      'x',
      '--b--',
    ),
    false,
  ],
  [
    'a signature',
    mail(
      'Content-Type: multipart/signed; boundary=b',
      '',
      '--b',
      '',
      'x',
      '--b',
      'Content-Type: application/pgp-signature; name=s.asc',
      '',
      'x',
      '--b--',
    ),
    false,
  ],
  ['a text file', mail('Content-Type: text/plain', 'Content-Disposition: attachment; filename=a.txt', '', 'x'), true],
  [
    'a delivery report',
    mail(
      'Content-Type: multipart/report; boundary=b',
      '',
      '--b',
      '',
      'x',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'x',
      '--b--',
    ),
    false,
  ],
  [
    'a forwarded mail',
    mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'x',
      '--b',
      'Content-Type: message/rfc822',
      '',
      'Subject: x',
      '',
      'x',
      '--b--',
    ),
    true,
  ],
]
for (const [what, bytes, has] of clips) test(`attachment: ${what}`, () => equal(hasAttachment(readMail(bytes)), has))

const transfers: [encoding: string, text: string, decoded: string][] = [
  ['base64', 'YWJj\r\nZGVm', 'abcdef'],
  ['base64', 'YQ==\r\nYg==\r\n', 'ab'],
  ['base64', 'Y!W*Jj', 'abc'],
  ['base64', 'YWJ', 'ab'],
  ['base64', '', ''],
  ['quoted-printable', 'a=3Db=\r\nc', 'a=bc'],
  ['quoted-printable', 'a \t\r\nb', 'a\r\nb'],
  ['quoted-printable', 'a= \r\nb', 'ab'],
  ['quoted-printable', '=zz=4', '=zz=4'],
  ['quoted-printable', 'a\nb=\nc', 'a\nbc'],
  ['quoted-printable', 'x=', 'x'],
  ['8bit', 'x', 'x'],
]
for (const [encoding, text, decoded] of transfers) {
  test(`${encoding} ${JSON.stringify(text)}`, () =>
    equal(decodeTransfer(Buffer.from(text), encoding)!.toString(), decoded))
}
test('an encoding nobody knows', () => equal(decodeTransfer(Buffer.from('x'), 'x-secret'), undefined))

test('headers written', () => {
  equal(writeHeader('Subject', 'hello'), 'Subject: hello\r\n')
  equal(writeHeader('Subject', ''), 'Subject: \r\n')
  equal(writeHeader('Subject', 'a\r\nBcc: x@y'), 'Subject: a Bcc: x@y\r\n')
  equal(writeHeader('Subject', '測試'), 'Subject: =?utf-8?B?5ris6Kmm?=\r\n')
  equal(writeHeader('Subject', 'caf\u00e9 and more words'), 'Subject: =?utf-8?Q?caf=C3=A9_and_more_words?=\r\n')
  const long = writeHeader('Subject', 'word '.repeat(40).trim())
  ok(long.split('\r\n').every((line) => line.length <= 78))
  equal(writeHeader('X', '臺'.repeat(60)).split('\r\n').length, 5)
})

test('address fields written', () => {
  const to = writeAddressHeader('To', [
    { name: 'Wang, X', mailbox: 'w', host: 'x.example' },
    { name: '王', mailbox: 'a b', host: 'x.example' },
    { name: 'team', mailbox: 'team', host: '', group: 'start' },
    { name: '', mailbox: 'c', host: 'x.example' },
    { name: 'team', mailbox: 'team', host: '', group: 'end' },
  ])
  equal(to, 'To: "Wang, X" <w@x.example>, =?utf-8?B?546L?= <"a b"@x.example>, team:\r\n <c@x.example>;\r\n')
})

test('bodies written', () => {
  equal(quotedPrintable('a=b \n.é'), 'a=3Db=20\r\n=2E=C3=A9')
  equal(base64Lines(Buffer.alloc(58)).split('\r\n').length, 3)
  equal(base64Lines(Buffer.alloc(0)), '')
})
