import { equal } from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { asciiFields } from './ascii.ts'
import { readFields, readAddresses, decodeText } from './headers.ts'

const cases: [what: string, given: string, expected: string | undefined][] = [
  ['ASCII stays as it stands', 'Subject:  a\r\n b\r\nX: y\r\n\r\n', 'Subject:  a\r\n b\r\nX: y\r\n\r\n'],
  ['text', 'Subject: 你好\r\n\r\n', 'Subject: =?utf-8?B?5L2g5aW9?=\r\n\r\n'],
  ['text beside encoded words', 'Subject: =?utf-8?B?5L2g?= 好\r\n', 'Subject: =?utf-8?B?5L2gIOWlvQ==?=\r\n'],
  ['a display name', 'From: 王 <wang@uni.example>\r\n', 'From: =?utf-8?B?546L?= <wang@uni.example>\r\n'],
  ['a domain', 'To: a@例子.example\r\n', 'To: <a@xn--fsqu00a.example>\r\n'],
  ['an author nobody could answer', 'From: 王@uni.example\r\n', undefined],
  [
    'a reader among others',
    'To: li@uni.example, 王 <王@uni.example>\r\n',
    'To: <li@uni.example>, =?utf-8?B?546LIOeOi0B1bmkuZXhhbXBsZQ==?=:;\r\n',
  ],
  [
    'a file name',
    'Content-Disposition: attachment; filename="報告 1.pdf"; size=3\r\n',
    "Content-Disposition: attachment\r\n\tfilename*=utf-8''%E5%A0%B1%E5%91%8A%201.pdf; size=3\r\n".replace(
      'attachment\r\n',
      'attachment;\r\n',
    ),
  ],
  ['what is neither', 'Message-ID: <王@x>\r\n王\r\n', 'Message-ID: <???@x>\r\n???\r\n'],
]

for (const [what, given, expected] of cases) {
  test(`header fields in ASCII: ${what}`, () => equal(asciiFields(Buffer.from(given))?.toString('latin1'), expected))
}

test('a legacy charset is read as elsewhere', () => {
  const big5 = Buffer.concat([Buffer.from('Subject: '), Buffer.from('a741a66ea741a66e', 'hex'), Buffer.from('\r\n')])
  const written = readFields(asciiFields(big5)!)[0]!
  equal(decodeText(written.value), '你好你好')
})

test('whatever a field holds, ASCII comes out, and says the same', () => {
  const word = fc.stringMatching(/^[a-z你好é報]{1,12}$/)
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), word, (words, name) => {
      const text = words.join(' ')
      const block = Buffer.from(`Subject: ${text}\r\nCc: "${name}" <a@b.example>\r\n`)
      const out = asciiFields(block)!
      const [subject, cc] = readFields(out)
      equal(isAscii(out), true)
      equal(decodeText(subject!.value), text)
      equal(readAddresses(cc!.value)[0]!.name, name)
    }),
  )
  fc.assert(fc.property(fc.uint8Array(), (bytes) => isAscii(asciiFields(Buffer.from(bytes)) ?? Buffer.alloc(0))))
})
