// Mailboxes: nodes in an account's tree. Names are names of one level, never paths.
//
// Invariants:
//   siblings have different names; the top-level INBOX is spelled so, whatever its spelling asked (RFC 9051 §5.1)
//   a name that is made anew has a new UIDVALIDITY, greater than any before in the account (RFC 9051 §2.3.1.1)
//   at most one mailbox of an account has a role
//   a rename moves children by their parent; their messages do not move
//   deleting a mailbox with children leaves its node, not selectable, without its messages (RFC 9051 §6.3.5)
//   counters (total, unseen, deleted, size) are what counting the messages would give

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { dischargeHolder, takeHolder, type Taken } from './holders.ts'
import { storeLimits, type StoreLimits } from './limits.ts'
import type { Store } from './store.ts'

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
  modseq: number // of the latest change of its messages: HIGHESTMODSEQ
  createdModseq: number
  changedModseq: number // of the latest change of the mailbox itself: name, place, role, subscription
  expungedFloor: number // vanished uids are known for changes after this modseq
  total: number
  unseen: number
  deleted: number
  size: number // bytes
  createdAt: number
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
  modseq: number
  created_modseq: number
  changed_modseq: number
  expunged_floor: number
  total: number
  unseen: number
  deleted: number
  size: number
  created_at: number
  keywords: string
}

const columns = `id, account_id, parent_id, name, role, selectable, subscribed, uid_validity, uid_next, modseq,
  created_modseq, changed_modseq, expunged_floor, total, unseen, deleted, size, created_at, keywords`

function toMailbox(row: MailboxRow, path: string[]): Mailbox {
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
    modseq: row.modseq,
    createdModseq: row.created_modseq,
    changedModseq: row.changed_modseq,
    expungedFloor: row.expunged_floor,
    total: row.total,
    unseen: row.unseen,
    deleted: row.deleted,
    size: row.size,
    createdAt: row.created_at,
    keywords: row.keywords === '' ? [] : row.keywords.split(' '),
    path,
  }
}

const firstMailboxes: [name: string, role: Role][] = [
  ['INBOX', 'inbox'],
  ['Drafts', 'drafts'],
  ['Sent', 'sent'],
  ['Junk', 'junk'],
  ['Trash', 'trash'],
  ['Archive', 'archive'],
]

/**
 * The mailboxes every account starts with, and its quota in bytes (0: none). Throws Trouble already-exists.
 * Roles follow RFC 8457 and RFC 6154; INBOX cannot lose its own.
 */
export async function createAccountStore(sql: Writer, accountId: number, quota: number): Promise<void> {
  const made = await sql.run(
    'insert into holder (account_id, quota) values ($1, $2) on conflict (account_id) do nothing',
    [accountId, quota],
  )
  if (made === 0) throw new Trouble('already-exists', { accountId })
  const holder = await takeHolder(sql, accountId)
  for (const [name, role] of firstMailboxes) {
    const row = await insertMailbox(sql, holder, { parentId: 0, name, role, now: Date.now(), subscribed: true })
    if (role === 'inbox') await sql.run('update holder set inbox_id = $2 where account_id = $1', [accountId, row.id])
  }
}

interface NewNode {
  parentId: number
  name: string
  role: Role | null
  now: number
  subscribed: boolean
}

async function insertMailbox(sql: Writer, holder: Taken, node: NewNode): Promise<MailboxRow> {
  const { parentId, name, role, now, subscribed } = node
  const row = await sql.one<MailboxRow>(
    `insert into mailbox (account_id, parent_id, name, role, subscribed, uid_validity, modseq, created_modseq,
       changed_modseq, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)
     on conflict do nothing returning ${columns}`,
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
async function nextValidity(sql: Writer, holder: Taken, now: number): Promise<number> {
  holder.uid_validity = Math.max(Math.floor(now / 1000), holder.uid_validity + 1)
  await sql.run('update holder set uid_validity = $2 where account_id = $1', [holder.account_id, holder.uid_validity])
  return holder.uid_validity
}

/** All mailboxes of an account, parents before children, siblings by name. */
export async function listMailboxes(db: Reader, accountId: number): Promise<Mailbox[]> {
  const rows = await db.all<MailboxRow>(`select ${columns} from mailbox where account_id = $1`, [accountId])
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
  const row = await db.one<MailboxRow>(`select ${columns} from mailbox where id = $1`, [id])
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
      `select ${columns} from mailbox where account_id = $1 and parent_id = $2 and name = $3`,
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
function checkedPath(path: readonly string[], limits: StoreLimits): string[] {
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

export interface NewMailbox {
  path: readonly string[]
  role?: Role
}

/**
 * Makes a mailbox, its missing parents too. A node that is not selectable becomes a mailbox again.
 * Throws Trouble mailbox-exists, bad-mailbox-name, too-many-mailboxes, no-such-account; already-exists
 * when another mailbox has the role.
 */
export async function createMailbox(store: Store, accountId: number, wanted: NewMailbox): Promise<Mailbox> {
  const path = checkedPath(wanted.path, store.limits)
  const now = store.clock()
  const { mailbox, changes } = await store.db.transaction(async (sql) => {
    const holder = await takeHolder(sql, accountId)
    if (wanted.role) await checkRoleIsFree(sql, accountId, wanted.role)
    const news: Change[] = []
    let parentId = 0
    let row: MailboxRow | undefined
    for (const [level, name] of path.entries()) {
      const isLast = level === path.length - 1
      const known = await sql.one<MailboxRow>(
        `select ${columns} from mailbox where account_id = $1 and parent_id = $2 and name = $3`,
        [accountId, parentId, name],
      )
      if (known && isLast && known.selectable) throw new Trouble('mailbox-exists', { name })
      if (known && isLast) row = await reviveMailbox(sql, holder, known, wanted.role ?? null, now)
      else if (known) row = known
      else {
        await checkCount(sql, accountId, store.limits)
        const role = isLast ? (wanted.role ?? null) : null
        row = await insertMailbox(sql, holder, { parentId, name, role, now, subscribed: false })
      }
      if (row !== known) news.push(mailboxChange(accountId, row!.id, holder.modseq))
      parentId = row!.id
    }
    return { mailbox: toMailbox(row!, path), changes: news }
  })
  store.changes.publish(changes)
  return mailbox
}

async function reviveMailbox(
  sql: Writer,
  holder: Taken,
  row: MailboxRow,
  role: Role | null,
  now: number,
): Promise<MailboxRow> {
  const validity = await nextValidity(sql, holder, now)
  return (await sql.one<MailboxRow>(
    `update mailbox set selectable = 1, role = coalesce($2, role), uid_validity = $3, modseq = $4, changed_modseq = $4
      where id = $1 returning ${columns}`,
    [row.id, role, validity, holder.modseq],
  ))!
}

async function checkRoleIsFree(sql: Reader, accountId: number, role: Role): Promise<void> {
  const taken = await sql.one('select 1 as one from mailbox where account_id = $1 and role = $2', [accountId, role])
  if (taken) throw new Trouble('already-exists', { role })
}

async function checkCount(sql: Reader, accountId: number, limits: StoreLimits): Promise<void> {
  const row = await sql.one<{ n: number }>('select count(*) as n from mailbox where account_id = $1', [accountId])
  if (row!.n >= limits.mailboxesPerAccount)
    throw new Trouble('too-many-mailboxes', { limit: limits.mailboxesPerAccount })
}

export function mailboxChange(accountId: number, mailboxId: number, modseq: number): Change {
  return { accountId, mailboxId, modseq, kind: 'mailbox' }
}

/** The account of a mailbox, taken, and the mailbox as it is then. Throws Trouble no-such-mailbox. */
export async function takeMailbox(sql: Writer, id: number): Promise<{ holder: Taken; row: MailboxRow }> {
  const owner = await sql.one<{ account_id: number }>('select account_id from mailbox where id = $1', [id])
  if (!owner) throw new Trouble('no-such-mailbox', { mailboxId: id })
  const holder = await takeHolder(sql, owner.account_id)
  const row = await sql.one<MailboxRow>(`select ${columns} from mailbox where id = $1`, [id])
  if (!row) throw new Trouble('no-such-mailbox', { mailboxId: id })
  return { holder, row }
}

/**
 * Gives a mailbox another name or place; missing parents are made. INBOX stays, empty, and its messages
 * move to the new name (RFC 9051 §6.3.6). Throws Trouble no-such-mailbox, mailbox-exists, bad-mailbox-name
 * (also: below itself, or too deep with its children), too-many-mailboxes.
 */
export async function renameMailbox(store: Store, id: number, newPath: readonly string[]): Promise<Mailbox> {
  const path = checkedPath(newPath, store.limits)
  const now = store.clock()
  const news: Change[] = []
  const renamed = await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    const taken = await mailboxByPath(sql, row.account_id, path)
    if (taken && taken.id !== id) throw new Trouble('mailbox-exists', { name: path.at(-1)! })
    if (taken && (row.role === 'inbox' || taken.name === path.at(-1)))
      throw new Trouble('mailbox-exists', { name: row.name })

    const parentId = await parentOf(sql, store, holder, path, now, news)
    news.push(mailboxChange(row.account_id, id, holder.modseq))
    if (row.role === 'inbox') return moveInbox(sql, holder, row, parentId, path, now, news)

    await checkPlace(sql, row.account_id, id, parentId, path.length, store.limits)
    const moved = await sql.one<MailboxRow>(
      `update mailbox set parent_id = $2, name = $3, changed_modseq = $4 where id = $1 returning ${columns}`,
      [id, parentId, path.at(-1)!, holder.modseq],
    )
    return toMailbox(moved!, path)
  })
  store.changes.publish(news)
  return renamed
}

async function parentOf(
  sql: Writer,
  store: Store,
  holder: Taken,
  path: string[],
  now: number,
  news: Change[],
): Promise<number> {
  let parentId = 0
  for (const name of path.slice(0, -1)) {
    const known = await sql.one<{ id: number }>(
      'select id from mailbox where account_id = $1 and parent_id = $2 and name = $3',
      [holder.account_id, parentId, name],
    )
    if (!known) await checkCount(sql, holder.account_id, store.limits)
    const row = known ?? (await insertMailbox(sql, holder, { parentId, name, role: null, now, subscribed: false }))
    if (!known) news.push(mailboxChange(holder.account_id, row.id, holder.modseq))
    parentId = row.id
  }
  return parentId
}

/** A mailbox may not go below itself, nor its deepest child beyond the depth. */
async function checkPlace(
  sql: Reader,
  accountId: number,
  id: number,
  parentId: number,
  level: number,
  limits: StoreLimits,
): Promise<void> {
  for (let above = parentId; above !== 0;) {
    if (above === id) throw new Trouble('bad-mailbox-name', { why: 'below-itself' })
    above = (await sql.one<{ parent_id: number }>('select parent_id from mailbox where id = $1', [above]))!.parent_id
  }
  const deepest = await sql.one<{ depth: number }>(
    `with recursive below (id, depth) as (
       select id, 0 from mailbox where id = $1
        union all
       select mailbox.id, below.depth + 1 from mailbox, below
        where mailbox.account_id = $2 and mailbox.parent_id = below.id and below.depth < 100)
     select max(depth) as depth from below`,
    [id, accountId],
  )
  if (level + deepest!.depth > limits.mailboxDepth) throw new Trouble('bad-mailbox-name', { why: 'too-deep' })
}

/**
 * The messages of INBOX go to a new mailbox: it takes over their rows, uids and UIDVALIDITY by taking
 * over the old id, and a fresh, empty INBOX is made. Children of INBOX stay with INBOX (RFC 9051 §6.3.6).
 */
async function moveInbox(
  sql: Writer,
  holder: Taken,
  inbox: MailboxRow,
  parentId: number,
  path: string[],
  now: number,
  news: Change[],
): Promise<Mailbox> {
  for (let above = parentId; above !== 0;) {
    if (above === inbox.id) throw new Trouble('bad-mailbox-name', { why: 'below-itself' })
    above = (await sql.one<{ parent_id: number }>('select parent_id from mailbox where id = $1', [above]))!.parent_id
  }
  const moved = await sql.one<MailboxRow>(
    `update mailbox set parent_id = $2, name = $3, role = null, changed_modseq = $4 where id = $1 returning ${columns}`,
    [inbox.id, parentId, path.at(-1)!, holder.modseq],
  )
  const fresh = await insertMailbox(sql, holder, { parentId: 0, name: 'INBOX', role: 'inbox', now, subscribed: true })
  await adopt(sql, holder, inbox.id, fresh.id)
  await sql.run('update mailbox_grant set mailbox_id = $2 where mailbox_id = $1', [inbox.id, fresh.id])
  await sql.run('update metadata set mailbox_id = $3 where account_id = $1 and mailbox_id = $2', [
    holder.account_id,
    inbox.id,
    fresh.id,
  ])
  await sql.run('update holder set inbox_id = $2 where account_id = $1', [holder.account_id, fresh.id])
  news.push(mailboxChange(holder.account_id, fresh.id, holder.modseq))
  return toMailbox(moved!, path)
}

/**
 * Deletes a mailbox and its messages. With children the node stays, not selectable (RFC 9051 §6.3.5), unless
 * `deep`: then the children go too. Its messages leave the account's use at once; their rows are swept later,
 * so a large mailbox costs no more than a small one. INBOX cannot be deleted (Trouble not-permitted);
 * a node that is not selectable and has children neither (Trouble mailbox-has-children).
 */
export async function deleteMailbox(store: Store, id: number, deep = false): Promise<void> {
  const news: Change[] = []
  await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    if (row.role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
    const children = await childrenOf(sql, row)
    if (deep) for (const child of children) await dropMailbox(sql, holder, child, news)
    if (deep || children.length === 0) await dropMailbox(sql, holder, row, news)
    else if (row.selectable) await hollowMailbox(sql, holder, row, news)
    else throw new Trouble('mailbox-has-children', { name: row.name })
  })
  store.changes.publish(news)
}

/** All mailboxes below `top`, deepest first. */
async function childrenOf(sql: Reader, top: MailboxRow): Promise<MailboxRow[]> {
  const found: MailboxRow[] = []
  for (let level = [top.id]; level.length > 0;) {
    const next: number[] = []
    for (const parentId of level) {
      const rows = await sql.all<MailboxRow>(
        `select ${columns} from mailbox where account_id = $1 and parent_id = $2`,
        [top.account_id, parentId],
      )
      found.push(...rows)
      next.push(...rows.map((row) => row.id))
    }
    level = next
  }
  return found.reverse()
}

async function dropMailbox(sql: Writer, holder: Taken, row: MailboxRow, news: Change[]): Promise<void> {
  await sql.run('delete from mailbox where id = $1', [row.id])
  await sql.run('delete from mailbox_grant where mailbox_id = $1', [row.id])
  await sql.run('delete from metadata where account_id = $1 and mailbox_id = $2', [holder.account_id, row.id])
  await sql.run('insert into mailbox_gone (account_id, modseq, mailbox_id, total) values ($1, $2, $3, $4)', [
    holder.account_id,
    holder.modseq,
    row.id,
    row.total,
  ])
  await dischargeHolder(sql, { accountId: holder.account_id, size: row.size, messages: row.total })
  news.push(mailboxChange(holder.account_id, row.id, holder.modseq))
}

/**
 * The node takes a new id and keeps the children; the old id, with its messages, is gone like that
 * of any deleted mailbox.
 */
async function hollowMailbox(sql: Writer, holder: Taken, row: MailboxRow, news: Change[]): Promise<void> {
  await sql.run('update mailbox set name = $2, role = null where id = $1', [row.id, `/${row.id}`])
  const node = await sql.one<{ id: number }>(
    `insert into mailbox (account_id, parent_id, name, selectable, subscribed, uid_validity, modseq, created_modseq,
       changed_modseq, created_at)
     values ($1, $2, $3, 0, $4, $5, $6, $6, $6, $7) returning id`,
    [row.account_id, row.parent_id, row.name, row.subscribed, row.uid_validity, holder.modseq, row.created_at],
  )
  await adopt(sql, holder, row.id, node!.id)
  await dropMailbox(sql, holder, row, news)
  news.push(mailboxChange(row.account_id, node!.id, holder.modseq))
}

async function adopt(sql: Writer, holder: Taken, from: number, to: number): Promise<void> {
  await sql.run('update mailbox set parent_id = $3, changed_modseq = $4 where account_id = $1 and parent_id = $2', [
    holder.account_id,
    from,
    to,
    holder.modseq,
  ])
}

/** Subscribes the owner to a mailbox, or ends that. Throws Trouble no-such-mailbox. */
export async function subscribe(store: Store, id: number, subscribed: boolean): Promise<void> {
  await changeMailbox(store, id, 'subscribed = $3', subscribed ? 1 : 0)
}

/** Gives a mailbox a role or takes it. Throws Trouble already-exists when another has it, not-permitted for INBOX. */
export async function setRole(store: Store, id: number, role: Role | null): Promise<void> {
  await changeMailbox(store, id, 'role = $3', role, async (sql, row) => {
    if (row.role === 'inbox' || role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
    if (role !== null && row.role !== role) await checkRoleIsFree(sql, row.account_id, role)
  })
}

async function changeMailbox(
  store: Store,
  id: number,
  what: string,
  value: string | number | null,
  check?: (sql: Writer, row: MailboxRow) => Promise<void>,
): Promise<void> {
  const change = await store.db.transaction(async (sql) => {
    const { holder, row } = await takeMailbox(sql, id)
    await check?.(sql, row)
    await sql.run(`update mailbox set changed_modseq = $2, ${what} where id = $1`, [id, holder.modseq, value])
    return mailboxChange(row.account_id, id, holder.modseq)
  })
  store.changes.publish([change])
}

/**
 * Takes away everything of an account, when it is deleted for good. The rows of its messages are swept later.
 * Throws Trouble no-such-account.
 */
export async function deleteAccountStore(store: Store, accountId: number): Promise<void> {
  const news: Change[] = []
  await store.db.transaction(async (sql) => {
    news.length = 0
    const holder = await takeHolder(sql, accountId)
    const rows = await sql.all<MailboxRow>(`select ${columns} from mailbox where account_id = $1`, [accountId])
    for (const row of rows) await dropMailbox(sql, holder, row, news)
    await sql.run('delete from metadata where account_id = $1', [accountId])
    await sql.run('delete from mailbox_grant where account_id = $1', [accountId])
    await sql.run('delete from holder where account_id = $1', [accountId])
  })
  store.changes.publish(news)
}
