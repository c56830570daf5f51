// The history of each mail and each login: what happened, when, to whom, with whom.
//
// Invariants:
//   events are only ever added; the retention sweep is the one thing that deletes, and only by age
//   an event written with a Writer stands or falls with the caller's transaction
//   text from strangers is cut to limits.textLength before it is kept
//
// The events of one mail, in order, answer the operator's questions: received from where (address,
// reverse name) with which TLS and login, each check's verdict, placed where, queued, each attempt with
// the remote host, its address, TLS and words, and how it ended.

import { openFilter } from '../sql/filter.ts'
import type { Reader, Value, Writer } from '../sql/sql.ts'
import { trackingDefaults } from './limits.ts'

export type EventKind =
  | 'connected' // a session was turned away or ended without a mail
  | 'received' // a mail was accepted; details hold session, TLS, sizes and the verdict of each check
  | 'checked'
  | 'refused' // a sender, a recipient or a whole mail was refused in the session
  | 'placed' // into a mailbox of ours
  | 'queued' // must leave
  | 'attempt' // one conversation with a remote host about one recipient
  | 'delivered' // a remote host took it over
  | 'delayed' // the sender was told that it takes longer
  | 'bounced' // given up; the sender was told where that is allowed
  | 'held'
  | 'released'
  | 'dropped'
  | 'login'
  | 'login-failed'
  | 'notice' // the house wrote to somebody
  | 'lost' // details.count events were dropped unwritten because too many came at once
  | (string & {})

export interface Event {
  id?: number // set when read; grows with the order of writing
  at: number // milliseconds
  mail?: string // history id
  account?: number
  session?: string
  address?: string // sender, recipient or login name; normal form
  kind: EventKind
  peer?: string // IP address at the other end
  details: Record<string, unknown>
}

const columns = 8
const rowsAtOnce = 16
const insertTexts: string[] = []

/** `insert` for n rows; made once per n so that it stays prepared. */
function insertText(n: number): string {
  return (insertTexts[n] ??=
    'insert into event (at, kind, mail, account, session, address, peer, details) values ' +
    Array.from({ length: n }, (_, row) => {
      const places = Array.from({ length: columns }, (_, column) => `$${row * columns + column + 1}`)
      return `(${places.join(', ')})`
    }).join(', '))
}

/** Adds events inside the caller's transaction. */
export async function writeEvents(sql: Writer, events: Event[]): Promise<void> {
  for (let from = 0; from < events.length; from += rowsAtOnce) {
    const batch = events.length <= rowsAtOnce ? events : events.slice(from, from + rowsAtOnce)
    const values: Value[] = []
    for (const event of batch) {
      values.push(
        event.at,
        event.kind,
        event.mail ?? null,
        event.account ?? null,
        event.session ?? null,
        clean(event.address),
        event.peer ?? null,
        written(event.details),
      )
    }
    await sql.run(insertText(batch.length), values)
  }
}

/** Strangers choose these: a name that was tried at a login. PostgreSQL's text cannot hold NUL. */
function clean(text: string | undefined): string | null {
  if (text === undefined) return null
  const short = text.length > trackingDefaults.textLength ? text.slice(0, trackingDefaults.textLength) : text
  return short.includes('\0') ? short.replaceAll('\0', '') : short
}

function written(details: Event['details']): string {
  const text = JSON.stringify(details)
  return text.length <= trackingDefaults.textLength ? text : JSON.stringify(details, shorten)
}

function shorten(_key: string, value: unknown): unknown {
  if (typeof value !== 'string' || value.length <= trackingDefaults.textLength) return value
  return value.slice(0, trackingDefaults.textLength) + '…'
}

export interface EventQuery {
  mail?: string
  address?: string
  account?: number
  kind?: EventKind
  from?: number // milliseconds, inclusive
  to?: number // milliseconds, exclusive
  after?: { at: number; id: number } // the last event of the page before
  newestFirst?: boolean
  limit?: number
}

interface EventRow {
  id: number
  at: number
  kind: string
  mail: string | null
  account: number | null
  session: string | null
  address: string | null
  peer: string | null
  details: string
}

/** One page of events in the order of time (or the reverse); the next page starts `after` its last event. */
export async function findEvents(db: Reader, query: EventQuery): Promise<Event[]> {
  const { values, is, where } = openFilter()
  is('mail = ?', query.mail)
  is('address = ?', query.address)
  is('account = ?', query.account)
  is('kind = ?', query.kind)
  is('at >= ?', query.from)
  is('at < ?', query.to)
  is(`(at, id) ${query.newestFirst ? '<' : '>'} (?, ?)`, query.after?.at, query.after?.id)
  const direction = query.newestFirst ? 'desc' : 'asc'
  values.push(Math.min(query.limit ?? trackingDefaults.pageEvents, trackingDefaults.pageEvents))
  const rows = await db.all<EventRow>(
    `select id, at, kind, mail, account, session, address, peer, details from event
      ${where()}
      order by at ${direction}, id ${direction} limit $${values.length}`,
    values,
  )
  return rows.map(fromRow)
}

function fromRow(row: EventRow): Event {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    ...(row.mail !== null && { mail: row.mail }),
    ...(row.account !== null && { account: row.account }),
    ...(row.session !== null && { session: row.session }),
    ...(row.address !== null && { address: row.address }),
    ...(row.peer !== null && { peer: row.peer }),
    details: JSON.parse(row.details) as Record<string, unknown>,
  }
}

const deleteOld = `
  delete from event where id in (select id from event where at < $1 order by at limit $2)`

/** Deletes what is older than `before`, a bounded piece at a time. Gives the number of deleted events. */
export async function sweepEvents(
  db: Writer,
  before: number,
  sweepRows: number = trackingDefaults.sweepRows,
): Promise<number> {
  let swept = 0
  for (;;) {
    const gone = await db.run(deleteOld, [before, sweepRows])
    swept += gone
    if (gone < sweepRows) return swept
  }
}
