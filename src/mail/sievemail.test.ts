import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { readMail } from '../mime/reader.ts'
import { compileScript } from '../sieve/checker.ts'
import { runScript } from '../sieve/run.ts'
import type { SieveMail } from '../sieve/mail.ts'
import { sieveMail } from './sievemail.ts'

async function seen(text: string, requires: string[] = ['body', 'mime']): Promise<SieveMail> {
  const bytes = Buffer.from(text.replace(/\n/g, '\r\n'), 'latin1')
  const blank = bytes.indexOf('\r\n\r\n')
  const source = {
    tree: readMail(bytes),
    headerBlock: blank === -1 ? bytes : bytes.subarray(0, blank + 2),
    size: bytes.length,
    read: async (start: number, end: number) => bytes.subarray(start, end),
  }
  return sieveMail(source, { from: 'a@b.example', to: 'c@d.example' }, new Set(requires))
}

async function holds(condition: string, text: string): Promise<boolean> {
  const needed = 'body mime foreverypart envelope index relational'.split(' ')
  const program = compileScript(
    `require [${needed.map((each) => `"${each}"`).join(',')}]; if ${condition} { discard; }`,
  )
  const { actions } = await runScript(program, await seen(text, [...program.requires]), { now: 0 })
  return actions[0]?.do === 'discard'
}

const big5 = '\xb6l' // 郵
const plain = `From: =?utf-8?q?J=C3=BCrgen?= <j(the one)@b.example>
To: friends: x@y.example, "a b"@c.example;
Subject: =?big5?b?tmw=?= and
 folded
X-Raw: ${big5}

Hello
`
const mixed = `Subject: parts
Content-Type: multipart/mixed; boundary=o

before
--o
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+w7xiZXI8L2I+IGFsbA==
--o
Content-Type: application/octet-stream; name*=utf-8''%E9%83%B5.bin
Content-Transfer-Encoding: base64

AAECAw==
--o
Content-Type: message/rfc822

Subject: inner

deep
--o
Content-Type: text/plain
Content-Transfer-Encoding: x-own

unreadable
--o--
after
`

const cases: [condition: string, text: string, held: boolean][] = [
  ['header "subject" "郵 and folded"', plain, true],
  ['header :contains "x-raw" "郵"', plain, true],
  ['address "from" "j@b.example"', plain, true],
  ['address "to" "x@y.example"', plain, true],
  ['address "to" "\\"a b\\"@c.example"', plain, true],
  ['address :contains "to" "friends"', plain, false],
  ['body :raw :contains "hello"', plain, true],
  ['body :raw :contains ""', 'Subject: no body\n', false],
  ['body :raw :contains ""', 'Subject: an empty body\n\n', true],
  ['body :contains "über all"', mixed, true],
  ['body :contains "<b>"', mixed, false],
  ['body :content "text/html" :contains "<b>über"', mixed, true],
  ['body :contains "deep"', mixed, true],
  ['body :contains "unreadable"', mixed, false],
  ['body :raw :contains "PGI+"', mixed, true],
  ['body :content "multipart" :contains "before"', mixed, true],
  ['body :content "multipart" :contains "after"', mixed, true],
  ['body :content "multipart" :contains "--o"', mixed, false],
  ['body :content "message/rfc822" :is "Subject: inner\r\n"', mixed, true],
  ['header :mime :anychild :param "name" "content-type" "郵.bin"', mixed, true],
  ['header :mime :anychild :count "eq" "subject" "2"', mixed, true],
  ['header :count "eq" "subject" "1"', mixed, true],
]
for (const [condition, text, held] of cases) {
  test(`${held ? 'holds' : 'does not hold'}: ${JSON.stringify(condition)}`, async () => {
    equal(await holds(condition, text), held)
  })
}

test('a body is read no further than asked', async () => {
  const { root } = await seen(`Subject: long\n\n${'x'.repeat(10_000)}`)
  equal((await root.raw(10))?.length, 10)
  equal((await root.content(10))?.length, 10)
  equal((await root.text(10))?.length, 10)
})

test('inner headers are read only for scripts that can ask for them', async () => {
  const { root } = await seen(mixed, ['fileinto'])
  deepEqual(
    root.parts.map(({ fields }) => fields.length),
    [0, 0, 0, 0],
  )
})

test('sizes of fields are those of the mail', async () => {
  const { root } = await seen(plain)
  equal(
    root.fields.reduce((total, { size }) => total + size, 0),
    Buffer.from(plain.replace(/\n/g, '\r\n'), 'latin1').indexOf('\r\n\r\n') + 2,
  )
})
