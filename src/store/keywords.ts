// Keywords: names that people and clients give to messages, beside the five flags.
//
// A mailbox knows every keyword used in it, in the spelling first used; keywords are compared
// without case (RFC 9051 §2.3.2), so one keyword has one spelling in a mailbox.

import type { Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { storeLimits } from './limits.ts'

const atom = /^[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/

/** Throws Trouble bad-keyword for what is no atom (RFC 9051 §9 flag-keyword), too-many-keywords for too many at once. */
export function checkKeywords(keywords: readonly string[]): void {
  if (keywords.length > storeLimits.keywordsPerMessage)
    throw new Trouble('too-many-keywords', { limit: storeLimits.keywordsPerMessage })
  for (const keyword of keywords) {
    if (keyword.length > storeLimits.keywordBytes || !atom.test(keyword)) throw new Trouble('bad-keyword', { keyword })
  }
}

/**
 * `keywords` in the spellings of a mailbox that this transaction has taken; new ones are added to it. Too many in
 * the mailbox: Trouble too-many-keywords, or with `drop` the new ones are left out.
 */
export async function adoptKeywords(
  sql: Writer,
  mailboxId: number,
  keywords: readonly string[],
  drop = false,
): Promise<string[]> {
  if (keywords.length === 0) return []
  const row = await sql.one<{ keywords: string }>('select keywords from mailbox where id = $1', [mailboxId])
  const known = new Map(splitKeywords(row?.keywords ?? '').map((keyword) => [keyword.toLowerCase(), keyword]))
  const before = known.size
  const adopted = new Set<string>()
  for (const keyword of keywords) {
    const key = keyword.toLowerCase()
    if (!known.has(key)) {
      if (known.size >= storeLimits.keywordsPerMailbox) {
        if (drop) continue
        throw new Trouble('too-many-keywords', { limit: storeLimits.keywordsPerMailbox })
      }
      known.set(key, keyword)
    }
    adopted.add(known.get(key)!)
  }
  if (known.size > before)
    await sql.run('update mailbox set keywords = $2 where id = $1', [mailboxId, [...known.values()].sort().join(' ')])
  return [...adopted].sort()
}

/** The keywords of a message or mailbox column. */
export function splitKeywords(text: string): string[] {
  return text === '' ? [] : text.split(' ')
}
