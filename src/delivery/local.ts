// Mail that the queue brings back into the house: reports and notices to our people, and copies that waited for
// a full mailbox.

import { resolveRecipient } from '../directory/recipients.ts'
import { Trouble } from '../wire/troubles.ts'
import { announce, placeMail, type Placement, type Target } from '../store/messages.ts'
import { readMails } from '../store/mails.ts'
import type { Writer } from '../sql/sql.ts'
import type { House, OutgoingMail } from './house.ts'

/** How the delivery of one recipient ended, in the same terms as a remote host's reply. */
export type LocalOutcome = { done: true } | { done: false; code: number; status: string; words: string }

/**
 * Puts a mail of the queue into the mailboxes `address` stands for; `settle` writes the queue's side in the same
 * transaction. What the address sends on to other houses goes back into the queue.
 */
export async function deliverLocal(
  house: House,
  mail: OutgoingMail,
  address: string,
  settle: (sql: Writer, outcome: LocalOutcome) => Promise<void>,
): Promise<void> {
  const { store } = house
  const resolved = await resolveRecipient(store.db, address)
  if (!resolved.known) {
    const words = 'No such mailbox here'
    return store.db.transaction((sql) => settle(sql, { done: false, code: 550, status: '5.1.1', words }))
  }
  const targets: Target[] = []
  const remote: string[] = []
  for (const to of resolved.destinations) {
    if (to.kind === 'local') targets.push({ accountId: to.accountId })
    else remote.push(to.address)
  }
  const [row] = await readMails(store.db, [mail.mailId])
  if (!row) {
    const words = 'The mail is gone'
    return store.db.transaction((sql) => settle(sql, { done: false, code: 550, status: '5.3.0', words }))
  }
  let placement: Placement | undefined
  try {
    placement = await store.db.transaction(async (sql) => {
      const placement = targets.length > 0 ? await placeMail(sql, row, targets) : undefined
      if (remote.length > 0) {
        const sender = house.srs.forward(mail.sender, house.clock())
        const forwarded = { ...mail, sender, prefix: `Delivered-To: ${address}\r\n` }
        await house.queue.add(
          sql,
          forwarded,
          remote.map((to) => ({ address: to })),
        )
      }
      await settle(sql, { done: true })
      return placement
    })
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    const full = error.code === 'over-quota'
    const words = full ? 'The mailbox is full' : 'Not possible at the moment'
    const outcome = { done: false as const, code: full ? 452 : 451, status: full ? '4.2.2' : '4.3.0', words }
    return store.db.transaction((sql) => settle(sql, outcome))
  }
  if (placement) announce(store, placement)
}
