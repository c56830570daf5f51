// Sessions of the web door: rows only; login/sessions.ts has the rules.
//
// Invariant: what is kept of a session's secret is its digest; nobody signs in with what a row says.

import type { Reader, Writer } from '../sql/sql.ts'

export interface WebSession {
  id: number // names it to its owner; no secret
  accountId: number
  kind: 'cookie' | 'token'
  createdAt: number
  usedAt: number
  expiresAt: number // whatever happens
  standing: string // what presenceOf() said of the password when it began
  address: string // last used from
  agent: string // what the browser calls itself, last used
}

interface Row {
  id: number
  account_id: number
  kind: WebSession['kind']
  created_at: number
  used_at: number
  expires_at: number
  standing: string
  address: string
  agent: string
}

const columns = 'id, account_id, kind, created_at, used_at, expires_at, standing, address, agent'

/** Keeps a new session; the longest unused of the account go where it has more than `most`. */
export async function insertSession(
  sql: Writer,
  digest: string,
  session: Omit<WebSession, 'id'>,
  most: number,
): Promise<WebSession> {
  const { accountId, kind, createdAt, usedAt, expiresAt, standing, address, agent } = session
  const row = await sql.one<Row>(
    `insert into web_session (digest, account_id, kind, created_at, used_at, expires_at, standing, address, agent)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
    [digest, accountId, kind, createdAt, usedAt, expiresAt, standing, address, agent],
  )
  await sql.run(
    `delete from web_session where id in (
       select id from web_session where account_id = $1 order by used_at desc, id desc limit 1000 offset $2)`,
    [accountId, most],
  )
  return toSession(row as Row)
}

export async function sessionByDigest(db: Reader, digest: string): Promise<WebSession | undefined> {
  const row = await db.one<Row>(`select ${columns} from web_session where digest = $1`, [digest])
  return row && toSession(row)
}

export async function sessionById(db: Reader, id: number): Promise<WebSession | undefined> {
  const row = await db.one<Row>(`select ${columns} from web_session where id = $1`, [id])
  return row && toSession(row)
}

/** Those of an account, the last used first. */
export async function listSessions(db: Reader, accountId: number): Promise<WebSession[]> {
  const rows = await db.all<Row>(
    `select ${columns} from web_session where account_id = $1 order by used_at desc, id desc limit 1000`,
    [accountId],
  )
  return rows.map(toSession)
}

export async function touchSession(
  sql: Writer,
  id: number,
  used: Pick<WebSession, 'usedAt' | 'address' | 'agent'>,
): Promise<void> {
  const text = 'update web_session set used_at = $2, address = $3, agent = $4 where id = $1 and used_at <= $2'
  await sql.run(text, [id, used.usedAt, used.address, used.agent])
}

/** Ends one session of an account; false where it has none of that id. */
export async function deleteSession(sql: Writer, accountId: number, id: number): Promise<boolean> {
  return (await sql.run('delete from web_session where id = $1 and account_id = $2', [id, accountId])) > 0
}

/** Ends all sessions of an account but one (0: all). Gives their ids. */
export async function deleteOtherSessions(sql: Writer, accountId: number, but: number): Promise<number[]> {
  const text = 'delete from web_session where account_id = $1 and id <> $2 returning id'
  return (await sql.arrays(text, [accountId, but])).map((row) => row[0] as number)
}

/** Forgets sessions that are over: absolutely, or unused since `idleSince`. */
export function deleteStaleSessions(sql: Writer, now: number, idleSince: number): Promise<number> {
  return sql.run('delete from web_session where expires_at <= $1 or used_at <= $2', [now, idleSince])
}

function toSession(row: Row): WebSession {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    standing: row.standing,
    address: row.address,
    agent: row.agent,
  }
}
