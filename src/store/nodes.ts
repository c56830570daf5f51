// Mailboxes as their table has them: reading, names, and the steps that several changes share.
//
// Invariants:
//   the top-level INBOX is spelled so, whatever its spelling asked          (RFC 9051 §5.1)
//   a name that is made anew has a new UIDVALIDITY, greater than any before in the account (RFC 9051 §2.3.1.1)

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { takeHolder, type Taken } from './holders.ts'
import { storeLimits, type StoreLimits } from './limits.ts'
import { breathe } from './sets.ts'

export type Role = 'inbox' | 'drafts' | 'sent' | 'junk' | 'trash' | 'archive' | 'all' | 'flagged'

export interface Mailbox {
  id: number
  accountId: number
  parentId: number // 0: top level
  name: string
  role: Role | null
  selectable: boolean // false: a node that only holds children (\Noselect)
  subscribed: boolean // by the owner
  uidValidity: number
  uidNext: number
  recentUid: number // messages from this uid on were told to no session, as far as is written: see recent.ts
  modseq: number // of the latest change of its messages: HIGHESTMODSEQ
  createdModseq: number
  changedModseq: number // of the latest change of the mailbox itself: name, place, role, subscription
  expungedFloor: number // vanished uids are known for changes after this modseq
  total: number
  unseen: number
  deleted: number
  size: number // bytes
  createdAt: number
  sortOrder: number // smaller ones are shown first (RFC 8621 §2)
  keywords: string[] // used in it so far, ascending
  path: string[] // from the top level, itself last
}

/** A mailbox as its table has it. */
export interface MailboxRow {
  id: number
  account_id: number
  parent_id: number
  name: string
  role: Role | null
  selectable: number
  subscribed: number
  uid_validity: number
  uid_next: number
  recent_uid: number
  modseq: number
  created_modseq: number
  changed_modseq: number
  expunged_floor: number
  total: number
  unseen: number
  deleted: number
  size: number
  created_at: number
  sort_order: number
  keywords: string
}

export const mailboxColumns = `id, account_id, parent_id, name, role, selectable, subscribed, uid_validity, uid_next, recent_uid, modseq,
  created_modseq, changed_modseq, expunged_floor, total, unseen, deleted, size, created_at, sort_order,
  keywords`

export function toMailbox(row: MailboxRow, path: string[]): Mailbox {
  return {
    id: row.id,
    accountId: row.account_id,
    parentId: row.parent_id,
    name: row.name,
    role: row.role,
    selectable: row.selectable === 1,
    subscribed: row.subscribed === 1,
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    recentUid: row.recent_uid,
    modseq: row.modseq,
    createdModseq: row.created_modseq,
    changedModseq: row.changed_modseq,
    expungedFloor: row.expunged_floor,
    total: row.total,
    unseen: row.unseen,
    deleted: row.deleted,
    size: row.size,
    createdAt: row.created_at,
    sortOrder: row.sort_order,
    keywords: row.keywords === '' ? [] : row.keywords.split(' '),
    path,
  }
}

const manyRows = 1000 // beyond, others have a turn before the tree is made of them

/** All mailboxes of an account, parents before children, siblings by name. */
export async function listMailboxes(db: Reader, accountId: number): Promise<Mailbox[]> {
  const rows = await db.all<MailboxRow>(`select ${mailboxColumns} from mailbox where account_id = $1`, [accountId])
  if (rows.length > manyRows) await breathe()
  const children = new Map<number, MailboxRow[]>()
  for (const row of rows) {
    const siblings = children.get(row.parent_id)
    if (siblings) siblings.push(row)
    else children.set(row.parent_id, [row])
  }
  const found: Mailbox[] = []
  const walk = (parentId: number, path: string[]): void => {
    const siblings = children.get(parentId)
    siblings?.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const row of siblings ?? []) {
      const own = [...path, row.name]
      found.push(toMailbox(row, own))
      walk(row.id, own)
    }
  }
  walk(0, [])
  return found
}

/** undefined when there is no such mailbox. One row for a top-level mailbox, one more for each level above. */
export async function mailboxById(db: Reader, id: number): Promise<Mailbox | undefined> {
  const row = await db.one<MailboxRow>(`select ${mailboxColumns} from mailbox where id = $1`, [id])
  if (!row) return undefined
  const path = [row.name]
  for (let parentId = row.parent_id; parentId !== 0;) {
    const parent = await db.one<{ name: string; parent_id: number }>(
      'select name, parent_id from mailbox where id = $1',
      [parentId],
    )
    if (!parent) break
    path.unshift(parent.name)
    parentId = parent.parent_id
  }
  return toMailbox(row, path)
}

/** The mailbox at `path`; INBOX in any case. undefined when there is none, also for impossible names. */
export async function mailboxByPath(
  db: Reader,
  accountId: number,
  path: readonly string[],
): Promise<Mailbox | undefined> {
  if (path.length === 0 || path.length > storeLimits.mailboxDepth) return undefined
  const names = normalPath(path)
  let row: MailboxRow | undefined
  for (const name of names) {
    row = await db.one<MailboxRow>(
      `select ${mailboxColumns} from mailbox where account_id = $1 and parent_id = $2 and name = $3`,
      [accountId, row?.id ?? 0, name],
    )
    if (!row) return undefined
  }
  return toMailbox(row!, names)
}

export async function mailboxByRole(db: Reader, accountId: number, role: Role): Promise<Mailbox | undefined> {
  const row = await db.one<{ id: number }>('select id from mailbox where account_id = $1 and role = $2', [
    accountId,
    role,
  ])
  return row && mailboxById(db, row.id)
}

/** Names in NFC, and the top-level INBOX as it is spelled here (RFC 9051 §5.1). */
export function normalPath(path: readonly string[]): string[] {
  return path.map((name, level) =>
    level === 0 && name.length === 5 && name.toUpperCase() === 'INBOX' ? 'INBOX' : name.normalize('NFC'),
  )
}

/** The path as it is kept. Throws Trouble bad-mailbox-name. */
export function checkedPath(path: readonly string[], limits: StoreLimits): string[] {
  const why = path.length === 0 ? 'empty' : path.length > limits.mailboxDepth ? 'too-deep' : undefined
  if (why) throw new Trouble('bad-mailbox-name', { why })
  const names = normalPath(path)
  for (const name of names) {
    const flaw = flawOf(name, limits)
    if (flaw) throw new Trouble('bad-mailbox-name', { why: flaw })
  }
  return names
}

function flawOf(name: string, limits: StoreLimits): string | undefined {
  if (name === '') return 'empty'
  if (Buffer.byteLength(name) > limits.mailboxNameBytes) return 'too-long'
  if (!name.isWellFormed()) return 'not-unicode'
  // The separator of IMAP, and what nobody can see or type (RFC 5198 §2).
  if (/[/\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]/.test(name)) return 'bad-character'
  return undefined
}

/** The account of a mailbox, taken, and the mailbox as it is then. Throws Trouble no-such-mailbox. */
export async function takeMailbox(sql: Writer, id: number): Promise<{ holder: Taken; row: MailboxRow }> {
  const owner = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [id])
  if (!owner) throw new Trouble('no-such-mailbox', { mailboxId: id })
  const holder = await takeHolder(sql, owner.account_id)
  const row = await sql.one<MailboxRow>(`select ${mailboxColumns} from mailbox where id = $1`, [id])
  if (!row) throw new Trouble('no-such-mailbox', { mailboxId: id })
  return { holder, row }
}

export interface NewNode {
  parentId: number
  name: string
  role: Role | null
  now: number
  subscribed: boolean
}

export async function insertMailbox(sql: Writer, holder: Taken, node: NewNode): Promise<MailboxRow> {
  const { parentId, name, role, now, subscribed } = node
  const row = await sql.one<MailboxRow>(
    `insert into mailbox (account_id, parent_id, name, role, subscribed, uid_validity, modseq, created_modseq,
       changed_modseq, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)
     on conflict do nothing returning ${mailboxColumns}`,
    [
      holder.account_id,
      parentId,
      name,
      role,
      subscribed ? 1 : 0,
      await nextValidity(sql, holder, now),
      holder.modseq,
      now,
    ],
  )
  if (!row) throw new Trouble('mailbox-exists', { name })
  return row
}

/** Seconds since 1970, or one more than the last given in this account (RFC 9051 §2.3.1.1). */
export async function nextValidity(sql: Writer, holder: Taken, now: number): Promise<number> {
  holder.uid_validity = Math.max(Math.floor(now / 1000), holder.uid_validity + 1)
  await sql.run('update holder set uid_validity = $2 where account_id = $1', [holder.account_id, holder.uid_validity])
  return holder.uid_validity
}

export async function adopt(sql: Writer, holder: Taken, from: number, to: number): Promise<void> {
  await sql.run('update mailbox set parent_id = $3, changed_modseq = $4 where account_id = $1 and parent_id = $2', [
    holder.account_id,
    from,
    to,
    holder.modseq,
  ])
}

export async function checkRoleIsFree(sql: Reader, accountId: number, role: Role): Promise<void> {
  const taken = await sql.one('select 1 as one from mailbox where account_id = $1 and role = $2', [accountId, role])
  if (taken) throw new Trouble('already-exists', { role })
}

export async function checkCount(sql: Reader, accountId: number, limits: StoreLimits): Promise<void> {
  const row = await sql.one<{ n: number }>('select count(*) as n from mailbox where account_id = $1', [accountId])
  if (row!.n >= limits.mailboxesPerAccount)
    throw new Trouble('too-many-mailboxes', { limit: limits.mailboxesPerAccount })
}

export function mailboxChange(accountId: number, mailboxId: number, modseq: number): Change {
  return { accountId, mailboxId, modseq, kind: 'mailbox' }
}
