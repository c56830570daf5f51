import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { readMail } from '../mime/reader.ts'
import { readFields } from '../mime/headers.ts'
import { playedMail } from '../sieve/played.ts'
import {
  addressedAs,
  mayNotify,
  whySilent,
  writeAutoReply,
  writeNotification,
  type Answered,
  type Silence,
} from './autoreply.ts'

const own = ['bob@house.example', 'robert@house.example']

function answered(header: string, sender = 'ada@math.example'): Answered {
  return { fields: playedMail(`${header}\n\n`).root.fields, sender, own }
}

const to = 'To: Bob <BOB@house.example>'
const silences: [what: string, header: string, sender: string, why: Silence | undefined][] = [
  ['an ordinary mail is answered', to, 'ada@math.example', undefined],
  ['Cc counts', 'To: x@y.example\nCc: robert@house.example', 'ada@math.example', undefined],
  ['Resent-To counts', 'To: x@y.example\nResent-To: robert@house.example', 'ada@math.example', undefined],
  ['Auto-Submitted: no', `${to}\nAuto-Submitted: no`, 'ada@math.example', undefined],
  ['Precedence: normal', `${to}\nPrecedence: normal`, 'ada@math.example', undefined],
  ['X-Auto-Response-Suppress: None', `${to}\nX-Auto-Response-Suppress: None`, 'ada@math.example', undefined],
  ['the null sender', to, '', 'null-sender'],
  ['a broken sender', to, 'ada', 'null-sender'],
  ['a daemon', to, 'MAILER-DAEMON@math.example', 'system-sender'],
  ['a list’s robot', to, 'list-request@math.example', 'system-sender'],
  ['a list’s owner', to, 'owner-list@math.example', 'system-sender'],
  ['returns of a list', to, 'list-bounces+ada=x.example@math.example', 'system-sender'],
  ['nobody reads answers there', to, 'no-reply@math.example', 'system-sender'],
  ['oneself', to, 'Robert@house.example', 'own-mail'],
  ['a reply of a machine', `${to}\nAuto-Submitted: auto-replied (vacation)`, 'ada@math.example', 'automatic'],
  ['a notice', `${to}\nauto-submitted: auto-notified; owner-email="x@y.example"`, 'ada@math.example', 'automatic'],
  ['bulk', `${to}\nPrecedence: BULK`, 'ada@math.example', 'automatic'],
  ['Exchange asks for silence', `${to}\nX-Auto-Response-Suppress: DR, OOF`, 'ada@math.example', 'automatic'],
  ['a list', `${to}\nList-Id: <l.math.example>`, 'ada@math.example', 'list'],
  ['a blind copy', 'To: all@house.example', 'ada@math.example', 'not-addressed'],
  ['no recipients', 'Subject: x', 'ada@math.example', 'not-addressed'],
]
for (const [what, header, sender, why] of silences) test(what, () => equal(whySilent(answered(header, sender)), why))

test('a reply comes from the address the mail was sent to', () => {
  equal(addressedAs(answered('To: x@y.example, Robert <robert@house.example>').fields, own), 'robert@house.example')
})

const header = `From: Ada Lovelace <ada@math.example>
To: bob@house.example
Subject: The engine
Message-ID: <2@math.example>
References: <0@math.example> <1@math.example>`
const reply = {
  from: 'Bob <bob@house.example>',
  text: 'Away until Monday.\n郵驛',
  mime: false,
  messageId: 'r@house.example',
  at: 0,
}

function lines(bytes: Buffer): string[] {
  return bytes.toString('latin1').split('\r\n')
}

test('a reply, line by line', () => {
  deepEqual(lines(writeAutoReply(answered(header), reply)), [
    'Date: Thu, 01 Jan 1970 00:00:00 +0000',
    'From: Bob <bob@house.example>',
    'To: Ada Lovelace <ada@math.example>',
    'Subject: Auto: The engine',
    'Message-ID: <r@house.example>',
    'In-Reply-To: <2@math.example>',
    'References: <0@math.example>',
    ' <1@math.example>',
    ' <2@math.example>',
    'Auto-Submitted: auto-replied (vacation)',
    'X-Auto-Response-Suppress: All',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Away until Monday.',
    '=E9=83=B5=E9=A9=9B',
    '',
  ])
})

test('a subject of its own may be written in encoded words', () => {
  const bytes = writeAutoReply(answered(header), { ...reply, subject: '=?utf-8?b?w4TDlsOc?= away' })
  equal(readMail(bytes).headers.subject, 'ÄÖÜ away')
})

test('a very long subject is cut', () => {
  const { subject } = readMail(writeAutoReply(answered(`Subject: ${'郵'.repeat(500)}`), reply)).headers
  deepEqual([Array.from(subject).length, subject.at(-1)], [256, '…'])
})

test('a MIME entity keeps its own fields of MIME and no others', () => {
  const text = 'Content-Type: text/html;\n charset=utf-8\nFrom: evil@math.example\nBcc: x@y.example\n\n<b>away</b>'
  const bytes = writeAutoReply(answered(header), { ...reply, mime: true, text })
  deepEqual(lines(bytes).slice(11), [
    'MIME-Version: 1.0',
    'Content-Type: text/html;',
    ' charset=utf-8',
    '',
    '<b>away</b>',
    '',
  ])
})

const evil = 'x\r\nBcc: victim@y.example\r\n\r\nbody'
test('nothing from outside begins a line of the header', () => {
  const strange: Answered = {
    fields: ['From', 'Subject', 'Message-ID', 'References', 'Date'].map((name) => ({
      name,
      text: `<${evil}>`,
      written: `"${evil}" <ada@math.example>`,
      size: 10,
    })),
    sender: 'ada@math.example',
    own,
  }
  const notice = {
    from: evil,
    owner: evil,
    to: [evil],
    cc: [evil],
    headers: [
      [evil, evil],
      ['X-A', evil],
      ['Bcc', 'z@y.example'],
    ] as [string, string][],
    message: evil,
    importance: 2 as const,
    messageId: 'n@h',
    at: 0,
  }
  for (const bytes of [
    writeAutoReply(strange, { ...reply, subject: evil, from: evil }),
    writeNotification(strange.fields, notice),
  ]) {
    const block = bytes.subarray(0, bytes.indexOf('\r\n\r\n') + 2)
    ok(!readFields(block).some(({ name }) => /^bcc$/i.test(name)), block.toString())
  }
})

test('a notification, line by line', () => {
  const notice = {
    from: 'bob@house.example',
    owner: 'bob@house.example',
    to: ['Me <me@phone.example>'],
    cc: [],
    headers: [
      ['X-Color', 'red'],
      ['Auto-Submitted', 'no'],
    ] as [string, string][],
    message: 'Mail from Ada',
    importance: 1 as const,
    messageId: 'n@house.example',
    at: 0,
  }
  deepEqual(lines(writeNotification(answered(header).fields, notice)), [
    'Date: Thu, 01 Jan 1970 00:00:00 +0000',
    'From: <bob@house.example>',
    'To: Me <me@phone.example>',
    'Subject: Mail from Ada',
    'Message-ID: <n@house.example>',
    'Auto-Submitted: auto-notified; owner-email="bob@house.example"',
    'X-Priority: 1 (High)',
    'Importance: high',
    'X-Color: red',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '=46rom: Ada Lovelace <ada@math.example>',
    'Subject: The engine',
    'Date:=20',
    '',
  ])
})

test('no notification about a notification', () => {
  equal(mayNotify(answered('Auto-Submitted: auto-notified').fields), false)
  equal(mayNotify(answered(header).fields), true)
})
