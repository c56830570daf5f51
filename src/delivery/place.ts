// Puts accepted mails where they belong: rows in mailboxes, entries of the queue and lines of the history,
// in one transaction. When place() resolves, all of it is on disk; when it throws, nothing of it is.
//
// Mails that arrive while a transaction is being written go together into the next one: under load many
// mails share the cost of one commit. A transaction that fails is tried again mail by mail, so that one
// mail's trouble is its own.

import type { Writer } from '../sql/sql.ts'
import { insertMail, type MailRow, type NewMail } from '../store/mails.ts'
import { announce, placeMail, type Placement, type Target } from '../store/messages.ts'
import type { Store } from '../store/store.ts'
import { writeEvents, type Event } from '../tracking/events.ts'
import type { OutgoingMail, OutgoingQueue, OutgoingRecipient } from './house.ts'

export interface Placing {
  mail: NewMail
  targets: Target[]
  outgoing: { mail: Omit<OutgoingMail, 'mailId' | 'historyId' | 'at'>; recipients: OutgoingRecipient[] }[]
  events: Event[]
  /** Whatever else must stand or fall with it. */
  also?: (sql: Writer, row: MailRow) => Promise<void>
}

export type Place = (placing: Placing) => Promise<Placement>

interface Job {
  placing: Placing
  resolve(placement: Placement): void
  reject(error: unknown): void
}

const nowhere: Placement = Object.assign([], { crossed: [] })

export function openPlace(
  store: Store,
  queue: OutgoingQueue,
  limits: { placeAtOnce: number; placeTransactions: number },
): Place {
  const waiting: Job[] = []
  // SQLite has one writer: a second transaction would only split the batch. PostgreSQL waits in parallel.
  const atOnce = store.db.engine === 'sqlite' ? 1 : limits.placeTransactions
  let writing = 0

  async function one(sql: Writer, { mail, targets, outgoing, events, also }: Placing): Promise<Placement> {
    const row = await insertMail(sql, mail)
    const placement = targets.length > 0 ? await placeMail(sql, row, targets) : nowhere
    for (const { mail: leaving, recipients } of outgoing) {
      const { historyId, receivedAt } = mail
      await queue.add(sql, { ...leaving, mailId: row.id, historyId, at: receivedAt }, recipients)
    }
    if (also) await also(sql, row)
    await writeEvents(sql, events)
    return placement
  }

  function tell(job: Job, placement: Placement): void {
    if (placement.length > 0) announce(store, placement)
    if (job.placing.outgoing.length > 0 || job.placing.also) queue.wake()
    job.resolve(placement)
  }

  async function all(jobs: Job[]): Promise<void> {
    try {
      const placements = await store.db.transaction(async (sql) => {
        const results: Placement[] = []
        for (const job of jobs) results.push(await one(sql, job.placing))
        return results
      })
      jobs.forEach((job, index) => tell(job, placements[index]!))
    } catch (error) {
      if (jobs.length === 1) jobs[0]!.reject(error)
      else for (const job of jobs) await all([job])
    }
  }

  async function write(): Promise<void> {
    writing++
    try {
      while (waiting.length > 0) await all(waiting.splice(0, limits.placeAtOnce))
    } finally {
      writing--
    }
  }

  return (placing) =>
    new Promise((resolve, reject) => {
      waiting.push({ placing, resolve, reject })
      if (writing < atOnce) void write()
    })
}
