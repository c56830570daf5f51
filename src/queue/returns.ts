// What the sender of a queued mail is told.                                RFC 3461 §6, RFC 3464
//
// Invariants:
//   a report has a null sender, and nothing is ever reported about it: returns cannot loop
//   nothing is reported to a sender who did not prove who he is, nor about a recipient with NOTIFY=NEVER
//   a report is added to the queue in the transaction that settles what it tells

import { treeOf, insertMail } from '../store/mails.ts'
import { normalAddress } from '../mail/address.ts'
import { writeReport, type Action, type ReportedRecipient } from '../mail/report.ts'
import { readMail } from '../mime/reader.ts'
import type { Writer } from '../sql/sql.ts'
import { writeEvents } from '../tracking/events.ts'
import { newId } from '../tracking/ids.ts'
import { addToQueue, type QueueEntry, type QueueMail } from './entries.ts'
import type { QueueHouse } from './port.ts'

/** What became of one entry, as far as its sender may care. */
export interface Tidings {
  entry: QueueEntry
  action: Action
  status: string
  cause?: string // the status of the last attempt, where `status` only says that time ran out
  words?: string
  host?: string
  retryUntil?: number
}

/** Whether the sender of this recipient wants to hear of this. RFC 3461 §4.1 */
export function isWanted({ notify }: QueueEntry, action: Action): boolean {
  if (notify === 'never') return false
  if (action === 'failed') return notify === undefined || notify.failure
  if (action === 'delayed') return notify === undefined || notify.delay
  return notify !== undefined && notify.success
}

export type AddReports = (sql: Writer) => Promise<void>

/** Writes the reports about one mail; the answer adds them to the queue. undefined: nobody is to be told. */
export async function writeReports(
  house: QueueHouse,
  mail: QueueMail,
  tidings: Tidings[],
): Promise<AddReports | undefined> {
  const { settings } = house
  const to = mail.sender !== '' && mail.report ? mail.sender : settings.doubleBounceTo
  if (to === '') return undefined
  const isForSender = to === mail.sender
  const adding: AddReports[] = []
  for (const action of ['failed', 'delayed', 'relayed', 'delivered'] as const) {
    const told = tidings.filter(
      (one) =>
        one.action === action &&
        (isForSender ? isWanted(one.entry, action) : action === 'failed' && one.entry.address !== to),
    )
    if (told.length > 0) adding.push(await writeOne(house, mail, to, told))
  }
  if (adding.length === 0) return undefined
  return async (sql) => {
    for (const add of adding) await add(sql)
  }
}

async function writeOne(house: QueueHouse, mail: QueueMail, to: string, told: Tidings[]): Promise<AddReports> {
  const { settings, store, clock } = house
  const at = clock()
  const id = newId(at)
  const { subject, returned } = await returnedOf(house, mail)
  const bytes = writeReport({
    hostname: settings.hostname,
    from: `MAILER-DAEMON@${await house.mainDomain()}`,
    to,
    id: mail.historyId,
    messageId: `${id}@${settings.hostname}`,
    at,
    arrivedAt: mail.arrivedAt,
    envid: mail.envid,
    subject,
    recipients: told.map((one): ReportedRecipient => ({
      address: one.entry.address,
      originalRecipient: one.entry.originalRecipient,
      action: one.action,
      status: one.status,
      cause: one.cause,
      remoteHost: one.host,
      words: one.words,
      lastAttempt: one.action === 'failed' || one.action === 'delayed' ? at : undefined,
      retryUntil: one.retryUntil,
    })),
    returned,
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
    const { smtputf8 } = mail
    const report = { mailId: row.id, historyId: id, at, sender: '', smtputf8, body: '8BITMIME' as const, sign: true }
    await addToQueue(sql, report, [{ address: to, notify: 'never' }])
    const details = { report: told[0]!.action, about: told.map(({ entry }) => entry.address), as: id }
    await writeEvents(sql, [{ at, kind: 'notice', mail: mail.historyId, address: normalAddress(to), details }])
  }
}

/** The mail that is reported about: whole where the sender asked for that and it is small, else its header. */
async function returnedOf(
  { store, settings }: QueueHouse,
  mail: QueueMail,
): Promise<{ subject: string; returned: { whole: boolean; bytes: Buffer } }> {
  const row = await store.mails.one(mail.mailId)
  if (!row) return { subject: '', returned: { whole: false, bytes: Buffer.alloc(0) } }
  const tree = treeOf(row)
  const whole = mail.ret === 'FULL' && row.size <= settings.returnedBytes
  const bytes = await store.blobs.read(row.blobRef, 0, whole ? row.size : tree.part.body)
  return { subject: tree.headers.subject, returned: { whole, bytes } }
}
