import { equal, match, doesNotMatch } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { readFields } from '../mime/headers.ts'
import { readMail } from '../mime/reader.ts'
import { writeReport, type Report } from './report.ts'

const returned = { whole: false, bytes: Buffer.from('From: wang@uni.example\r\nSubject: hello\r\n') }
const plain: Report = {
  hostname: 'mx.uni.example',
  from: 'MAILER-DAEMON@uni.example',
  to: 'wang@uni.example',
  id: '0123456789abcdef',
  messageId: '1@mx.uni.example',
  at: Date.UTC(2026, 0, 15, 4),
  arrivedAt: Date.UTC(2026, 0, 15, 3),
  subject: '你好',
  recipients: [
    {
      address: 'li@else.example',
      action: 'failed',
      status: '5.1.1',
      remoteHost: 'mx.else.example',
      words: '550 5.1.1 No',
    },
  ],
  returned,
}

test('a report is read by others as what it is', async () => {
  const bytes = writeReport(plain)
  const mail = await PostalMime.parse(bytes)
  equal(mail.subject, '郵件無法送達 (Undelivered mail): 你好')
  match(mail.text!, /沒有這個收件人/)
  match(mail.text!, /There is no such mailbox/)
  match(mail.text!, /0123456789abcdef/)
  const tree = readMail(bytes)
  equal(tree.part.subtype, 'report')
  equal(
    tree.part.parts.map(({ type, subtype }) => `${type}/${subtype}`).join(' '),
    'text/plain message/delivery-status text/rfc822-headers',
  )
  equal(tree.flaws.length, 0)
  doesNotMatch(bytes.toString(), /Original-Envelope-Id/)
})

test('addresses and words in other letters: the global forms', () => {
  const recipients = [{ address: '測試@else.example', action: 'failed' as const, status: '5.1.1', words: '550 沒有' }]
  const bytes = writeReport({ ...plain, recipients, returned: { whole: true, bytes: returned.bytes } })
  const text = bytes.toString()
  match(text, /report-type=global-delivery-status/)
  match(text, /Final-Recipient: utf-8; 測試@else\.example\r\n/)
  match(text, /Content-Type: message\/global\r\n/)
})

test('a host that knows no SMTPUTF8 is the reason told', () => {
  const [one] = plain.recipients
  const text = writeReport({ ...plain, recipients: [{ ...one!, status: '5.6.7' }] }).toString()
  match(text, /does not take letters beyond ASCII/)
})

test('an ASCII report says the words of a host in ASCII', () => {
  const [one] = plain.recipients
  const text = writeReport({ ...plain, recipients: [{ ...one!, words: '550 沒有' }] }).toString()
  match(text, /Diagnostic-Code: smtp; 550 \?\?\r\n/)
})

const fieldNames = 'Date From To Subject Message-ID Auto-Submitted MIME-Version Content-Type'

test('nobody’s text ends a line of ours or a part', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 300 })
  fc.assert(
    fc.property(anything, anything, anything, anything, (words, address, subject, original) => {
      const recipient = {
        address,
        originalRecipient: original,
        action: 'failed' as const,
        status: '5.0.0',
        words,
        remoteHost: words,
      }
      const bytes = writeReport({ ...plain, subject, envid: words, recipients: [recipient] })
      const tree = readMail(bytes)
      equal(tree.part.parts.length, 3)
      const status = bytes.subarray(tree.part.parts[1]!.body, tree.part.parts[1]!.end).toString()
      const names = status
        .split('\r\n')
        .filter((line) => line !== '' && !line.startsWith(' '))
        .map((line) => line.split(':')[0])
      equal(
        names.join(' '),
        'Original-Envelope-Id Reporting-MTA Arrival-Date Original-Recipient Final-Recipient Action Status Remote-MTA Diagnostic-Code',
      )
      const fields = readFields(bytes.subarray(0, tree.part.body))
      equal(
        fields
          .map(({ name }) => name)
          .join(' ')
          .replace(' Content-Transfer-Encoding', ''),
        fieldNames,
      )
    }),
  )
})
