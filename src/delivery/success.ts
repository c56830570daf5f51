// NOTIFY=SUCCESS: tells the sender that a mail lies in a mailbox of ours, or was sent on to many.
//                                                                          RFC 3461 §4.1, §5.2
//
// The report stands or falls with the mail: it is written in the same transaction and leaves by the queue.

import { normalAddress } from '../mail/address.ts'
import type { Mail } from '../mail/mail.ts'
import { writeReport, type ReportedRecipient } from '../mail/report.ts'
import { readMail } from '../mime/reader.ts'
import { insertMail } from '../store/mails.ts'
import { writeEvents } from '../tracking/events.ts'
import { newId } from '../tracking/ids.ts'
import type { House } from './house.ts'
import type { Placing } from './place.ts'
import type { Asked } from './recipients.ts'

/** What the mail's transaction must do besides; undefined when nobody asked. */
export async function addReport(house: House, mail: Mail, asked: Asked[]): Promise<Placing['also']> {
  if (mail.envelope.sender === '') return undefined // RFC 3461 §6: never for a null sender
  const recipients: ReportedRecipient[] = []
  for (const { recipient, destinations } of asked) {
    if (recipient.notify === undefined || recipient.notify === 'never' || !recipient.notify.success) continue
    const many = destinations.length > 1
    if (!many && destinations[0]?.kind !== 'local') continue // the queue reports what it sends on
    const { address, originalRecipient } = recipient
    recipients.push({
      address,
      ...(originalRecipient !== undefined && { originalRecipient }),
      action: many ? 'expanded' : 'delivered',
      status: '2.1.5',
    })
  }
  if (recipients.length === 0) return undefined

  const { settings, store, queue } = house
  const { sender, dsn, smtputf8 } = mail.envelope
  const at = mail.receivedAt
  const id = newId(at)
  const bytes = writeReport({
    hostname: settings.hostname,
    from: `MAILER-DAEMON@${await house.mainDomain()}`,
    to: sender,
    id: mail.id,
    messageId: `${id}@${settings.hostname}`,
    at,
    arrivedAt: at,
    ...(dsn.envid !== undefined && { envid: dsn.envid }),
    subject: mail.tree.headers.subject,
    recipients,
    returned: { whole: false, bytes: mail.headerBlock },
  })
  const blob = await store.blobs.put(bytes)
  return async (sql) => {
    const row = await insertMail(sql, {
      blob,
      tree: readMail(bytes),
      trace: 'Return-Path: <>\r\n',
      receivedAt: at,
      historyId: id,
    })
    const report = { mailId: row.id, historyId: id, at, sender: '', smtputf8, body: '8BITMIME' as const, sign: true }
    await queue.add(sql, report, [{ address: sender, notify: 'never' }])
    const details = { report: 'delivered', about: recipients.map(({ address }) => address), as: id }
    await writeEvents(sql, [{ at, kind: 'notice', mail: mail.id, address: normalAddress(sender), details }])
  }
}
