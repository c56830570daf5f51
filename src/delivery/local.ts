// Mail that the queue brings back into the house: reports and notices to our people, and copies that waited for
// a full mailbox.

import { resolveRecipient } from '../directory/recipients.ts'
import { writeEvents, type Event } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { announce, placeMail, type Target } from '../store/messages.ts'
import type { Writer } from '../sql/sql.ts'
import type { MailRow } from '../store/mails.ts'
import { mailboxByPath } from '../store/mailboxes.ts'
import type { Filtered, Filters, FilterCopy, Incoming } from './filters.ts'
import { keptTraces } from './filtered.ts'
import { refusalReports } from './filterrefusals.ts'
import type { House, OutgoingMail } from './house.ts'
import { placeCompanions } from './place.ts'
import { storedMail } from './storedmail.ts'

/** How the delivery of one recipient ended, in the same terms as a remote host's reply. */
export interface LocalOutcome {
  code: number
  status: string
  words: string
}

/** A copy for somebody of ours: into INBOX, or the mailbox that a detail names. */
async function copyFor(
  { store, settings }: House,
  address: string,
  { accountId, detail, delivered }: { accountId: number; detail: string; delivered: string },
): Promise<FilterCopy> {
  const named = detail === '' || !settings.plusFolders ? undefined : await mailboxByPath(store.db, accountId, [detail])
  return { accountId, recipient: address, delivered, ...(named && { mailbox: named }) }
}

/** A mail of the queue and one of its recipients. `settle` is called in the transaction that places. */
export interface LocalDelivery {
  mail: OutgoingMail
  address: string
  settle: (sql: Writer) => Promise<void>
}

/**
 * Puts a mail of the queue into the mailboxes `address` stands for, as the filters of those people want it. What the
 * address sends on to other houses goes back into the queue, and so does a return to an address that we wrote for a
 * forward. `settle` is called in the same transaction when it worked; otherwise nothing was changed, and the outcome
 * says why (code >= 400).
 */
export async function deliverLocal(house: House, filters: Filters, delivery: LocalDelivery): Promise<LocalOutcome> {
  const { mail, address, settle } = delivery
  const { store } = house
  const resolved = await resolveRecipient(store.db, address)
  const returned = !resolved.known && mail.sender === '' ? house.srs.reverse(address, house.clock()) : undefined
  if (!resolved.known && returned === undefined) return { code: 550, status: '5.1.1', words: 'No such mailbox here' }
  const row = await store.mails.one(mail.mailId)
  if (!row) return { code: 550, status: '5.3.0', words: 'The mail is gone' }

  const destinations = resolved.known ? resolved.destinations : []
  const copies: FilterCopy[] = []
  for (const to of destinations) if (to.kind === 'local') copies.push(await copyFor(house, address, to))
  const remote = destinations.flatMap((to) => (to.kind === 'remote' ? [{ address: to.address }] : []))
  const mainDomain = await house.mainDomain()
  try {
    const incoming = once(() => incomingOf(house, mail, row))
    const filtered = await filters.filter(incoming, copies)
    const made = [...filtered.values()]
    const rejected = made.find((one) => one.rejected)?.rejected
    const isRefused = remote.length === 0 && made.length === copies.length && made.every((one) => one.rejected)
    if (rejected && isRefused) return { code: 550, status: '5.7.1', words: oneLine(rejected.reason) }

    const targets = copies.flatMap((copy) => filtered.get(copy.accountId)?.targets ?? [targetOf(copy)])
    const leaves = made.flatMap((one) => one.leaves)
    const reports = rejected ? await refusalReports(house, await incoming(), { copies, filtered, refusals: none }) : []
    const companions = [...made.flatMap((one) => one.companions), ...reports]
    const memories = made.flatMap((one) => one.memories)
    const placement = await store.db.transaction(async (sql) => {
      const placement = targets.length > 0 ? [...(await placeMail(sql, row, targets))] : []
      if (returned !== undefined) await house.queue.add(sql, mail, [{ address: returned, notify: 'never' }])
      if (remote.length > 0) {
        const sender = house.srs.forward(mail.sender, house.clock(), mainDomain)
        const prefix = `Delivered-To: ${address}\r\n${keptTraces(mail.prefix ?? '')}`
        await house.queue.add(sql, { ...mail, sender, prefix }, remote)
      }
      for (const { mail: leaving, recipients } of leaves) {
        const { mailId, historyId, at } = mail
        await house.queue.add(sql, { ...leaving, mailId, historyId, at }, recipients)
      }
      placement.push(...(await placeCompanions(sql, house.queue, { companions, memories })))
      await writeEvents(sql, made.flatMap(eventsOf))
      await settle(sql)
      return placement
    })
    if (placement.length > 0) announce(store, placement)
    if (leaves.length > 0 || companions.length > 0) house.queue.wake()
    return { code: 250, status: '2.1.5', words: 'Delivered' }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    if (error.code === 'over-quota') return { code: 452, status: '4.2.2', words: 'The mailbox is full' }
    return { code: 451, status: '4.3.0', words: 'Not possible at the moment' }
  }
}

const none: ReadonlyMap<number, string> = new Map()

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function targetOf({ accountId, mailbox }: FilterCopy): Target {
  return mailbox ? { accountId, mailboxId: mailbox.id } : { accountId }
}

/** The queue itself writes that a copy was placed. */
function eventsOf({ events }: Filtered): Event[] {
  return events.map((event) => (event.kind === 'placed' ? { ...event, kind: 'filtered' } : event))
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** A mail of the queue as filters see it. */
async function incomingOf({ store, clock }: House, mail: OutgoingMail, row: MailRow): Promise<Incoming> {
  const { sender, prefix = '', smtputf8, body, sign = false, report = true } = mail
  return {
    id: mail.historyId,
    at: clock(),
    sender,
    mail: await storedMail(store, row),
    before: prefix,
    trace: row.trace,
    smtputf8,
    body,
    isLmtp: true,
    genuine: report,
    signed: sign,
    junk: false,
    seal: async () => '', // what was found out about the sender is not known any more
  }
}
