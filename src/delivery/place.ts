// Puts accepted mails where they belong: rows in mailboxes, entries of the queue and lines of the history,
// in one transaction. When place() resolves, all of it is on disk; when it throws, nothing of it is.
//
// Under load many mails share one transaction (sql/together.ts); one mail's trouble is its own.

import type { Writer } from '../sql/sql.ts'
import { insertMail, type MailRow, type NewMail } from '../store/mails.ts'
import { announce, placeMail, type Placement, type Target } from '../store/messages.ts'
import { writeEvents, type Event } from '../tracking/events.ts'
import type { HandOver, House, OutgoingMail, OutgoingRecipient } from './house.ts'

export interface Placing {
  mail: NewMail
  bytes?: Buffer // of the mail, where they are in memory
  targets: Target[]
  outgoing: {
    mail: Omit<OutgoingMail, 'mailId' | 'historyId' | 'at'> & { at?: number }
    recipients: OutgoingRecipient[]
  }[]
  events: Event[]
  /** Whatever else must stand or fall with it. */
  also?: (sql: Writer, row: MailRow) => Promise<void>
}

export type Place = (placing: Placing) => Promise<Placement>

interface Placed {
  row: MailRow
  placement: Placement
  handOvers: HandOver[]
}

const nowhere: Placement = Object.assign([], { crossed: [] })

export function openPlace({ store, queue, inOneGo }: Pick<House, 'store' | 'queue' | 'inOneGo'>): Place {
  async function place(sql: Writer, { mail, targets, outgoing, events, also }: Placing): Promise<Placed> {
    const handOvers: HandOver[] = []
    const row = await insertMail(sql, mail)
    const placement = targets.length > 0 ? await placeMail(sql, row, targets) : nowhere
    for (const { mail: leaving, recipients } of outgoing) {
      const { historyId, receivedAt } = mail
      handOvers.push(await queue.handOver(sql, { at: receivedAt, ...leaving, mailId: row.id, historyId }, recipients))
    }
    if (also) await also(sql, row)
    await writeEvents(sql, events)
    return { row, placement, handOvers }
  }

  return async (placing) => {
    const { row, placement, handOvers } = await inOneGo((sql) => place(sql, placing))
    if (placement.length > 0) announce(store, placement)
    const fresh = placing.bytes && { row, bytes: placing.bytes }
    for (const handOver of handOvers) handOver(fresh)
    if (placing.also) queue.wake()
    return placement
  }
}
