// Tells the owner of a mailbox that it fills up (80 %, 95 %). The store says when a level is crossed, once.
//
// The notice is a mail like any other, placed by the store. It may exceed the quota: it is the one mail that
// must arrive when no other does.

import { accountById } from '../directory/accounts.ts'
import { mailDate } from '../mail/date.ts'
import { readMail } from '../mime/reader.ts'
import { quotedPrintable, writeHeader } from '../mime/write.ts'
import { insertMail } from '../store/mails.ts'
import { announce, placeMail } from '../store/messages.ts'
import { quotaOf, type Crossed } from '../store/quota.ts'
import { writeEvents } from '../tracking/events.ts'
import { newId } from '../tracking/ids.ts'
import type { House } from './house.ts'

export interface QuotaNotices {
  /** Writes to the owners of mailboxes that a placement filled up to a warning level. Returns at once. */
  tell(crossed: Crossed[]): void
  /** Resolves when every notice begun so far is written. */
  settled(): Promise<void>
}

export function quotaNotices(house: House): QuotaNotices {
  const working = new Set<Promise<void>>()
  return {
    tell(crossed) {
      for (const { accountId } of crossed) {
        const work = tellOwner(house, accountId)
          .catch((error: unknown) => house.warn('quota notice', error))
          .finally(() => working.delete(work))
        working.add(work)
      }
    },
    async settled() {
      while (working.size > 0) await Promise.all(working)
    },
  }
}

async function tellOwner(house: House, accountId: number): Promise<void> {
  const { store, clock } = house
  const now = clock()
  const { used, quota } = await quotaOf(store.db, accountId)
  const account = await accountById(store.db, accountId)
  if (!account || quota <= 0) return

  const id = newId(now)
  const bytes = writeNotice({ hostname: await house.mainDomain(), to: account.address, id, at: now, used, quota })
  const blob = await store.blobs.put(bytes)
  const placement = await store.db.transaction(async (sql) => {
    const mail = { blob, tree: readMail(bytes), trace: 'Return-Path: <>\r\n', receivedAt: now, historyId: id }
    const placement = await placeMail(sql, await insertMail(sql, mail), [{ accountId }], { beyondQuota: true })
    const details = { notice: 'quota', used, quota }
    await writeEvents(sql, [
      { at: now, kind: 'notice', mail: id, account: accountId, address: account.address, details },
    ])
    return placement
  })
  announce(store, placement)
}

function writeNotice(facts: {
  hostname: string
  to: string
  id: string
  at: number
  used: number
  quota: number
}): Buffer {
  const { hostname, to, id, at, used, quota } = facts
  const part = Math.min(100, Math.floor((used / quota) * 100))
  const text = [
    `您的信箱 ${to} 已使用 ${part} %（${megabytes(used)} / ${megabytes(quota)}）。`,
    '信箱滿了以後，新郵件會被退回。請刪除不需要的郵件，並清理「垃圾桶」與「垃圾郵件」。',
    '',
    '----------',
    '',
    `Your mailbox ${to} is ${part} % full (${megabytes(used)} of ${megabytes(quota)}).`,
    'When it is full, new mail is turned away. Please delete what you do not need, and empty Trash and Junk.',
    '',
  ].join('\r\n')
  return Buffer.from(
    writeHeader('Date', mailDate(at)) +
      `From: "Mail System" <postmaster@${hostname}>\r\n` +
      `To: <${to}>\r\n` +
      writeHeader('Subject', `信箱已使用 ${part} % (Your mailbox is ${part} % full)`) +
      `Message-ID: <${id}@${hostname}>\r\n` +
      'Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n' +
      'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' +
      quotedPrintable(text),
  )
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}
