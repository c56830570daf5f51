// The file of words beside a SQLite database: words and previews of mails, and how far the indexer has come.
//
//   mail_words   the words of each mail (words.ts), by the mail's id
//   vocabulary   every word once
//   preview      the first words of each mail
//   progress     `last`: every mail up to this id is indexed, but for those in unread
//   unread       mails whose bytes could not be read; tried: not again before the next start
//
// Invariants:
//   everything here can be made again from the database and the blobs: a file that is missing, damaged or of another
//   version is begun anew
//   words and the progress that counts them are one transaction
//   mails are never renumbered (autoincrement); what a power loss or an old copy of the database took back is
//   cut off here before anything new gets those numbers

import { rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { statements } from '../sql/sqlite.ts'
import type { Reader, Writer } from '../sql/sql.ts'

/** Where the parts lie that a thread must open for itself. */
export interface Places {
  database: string // the SQLite file
  words: string // this file
  blobs: string // the folder
}

/** The file of words that belongs to a database: postern.sqlite has postern-words.sqlite. */
export function wordFileOf(database: string): string {
  return `${database.replace(/\.sqlite$/, '')}-words.sqlite`
}

const version = 2
const busyMilliseconds = 10_000
const cacheKibibytes = 4_096

const tables = `
  create virtual table mail_words using fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_@'");
  create table vocabulary (word text primary key) without rowid;
  create table preview (mail_id integer primary key, text text not null);
  create table progress (last integer not null);
  insert into progress (last) values (0);
  create table unread (mail_id integer primary key, tried integer not null);
  pragma user_version = ${version};
`

export interface WordFile {
  sql: Writer // words and previews, and the tables of the database, which are only read
  exec(text: string): void
  /** The transaction, whole or not at all. */
  transaction(work: () => Promise<void>): Promise<void>
  close(): void
}

/** Opens the file for its one writer, made if it is not there, with the database beside it. */
export function openWordFile({ database, words }: Places): WordFile {
  const db = new DatabaseSync(words, { timeout: busyMilliseconds })
  try {
    db.exec('pragma journal_mode = wal')
    db.exec('pragma synchronous = normal')
    db.exec('pragma temp_store = memory')
    db.exec(`pragma cache_size = -${cacheKibibytes}`)
    make(db)
    attach(db, database)
  } catch (error) {
    db.close()
    throw error
  }
  const exec = (text: string): void => db.exec(text)
  return {
    sql: statements(db),
    exec,
    async transaction(work) {
      exec('begin immediate')
      try {
        await work()
        exec('commit')
      } catch (error) {
        if (db.isTransaction) exec('rollback')
        throw error
      }
    },
    close: () => db.close(),
  }
}

/** Opens both files for questions only. */
export function openForSearch(places: Places): Reader {
  const db = new DatabaseSync(places.words, { timeout: busyMilliseconds })
  make(db)
  attach(db, places.database)
  db.exec('pragma temp_store = memory')
  db.exec('pragma query_only = on')
  return statements(db)
}

function make(db: DatabaseSync): void {
  if (versionOf(db) === version) return
  db.exec('begin immediate')
  try {
    if (versionOf(db) === 0) db.exec(tables)
    if (versionOf(db) !== version) throw Object.assign(new Error('words of another version'), { errcode: notOurs })
    db.exec('commit')
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('pragma user_version').get()!['user_version'])
}

function attach(db: DatabaseSync, database: string): void {
  db.prepare('attach database ? as house').run(database)
}

const damaged = 11 // SQLITE_CORRUPT
const notOurs = 26 // SQLITE_NOTADB

/** Whether the file must be begun anew. */
export function isDamaged(error: unknown): boolean {
  const code = ((error as { errcode?: number }).errcode ?? 0) % 256
  return code === damaged || code === notOurs
}

/** Takes the file away. Nobody may have it open. */
export async function removeWordFile(words: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(`${words}${end}`, { force: true })
}
