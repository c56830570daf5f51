// People's Sieve scripts, and what their filters must not forget: whom a reply was sent to, which mail came before.
//                                                                     RFC 5804 §1.6, §2; RFC 5230 §4.2; RFC 7352
//
// Invariants:
//   an account has at most one active script; it cannot be deleted
//   names of one account differ; they are compared as octets, in NFC
//   what is to be remembered is claimed by one transaction: of two mails at once one wins
// That a script is one, its author's door has checked: here it is a text.

import { hash } from 'node:crypto'
import type { Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'

export interface Script {
  id: number
  name: string
  size: number // octets
  digest: string // of the text
  active: boolean
}

interface Row {
  id: number
  name: string
  size: number
  digest: string
  active: number
}

const columns = 'id, name, size, digest, active'

function toScript({ active, ...row }: Row): Script {
  return { ...row, active: active === 1 }
}

/** Scripts of an account, by name. */
export async function listScripts(db: Reader, accountId: number): Promise<Script[]> {
  const rows = await db.all<Row>(`select ${columns} from script where account_id = $1 order by name, id`, [accountId])
  return rows.map(toScript)
}

/** A script with its text. */
export async function findScript(
  db: Reader,
  accountId: number,
  by: { name: string } | { id: number },
): Promise<(Script & { text: string }) | undefined> {
  const [where, value] = 'id' in by ? ['id = $2', by.id] : ['name = $2', by.name.normalize('NFC')]
  const text = `select ${columns}, text from script where account_id = $1 and ${where}`
  const row = await db.one<Row & { text: string }>(text, [accountId, value])
  return row && { ...toScript(row), text: row.text }
}

/** A name as it is kept. Throws Trouble bad-script-name. RFC 5804 §1.6 */
export function scriptName(name: string): string {
  const normal = name.normalize('NFC')
  const isName =
    normal.isWellFormed() &&
    normal !== '' &&
    Buffer.byteLength(normal) <= directoryLimits.scriptName &&
    !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(normal)
  if (!isName) throw new Trouble('bad-script-name', { limit: directoryLimits.scriptName })
  return normal
}

/**
 * Whether a script of so many octets would be taken under this name. Throws Trouble too-large, too-many-scripts, over-quota.
 */
export async function checkScriptSpace(db: Reader, accountId: number, name: string, size: number): Promise<void> {
  const { scripts, scriptBytes, scriptsBytes } = directoryLimits
  if (size > scriptBytes) throw new Trouble('too-large', { limit: scriptBytes })
  const others = (await listScripts(db, accountId)).filter((script) => script.name !== name)
  if (others.length >= scripts) throw new Trouble('too-many-scripts', { limit: scripts })
  const bytes = others.reduce((sum, script) => sum + script.size, size)
  if (bytes > scriptsBytes) throw new Trouble('over-quota', { accountId, limit: scriptsBytes })
}

/** Stores a script under a name, in place of the one that had it. Throws as scriptName and checkScriptSpace do. */
export async function putScript(sql: Writer, accountId: number, wanted: string, text: string): Promise<Script> {
  const name = scriptName(wanted)
  const size = Buffer.byteLength(text)
  await checkScriptSpace(sql, accountId, name, size)
  const row = await sql.one<Row>(
    `insert into script (account_id, name, text, size, digest, active) values ($1, $2, $3, $4, $5, 0)
     on conflict (account_id, name) do update set text = excluded.text, size = excluded.size, digest = excluded.digest
     returning ${columns}`,
    [accountId, name, text, size, digestOf(text)],
  )
  return toScript(row!)
}

/** Another text for a script. Throws Trouble no-such-script and as checkScriptSpace does. */
export async function changeScriptText(sql: Writer, accountId: number, id: number, text: string): Promise<void> {
  const script = await findScript(sql, accountId, { id })
  if (!script) throw new Trouble('no-such-script')
  await putScript(sql, accountId, script.name, text)
}

export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}

/** Makes a script the active one; undefined: none is. Throws Trouble no-such-script. */
export async function activateScript(sql: Writer, accountId: number, id: number | undefined): Promise<void> {
  const off = 'update script set active = 0 where account_id = $1 and active = 1 and id <> $2'
  await sql.run(off, [accountId, id ?? 0])
  if (id === undefined) return
  const on = await sql.run('update script set active = 1 where account_id = $1 and id = $2', [accountId, id])
  if (on === 0) throw new Trouble('no-such-script')
}

/** Throws Trouble no-such-script, script-active. */
export async function deleteScript(sql: Writer, accountId: number, id: number): Promise<void> {
  const gone = await sql.run('delete from script where account_id = $1 and id = $2 and active = 0', [accountId, id])
  if (gone === 1) return
  throw new Trouble((await findScript(sql, accountId, { id })) ? 'script-active' : 'no-such-script')
}

/** Throws Trouble bad-script-name, no-such-script, already-exists. */
export async function renameScript(sql: Writer, accountId: number, id: number, wanted: string): Promise<void> {
  const name = scriptName(wanted)
  const other = await findScript(sql, accountId, { name })
  if (other && other.id !== id) throw new Trouble('already-exists', { name })
  const done = await sql.run('update script set name = $3 where account_id = $1 and id = $2', [accountId, id, name])
  if (done === 0) throw new Trouble('no-such-script')
}

// -- what delivery asks

/** Whose mail is filtered: the active script, and whether an absence may be answered. */
export interface Filtering {
  accountId: number
  script?: { id: number; name: string; digest: string }
  away: boolean
}

interface FilteringRow {
  account_id: number
  id: number | null
  name: string | null
  digest: string | null
  away: number
}

const filteringTexts: string[] = []
const filteringBatch = 200

/** One question for n accounts; made once per n so that it stays prepared. */
function filteringText(n: number): string {
  const places = Array.from({ length: n }, (_, i) => `$${i + 1}`).join(', ')
  return (filteringTexts[n] ??= `
    select account_id, id, name, digest, 0 as away from script where active = 1 and account_id in (${places})
    union all
    select account_id, null, null, null, 1 from vacation where enabled = 1 and account_id in (${places})`)
}

/** Those of the accounts that have an active script or are away; mostly nobody. */
export async function filteringsOf(db: Reader, accountIds: readonly number[]): Promise<Filtering[]> {
  const found = new Map<number, Filtering>()
  for (let from = 0; from < accountIds.length; from += filteringBatch) {
    const batch: Value[] = accountIds.slice(from, from + filteringBatch)
    for (const { account_id: accountId, id, name, digest, away } of await db.all<FilteringRow>(
      filteringText(batch.length),
      batch,
    )) {
      const one = found.get(accountId) ?? { accountId, away: false }
      found.set(accountId, {
        ...one,
        away: one.away || away === 1,
        ...(id !== null && { script: { id, name: name!, digest: digest! } }),
      })
    }
  }
  return [...found.values()]
}

/** What a memory is of: a reply to somebody, a mail with a key, a problem the owner was told of. */
export type MemoryKind = 'reply' | 'duplicate' | 'told'

function memoryKey(kind: MemoryKind, key: string): string {
  return hash('sha256', `${kind} ${key}`, 'base64url')
}

export async function isRemembered(
  db: Reader,
  accountId: number,
  memory: { kind: MemoryKind; key: string; now: number },
): Promise<boolean> {
  const text = 'select 1 as known from filter_memory where account_id = $1 and digest = $2 and expires_at > $3'
  return (await db.one(text, [accountId, memoryKey(memory.kind, memory.key), memory.now])) !== undefined
}

/**
 * Remembers until `until`; gives whether it was not remembered before. What is already remembered is so longer. An
 * account over its limit forgets what would have been forgotten first.
 */
export async function remember(
  sql: Writer,
  accountId: number,
  { kind, key, now, until }: { kind: MemoryKind; key: string; now: number; until: number },
): Promise<boolean> {
  const digest = memoryKey(kind, key)
  const made = await sql.run(
    `insert into filter_memory (account_id, digest, expires_at) values ($1, $2, $3)
     on conflict (account_id, digest) do update set expires_at = excluded.expires_at where filter_memory.expires_at <= $4`,
    [accountId, digest, until, now],
  )
  if (made > 0) {
    await prune(sql, accountId)
    return true
  }
  const longer = 'update filter_memory set expires_at = $3 where account_id = $1 and digest = $2 and expires_at < $3'
  if (kind === 'duplicate') await sql.run(longer, [accountId, digest, until])
  return false
}

/** Makes room for many at a time. */
async function prune(sql: Writer, accountId: number): Promise<void> {
  const text = 'select count(*) as n from filter_memory where account_id = $1'
  const { n } = (await sql.one<{ n: number }>(text, [accountId]))!
  const tooMany = n - directoryLimits.memories
  if (tooMany <= 0) return
  await sql.run(
    `delete from filter_memory where account_id = $1 and digest in
       (select digest from filter_memory where account_id = $1 order by expires_at limit $2)`,
    [accountId, tooMany + Math.floor(directoryLimits.memories / 16)],
  )
}

/** Forgets what has expired; gives how many. For a turn now and then. */
export function forgetExpired(sql: Writer, now: number): Promise<number> {
  return sql.run('delete from filter_memory where expires_at <= $1', [now])
}
