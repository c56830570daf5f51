// Devices that want to be told of changes while nobody looks (RFC 8620 §7.2): rows only.
//
// Invariant: a subscription belongs to the sign-in that made it (password, and session where there was one); who
// reads one for use asks stillValid first.

import type { Reader, Writer } from '../sql/sql.ts'
import { presenceOf } from './names.ts'
import { sessionById } from './sessions.ts'

export interface PushSubscription {
  id: number
  accountId: number
  device: string // deviceClientId
  url: string
  p256dh: string // base64url; '' without keys
  auth: string
  types: string[] | undefined // undefined: all
  code: string // that proves that the device reads what is sent there
  verified: boolean
  standing: string // of the password, as presenceOf says it
  sessionId: number // 0: none
  expiresAt: number
}

interface Row {
  id: number
  account_id: number
  device: string
  url: string
  p256dh: string
  auth: string
  types: string
  code: string
  verified: number
  standing: string
  session_id: number
  expires_at: number
}

const columns = 'id, account_id, device, url, p256dh, auth, types, code, verified, standing, session_id, expires_at'

/** Gives the id; undefined where the account has `most` already. */
export async function insertPush(
  sql: Writer,
  push: Omit<PushSubscription, 'id' | 'verified'>,
  most: number,
): Promise<number | undefined> {
  const { n } = (await sql.one<{ n: number }>('select count(*) as n from push_subscription where account_id = $1', [
    push.accountId,
  ])) ?? { n: 0 }
  if (n >= most) return undefined
  const row = await sql.one<{ id: number }>(
    `insert into push_subscription (account_id, device, url, p256dh, auth, types, code, standing, session_id, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    [
      push.accountId,
      push.device,
      push.url,
      push.p256dh,
      push.auth,
      writeTypes(push.types),
      push.code,
      push.standing,
      push.sessionId,
      push.expiresAt,
    ],
  )
  return row?.id
}

/** Of one account, or (0) a page of all after an id, those that are not over. */
export async function listPushes(
  db: Reader,
  { accountId = 0, after = 0, now }: { accountId?: number; after?: number; now: number },
): Promise<PushSubscription[]> {
  const rows = await db.all<Row>(
    `select ${columns} from push_subscription
      where id > $1 and expires_at > $2 and ($3 = 0 or account_id = $3) order by id limit 500`,
    [after, now, accountId],
  )
  return rows.map(toPush)
}

export async function pushById(db: Reader, id: number, now: number): Promise<PushSubscription | undefined> {
  const row = await db.one<Row>(`select ${columns} from push_subscription where id = $1 and expires_at > $2`, [id, now])
  return row && toPush(row)
}

export async function changePush(
  sql: Writer,
  id: number,
  { verified, types, expiresAt }: Pick<PushSubscription, 'verified' | 'types' | 'expiresAt'>,
): Promise<void> {
  const text = 'update push_subscription set verified = $2, types = $3, expires_at = $4 where id = $1'
  await sql.run(text, [id, verified ? 1 : 0, writeTypes(types), expiresAt])
}

/** False when another process has just told the same. */
export async function claimPush(sql: Writer, id: number, told: string): Promise<boolean> {
  return (await sql.run('update push_subscription set told = $2 where id = $1 and told <> $2', [id, told])) > 0
}

export async function deletePush(sql: Writer, id: number): Promise<boolean> {
  return (await sql.run('delete from push_subscription where id = $1', [id])) > 0
}

export function deleteOverduePushes(sql: Writer, now: number): Promise<number> {
  return sql.run('delete from push_subscription where expires_at <= $1', [now])
}

/** Whether the sign-in that made a subscription still holds. */
export async function stillValid(db: Reader, push: PushSubscription, now: number): Promise<boolean> {
  const presence = await presenceOf(db, push.accountId)
  if (presence?.account.status !== 'active' || presence.password !== push.standing) return false
  if (push.sessionId === 0) return true
  const session = await sessionById(db, push.sessionId)
  return session !== undefined && session.expiresAt > now
}

// undefined: all; a list may be empty.
function writeTypes(types: string[] | undefined): string {
  return types === undefined ? '*' : types.join(' ')
}

function toPush(row: Row): PushSubscription {
  const types = row.types === '*' ? undefined : row.types.split(' ').filter((type) => type !== '')
  return {
    id: row.id,
    accountId: row.account_id,
    device: row.device,
    url: row.url,
    p256dh: row.p256dh,
    auth: row.auth,
    types,
    code: row.code,
    verified: row.verified !== 0,
    standing: row.standing,
    sessionId: row.session_id,
    expiresAt: row.expires_at,
  }
}
