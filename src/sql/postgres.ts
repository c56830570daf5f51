// PostgreSQL: a pool of connections. COMMIT is durable by the server's own settings.
//
// Invariant: a transaction that meets another's (serialization failure, deadlock) is run again.

import { createHash } from 'node:crypto'
import pg from 'pg'
import { Trouble } from '../wire/troubles.ts'
import { openBetween } from './between.ts'
import type { Database, Value, Writer } from './sql.ts'

const limits = { connections: 16, retries: 8, connectMilliseconds: 10_000 }

const INT8 = 20
const NUMERIC = 1700
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text')) as never,
}

/** Opens a pool on `url` (postgres://...). Throws Trouble 'unavailable' when nobody answers. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: limits.connections,
    connectionTimeoutMillis: limits.connectMilliseconds,
    types,
  })
  pool.on('error', () => undefined) // an idle connection that broke is replaced by the pool
  // One that breaks in a transaction fails its query, and says so here as well: unheard it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const asked = statements((query) => pool.query(query))
  await asked.one('select 1 as one')

  const once = async <T>(work: (sql: Writer) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw asTrouble(error)
    })
    let broken: Error | undefined
    try {
      await client.query('begin')
      const answer = await work(statements((query) => client.query(query)))
      await client.query('commit')
      return answer
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure))
      throw asTrouble(error)
    } finally {
      client.release(broken)
    }
  }
  const transaction = async <T>(work: (sql: Writer) => Promise<T>): Promise<T> => {
    for (let tried = 0; ; tried++) {
      try {
        return await once(work)
      } catch (error) {
        if (tried >= limits.retries || !mayRetry.has((error as { code?: string }).code ?? '')) throw error
      }
    }
  }
  const between = openBetween(url)
  const close = async (): Promise<void> => {
    await between.close()
    await pool.end()
  }
  return { engine: 'postgres', ...asked, transaction, apart: asked, between, close }
}

type Query = pg.QueryConfig & { rowMode?: 'array' }

function statements(query: (query: Query) => Promise<pg.QueryResult>): Writer {
  const ask = async (text: string, values: Value[] = [], rowMode?: 'array'): Promise<pg.QueryResult> => {
    // Named statements are parsed once a connection; those without parameters are not worth keeping.
    const name = values.length > 0 ? nameOf(text) : undefined
    try {
      return await query({ text, values, name, rowMode })
    } catch (error) {
      throw asTrouble(error)
    }
  }
  return {
    all: async <Row>(text: string, values?: Value[]) => (await ask(text, values)).rows as Row[],
    one: async <Row>(text: string, values?: Value[]) => (await ask(text, values)).rows[0] as Row | undefined,
    arrays: async (text, values) => (await ask(text, values, 'array')).rows as Value[][],
    run: async (text, values) => (await ask(text, values)).rowCount ?? 0,
  }
}

const names = new Map<string, string>()
const namedStatements = 2_000 // searches write new ones: what comes later has no name, or every connection would keep it

function nameOf(text: string): string | undefined {
  let name = names.get(text)
  if (name === undefined) {
    if (names.size >= namedStatements) return undefined
    name = createHash('sha256').update(text).digest('base64url').slice(0, 24)
    names.set(text, name)
  }
  return name
}

const mayRetry = new Set(['40001', '40P01'])

/** Lost connections and a server that is shutting down are no mistake of ours: try later. */
function asTrouble(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string }
  if (code === undefined)
    return /timeout|terminated/i.test(message ?? '') ? new Trouble('unavailable', { why: message ?? '' }) : error
  if (code === '53100') return new Trouble('disk-full', { why: message ?? '' })
  const away = /^(08|53|57P|58)/.test(code) || /^E[A-Z]+$/.test(code)
  return away ? new Trouble('unavailable', { why: message ?? code }) : error
}
