// Bytes a client sent ahead, to be used in a mail or a script: kept until they expire. RFC 8620 §6.1.
//
// Invariants:
//   an upload that was acknowledged is on disk; its blob lives while the row does, and longer where a mail names it too
//   the uploads of one account together are bounded: the oldest go when they are over an hour old, else it is refused
//   who uploaded something is the only one who sees it, whatever account it was uploaded to

import type { Stored } from '../blobs/blobs.ts'
import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Store } from './store.ts'

export interface Upload {
  id: number
  accountId: number
  byId: number // the account that uploaded it
  ref: string
  size: number
  hash: string // SHA-256, hex
  type: string // as the client called it
  createdAt: number
}

export interface UploadBounds {
  bytes: number // of one account
  count: number
  milliseconds: number // how long one waits to be used
}

interface Row {
  id: number
  account_id: number
  by_id: number
  blob_ref: string
  size: number
  hash: string
  type: string
  created_at: number
}

const columns = 'id, account_id, by_id, blob_ref, size, hash, type, created_at'
const keptMilliseconds = 3_600_000 // RFC 8620 §6.1 asks for an hour at least

/** Keeps what was stored. Throws Trouble over-quota; then the blob is the caller's to drop. */
export async function keepUpload(
  store: Store,
  upload: { accountId: number; byId: number; type: string; blob: Stored },
  bounds: UploadBounds,
): Promise<Upload> {
  const { accountId, byId, type, blob } = upload
  const now = store.clock()
  if (blob.useBefore !== undefined && performance.now() > blob.useBefore) throw new Trouble('unavailable')
  return store.db.transaction(async (sql) => {
    await makeRoom(sql, byId, blob.size, bounds, now)
    const row = await sql.one<Row>(
      `insert into upload (account_id, by_id, blob_ref, size, hash, type, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
      [accountId, byId, blob.ref, blob.size, blob.hash, type, now, now + bounds.milliseconds],
    )
    return toUpload(row as Row)
  })
}

async function makeRoom(sql: Writer, byId: number, size: number, bounds: UploadBounds, now: number): Promise<void> {
  const rows = await sql.all<{ id: number; size: number; created_at: number }>(
    'select id, size, created_at from upload where by_id = $1 order by id',
    [byId],
  )
  let bytes = rows.reduce((sum, row) => sum + row.size, size)
  let count = rows.length + 1
  for (const row of rows) {
    if (bytes <= bounds.bytes && count <= bounds.count) return
    if (now - row.created_at < keptMilliseconds) break
    await forgetUploads(sql, 'id = $1', row.id)
    bytes -= row.size
    count--
  }
  if (bytes > bounds.bytes || count > bounds.count) throw new Trouble('over-quota', { accountId: byId })
}

/** Takes rows away and leaves a note that their blobs may be dropped. */
async function forgetUploads(sql: Writer, which: string, value: number): Promise<number> {
  const rows = await sql.arrays(`delete from upload where ${which} returning blob_ref`, [value])
  for (const [ref] of rows as [string][]) {
    await sql.run('insert into blob_drop (blob_ref) values ($1) on conflict (blob_ref) do nothing', [ref])
  }
  return rows.length
}

/** An upload of an account, as the one who uploaded it sees it. */
export async function findUpload(
  db: Reader,
  id: number,
  accountId: number,
  byId: number,
  now: number,
): Promise<Upload | undefined> {
  const text = `select ${columns} from upload where id = $1 and account_id = $2 and by_id = $3 and expires_at > $4`
  const row = await db.one<Row>(text, [id, accountId, byId, now])
  return row && toUpload(row)
}

/** The same bytes for another account, without copying them (Blob/copy). Throws Trouble over-quota, no-such-message. */
export async function copyUpload(store: Store, from: Upload, accountId: number, bounds: UploadBounds): Promise<Upload> {
  const now = store.clock()
  return store.db.transaction(async (sql) => {
    await makeRoom(sql, from.byId, from.size, bounds, now)
    const row = await sql.one<Row>(
      `insert into upload (account_id, by_id, blob_ref, size, hash, type, created_at, expires_at)
       select $2, by_id, blob_ref, size, hash, type, $3, $4 from upload where id = $1 returning ${columns}`,
      [from.id, accountId, now, now + bounds.milliseconds],
    )
    if (!row) throw new Trouble('no-such-message')
    return toUpload(row)
  })
}

/** For the sweeper: uploads that nobody came back for. */
export function forgetExpired(sql: Writer, now: number): Promise<number> {
  return forgetUploads(sql, 'expires_at <= $1', now)
}

/** With an account go its uploads: the sweeper takes them. */
export async function expireUploads(sql: Writer, accountId: number): Promise<void> {
  await sql.run('update upload set expires_at = 0 where account_id = $1 or by_id = $1', [accountId])
}

function toUpload(row: Row): Upload {
  return {
    id: row.id,
    accountId: row.account_id,
    byId: row.by_id,
    ref: row.blob_ref,
    size: row.size,
    hash: row.hash,
    type: row.type,
    createdAt: row.created_at,
  }
}
