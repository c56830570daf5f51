// What somebody chose for the web pages. What there is to choose is the pages' matter; here it is a text.

import type { Database, Reader } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'

export type Choices = Record<string, unknown>

export async function choicesOf(db: Reader, accountId: number): Promise<Choices> {
  const text = 'select choices from preference where account_id = $1'
  const row = await db.one<{ choices: string }>(text, [accountId])
  return row ? (JSON.parse(row.choices) as Choices) : {}
}

/** Changes some of them; undefined or null takes one back. Gives all of them. Throws Trouble too-large. */
export function changeChoices(db: Database, accountId: number, changes: Choices): Promise<Choices> {
  return db.transaction(async (sql) => {
    // The row is taken first, so that of two changes at once neither is lost.
    const make = `insert into preference (account_id, choices) values ($1, '{}')
      on conflict (account_id) do update set choices = preference.choices returning choices`
    const row = await sql.one<{ choices: string }>(make, [accountId])
    const after = { ...(JSON.parse(row!.choices) as Choices), ...changes }
    for (const [name, value] of Object.entries(after)) if (value == null) delete after[name]
    const text = JSON.stringify(after)
    const limit = directoryLimits.choices
    if (text.length > limit) throw new Trouble('too-large', { limit })
    await sql.run('update preference set choices = $2 where account_id = $1', [accountId, text])
    return after
  })
}
