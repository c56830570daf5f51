// Who has a mail, as words of the index.

import type { Reader } from '../sql/sql.ts'
import { list, listLength, padded } from './sets.ts'
import { accountWord, everyoneWord } from './words.ts'

/** The words that name the accounts of each mail, joined by spaces. Nobody has a mail that is not in the answer. */
export async function ownersOf(
  sql: Reader,
  mailIds: readonly number[],
  mostNamed: number,
): Promise<Map<number, string>> {
  const accounts = new Map<number, number[]>()
  for (let from = 0; from < mailIds.length; from += listLength) {
    const part = mailIds.slice(from, from + listLength)
    const text = `select distinct mail_id, account_id from message where mail_id in ${list(part.length, 1)}`
    for (const [mailId, accountId] of (await sql.arrays(text, padded(part))) as [number, number][]) {
      const known = accounts.get(mailId)
      if (known) known.push(accountId)
      else accounts.set(mailId, [accountId])
    }
  }
  const words = new Map<number, string>()
  for (const [mailId, ids] of accounts)
    words.set(mailId, ids.length > mostNamed ? everyoneWord : ids.map(accountWord).join(' '))
  return words
}
