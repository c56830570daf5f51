// The database, as everybody but this room sees it. SQL is plain text with $1 placeholders in the
// dialect both engines read (docs/decisions/0001-sql.md). sqlite.ts and postgres.ts answer it.
//
// Invariants:
//   when transaction() or run() of a Database resolves, its effect survives kill -9 and power loss
//   a transaction that throws leaves nothing behind
//   inside transaction(sql => ...) only that `sql` is used
//   integers come back as numbers, byte strings as Uint8Array, on both engines

import type { Between } from './between.ts'

export type Value = string | number | null | Uint8Array

/** Asks only. */
export interface Reader {
  all<Row>(text: string, values?: Value[]): Promise<Row[]>
  one<Row>(text: string, values?: Value[]): Promise<Row | undefined>
  /** Rows as arrays, for answers of thousands of rows: no object per row. */
  arrays(text: string, values?: Value[]): Promise<Value[][]>
}

/** Asks and changes. `run` gives the number of rows touched. */
export interface Writer extends Reader {
  run(text: string, values?: Value[]): Promise<number>
}

export interface Database extends Writer {
  engine: 'sqlite' | 'postgres'
  file?: string // where SQLite's lies, for threads that open it themselves
  /** One transaction; resolves when it is durable. May be run again after a serialization failure. */
  transaction<T>(work: (sql: Writer) => Promise<T>): Promise<T>
  /** The same questions, answered away from the event loop: for scans and searches. */
  apart: Reader
  /** What processes that share the database have between them; none where it is one process's alone (SQLite). */
  between?: Between
  close(): Promise<void>
}

/**
 * A step of the schema. Steps run once, in order, at start. The text is the shared dialect plus
 * words that the engines spell differently:
 *   {id}      an integer primary key that numbers itself
 *   {int}     a 64 bit integer
 *   {bytes}   a byte string
 *   {bykey}   ends a create table: the rows lie in the order of their primary key (SQLite: without rowid)
 *   {sqlite: ...} {postgres: ...}  for one engine alone; no braces inside
 */
export interface Migration {
  name: string // 'store/0001-mailboxes': room and number, never changed after release
  text: string
}
