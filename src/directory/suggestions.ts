// Whom somebody may mean while he types: contacts of the books he reads, and people of the house.
//
// Promises: bounded whatever is typed; the answer needs one row of an index for each contact looked at, and is looked
// for away from the event loop.

import { foldText } from '../contacts/searchable.ts'
import type { Database, Value } from '../sql/sql.ts'
import { readableBooks, type Asker } from './addressbooks.ts'
import { directoryLimits } from './limits.ts'

export interface Suggestion {
  kind: 'contact' | 'group' | 'person'
  name: string
  email: string // '' for a group
  contact?: number
  book?: number
}

/** Who is found in the directory of people: 'domain' his own domain's, 'house' everybody, 'nobody'. */
export type Visibility = 'domain' | 'house' | 'nobody'

/** At most `most`, the best first: beginnings before insides, own books before others' before people. */
export async function suggest(
  db: Database,
  asker: Asker,
  text: string,
  { most, visibility }: { most: number; visibility: Visibility },
): Promise<Suggestion[]> {
  const words = foldText(text.slice(0, 200))
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 5)
  if (words.length === 0) return []
  const contacts = await ofBooks(db, asker, words)
  const people = visibility === 'nobody' ? [] : await ofPeople(db, asker, words, visibility)
  const best = [...contacts, ...people]
    .map((one, place) => ({ one, rank: rankOf(one, words), place }))
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
  const seen = new Set<string>()
  return best
    .filter(({ one }) => {
      const key = one.email === '' ? `group ${one.contact}` : one.email.toLowerCase()
      return !seen.has(key) && seen.add(key)
    })
    .slice(0, most)
    .map(({ one }) => one)
}

async function ofBooks(db: Database, asker: Asker, words: string[]): Promise<Suggestion[]> {
  const books = await readableBooks(db, asker)
  const found: Suggestion[] = []
  for (const { id } of books.filter((book) => book.isSubscribed)) {
    const left = directoryLimits.suggestionRows - found.length
    if (left <= 0) break
    const values: Value[] = [id, left]
    // An inner select, so that the words are looked for in the index before a row is read.
    const rows = await db.apart.all<{ id: number; kind: string; name: string; emails: string }>(
      `select c.id, c.kind, c.name, c.emails from card c
        where c.id in (select id from card where book_id = $1 and ${like('words', words, values)} limit $2)
        order by c.sort_key`,
      values,
    )
    for (const row of rows) {
      if (row.kind === 'group') found.push({ kind: 'group', name: row.name, email: '', contact: row.id, book: id })
      for (const email of row.emails.split('\n')) {
        if (email !== '') found.push({ kind: 'contact', name: row.name, email, contact: row.id, book: id })
      }
    }
  }
  return found
}

async function ofPeople(db: Database, asker: Asker, words: string[], visibility: Visibility): Promise<Suggestion[]> {
  const values: Value[] = [asker.id, visibility === 'house' ? 1 : 0, directoryLimits.suggestionRows]
  // One column is asked: name and address with a blank between.
  const rows = await db.apart.all<{ name: string; address: string }>(
    `select p.name, p.address from account p
      where p.status = 'active' and p.deleted_at is null
        and ($2 = 1 or p.domain_id = (select domain_id from account where id = $1))
        and not exists (select 1 from unlisted_account u where u.account_id = p.id)
        and ${like(`lower(p.name || ' ' || p.address)`, words, values)}
      order by p.name, p.address limit $3`,
    values,
  )
  return rows.map(({ name, address }) => ({ kind: 'person', name, email: address }))
}

function like(column: string, words: string[], values: Value[]): string {
  return words
    .map((word) => `${column} like $${values.push(`%${word.replace(/[\\%_]/g, (what) => `\\${what}`)}%`)} escape '\\'`)
    .join(' and ')
}

/** The lower the better. */
function rankOf({ name, email }: Suggestion, [first = '']: string[]): number {
  const folded = foldText(name)
  if (folded.startsWith(first) || email.toLowerCase().startsWith(first)) return 0
  if (folded.includes(` ${first}`) || email.toLowerCase().includes(`@${first}`)) return 1
  return 2
}

/** Takes somebody out of the directory of people, or puts him back. */
export async function listPerson(db: Database, account: number, isListed: boolean): Promise<void> {
  if (isListed) await db.run('delete from unlisted_account where account_id = $1', [account])
  else await db.run('insert into unlisted_account (account_id) values ($1) on conflict do nothing', [account])
}
