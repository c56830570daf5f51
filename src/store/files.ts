// Large files that people hand on by a link: rows, and the bytes as they come.
//
// Invariants:
//   what was said to be received is on disk; a file that breaks off goes on where it was
//   the files of one account together are bounded by what they said they would be, from the start
//   a link's token is kept as its digest only; a download is counted before its first byte goes out
//   bytes live while their piece has a row; the sweeper takes what expired, and what nobody went on with

import type { Stored } from '../blobs/blobs.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Store } from './store.ts'

export interface SharedFile {
  id: number
  accountId: number
  name: string
  type: string // as its owner called it
  size: number // bytes, as announced
  received: number // bytes that are here; all: it can be downloaded
  token: string // digest
  password: string | undefined // a PHC string
  downloads: number
  downloadsMost: number | undefined
  expiresAt: number
  createdAt: number
}

export type NewFile = Pick<
  SharedFile,
  'accountId' | 'name' | 'type' | 'size' | 'token' | 'password' | 'downloadsMost' | 'expiresAt'
>

interface Row {
  id: number
  account_id: number
  name: string
  type: string
  size: number
  received: number
  token: string
  password: string | null
  downloads: number
  downloads_most: number | null
  expires_at: number
  created_at: number
}

const columns =
  'id, account_id, name, type, size, received, token, password, downloads, downloads_most, expires_at, created_at'

/** Throws Trouble over-quota when the account's files together would be more than `bytes` or `count`. */
export async function createFile(
  store: Store,
  file: NewFile,
  bounds: { bytes: number; count: number },
): Promise<SharedFile> {
  const { accountId, name, type, size, token, password, downloadsMost, expiresAt } = file
  const now = store.clock()
  return store.db.transaction(async (sql) => {
    // Two at once for one person wait for each other here.
    await sql.run('update holder set modseq = modseq where account_id = $1', [accountId])
    const { bytes, count } = await filesUse(sql, accountId)
    if (bytes + size > bounds.bytes || count >= bounds.count) throw new Trouble('over-quota', { accountId })
    const row = await sql.one<Row>(
      `insert into file (account_id, name, type, size, token, password, downloads_most, expires_at, touched_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) returning ${columns}`,
      [accountId, name, type, size, token, password ?? null, downloadsMost ?? null, expiresAt, now],
    )
    return toFile(row as Row)
  })
}

export async function filesUse(db: Reader, accountId: number): Promise<{ bytes: number; count: number }> {
  const text =
    'select cast(coalesce(sum(size), 0) as bigint) as bytes, count(*) as count from file where account_id = $1'
  return (await db.one<{ bytes: number; count: number }>(text, [accountId]))!
}

export async function filesOf(db: Reader, accountId: number): Promise<SharedFile[]> {
  const rows = await db.all<Row>(`select ${columns} from file where account_id = $1 order by id desc`, [accountId])
  return rows.map(toFile)
}

export async function fileById(db: Reader, id: number, accountId: number): Promise<SharedFile | undefined> {
  const row = await db.one<Row>(`select ${columns} from file where id = $1 and account_id = $2`, [id, accountId])
  return row && toFile(row)
}

/** One that can be downloaded now: whole, not expired, not downloaded too often. */
export async function fileByToken(db: Reader, token: string, now: number): Promise<SharedFile | undefined> {
  const row = await db.one<Row>(`select ${columns} from file where token = $1`, [token])
  const file = row && toFile(row)
  return file && file.received === file.size && file.expiresAt > now ? file : undefined
}

/**
 * Adds bytes that were stored, from `start` on; gives how many are here now. Throws Trouble in-use when others came
 * first, too-large beyond what was announced, no-such-message when the file is gone; then the blob is the caller's.
 */
export async function addPiece(store: Store, file: SharedFile, start: number, blob: Stored): Promise<number> {
  if (blob.useBefore !== undefined && performance.now() > blob.useBefore) throw new Trouble('unavailable')
  if (start + blob.size > file.size) throw new Trouble('too-large', { limit: file.size })
  return store.db.transaction(async (sql) => {
    const row = await sql.one<{ received: number; pieces: number }>(
      `update file set received = received + $3, pieces = pieces + 1, touched_at = $4
        where id = $1 and received = $2 returning received, pieces`,
      [file.id, start, blob.size, store.clock()],
    )
    if (!row) {
      const isThere = await sql.one('select 1 as one from file where id = $1', [file.id])
      throw new Trouble(isThere ? 'in-use' : 'no-such-message')
    }
    if (row.pieces > store.limits.filePieces) throw new Trouble('too-many-mails', { limit: store.limits.filePieces })
    await sql.run('insert into file_piece (file_id, start, size, blob_ref) values ($1, $2, $3, $4)', [
      file.id,
      start,
      blob.size,
      blob.ref,
    ])
    return row.received
  })
}

/** Counts one download; false when there were enough, or the file is gone. */
export async function countDownload(sql: Writer, id: number, now: number): Promise<boolean> {
  const text = `update file set downloads = downloads + 1
    where id = $1 and received = size and expires_at > $2 and (downloads_most is null or downloads < downloads_most)`
  return (await sql.run(text, [id, now])) === 1
}

export type FileChange = Partial<Pick<SharedFile, 'token' | 'password' | 'downloadsMost' | 'expiresAt'>>

/** Puts in place what is named, also undefined. False: not there. */
export async function changeFile(db: Database, old: SharedFile, change: FileChange): Promise<boolean> {
  const { token, password, downloadsMost, expiresAt } = { ...old, ...change }
  const text = `update file set token = $3, password = $4, downloads_most = $5, expires_at = $6
    where id = $1 and account_id = $2`
  return (await db.run(text, [old.id, old.accountId, token, password ?? null, downloadsMost ?? null, expiresAt])) === 1
}

/** The file and its link are gone. False: it was not there. */
export async function removeFile(sql: Writer, id: number, accountId: number): Promise<boolean> {
  const isGone = (await sql.run('delete from file where id = $1 and account_id = $2', [id, accountId])) === 1
  if (isGone) await dropPieces(sql, id)
  return isGone
}

/** Its bytes from `start` to `end` (exclusive). */
export async function* streamFile(
  { db, blobs }: Store,
  id: number,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void, void> {
  // Each piece is looked up when its turn comes: a long download outlives a blob's place (reclaim.ts).
  const find =
    'select start, size, blob_ref from file_piece where file_id = $1 and start <= $2 order by start desc limit 1'
  for (let at = start; at < end;) {
    const piece = await db.one<{ start: number; size: number; blob_ref: string }>(find, [id, at])
    if (!piece || piece.start + piece.size <= at) throw new Trouble('no-such-message')
    const until = Math.min(piece.size, end - piece.start)
    yield* blobs.stream(piece.blob_ref, at - piece.start, until)
    at = piece.start + until
  }
}

const forgottenAtOnce = 100

/** For the sweeper: files that have expired, and those whose bytes stopped coming. */
export async function forgetFiles(db: Database, now: number, wait: number): Promise<void> {
  const text = `select id, account_id from file
    where expires_at <= $1 or (received < size and touched_at <= $2) order by expires_at limit $3`
  for (;;) {
    const rows = (await db.arrays(text, [now, now - wait, forgottenAtOnce])) as [number, number][]
    for (const [id, accountId] of rows) await db.transaction((sql) => removeFile(sql, id, accountId))
    if (rows.length < forgottenAtOnce) return
  }
}

/** With an account go its files: the sweeper takes them. */
export async function expireFiles(sql: Writer, accountId: number): Promise<void> {
  await sql.run('update file set expires_at = 0 where account_id = $1', [accountId])
}

async function dropPieces(sql: Writer, id: number): Promise<void> {
  const refs = (await sql.arrays('delete from file_piece where file_id = $1 returning blob_ref', [id])) as [string][]
  for (const [ref] of refs) {
    await sql.run('insert into blob_drop (blob_ref) values ($1) on conflict (blob_ref) do nothing', [ref])
  }
}

function toFile(row: Row): SharedFile {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    type: row.type,
    size: row.size,
    received: row.received,
    token: row.token,
    password: row.password ?? undefined,
    downloads: row.downloads,
    downloadsMost: row.downloads_most ?? undefined,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
  }
}
