// Puts accepted mails where they belong: rows in mailboxes, entries of the queue and lines of the history,
// in one transaction. When place() resolves, all of it is on disk; when it throws, nothing of it is.
//
// Under load many mails share one transaction (sql/together.ts); one mail's trouble is its own.

import { remember, type MemoryKind } from '../directory/scripts.ts'
import type { Writer } from '../sql/sql.ts'
import { insertMail, type MailRow, type NewMail } from '../store/mails.ts'
import { announce, placeMail, type Placement, type Target } from '../store/messages.ts'
import { writeEvents, type Event } from '../tracking/events.ts'
import type { HandOver, House, OutgoingMail, OutgoingRecipient } from './house.ts'

export interface Placing {
  mail: NewMail
  bytes?: Buffer // of the mail, where they are in memory
  targets: Target[]
  outgoing: Leaves[]
  companions?: Companion[] // other mails that stand or fall with it
  memories?: Memory[]
  events: Event[]
  /** Whatever else must stand or fall with it. */
  also?: (sql: Writer, row: MailRow) => Promise<void>
}

/** A mail that leaves, and to whom. */
export interface Leaves {
  mail: Omit<OutgoingMail, 'mailId' | 'historyId' | 'at'> & { at?: number }
  recipients: OutgoingRecipient[]
}

/** Another mail: a copy that a filter changed, a reply, a notice. */
export interface Companion {
  mail: NewMail
  targets: Target[]
  beyondQuota?: boolean
  leaves: Leaves[]
  events: Event[]
  once?: Memory // it is written only if this was not remembered
}

/** What is to be remembered until `until`. */
export interface Memory {
  accountId: number
  kind: MemoryKind
  key: string
  now: number
  until: number
}

export type Place = (placing: Placing) => Promise<Placement>

interface Placed {
  row: MailRow
  placement: Placement
  handOvers: HandOver[]
}

const nowhere: Placement = Object.assign([], { crossed: [] })

export function openPlace({ store, queue, inOneGo }: Pick<House, 'store' | 'queue' | 'inOneGo'>): Place {
  async function place(sql: Writer, placing: Placing): Promise<Placed> {
    const { mail, targets, outgoing, companions, memories, events, also } = placing
    const handOvers: HandOver[] = []
    const row = await insertMail(sql, mail)
    const placement = targets.length > 0 ? await placeMail(sql, row, targets) : nowhere
    for (const { mail: leaving, recipients } of outgoing) {
      const { historyId, receivedAt } = mail
      handOvers.push(await queue.handOver(sql, { at: receivedAt, ...leaving, mailId: row.id, historyId }, recipients))
    }
    if (also) await also(sql, row)
    await writeEvents(sql, events)
    if (!companions?.length && !memories?.length) return { row, placement, handOvers }
    const others = await placeCompanions(sql, queue, { companions, memories })
    return { row, placement: both(placement, others), handOvers }
  }

  return async (placing) => {
    const { row, placement, handOvers } = await inOneGo((sql) => place(sql, placing))
    if (placement.length > 0) announce(store, placement)
    const fresh = placing.bytes && { row, bytes: placing.bytes }
    for (const handOver of handOvers) handOver(fresh)
    if (placing.also || placing.companions?.some(({ leaves }) => leaves.length > 0)) queue.wake()
    return placement
  }
}

function both(a: Placement, b: Placement): Placement {
  return Object.assign([...a, ...b], { crossed: [...a.crossed, ...b.crossed] })
}

/** Writes the other mails and memories inside the caller's transaction; announce() and wake the queue after it. */
export async function placeCompanions(
  sql: Writer,
  queue: House['queue'],
  { companions = [], memories = [] }: Pick<Placing, 'companions' | 'memories'>,
): Promise<Placement> {
  let placement = nowhere
  for (const { accountId, ...memory } of memories) await remember(sql, accountId, memory)
  for (const { mail, targets, beyondQuota, leaves, events, once } of companions) {
    if (once && !(await remember(sql, once.accountId, once))) continue
    const row = await insertMail(sql, mail)
    if (targets.length > 0) placement = both(placement, await placeMail(sql, row, targets, { beyondQuota }))
    const { historyId, receivedAt: at } = mail
    for (const { mail: leaving, recipients } of leaves) {
      await queue.add(sql, { at, ...leaving, mailId: row.id, historyId }, recipients)
    }
    await writeEvents(sql, events)
  }
  return placement
}
