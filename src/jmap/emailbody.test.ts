import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { readMail } from '../mime/reader.ts'
import { bodyOf, cutText, regularBase64, sortBody, type BodyPart } from './emailbody.ts'

type Shape = string | { [subtype: string]: Shape[] }

let boundaries = 0

/** A mail of nested parts: 'text/plain', 'image/png;attachment', 'text/plain;name', { mixed: [...] }. */
function lines(shape: Shape): string[] {
  if (typeof shape === 'string') {
    const [type, how] = shape.split(';')
    const name = how === 'name' ? '; name="a.txt"' : ''
    const disposition = how === 'attachment' ? ['Content-Disposition: attachment'] : []
    return [`Content-Type: ${type}${name}`, ...disposition, '', 'x']
  }
  const [[subtype, parts] = ['', []]] = Object.entries(shape)
  const boundary = `b${boundaries++}`
  const inner = parts.flatMap((part) => [`--${boundary}`, ...lines(part)])
  return [`Content-Type: multipart/${subtype}; boundary=${boundary}`, '', ...inner, `--${boundary}--`]
}

const rfc: Shape = {
  mixed: [
    'text/plain',
    {
      mixed: [
        {
          alternative: [
            { mixed: ['text/plain', 'image/jpeg', 'text/plain'] },
            { related: ['text/html', 'image/jpeg'] },
          ],
        },
        'image/jpeg;attachment',
        'application/x-excel',
        'message/rfc822',
      ],
    },
    'text/plain',
  ],
}

const cases: [what: string, shape: Shape, text: string, html: string, attachments: string][] = [
  ['a text', 'text/plain', '1', '1', ''],
  ['an HTML text serves as both', 'text/html', '1', '1', ''],
  ['two ways to say it', { alternative: ['text/plain', 'text/html'] }, '1', '2', ''],
  ['a calendar beside them', { alternative: ['text/plain', 'text/html', 'text/calendar'] }, '1', '2', '3'],
  ['HTML with its pictures', { related: ['text/html', 'image/png'] }, '1', '1', '2'],
  ['pictures in the text', { mixed: ['text/plain', 'image/png'] }, '1 2', '1 2', ''],
  ['a text with a name is a file', { mixed: ['text/plain', 'text/plain;name'] }, '1', '1', '2'],
  ['only HTML in the alternative', { alternative: [{ related: ['text/html', 'image/png'] }] }, '1.1', '1.1', '1.2'],
  ['the example of RFC 8621 §4.1.4', rfc, '1 2.1.1.1 2.1.1.2 2.1.1.3 3', '1 2.1.2.1 3', '2.1.1.2 2.1.2.2 2.2 2.3 2.4'],
  ['nothing but a file', 'application/pdf', '', '', '1'],
]

for (const [what, shape, text, html, attachments] of cases) {
  test(what, () => {
    const body = sortBody(bodyOf(readMail(Buffer.from(`From: a@b.example\r\n${lines(shape).join('\r\n')}\r\n`))))
    const ids = (parts: BodyPart[]): string => parts.map(({ path }) => path.join('.')).join(' ')
    deepEqual([ids(body.text), ids(body.html), ids(body.attachments)], [text, html, attachments])
  })
}

test('the size of base64 is known from its two ends', () => {
  for (let size = 1; size < 1_500; size += 7) {
    for (const [width, end] of [
      [76, '\r\n'],
      [64, '\n'],
      [4, '\r\n'],
    ] as const) {
      const rows = Buffer.alloc(size, 'q')
        .toString('base64')
        .match(new RegExp(`.{1,${width}}`, 'g'))!
      for (const tail of ['', end]) {
        const text = rows.join(end) + tail
        if (text.length <= 1_024) continue
        equal(regularBase64(text.slice(0, 256), text.slice(-256), text.length), size, `${size} ${width}`)
      }
    }
  }
  equal(regularBase64('not base64 at all', 'AAAA', 2_000), undefined)
})

const cuts: [text: string, most: number, html: boolean, cut: string][] = [
  ['abc', 3, false, 'abc'],
  ['abcd', 3, false, 'abc'],
  ['會議', 5, false, '會'],
  ['會議', 6, false, '會議'],
  ['😀😀', 7, false, '😀'],
  ['a😀', 4, false, 'a'],
  ['<p>a</p>', 6, true, '<p>a'],
  ['<p>a</p>', 6, false, '<p>a</'],
]

test('a text is cut between characters, HTML between tags', () => {
  for (const [text, most, html, cut] of cuts) equal(cutText(text, most, html), cut, text)
})
