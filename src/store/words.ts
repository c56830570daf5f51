// Which words a mail has, and how the engines are asked for them: FTS5 without content in a file of its own beside
// the SQLite database (wordfile.ts), tsvector with a GIN index inside PostgreSQL. The one file of the room that
// knows how either spells it.
//
// Beside them lies the vocabulary: every word once, so that a piece of a word finds the words it stands in.
//
// A mail's words are a set: no counts, no places. Words are those of tokens.ts; a word of the header begins with
// '_'; '@12' says that account 12 has the mail; '@' alone that the mail has more words than are kept.

import type { Reader, Value, Writer } from '../sql/sql.ts'
import { list, listLength, padded } from './sets.ts'
import { isSpelled } from './tokens.ts'

export const headerMark = '_'
export const incompleteWord = '@'
export const everyoneWord = '@0' // too many accounts to name

export function accountWord(accountId: number): string {
  return `@${accountId}`
}

/** A question to the index. */
export type Sought = { word: string; prefix: boolean } | { all: Sought[] } | { any: Sought[] }

export interface WordTables {
  /** Keeps the words of a mail instead of those it had; `words` joined by spaces. */
  put(sql: Writer, mailId: number, words: string): Promise<void>
  drop(sql: Writer, mailIds: readonly number[]): Promise<void>
  /** A condition on `column` that holds for mails that have what is sought; its one parameter is `$place`. */
  where(column: string, place: number): string
  value(sought: Sought): Value
  /** Asks for a column of messages where another column is $1 and whose mails have no words yet, or not for all who have them. */
  unindexed(column: string, where: string): string
}

const sqlite: WordTables = {
  async put(sql, mailId, words) {
    await sql.run('insert or replace into mail_words (rowid, words) values ($1, $2)', [mailId, words])
    await sql.run('insert or ignore into vocabulary (word) select value from json_each($1)', [
      JSON.stringify(spelledWords(words)),
    ])
  },
  drop: (sql, mailIds) => dropWords(sql, 'rowid', mailIds),
  where: (column, place) => `${column} in (select rowid from mail_words where mail_words match $${place})`,
  value: (sought) => spell(sought, ' AND ', ' OR ', ({ word, prefix }) => `"${word}"${prefix ? '*' : ''}`),
  // +: by the index of mails, of which few are new, not by the mailbox. Cross: from these few, not along all messages.
  unindexed: (column, where) => `
    select ${column} from message m where m.mail_id > (select last from progress) and +${where} = $1
    union select ${column} from mail x cross join message m where m.mail_id = x.id and x.stale <> 0 and +${where} = $1
    union select ${column} from unread u cross join message m where m.mail_id = u.mail_id and +${where} = $1`,
}

const postgres: WordTables = {
  async put(sql, mailId, words) {
    await sql.run(
      `insert into mail_words (mail_id, words) values ($1, array_to_tsvector(array_remove(string_to_array($2, ' '), '')))
       on conflict (mail_id) do update set words = excluded.words`,
      [mailId, fitting(words)],
    )
    await sql.run(
      `insert into vocabulary (word) select unnest(string_to_array($1, ' ')) on conflict (word) do nothing`,
      [spelledWords(words).sort(ascending).join(' ')], // in one order, so that two writers do not wait for each other
    )
  },
  drop: (sql, mailIds) => dropWords(sql, 'mail_id', mailIds),
  where: (column, place) => `${column} in (select mail_id from mail_words where words @@ cast($${place} as tsquery))`,
  value: (sought) => spell(sought, ' & ', ' | ', ({ word, prefix }) => `'${word}'${prefix ? ':*' : ''}`),
  unindexed: (column, where) =>
    `select ${column} from mail x join message m on m.mail_id = x.id where x.stale <> 0 and ${where} = $1`,
}

export function wordTables(engine: 'sqlite' | 'postgres'): WordTables {
  return engine === 'sqlite' ? sqlite : postgres
}

async function dropWords(sql: Writer, column: string, mailIds: readonly number[]): Promise<void> {
  for (let from = 0; from < mailIds.length; from += listLength) {
    const part = mailIds.slice(from, from + listLength)
    await sql.run(`delete from mail_words where ${column} in ${list(part.length, 1)}`, padded(part))
  }
}

const tsvectorBytes = 1_000_000 // of the words of one mail; PostgreSQL takes 1,048,575

/** As many words as PostgreSQL keeps for one mail; those that name accounts always, and a mark where some are left out. */
function fitting(words: string): string {
  if (Buffer.byteLength(words) <= tsvectorBytes) return words
  const all = words.split(' ')
  const isMark = (word: string): boolean => word.startsWith(incompleteWord)
  const kept = [incompleteWord, ...all.filter((word) => isMark(word) && word !== incompleteWord)]
  let bytes = kept.reduce((sum, word) => sum + word.length, 0)
  for (const word of all) {
    if (isMark(word)) continue
    bytes += Buffer.byteLength(word)
    if (bytes > tsvectorBytes) break
    kept.push(word)
  }
  return kept.join(' ')
}

/** The words of Latin and its like among those of a mail; pairs of dense characters and marks are left out. */
function spelledWords(words: string): string[] {
  const spelled = new Set<string>()
  for (const marked of words.split(' ')) {
    if (marked.startsWith(incompleteWord)) continue
    const word = marked.startsWith(headerMark) ? marked.slice(headerMark.length) : marked
    if (word !== '' && isSpelled(word)) spelled.add(word)
  }
  return [...spelled]
}

function ascending(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The words that end with `piece` (or have it anywhere, with `anywhere`); undefined: more than `most`. */
export async function wordsWith(
  db: Reader,
  piece: string,
  anywhere: boolean,
  most: number,
): Promise<string[] | undefined> {
  // Words hold letters, digits and marks only: nothing that LIKE takes for a pattern.
  const rows = await db.arrays('select word from vocabulary where word like $1 limit $2', [
    `%${piece}${anywhere ? '%' : ''}`,
    most + 1,
  ])
  return rows.length > most ? undefined : rows.map((row) => row[0] as string)
}

type Word = { word: string; prefix: boolean }

/** Words hold letters, digits and the marks only, so quoting them needs no escapes. */
function spell(sought: Sought, and: string, or: string, word: (word: Word) => string): string {
  if ('word' in sought) return word(sought)
  const [parts, between] = 'all' in sought ? [sought.all, and] : [sought.any, or]
  return parts.length === 1
    ? spell(parts[0]!, and, or, word)
    : `(${parts.map((part) => spell(part, and, or, word)).join(between)})`
}
