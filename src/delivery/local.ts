// Mail that the queue brings back into the house: reports and notices to our people, and copies that waited for
// a full mailbox.

import { resolveRecipient } from '../directory/recipients.ts'
import { Trouble } from '../wire/troubles.ts'
import { announce, placeMail, type Target } from '../store/messages.ts'
import type { Writer } from '../sql/sql.ts'
import { mailboxByPath } from '../store/mailboxes.ts'
import type { House, OutgoingMail } from './house.ts'

/** How the delivery of one recipient ended, in the same terms as a remote host's reply. */
export interface LocalOutcome {
  code: number
  status: string
  words: string
}

/** INBOX, or the mailbox that a detail names. */
async function targetFor(
  { store, settings }: House,
  { accountId, detail }: { accountId: number; detail: string },
): Promise<Target> {
  if (detail === '' || !settings.plusFolders) return { accountId }
  const mailbox = await mailboxByPath(store.db, accountId, [detail])
  return mailbox ? { accountId, mailboxId: mailbox.id } : { accountId }
}

/**
 * Puts a mail of the queue into the mailboxes `address` stands for. What the address sends on to other houses goes
 * back into the queue, and so does a return to an address that we wrote for a forward. `settle` is called in
 * the same transaction when it worked; otherwise nothing was changed, and the outcome says why (code >= 400).
 */
export async function deliverLocal(
  house: House,
  mail: OutgoingMail,
  address: string,
  settle: (sql: Writer) => Promise<void>,
): Promise<LocalOutcome> {
  const { store } = house
  const resolved = await resolveRecipient(store.db, address)
  const returned = !resolved.known && mail.sender === '' ? house.srs.reverse(address, house.clock()) : undefined
  if (!resolved.known && returned === undefined) return { code: 550, status: '5.1.1', words: 'No such mailbox here' }
  const row = await store.mails.one(mail.mailId)
  if (!row) return { code: 550, status: '5.3.0', words: 'The mail is gone' }

  const destinations = resolved.known ? resolved.destinations : []
  const targets: Target[] = []
  for (const to of destinations) if (to.kind === 'local') targets.push(await targetFor(house, to))
  const remote = destinations.flatMap((to) => (to.kind === 'remote' ? [{ address: to.address }] : []))
  const mainDomain = await house.mainDomain()
  try {
    const placement = await store.db.transaction(async (sql) => {
      const placement = targets.length > 0 ? await placeMail(sql, row, targets) : undefined
      if (returned !== undefined) await house.queue.add(sql, mail, [{ address: returned, notify: 'never' }])
      if (remote.length > 0) {
        const sender = house.srs.forward(mail.sender, house.clock(), mainDomain)
        await house.queue.add(sql, { ...mail, sender, prefix: `Delivered-To: ${address}\r\n` }, remote)
      }
      await settle(sql)
      return placement
    })
    if (placement) announce(store, placement)
    return { code: 250, status: '2.1.5', words: 'Delivered' }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    if (error.code === 'over-quota') return { code: 452, status: '4.2.2', words: 'The mailbox is full' }
    return { code: 451, status: '4.3.0', words: 'Not possible at the moment' }
  }
}
