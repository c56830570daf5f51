// SQLite: one database file in WAL mode, two connections here, two in a thread of their own.
//
// COMMIT does not wait for the disk (synchronous=NORMAL). Whoever committed waits for one fdatasync
// of the WAL file that began after its COMMIT, run by the thread pool and shared with everyone who
// committed meanwhile: the promise of FULL without blocking the event loop.
//
// Invariants:
//   the writing connection works strictly in turns
//   another process that writes (a CLI verb) is waited for without blocking the event loop
//   checkpoints run in the side thread; a long WAL makes the writers, never the readers, wait once
//   after a failed sync nothing more is acknowledged: what reached the disk is unknown

import { statfsSync } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { Trouble } from '../wire/troubles.ts'
import type { Database, Reader, Value, Writer } from './sql.ts'
import { shared, takeTurns } from './turns.ts'

const limits = {
  busyMilliseconds: 15_000, // how long another process may hold the write lock
  openingMilliseconds: 5_000, // the same while opening, when nothing else waits yet
  checkpointBytes: 8 << 20, // a WAL this long is copied into the database file
  restartBytes: 64 << 20, // a WAL this long stops the writers until it starts anew
  cacheKibibytes: 16_384,
  statements: 2_000, // kept prepared of each kind; searches write new ones, the oldest go
  fullBytes: 256 << 10, // an I/O error with less than this free is a full disk
}

/** Opens (or makes) the database at `path`. Throws Trouble 'unavailable' when it is damaged, 'disk-full'. */
export async function openSqlite(path: string): Promise<Database> {
  const asTrouble = troublesOf(path)
  const writing = connect(path, false, asTrouble)
  const reading = connect(path, true, asTrouble)
  const side = openSide(path, asTrouble)
  const wal = await open(`${path}-wal`, 'r+')
  const turns = takeTurns()
  const sync = watchedSync(wal)
  const checkpoint = checkpointer(path, turns, side)

  const settle = async (): Promise<void> => {
    await sync()
    checkpoint()
  }
  const transaction = async <T>(work: (sql: Writer) => Promise<T>): Promise<T> => {
    const result = await turns(async () => {
      await begin(writing, asTrouble)
      try {
        const answer = await work(writing.sql)
        writing.exec('commit')
        return answer
      } catch (error) {
        if (writing.isTransaction()) writing.exec('rollback')
        throw asTrouble(error)
      }
    })
    await settle()
    return result
  }
  return {
    engine: 'sqlite',
    file: path,
    all: reading.sql.all,
    one: reading.sql.one,
    arrays: reading.sql.arrays,
    run: (text, values) => transaction((sql) => sql.run(text, values)),
    transaction,
    apart: side.reader,
    async close() {
      await turns(async () => undefined)
      await side.close()
      reading.close()
      writing.close()
      await wal.close()
    },
  }
}

interface Connection {
  sql: Writer
  exec(text: string): void
  isTransaction(): boolean
  close(): void
}

function connect(path: string, readOnly: boolean, asTrouble: AsTrouble): Connection {
  const db = new DatabaseSync(path, { timeout: limits.openingMilliseconds })
  try {
    db.exec('pragma journal_mode = wal')
    db.exec('pragma synchronous = normal')
    db.exec('pragma wal_autocheckpoint = 0')
    db.exec('pragma foreign_keys = on')
    db.exec('pragma temp_store = memory')
    db.exec(`pragma cache_size = -${limits.cacheKibibytes}`)
    db.exec('pragma recursive_triggers = off')
    if (readOnly) db.exec('pragma query_only = on')
    else db.exec('begin immediate; commit') // makes sure that the WAL file is there
    // From here on a writer that finds another process writing waits in begin(), not inside SQLite.
    db.exec(`pragma busy_timeout = ${readOnly ? 1000 : 0}`)
  } catch (error) {
    db.close()
    throw asTrouble(error)
  }
  return {
    sql: statements(db, asTrouble),
    exec: (text) => db.exec(text),
    isTransaction: () => db.isTransaction,
    close: () => db.close(),
  }
}

/** The three questions and the one change over a synchronous connection; `asTrouble` turns what it throws. */
export function statements(db: DatabaseSync, asTrouble: AsTrouble = (error) => error): Writer {
  const objects = new Map<string, StatementSync>()
  const lists = new Map<string, StatementSync>()
  const changes = new Map<string, StatementSync>()
  const prepare = (cache: Map<string, StatementSync>, text: string): StatementSync => {
    let statement = cache.get(text)
    if (!statement) {
      statement = db.prepare(text.replace(/\$(\d+)/g, '?$1'))
      if (cache === lists) statement.setReturnArrays(true)
      // run() tells the last rowid of the connection as well. The full text index writes rows of its own with ids
      // above 2^53, and as a number such an id throws, in this change and in all that follow.
      if (cache === changes) statement.setReadBigInts(true)
      if (cache.size >= limits.statements) cache.delete(cache.keys().next().value!)
      cache.set(text, statement)
    }
    return statement
  }
  return {
    // async: an error of SQLite becomes a rejection
    async all<Row>(text: string, values: Value[] = []) {
      try {
        return prepare(objects, text).all(...values) as Row[]
      } catch (error) {
        throw asTrouble(error)
      }
    },
    async one<Row>(text: string, values: Value[] = []) {
      try {
        return prepare(objects, text).get(...values) as Row | undefined
      } catch (error) {
        throw asTrouble(error)
      }
    },
    async arrays(text, values = []) {
      try {
        return prepare(lists, text).all(...values) as unknown as Value[][]
      } catch (error) {
        throw asTrouble(error)
      }
    },
    async run(text, values = []) {
      try {
        return Number(prepare(changes, text).run(...values).changes)
      } catch (error) {
        throw asTrouble(error)
      }
    },
  }
}

/** BEGIN IMMEDIATE; while another process writes, tries again without holding the event loop. */
async function begin(writing: Connection, asTrouble: AsTrouble): Promise<void> {
  const deadline = Date.now() + limits.busyMilliseconds
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    try {
      writing.exec('begin immediate')
      return
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw asTrouble(error)
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}

function watchedSync(wal: FileHandle): () => Promise<void> {
  let broken: NodeJS.ErrnoException | undefined
  return shared(async () => {
    if (broken === undefined) await wal.datasync().catch((error: NodeJS.ErrnoException) => (broken = error))
    if (broken === undefined) return
    const full = broken.code === 'ENOSPC' || broken.code === 'EDQUOT'
    const why = `the database cannot be synced: ${broken.message}`
    throw new Trouble(full ? 'disk-full' : 'unavailable', { why })
  })
}

interface Side {
  reader: Reader
  /** Gives the bytes of the WAL in use. */
  checkpoint(mode: 'passive' | 'restart'): Promise<number>
  close(): Promise<void>
}

/** A thread with connections of its own: scans, searches and checkpoints. Started when first needed. */
function openSide(path: string, asTrouble: AsTrouble): Side {
  let worker: Worker | undefined
  let count = 0
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()

  const start = (): Worker => {
    const made = new Worker(new URL('./side.ts', import.meta.url), { workerData: { path } })
    made.on('message', (answer: { id: number; value?: unknown; error?: { message: string; errcode?: number } }) => {
      const waiter = waiting.get(answer.id)
      waiting.delete(answer.id)
      if (waiting.size === 0) made.unref()
      if (answer.error) waiter?.reject(asTrouble(Object.assign(new Error(answer.error.message), answer.error)))
      else waiter?.resolve(answer.value)
    })
    made.on('error', (error: Error) => {
      worker = undefined
      for (const waiter of waiting.values()) waiter.reject(new Trouble('unavailable', { why: error.message }))
      waiting.clear()
    })
    return made
  }
  const ask = <T>(deed: string, text: string, values: Value[] = []): Promise<T> =>
    new Promise((resolve, reject) => {
      worker ??= start()
      worker.ref()
      const id = ++count
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      worker.postMessage({ id, deed, text, values })
    })
  return {
    reader: {
      all: (text, values) => ask('all', text, values),
      one: (text, values) => ask('one', text, values),
      arrays: (text, values) => ask('arrays', text, values),
    },
    checkpoint: (mode) => ask('checkpoint', mode),
    async close() {
      await worker?.terminate()
    },
  }
}

/** Copies a long WAL into the database file, at most one copying at a time, looking at most once a second. */
function checkpointer(path: string, turns: ReturnType<typeof takeTurns>, side: Side): () => void {
  let looked = 0
  let busy = false
  const look = async (): Promise<void> => {
    const { size } = await stat(`${path}-wal`)
    if (size < limits.checkpointBytes) return
    // The file stays as long as it once was; what lies in it since it last started anew is for SQLite to say.
    const used = await side.checkpoint('passive')
    if (used >= limits.restartBytes) await turns(() => side.checkpoint('restart'))
  }
  return () => {
    if (busy || Date.now() - looked < 1000) return
    looked = Date.now()
    busy = true
    look()
      .catch(() => undefined) // the next commit looks again; a full disk shows itself to the writers
      .finally(() => (busy = false))
  }
}

const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_FULL = 13
const SQLITE_IOERR_SHMSIZE = SQLITE_IOERR | (19 << 8)

function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
}

const outside = new Set([SQLITE_BUSY, 6, 8, SQLITE_IOERR, 11, 14, 15, 23, 26]) // locked, read only, corrupt, cannot open ...

type AsTrouble = (error: unknown) => unknown

/** What SQLite throws over the file at `path`, as the house's troubles; the rest as it is. */
function troublesOf(path: string): AsTrouble {
  return (error) => {
    const code = (error as { errcode?: number }).errcode
    if (code === undefined) return error
    const why = (error as Error).message
    if (isFull(code, path)) return new Trouble('disk-full', { why })
    return outside.has(code % 256) ? new Trouble('unavailable', { why }) : error
  }
}

/** SQLite says FULL when a page finds no room, but "I/O error" when the index of the WAL cannot grow. */
function isFull(code: number, path: string): boolean {
  if (code % 256 === SQLITE_FULL || code === SQLITE_IOERR_SHMSIZE) return true
  if (code % 256 !== SQLITE_IOERR) return false
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize < limits.fullBytes
  } catch {
    return false
  }
}
