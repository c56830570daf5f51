// Accounts elsewhere that mail is fetched from: rows only. fetching/ does the work.
//
// Invariants:
//   one process at a time works at a row: who holds its claim; who lost it changes nothing any more
//   what was taken is named here by the transaction that placed it

import type { Database, Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'

export interface ExternalAccount {
  id: number
  accountId: number
  protocol: 'pop3' | 'imap'
  host: string
  port: number
  tls: 'tls' | 'starttls'
  username: string
  secret: Uint8Array
  folder: string // there; IMAP
  mailboxId: number | undefined // ours; undefined: INBOX
  keyword: string // given to each mail; '': none
  keep: boolean // mails stay there
  every: number // milliseconds
  active: boolean
  nextAt: number
  failures: number // in a row
  isRunning: boolean
  validity: number
  lastUid: number
  lastAt: number | undefined
  lastResult: string // 'ok' or why not; '': never ran
  lastSaid: string // by the other side
  lastFetched: number
  lastSkipped: number // too large
  fetched: number // ever
  createdAt: number
}

/** What its owner chooses. */
export type ExternalChoice = Pick<
  ExternalAccount,
  | 'protocol'
  | 'host'
  | 'port'
  | 'tls'
  | 'username'
  | 'secret'
  | 'folder'
  | 'mailboxId'
  | 'keyword'
  | 'keep'
  | 'every'
  | 'active'
>

interface Row {
  id: number
  account_id: number
  protocol: 'pop3' | 'imap'
  host: string
  port: number
  tls: 'tls' | 'starttls'
  username: string
  secret: Uint8Array
  folder: string
  mailbox_id: number | null
  keyword: string
  keep: number
  every: number
  active: number
  next_at: number
  failures: number
  claim_until: number
  validity: number
  last_uid: number
  last_at: number | null
  last_result: string
  last_said: string
  last_fetched: number
  last_skipped: number
  fetched: number
  created_at: number
}

const chosen = 'protocol, host, port, tls, username, secret, folder, mailbox_id, keyword, keep, every, active'
const columns = `id, account_id, ${chosen}, next_at, failures, claim_until, validity, last_uid, last_at, last_result,
  last_said, last_fetched, last_skipped, fetched, created_at`

function valuesOf(choice: ExternalChoice): Value[] {
  const { protocol, host, port, tls, username, secret, folder, mailboxId, keyword, keep, every, active } = choice
  return [
    protocol,
    host,
    port,
    tls,
    username,
    secret,
    folder,
    mailboxId ?? null,
    keyword,
    keep ? 1 : 0,
    every,
    active ? 1 : 0,
  ]
}

/** A new one, due at once. Throws Trouble too-many-mailboxes when there are `most`, already-exists for a twin. */
export async function addExternal(
  db: Database,
  accountId: number,
  choice: ExternalChoice,
  { now, most }: { now: number; most: number },
): Promise<ExternalAccount> {
  return db.transaction(async (sql) => {
    // Two at once for one person wait for each other here.
    await sql.run('update account set admin = admin where id = $1', [accountId])
    const others = await externalsOf(sql, accountId, now)
    if (others.length >= most) throw new Trouble('too-many-mailboxes', { limit: most })
    const isTwin = (other: ExternalAccount): boolean =>
      (['protocol', 'host', 'port', 'username', 'folder'] as const).every((name) => other[name] === choice[name])
    if (others.some(isTwin)) throw new Trouble('already-exists')
    const row = await sql.one<Row>(
      `insert into external_account (account_id, ${chosen}, next_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) returning ${columns}`,
      [accountId, ...valuesOf(choice), now],
    )
    return toExternal(row as Row, now)
  })
}

export async function externalsOf(db: Reader, accountId: number, now: number): Promise<ExternalAccount[]> {
  const rows = await db.all<Row>(`select ${columns} from external_account where account_id = $1 order by id`, [
    accountId,
  ])
  return rows.map((row) => toExternal(row, now))
}

export async function externalById(db: Reader, id: number, now: number): Promise<ExternalAccount | undefined> {
  const row = await db.one<Row>(`select ${columns} from external_account where id = $1`, [id])
  return row && toExternal(row, now)
}

/** Puts another choice in place: due at once, failures forgotten; a run under way loses its claim. */
export async function changeExternal(
  db: Database,
  old: ExternalAccount,
  choice: ExternalChoice,
  now: number,
): Promise<void> {
  const names = chosen.split(', ').map((name, i) => `${name} = $${i + 3}`)
  const isElsewhere = (['protocol', 'host', 'port', 'username', 'folder'] as const).some(
    (name) => old[name] !== choice[name],
  )
  await db.transaction(async (sql) => {
    await sql.run(
      `update external_account set ${names.join(', ')}, next_at = $2, failures = 0, claim = '', claim_until = 0 where id = $1`,
      [old.id, now, ...valuesOf(choice)],
    )
    if (isElsewhere) await sql.run('update external_account set validity = 0, last_uid = 0 where id = $1', [old.id])
  })
}

/** False: it was not there. Mail that came from there stays. */
export async function removeExternal(db: Database, id: number, accountId: number): Promise<boolean> {
  return db.transaction(async (sql) => {
    const gone = await sql.run('delete from external_account where id = $1 and account_id = $2', [id, accountId])
    if (gone > 0) await sql.run('delete from external_seen where external_id = $1', [id])
    return gone > 0
  })
}

// -- runs

/** The ids of those that are due, of people who are not closed or suspended. */
export async function dueExternals(db: Reader, now: number, limit: number): Promise<number[]> {
  const rows = await db.arrays(
    `select e.id from external_account e join account a on a.id = e.account_id
      where e.active = 1 and e.next_at <= $1 and e.claim_until <= $1 and a.status = 'active' and a.deleted_at is null
      order by e.next_at limit $2`,
    [now, limit],
  )
  return rows.map(([id]) => id as number)
}

/** Takes the claim until a time; undefined: somebody else has it, or it is gone. */
export async function claimExternal(
  db: Database,
  id: number,
  claim: string,
  { now, until }: { now: number; until: number },
): Promise<ExternalAccount | undefined> {
  const text = `update external_account set claim = $2, claim_until = $4 where id = $1 and claim_until <= $3 returning ${columns}`
  const row = await db.transaction((sql) => sql.one<Row>(text, [id, claim, now, until]))
  return row && toExternal(row, now)
}

/** Nobody else can work here: claims of a process that died are worth nothing. */
export async function dropClaims(db: Writer): Promise<void> {
  await db.run("update external_account set claim = '', claim_until = 0 where claim <> ''")
}

/** Within a transaction that takes a mail: false when the claim was lost. */
export async function holdClaim(
  sql: Writer,
  id: number,
  claim: string,
  mark: { validity: number; uid: number },
): Promise<boolean> {
  const text = 'update external_account set validity = $3, last_uid = $4 where id = $1 and claim = $2'
  return (await sql.run(text, [id, claim, mark.validity, mark.uid])) === 1
}

export interface Ran {
  result: string
  said: string
  fetched: number
  skipped: number
  nextAt: number
  failures: number
  active: boolean
}

/** Writes how a run ended and lets go of the claim. */
export async function endRun(db: Writer, id: number, claim: string, ran: Ran, now: number): Promise<void> {
  await db.run(
    `update external_account set claim = '', claim_until = 0, last_at = $3, last_result = $4, last_said = $5,
       last_fetched = $6, last_skipped = $7, fetched = fetched + $6, next_at = $8, failures = $9, active = $10
      where id = $1 and claim = $2`,
    [id, claim, now, ran.result, ran.said, ran.fetched, ran.skipped, ran.nextAt, ran.failures, ran.active ? 1 : 0],
  )
}

// -- what was taken

/** Whether a mail of these bytes was taken from there before. */
export async function hasTaken(db: Reader, id: number, hash: Uint8Array): Promise<boolean> {
  return (
    (await db.one('select 1 as one from external_seen where external_id = $1 and hash = $2 limit 1', [id, hash])) !==
    undefined
  )
}

export async function noteTaken(sql: Writer, id: number, name: string, hash: Uint8Array, at: number): Promise<void> {
  await sql.run(
    `insert into external_seen (external_id, name, hash, at) values ($1, $2, $3, $4)
     on conflict (external_id, name) do update set hash = excluded.hash, at = excluded.at`,
    [id, name, hash, at],
  )
}

/** Names of what was taken, those that begin so. */
export async function takenNames(db: Reader, id: number, prefix: string): Promise<Set<string>> {
  const rows = await db.arrays('select name from external_seen where external_id = $1', [id])
  return new Set((rows as [string][]).map(([name]) => name).filter((name) => name.startsWith(prefix)))
}

export async function forgetTaken(db: Database, id: number, names: Iterable<string>): Promise<void> {
  const all = [...names]
  for (let from = 0; from < all.length; from += 200) {
    const some = all.slice(from, from + 200)
    await db.transaction(async (sql) => {
      for (const name of some)
        await sql.run('delete from external_seen where external_id = $1 and name = $2', [id, name])
    })
  }
}

/** Beyond `most`, the oldest are forgotten. */
export async function boundTaken(db: Writer, id: number, most: number): Promise<void> {
  const edge = await db.one<{ at: number }>(
    'select at from external_seen where external_id = $1 order by at desc limit 1 offset $2',
    [id, most],
  )
  if (edge) await db.run('delete from external_seen where external_id = $1 and at <= $2', [id, edge.at])
}

function toExternal(row: Row, now: number): ExternalAccount {
  return {
    id: row.id,
    accountId: row.account_id,
    protocol: row.protocol,
    host: row.host,
    port: row.port,
    tls: row.tls,
    username: row.username,
    secret: row.secret,
    folder: row.folder,
    mailboxId: row.mailbox_id ?? undefined,
    keyword: row.keyword,
    keep: row.keep === 1,
    every: row.every,
    active: row.active === 1,
    nextAt: row.next_at,
    failures: row.failures,
    isRunning: row.claim_until > now,
    validity: row.validity,
    lastUid: row.last_uid,
    lastAt: row.last_at ?? undefined,
    lastResult: row.last_result,
    lastSaid: row.last_said,
    lastFetched: row.last_fetched,
    lastSkipped: row.last_skipped,
    fetched: row.fetched,
    createdAt: row.created_at,
  }
}
