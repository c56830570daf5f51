// What is answered while somebody is away: one row of an account, or none.                  RFC 8621 §8
//
// Invariant: the row says what its owner wrote and nothing else; when it answers is the matter of who delivers.

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'

export interface Vacation {
  enabled: boolean
  from: number | null // milliseconds, inclusive; null: already
  to: number | null // milliseconds, exclusive; null: until it is turned off
  subject: string | null
  text: string | null
  html: string | null
}

interface Row {
  enabled: number
  from_date: number | null
  to_date: number | null
  subject: string | null
  text_body: string | null
  html_body: string | null
}

const never: Vacation = { enabled: false, from: null, to: null, subject: null, text: null, html: null }

export async function vacationOf(db: Reader, accountId: number): Promise<Vacation> {
  const text = 'select enabled, from_date, to_date, subject, text_body, html_body from vacation where account_id = $1'
  const row = await db.one<Row>(text, [accountId])
  if (!row) return never
  return {
    enabled: row.enabled === 1,
    from: row.from_date,
    to: row.to_date,
    subject: row.subject,
    text: row.text_body,
    html: row.html_body,
  }
}

/** Whether it answers at a time. */
export function isAway({ enabled, from, to }: Vacation, at: number): boolean {
  return enabled && (from === null || at >= from) && (to === null || at < to)
}

/** Throws Trouble too-large. */
export async function setVacation(sql: Writer, accountId: number, vacation: Vacation): Promise<void> {
  const { enabled, from, to, subject, text, html } = vacation
  const limit = directoryLimits.vacation
  for (const part of [subject, text, html]) if ((part?.length ?? 0) > limit) throw new Trouble('too-large', { limit })
  await sql.run(
    `insert into vacation (account_id, enabled, from_date, to_date, subject, text_body, html_body)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (account_id) do update set enabled = excluded.enabled, from_date = excluded.from_date,
       to_date = excluded.to_date, subject = excluded.subject, text_body = excluded.text_body,
       html_body = excluded.html_body`,
    [accountId, enabled ? 1 : 0, from, to, subject, text, html],
  )
}
