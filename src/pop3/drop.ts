// The maildrop of one session: the mailbox as it was when it was opened.                       RFC 1939 §5
//
// Invariants:
//   message n is the same message for the whole session, whatever others do to the mailbox
//   nothing is removed before remove(); a session that ends otherwise changes nothing  (RFC 1939 §6)
//   a unique id is uidvalidity and uid, so no other message ever has it                (RFC 1939 §7)

import { expunge } from '../store/messages.ts'
import { messagesIn } from '../store/rows.ts'
import type { MailRow } from '../store/mails.ts'
import type { Mailbox } from '../store/mailboxes.ts'
import type { Store } from '../store/store.ts'
import type { Pop3Limits } from './limits.ts'

/** Messages are counted from 0 here, from 1 on the wire. */
export interface Drop {
  mailboxId: number
  uidValidity: number
  uids: number[]
  mailIds: number[]
  sizes: number[] // octets as they are sent, dots not doubled
  deleted: Uint8Array // 1: marked
  left: number // messages not marked
  octets: number // of them
  rows: Map<number, MailRow> // looked up ahead, by message
}

/** Reads what is in the mailbox, in pages. */
export async function openDrop(store: Store, mailbox: Mailbox, limits: Pop3Limits): Promise<Drop> {
  const uids: number[] = []
  const mailIds: number[] = []
  const sizes: number[] = []
  let octets = 0
  let from = 1
  while (uids.length < limits.messages) {
    const most = Math.min(limits.page, limits.messages - uids.length)
    const rows = await messagesIn(store.db, mailbox.id, from, Number.MAX_SAFE_INTEGER, most)
    for (const { uid, mailId, size } of rows) {
      uids.push(uid)
      mailIds.push(mailId)
      sizes.push(size)
      octets += size
    }
    if (rows.length < most) break
    from = rows[rows.length - 1]!.uid + 1
  }
  const deleted = new Uint8Array(uids.length)
  const { id: mailboxId, uidValidity } = mailbox
  return { mailboxId, uidValidity, uids, mailIds, sizes, deleted, left: uids.length, octets, rows: new Map() }
}

export function uniqueId(drop: Drop, message: number): string {
  return `${drop.uidValidity}.${drop.uids[message]}`
}

export function mark(drop: Drop, message: number): void {
  drop.deleted[message] = 1
  drop.left--
  drop.octets -= drop.sizes[message]!
}

export function unmarkAll(drop: Drop): void {
  drop.deleted.fill(0)
  drop.left = drop.uids.length
  drop.octets = drop.sizes.reduce((sum, size) => sum + size, 0)
}

/** Removes the marked messages; they are gone for good when this resolves. */
export async function remove(store: Store, drop: Drop): Promise<number> {
  const uids = drop.uids.filter((_, message) => drop.deleted[message] === 1)
  if (uids.length > 0) await expunge(store, drop.mailboxId, uids)
  return uids.length
}

/**
 * The mails of messages, undefined where one is gone for good. Those behind the last one are looked up with
 * them: clients go through a mailbox in order.
 */
export async function mailsOf(
  store: Store,
  drop: Drop,
  messages: number[],
  ahead: number,
): Promise<(MailRow | undefined)[]> {
  if (!messages.every((message) => drop.rows.has(message))) {
    const last = messages[messages.length - 1]!
    const wanted = [...messages]
    for (let next = last + 1; wanted.length < ahead && next < drop.uids.length; next++) wanted.push(next)
    const found = await store.mails.get(wanted.map((message) => drop.mailIds[message]!))
    drop.rows.clear()
    for (const message of wanted) {
      const row = found.get(drop.mailIds[message]!)
      if (row) drop.rows.set(message, row)
    }
  }
  return messages.map((message) => drop.rows.get(message))
}
