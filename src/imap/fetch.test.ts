import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { appendMessages } from '../store/messages.ts'
import { newMail, type Letter } from '../../test/mailstore.ts'
import { scene, signedIn, stand, type Stand } from '../../test/imaptown.ts'

const opened = `${signedIn}
    C: s SELECT INBOX
    S*
    S: s OK [READ-WRITE] Opened`

const crlf = (text: string) => Buffer.from(text.trim().replace(/^ {2}/gm, '').replaceAll('\n', '\r\n') + '\r\n')

const nested = crlf(`
  From: =?UTF-8?B?6Zmz5aSn5paH?= <chen@uni.example>
  To: Friends: ann@uni.example, "Bob B." <bob@uni.example>;, c@else.example
  Subject: =?UTF-8?B?6YO16amb?= and more
  Date: Thu, 1 Jan 2026 09:00:00 +0800
  Message-ID: <n@uni.example>
  In-Reply-To: <m@uni.example>
  MIME-Version: 1.0
  Content-Type: multipart/mixed; boundary=outer

  --outer
  Content-Type: text/plain; charset=utf-8
  Content-Transfer-Encoding: base64

  SGVsbG8sIHdvcmxkIQ==
  --outer
  Content-Type: application/pdf; name*=UTF-8''%E5%A0%B1%E5%91%8A.pdf
  Content-Disposition: attachment; filename="r.pdf"
  Content-ID: <p@x>
  Content-Transfer-Encoding: base64

  AAEC
  --outer
  Content-Type: message/rfc822

  From: inner@uni.example
  Subject: Inner
  Content-Type: multipart/alternative; boundary=in

  --in
  Content-Type: text/plain

  plain
  --in
  Content-Type: text/html

  <b>bold</b>
  --in--
  --outer--
`)

const withNested = async ({ put }: Stand) => put('INBOX', nested)

test('ENVELOPE and BODYSTRUCTURE of a nested mail', () =>
  scene(
    `${opened}
    C: a FETCH 1 ENVELOPE
    S: * 1 FETCH (ENVELOPE ("Thu, 1 Jan 2026 09:00:00 +0800" "=?UTF-8?B?6YO16ambIGFuZCBtb3Jl?=" (("=?UTF-8?B?6Zmz5aSn5paH?=" NIL "chen" "uni.example")) (("=?UTF-8?B?6Zmz5aSn5paH?=" NIL "chen" "uni.example")) (("=?UTF-8?B?6Zmz5aSn5paH?=" NIL "chen" "uni.example")) ((NIL NIL "Friends" NIL)(NIL NIL "ann" "uni.example")("Bob B." NIL "bob" "uni.example")(NIL NIL NIL NIL)(NIL NIL "c" "else.example")) NIL NIL "<m@uni.example>" "<n@uni.example>"))
    S: a OK Fetched
    C: b FETCH 1 BODY
    S: * 1 FETCH (BODY (("text" "plain" ("charset" "utf-8") NIL NIL "base64" 20 0)("application" "pdf" ("name*" "UTF-8''%E5%A0%B1%E5%91%8A.pdf") "<p@x>" NIL "base64" 4)("message" "rfc822" NIL NIL NIL "7bit" 186 (NIL "Inner" ((NIL NIL "inner" "uni.example")) ((NIL NIL "inner" "uni.example")) ((NIL NIL "inner" "uni.example")) NIL NIL NIL NIL NIL) (("text" "plain" NIL NIL NIL "7bit" 5 0)("text" "html" NIL NIL NIL "7bit" 11 0) "alternative") 12) "mixed"))
    S: b OK Fetched
    C: c FETCH 1 BODYSTRUCTURE
    S: * 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "utf-8") NIL NIL "base64" 20 0 NIL NIL NIL NIL)("application" "pdf" ("name*" "UTF-8''%E5%A0%B1%E5%91%8A.pdf") "<p@x>" NIL "base64" 4 NIL ("attachment" ("filename" "r.pdf")) NIL NIL)("message" "rfc822" NIL NIL NIL "7bit" 186 (NIL "Inner" ((NIL NIL "inner" "uni.example")) ((NIL NIL "inner" "uni.example")) ((NIL NIL "inner" "uni.example")) NIL NIL NIL NIL NIL) (("text" "plain" NIL NIL NIL "7bit" 5 0 NIL NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 11 0 NIL NIL NIL NIL) "alternative" ("boundary" "in") NIL NIL NIL) 12 NIL NIL NIL NIL) "mixed" ("boundary" "outer") NIL NIL NIL))
    S: c OK Fetched
    C: d ENABLE UTF8=ACCEPT
    S: * ENABLED UTF8=ACCEPT
    S: d OK Enabled
    C: e FETCH 1 ENVELOPE
    S: * 1 FETCH (ENVELOPE ("Thu, 1 Jan 2026 09:00:00 +0800" "郵驛 and more" (("陳大文" NIL "chen" "uni.example")) (("陳大文" NIL "chen" "uni.example")) (("陳大文" NIL "chen" "uni.example")) ((NIL NIL "Friends" NIL)(NIL NIL "ann" "uni.example")("Bob B." NIL "bob" "uni.example")(NIL NIL NIL NIL)(NIL NIL "c" "else.example")) NIL NIL "<m@uni.example>" "<n@uni.example>"))
    S: e OK Fetched
  `,
    withNested,
  ))

test('sections', () =>
  scene(
    `${opened}
    C: a FETCH 1 (BODY.PEEK[1] BODY.PEEK[2.MIME] BODY.PEEK[3.HEADER] BODY.PEEK[3.1] BODY.PEEK[3.2.MIME] BODY.PEEK[3.TEXT]<0.10>)
    S: * 1 FETCH (BODY[1] {20}
    S: SGVsbG8sIHdvcmxkIQ== BODY[2.MIME] {175}
    S: Content-Type: application/pdf; name*=UTF-8''%E5%A0%B1%E5%91%8A.pdf
    S: Content-Disposition: attachment; filename="r.pdf"
    S: Content-ID: <p@x>
    S: Content-Transfer-Encoding: base64
    S: 
    S:  BODY[3.HEADER] {93}
    S: From: inner@uni.example
    S: Subject: Inner
    S: Content-Type: multipart/alternative; boundary=in
    S: 
    S:  BODY[3.1] {5}
    S: plain BODY[3.2.MIME] {27}
    S: Content-Type: text/html
    S: 
    S:  BODY[3.TEXT]<0> {10}
    S: --in
    S: Cont)
    S: a OK Fetched
    C: b FETCH 1 (BODY.PEEK[4] BODY.PEEK[1.HEADER] BODY.PEEK[3.3] BODY.PEEK[1]<30.5> BODY.PEEK[1]<18.50>)
    S: * 1 FETCH (BODY[4] NIL BODY[1.HEADER] NIL BODY[3.3] NIL BODY[1]<30> "" BODY[1]<18> {2}
    S: ==)
    S: b OK Fetched
    C: c FETCH 1 (BODY.PEEK[HEADER.FIELDS (Subject DATE)] BODY.PEEK[HEADER.FIELDS (X-None)] BODY.PEEK[3.HEADER.FIELDS.NOT (From)])
    S: * 1 FETCH (BODY[HEADER.FIELDS (Subject DATE)] {80}
    S: Subject: =?UTF-8?B?6YO16amb?= and more
    S: Date: Thu, 1 Jan 2026 09:00:00 +0800
    S: 
    S:  BODY[HEADER.FIELDS (X-None)] {2}
    S: 
    S:  BODY[3.HEADER.FIELDS.NOT (From)] {68}
    S: Subject: Inner
    S: Content-Type: multipart/alternative; boundary=in
    S: 
    S: )
    S: c OK Fetched
    C: d FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1] BINARY.PEEK[1]<7.5> BINARY.SIZE[2])
    S: * 1 FETCH (BINARY[1] {13}
    S: Hello, world! BINARY.SIZE[1] 13 BINARY[1]<7> {5}
    S: world BINARY.SIZE[2] 3)
    S: d OK Fetched
    C: e FETCH 1 BINARY[2]
    S: * 1 FETCH (FLAGS (\\Seen) BINARY[2] ~{3}
    S: \x00\x01\x02)
    S: e OK Fetched
    C: f FETCH 1 FLAGS
    S: * 1 FETCH (FLAGS (\\Seen))
    S: f OK Fetched
  `,
    withNested,
  ))

test('trace lines stand in front of the mail', () =>
  scene(
    `${opened}
    C: a FETCH 1 (RFC822.SIZE BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[HEADER.FIELDS (Received)] BODY.PEEK[TEXT] RFC822.HEADER)
    S: * 1 FETCH (RFC822.SIZE 42 BODY[] {42}
    S: Received: by us
    S: Subject: traced
    S: 
    S: Body
    S:  BODY[HEADER] {36}
    S: Received: by us
    S: Subject: traced
    S: 
    S:  BODY[HEADER.FIELDS (Received)] {19}
    S: Received: by us
    S: 
    S:  BODY[TEXT] {6}
    S: Body
    S:  RFC822.HEADER {36}
    S: Received: by us
    S: Subject: traced
    S: 
    S: )
    S: a OK Fetched
    C: b FETCH 1 BODY.PEEK[]<10.30>
    S: * 1 FETCH (BODY[]<10> {30}
    S: by us
    S: Subject: traced
    S: 
    S: Body)
    S: b OK Fetched
  `,
    async ({ store, mailboxId }) => {
      const mail = await newMail(store, Buffer.from('Subject: traced\r\n\r\nBody\r\n'), 'Received: by us\r\n')
      await appendMessages(store, await mailboxId('INBOX'), [{ mail, flags: 0, keywords: [], receivedAt: 0 }])
    },
  ))

test('a large mail streams, with its pieces in order', () =>
  scene(
    `${opened}
    C: a FETCH 1:2 (BODY.PEEK[TEXT]<99990.20> RFC822.SIZE)
    S: /^\\* 1 FETCH \\(RFC822.SIZE 1001\\d\\d BODY\\[TEXT\\]<99990> \\{10\\}$/
    S: xxxxxxxxxx)
    S: /^\\* 2 FETCH \\(RFC822.SIZE 1001\\d\\d BODY\\[TEXT\\]<99990> \\{10\\}$/
    S: xxxxxxxxxx)
    S: a OK Fetched
    C: b FETCH 1:2 BODY.PEEK[TEXT]
    S: * 1 FETCH (BODY[TEXT] {100000}
    S: /^x{100000}\\)$/
    S: * 2 FETCH (BODY[TEXT] {100000}
    S: /^x{100000}\\)$/
    S: b OK Fetched
  `,
    async ({ put }) => {
      const body = 'x'.repeat(100_000)
      await put('INBOX', { subject: 'a', headers: 'X: y\r\n', body })
      await put('INBOX', { subject: 'b', body })
    },
    { limits: { wholeRead: 1000 } },
  ))

test('\\Seen is set by bodies, not by peeking, nor when reading only', () =>
  scene(
    `${opened}
    C: a FETCH 1:3 BODY[HEADER.FIELDS (X)]
    S: * 1 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (X)] {2}
    S: 
    S: )
    S: * 2 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (X)] {2}
    S: 
    S: )
    S: * 3 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (X)] {2}
    S: 
    S: )
    S: a OK Fetched
    C: b STORE 1:3 -FLAGS.SILENT (\\Seen)
    S: b OK Stored
    C: c EXAMINE INBOX
    S*
    S: c OK [READ-ONLY] Opened for reading
    C: d FETCH 1 RFC822.TEXT
    S: * 1 FETCH (RFC822.TEXT {3}
    S: B
    S: )
    S: d OK Fetched
    C: e FETCH 1 FLAGS
    S: * 1 FETCH (FLAGS ())
    S: e OK Fetched
    C: f STORE 1 FLAGS (\\Seen)
    S: f NO [READ-ONLY] The mailbox was opened for reading
  `,
    async ({ put }) => {
      await put('INBOX', { body: 'B\r\n' })
      await put('INBOX', {}, { flags: 1 })
      await put('INBOX')
    },
  ))

test('macros, numbers, uids and what is not there', () =>
  scene(
    `${opened}
    C: a FETCH 1 FAST
    S: /^\\* 1 FETCH \\(FLAGS \\(\\) INTERNALDATE " 5-Jan-2026 08:00:00 \\+0000" RFC822.SIZE \\d+\\)$/
    S: a OK Fetched
    C: b FETCH 2 ALL
    S: /^\\* 2 FETCH \\(FLAGS \\(\\) INTERNALDATE .* RFC822.SIZE \\d+ ENVELOPE \\(.*\\)\\)$/
    S: b OK Fetched
    C: c FETCH * (UID)
    S: * 3 FETCH (UID 3)
    S: c OK Fetched
    C: d FETCH 4 UID
    S: d BAD There is no message of that number
    C: e UID FETCH 3:9,1 FLAGS
    S: * 1 FETCH (UID 1 FLAGS ())
    S: * 3 FETCH (UID 3 FLAGS ())
    S: e OK Fetched
    C: f UID FETCH 77 FLAGS
    S: f OK Fetched
    C: g UID FETCH 77:* FLAGS
    S: * 3 FETCH (UID 3 FLAGS ())
    S: g OK Fetched
    C: h FETCH 1 (FLAGS SHOESIZE)
    S: h BAD There is nothing called SHOESIZE to fetch
    C: i FETCH 0 FLAGS
    S: i BAD Expected a message number or "*" at " FLAGS"
    C: j FETCH 1:* (EMAILID THREADID SAVEDATE PREVIEW (LAZY))
    S: /^\\* 1 FETCH \\(EMAILID \\(M\\d+\\) THREADID \\(T\\d+\\) SAVEDATE ".*" PREVIEW "Body \\d+"\\)$/
    S: /^\\* 2 FETCH /
    S: /^\\* 3 FETCH /
    S: j OK Fetched
    C: k UID FETCH 1:* (UID) (PARTIAL -1:-2)
    S: * 2 FETCH (UID 2)
    S: * 3 FETCH (UID 3)
    S: k OK Fetched
    C: l UID FETCH 1:* (UID) (PARTIAL 2:2)
    S: * 2 FETCH (UID 2)
    S: l OK Fetched
  `,
    async ({ put }) => {
      for (let i = 0; i < 3; i++) await put('INBOX')
    },
  ))

test('an empty mailbox', () =>
  scene(`${opened}
    C: a FETCH 1:* FLAGS
    S: a OK Fetched
    C: b UID FETCH 1:* FLAGS
    S: b OK Fetched
    C: c STORE 1:* +FLAGS (\\Seen)
    S: c OK Stored
    C: d EXPUNGE
    S: d OK Expunged
  `))

const base64Lines = (bytes: Buffer) => bytes.toString('base64').replace(/.{76}/g, '$&\r\n')

test('a large base64 part is decoded in pieces', () =>
  scene(
    `${opened}
    C: a FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1]<299990.100>)
    S: * 1 FETCH (BINARY.SIZE[1] 300001 BINARY[1]<299990> ~{11}
    S: xxxxxxxxxxy)
    S: a OK Fetched
    C: b FETCH 1 BINARY.PEEK[1]
    S: * 1 FETCH (BINARY[1] ~{300001}
    S: /^x{300000}y\\)$/
    S: b OK Fetched
  `,
    async ({ put }) => {
      const body = base64Lines(Buffer.from(`${'x'.repeat(300_000)}y`))
      await put('INBOX', { headers: 'Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n', body })
    },
    { limits: { wholeRead: 1000 } },
  ))

test('what would overflow the budget of one message streams, in the order asked', () =>
  scene(
    `${opened}
    C: a FETCH 1:2 (BODY.PEEK[TEXT] BODY.PEEK[TEXT]<0.3> BODY.PEEK[HEADER.FIELDS (Subject)] UID)
    S: * 1 FETCH (UID 1 BODY[TEXT] {1500}
    S: /^x{1500} BODY\\[TEXT\\]<0> \\{3\\}$/
    S: xxx BODY[HEADER.FIELDS (Subject)] {14}
    S: Subject: a
    S: 
    S: )
    S*
    S: a OK Fetched
  `,
    async ({ put }) => {
      await put('INBOX', { subject: 'a', body: 'x'.repeat(1500) })
      await put('INBOX', { subject: 'b', body: 'x'.repeat(15) })
    },
    { limits: { wholeRead: 1000 } },
  ))

test('too many sections', () =>
  scene(
    `${opened}
    C: a FETCH 1 (${Array.from({ length: 101 }, (_, i) => `BODY[${i + 1}]`).join(' ')})
    S: a BAD [LIMIT] Too many sections
    C: b FETCH 4:* UID
    S: * 1 FETCH (UID 1)
    S: b OK Fetched
  `,
    async ({ put }) => put('INBOX'),
  ))

test('a NUL in a body: 0x80 stands for it in a literal, BINARY gives it as it is', async () => {
  const binary = (size: number): Letter => ({
    headers: 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n',
    body: `a\0b${'x'.repeat(size)}\0`,
  })
  for (const size of [0, 400_000]) {
    const made = await stand()
    await made.put('INBOX', binary(size))
    const client = await made.client()
    await client.say('a SELECT INBOX')
    const body = await client.say('b FETCH 1 BODY.PEEK[1]')
    match(body, new RegExp(`^\\* 1 FETCH \\(BODY\\[1\\] \\{${size + 4}\\}\\r\\na[^\\0x]+bx{${Math.min(size, 9)}}`))
    equal(body.includes('\0'), false)
    const plain = await client.say('c FETCH 1 BINARY.PEEK[1]')
    match(plain, new RegExp(`^\\* 1 FETCH \\(BINARY\\[1\\] ~\\{${size + 4}\\}\\r\\na\\0b`))
    deepEqual(made.mistakes, [])
  }
})

test('whole mails of a mailbox: small and large, plain and packed, some twice, one with a NUL', async () => {
  const made = await stand()
  const sizes = Array.from({ length: 40 }, (_, i) => (i === 20 ? 600_000 : i === 30 ? 200_000 : (i * i * 37) % 50_000))
  const mails = sizes.map((size, i) => `Subject: ${i}\r\n\r\n${i === 7 ? 'a\0b' : ''}${`${i} `.repeat(size / 3)}\r\n`)
  for (const mail of mails) await made.put('INBOX', Buffer.from(mail))
  const client = await made.client()
  await client.say('a SELECT INBOX')
  const expected = (items: (mail: string) => string) =>
    mails.map((mail, i) => `* ${i + 1} FETCH (${items(mail.replaceAll('\0', '\ufffd'))})\r\n`).join('')
  const literal = (text: string) => `{${text.replaceAll('\ufffd', '0').length}}\r\n${text}`

  const once = await client.say('b FETCH 1:* BODY.PEEK[]')
  ok(once === expected((mail) => `BODY[] ${literal(mail)}`) + 'b OK Fetched\r\n')
  const twice = await client.say('c FETCH 1:* (RFC822.SIZE BODY.PEEK[] RFC822)')
  ok(
    twice.replaceAll(/ FLAGS \(.*?\)/g, '') ===
      expected(
        (mail) =>
          `RFC822.SIZE ${Buffer.byteLength(mail.replaceAll('\ufffd', '0'))} BODY[] ${literal(mail)} RFC822 ${literal(mail)}`,
      ) +
        'c OK Fetched\r\n',
  )
  deepEqual(made.mistakes, [])
})
