// Fuzz target: message/disposition-notification of strangers.

import { deepEqual, ok } from 'node:assert/strict'
import { compose } from '../mime/compose.ts'
import { readMail } from '../mime/reader.ts'
import { composeNotification, readDisposition } from './disposition.ts'

/** Never throws; what is read and written again reads the same where it is one line of ASCII, and adds no line. */
export const target = {
  name: 'disposition notifications',
  corpus: [
    'Reporting-UA: x; y\r\nFinal-Recipient: rfc822;a@b.example\r\nOriginal-Message-ID: <1@b>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\nX-A: b\r\n',
    'Final-Recipient: rfc822; a@b\nDisposition: automatic-action/MDN-sent-automatically;deleted/error\nError: no\n',
    'Disposition: displayed\r\n\r\n',
    'Final-Recipient:\r\nDisposition: manual-action/mdn-sent-manually; processed\r\n folded\r\nX: \u00fc\r\n',
  ] as (Buffer | string)[],
  async run(input: Buffer): Promise<void> {
    const fields = readDisposition(input)
    if (!fields) return
    ok(fields.extensions.length <= 50)
    const written = composeNotification({
      from: { name: '王', address: 'wang@uni.example' },
      to: 'a@b.example',
      subject: 'x',
      text: 'y',
      messageId: 'm@uni.example',
      date: 'Thu, 01 Jan 1970 00:00:00 +0000',
      references: [],
      fields,
      returned: undefined,
      boundary: '=_b',
    })
    const pieces: Buffer[] = []
    for await (const piece of compose(written)) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const { part } = readMail(bytes)
    ok(part.parts.length === 2 && part.parts[1]!.subtype === 'disposition-notification')
    const again = readDisposition(bytes.subarray(part.parts[1]!.body, part.parts[1]!.end))
    const plain = /^[\x21-\x7e]{1,60}$/.test(fields.finalRecipient)
    if (plain && !fields.finalRecipient.includes('=?')) {
      deepEqual([again?.disposition, again?.finalRecipient], [fields.disposition, fields.finalRecipient])
    }
  },
}
