// Mails that a filter writes: replies of somebody who is away, notifications, refusals, and what its owner is told.
//                                                          RFC 5230, RFC 5436, RFC 5429 §2.2, RFC 3834, RFC 8580
//
// Invariants: each leaves with the null sender and says that a machine wrote it; a reply to one sender is written once
// in its period, also when two mails come at once; a person's filter writes so many mails an hour and no more.

import { ownsAddress } from '../directory/senders.ts'
import { isRemembered } from '../directory/scripts.ts'
import { grantsOf } from '../directory/aliases.ts'
import { normalAddress } from '../mail/address.ts'
import { addressedAs, mayNotify, whySilent, writeAutoReply, writeNotification } from '../mail/autoreply.ts'
import { mailDate } from '../mail/date.ts'
import { writeReport } from '../mail/report.ts'
import { readAddresses } from '../mime/headers.ts'
import { readMail } from '../mime/reader.ts'
import { quotedPrintable, writeAddressHeader, writeHeader } from '../mime/write.ts'
import type { Fcc, Notify, Vacation } from '../sieve/actions.ts'
import { outgoingAddress } from '../sieve/addresses.ts'
import type { Target } from '../store/messages.ts'
import { newId } from '../tracking/ids.ts'
import type { Difficulty, Run } from './filtered.ts'
import { flagsOf, mailboxOf } from './filterplaces.ts'
import type { FilterCopy, Filtered, Incoming } from './filters.ts'
import type { House } from './house.ts'
import type { Companion } from './place.ts'

/** The reply of somebody who is away; undefined when none is sent. */
export async function replyOf(run: Run, vacation: Vacation): Promise<Companion | undefined> {
  const { room, incoming, copy, account, fields } = run
  const { house } = room
  const { db } = house.store
  const { sender, at } = incoming
  const to = outgoingAddress(sender)
  if (to === undefined || incoming.junk) return undefined
  const key = `${vacation.handle} ${normalAddress(to)}`
  const seen = vacation.seconds > 0 && (await isRemembered(db, copy.accountId, { kind: 'reply', key, now: at }))
  if (seen) return undefined
  const own = [account.address, ...vacation.addresses, ...(await ownNamed(run))]
  const answered = { fields, sender, own }
  if (whySilent(answered) !== undefined || (await ownsAddress(db, copy.accountId, to))) return undefined
  if (!mayWrite(run, 'reply', house.settings.repliesPerHour)) return undefined
  const from = (await ownFrom(run, vacation.from)) ?? named(account.name, addressedAs(fields, own) ?? account.address)
  const id = newId(at)
  const bytes = writeAutoReply(answered, {
    from,
    ...(vacation.subject !== undefined && { subject: vacation.subject }),
    text: vacation.reason,
    mime: vacation.mime,
    messageId: `${id}@${house.settings.hostname}`,
    at,
  })
  const until = at + vacation.seconds * 1_000
  return companion(run, bytes, {
    id,
    to: [to],
    fcc: vacation.fcc,
    kind: 'replied',
    ...(vacation.seconds > 0 && { once: { accountId: copy.accountId, kind: 'reply', key, now: at, until } }),
  })
}

/** Those addresses in To and Cc that are the person's; granted ones are others'. */
async function ownNamed({ room, copy, fields }: Run): Promise<string[]> {
  const { db } = room.house.store
  const named = fields
    .filter(({ name }) => /^(resent-)?(to|cc)$/i.test(name))
    .flatMap(({ written }) => readAddresses(written))
    .filter(({ host, group }) => host !== '' && !group)
    .slice(0, addressesLooked)
    .map(({ mailbox, host }) => `${mailbox}@${host}`)
  if (named.length === 0) return []
  const granted = new Set(await grantsOf(db, copy.accountId))
  const own: string[] = []
  for (const address of new Set(named)) {
    if (!granted.has(normalAddress(address)) && (await ownsAddress(db, copy.accountId, address))) own.push(address)
  }
  return own
}
const addressesLooked = 50

/** An address a script sends from must be its owner's. */
async function ownFrom({ room, copy }: Run, from: string | undefined): Promise<string | undefined> {
  const address = from === undefined ? undefined : outgoingAddress(from)
  if (address === undefined) return undefined
  return (await ownsAddress(room.house.store.db, copy.accountId, address)) ? from : undefined
}

function named(name: string, address: string): string {
  return name === '' ? address : `"${name.replace(/["\\\r\n]/g, ' ')}" <${address}>`
}

function mayWrite({ room, incoming, copy }: Run, what: string, limit: number): boolean {
  const key = `${what} ${copy.accountId}`
  if (room.rate.count(key, incoming.at) >= limit) return false
  room.rate.add(key, incoming.at)
  return true
}

/** A notification by mail. RFC 5436 */
export async function notificationOf(run: Run, notify: Notify): Promise<Companion | Difficulty | undefined> {
  const { room, incoming, account, fields } = run
  const { house } = room
  if (!mayNotify(fields)) return undefined
  const to = [...notify.to, ...notify.cc].flatMap((each) => outgoingAddress(each) ?? [])
  if (to.length === 0) return undefined
  if (!mayWrite(run, 'notify', house.settings.notificationsPerHour)) {
    return { en: 'Too many notifications within an hour.', zh: '一小時內的通知過多。' }
  }
  const id = newId(incoming.at)
  const bytes = writeNotification(fields, {
    from: (await ownFrom(run, notify.from)) ?? named(account.name, account.address),
    owner: account.address,
    to: notify.to,
    cc: notify.cc,
    headers: notify.headers,
    ...(notify.body !== undefined && { body: notify.body }),
    ...(notify.message !== undefined && { message: notify.message }),
    importance: notify.importance,
    messageId: `${id}@${house.settings.hostname}`,
    at: incoming.at,
  })
  return companion(run, bytes, { id, to, fcc: notify.fcc, kind: 'notified' })
}

interface Written {
  id: string
  to: string[]
  fcc: Fcc | undefined
  kind: 'replied' | 'notified'
  once?: Companion['once']
}

async function companion(run: Run, bytes: Buffer, { id, to, fcc, kind, once }: Written): Promise<Companion> {
  const { room, incoming, copy, script } = run
  const { at } = incoming
  const { accountId, recipient } = copy
  const blob = await room.house.store.blobs.put(bytes)
  const target = fcc && (await fccTarget(run, fcc))
  const about = { at, mail: incoming.id, account: accountId, address: normalAddress(recipient) }
  return {
    mail: { blob, tree: readMail(bytes), trace: 'Return-Path: <>\r\n', receivedAt: at, historyId: id },
    targets: target ? [target] : [],
    leaves: [{ mail: ours, recipients: to.map((address) => ({ address, notify: 'never' as const })) }],
    events: [{ ...about, kind, details: { to: to.join(', '), as: id, script } }],
    ...(once && { once }),
  }
}

/** RFC 3834 §3.3: an answer is not answered, and nobody is told when it fails. */
const ours = { sender: '', smtputf8: false, body: '8BITMIME', sign: true, report: false } as const

/** RFC 8580: the copy of what was sent. Where the mailbox is not there, no copy. */
async function fccTarget({ room, copy }: Run, fcc: Fcc): Promise<Target | undefined> {
  const { store } = room.house
  const { accountId } = copy
  const mailbox = await mailboxOf(store, accountId, fcc)
  return mailbox && { accountId, mailboxId: mailbox.id, ...flagsOf(fcc.flags ?? ['\\Seen']) }
}

/** Tells the owner of a script, in his INBOX, what it could not do. Once a day for one script. */
export async function problemNotice(
  { room, incoming, copy, account, script }: Run,
  difficulties: Difficulty[],
  key: string,
): Promise<Companion> {
  const { house } = room
  const { at } = incoming
  const id = newId(at)
  const subject = incoming.mail.tree.headers.subject.slice(0, 200)
  const each = (language: 'en' | 'zh'): string[] =>
    difficulties.map((one) => (one.line ? `${language === 'en' ? 'Line' : '第'} ${one.line}: ` : '') + one[language])
  const text = [
    `您的郵件規則「${script ?? ''}」處理一封郵件時發生問題，該封郵件並未遺失。`,
    ...each('zh'),
    `郵件主旨：${subject}`,
    '同一份規則的問題每天最多通知一次。',
    '',
    '----------',
    '',
    `Your mail filter "${script ?? ''}" met a difficulty with a mail. The mail is not lost.`,
    ...each('en'),
    `Subject of the mail: ${subject}`,
    'You are told of difficulties of one filter once a day at most.',
    '',
  ].join('\r\n')
  const domain = await house.mainDomain()
  const bytes = Buffer.from(
    writeHeader('Date', mailDate(at)) +
      writeAddressHeader('From', [{ name: 'Mail System', mailbox: 'postmaster', host: domain }]) +
      `To: <${account.address}>\r\n` +
      writeHeader('Subject', '郵件規則發生問題 (A difficulty with your mail filter)') +
      `Message-ID: <${id}@${house.settings.hostname}>\r\n` +
      'Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n' +
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' +
      quotedPrintable(text),
  )
  const { accountId } = copy
  const blob = await house.store.blobs.put(bytes)
  const details = { notice: 'filter', about: incoming.id }
  return {
    mail: { blob, tree: readMail(bytes), trace: 'Return-Path: <>\r\n', receivedAt: at, historyId: id },
    targets: [{ accountId }],
    beyondQuota: true,
    leaves: [],
    events: [{ at, kind: 'notice', mail: id, account: accountId, address: account.address, details }],
    once: { accountId, kind: 'told', key, now: at, until: at + 86_400_000 },
  }
}

/**
 * The refusal of a mail that was taken already, since others wanted it: a report to its sender. undefined where the
 * sender may be forged, or there is none: then the mail is dropped (RFC 5429 §2.1, §2.2).
 */
export async function refusalReport(
  house: House,
  incoming: Incoming,
  copy: FilterCopy,
  { reason }: NonNullable<Filtered['rejected']>,
): Promise<Companion | undefined> {
  const { sender, genuine, at, mail, smtputf8 } = incoming
  if (sender === '' || !genuine) return undefined
  const id = newId(at)
  const bytes = writeReport({
    hostname: house.settings.hostname,
    from: `MAILER-DAEMON@${await house.mainDomain()}`,
    to: sender,
    id: incoming.id,
    messageId: `${id}@${house.settings.hostname}`,
    at,
    arrivedAt: at,
    subject: mail.tree.headers.subject,
    recipients: [{ address: copy.recipient, action: 'failed', status: '5.7.1', words: reason }],
    returned: { whole: false, bytes: mail.headerBlock },
  })
  const blob = await house.store.blobs.put(bytes)
  const details = { report: 'rejected', as: id }
  return {
    mail: { blob, tree: readMail(bytes), trace: 'Return-Path: <>\r\n', receivedAt: at, historyId: id },
    targets: [],
    leaves: [{ mail: { ...ours, smtputf8 }, recipients: [{ address: sender, notify: 'never' }] }],
    events: [{ at, kind: 'notice', mail: incoming.id, address: normalAddress(sender), details }],
  }
}
