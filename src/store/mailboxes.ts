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
import { takeHolder, type Taken } from './holders.ts'
import type { StoreLimits } from './limits.ts'
import {
  adopt,
  checkCount,
  checkedPath,
  checkRoleIsFree,
  insertMailbox,
  mailboxByPath,
  mailboxChange,
  mailboxColumns,
  nextValidity,
  takeMailbox,
  toMailbox,
  type Mailbox,
  type MailboxRow,
  type Role,
} from './nodes.ts'
import type { Store } from './store.ts'
import { takeSubscription } from './subscriptions.ts'

export { deleteAccountStore, deleteMailbox, destroyMailbox } from './deletion.ts'
export {
  listMailboxes,
  mailboxById,
  mailboxByPath,
  mailboxByRole,
  normalPath,
  type Mailbox,
  type Role,
} from './nodes.ts'

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

export interface NewMailbox {
  path: readonly string[]
  role?: Role
  sortOrder?: number
  subscribed?: boolean // else when its name was subscribed to
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
        `select ${mailboxColumns} from mailbox where account_id = $1 and parent_id = $2 and name = $3`,
        [accountId, parentId, name],
      )
      if (known && isLast && known.selectable) throw new Trouble('mailbox-exists', { name })
      if (known && isLast) row = await reviveMailbox(sql, holder, known, wanted.role ?? null, now)
      else if (known) row = known
      else {
        await checkCount(sql, accountId, store.limits)
        const role = isLast ? (wanted.role ?? null) : null
        const subscribed = await takeSubscription(sql, accountId, path.slice(0, level + 1))
        row = await insertMailbox(sql, holder, { parentId, name, role, now, subscribed })
      }
      if (isLast) row = await adorn(sql, row, wanted)
      if (row !== known) news.push(mailboxChange(accountId, row!.id, holder.modseq))
      parentId = row!.id
    }
    return { mailbox: toMailbox(row!, path), changes: news }
  })
  store.changes.publish(changes)
  return mailbox
}

async function adorn(sql: Writer, row: MailboxRow, { sortOrder, subscribed }: NewMailbox): Promise<MailboxRow> {
  if (sortOrder === undefined && subscribed === undefined) return row
  const text = `update mailbox set sort_order = $2, subscribed = $3 where id = $1 returning ${mailboxColumns}`
  const isSubscribed = subscribed ?? row.subscribed === 1
  return (await sql.one<MailboxRow>(text, [row.id, sortOrder ?? row.sort_order, isSubscribed ? 1 : 0]))!
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
      where id = $1 returning ${mailboxColumns}`,
    [row.id, role, validity, holder.modseq],
  ))!
}

/**
 * Gives a mailbox another name or place; missing parents are made. INBOX stays, empty, and its messages
 * move to the new name (RFC 9051 §6.3.6). Throws Trouble no-such-mailbox, mailbox-exists, bad-mailbox-name
 * (also: below itself, or too deep with its children), too-many-mailboxes.
 */
export async function renameMailbox(store: Store, id: number, newPath: readonly string[]): Promise<Mailbox> {
  const path = checkedPath(newPath, store.limits)
  const news: Change[] = []
  const renamed = await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    return rename(sql, store, holder, row, path, news)
  })
  store.changes.publish(news)
  return renamed
}

async function rename(
  sql: Writer,
  store: Store,
  holder: Taken,
  row: MailboxRow,
  path: string[],
  news: Change[],
): Promise<Mailbox> {
  const { id } = row
  const now = store.clock()
  const taken = await mailboxByPath(sql, row.account_id, path)
  if (taken && taken.id !== id) throw new Trouble('mailbox-exists', { name: path.at(-1)! })
  if (taken && (row.role === 'inbox' || taken.name === path.at(-1)))
    throw new Trouble('mailbox-exists', { name: row.name })

  const parentId = await parentOf(sql, store, holder, path, now, news)
  news.push(mailboxChange(row.account_id, id, holder.modseq))
  const subscribed = await takeSubscription(sql, row.account_id, path)
  if (subscribed) await sql.run('update mailbox set subscribed = 1 where id = $1', [id])
  if (row.role === 'inbox') return moveInbox(sql, holder, row, parentId, path, now, news)

  await checkPlace(sql, row.account_id, id, parentId, path.length, store.limits)
  const moved = await sql.one<MailboxRow>(
    `update mailbox set parent_id = $2, name = $3, changed_modseq = $4 where id = $1 returning ${mailboxColumns}`,
    [id, parentId, path.at(-1)!, holder.modseq],
  )
  return toMailbox(moved!, path)
}

export interface MailboxChange {
  path?: readonly string[] // another than it has
  role?: Role | null
  sortOrder?: number
  subscribed?: boolean
}

/**
 * Changes all that is given of a mailbox, or nothing. Throws what renameMailbox, setRole and subscribe throw; INBOX keeps
 * its name (not-permitted).
 */
export async function changeMailbox(store: Store, id: number, change: MailboxChange): Promise<void> {
  const path = change.path && checkedPath(change.path, store.limits)
  const news: Change[] = []
  await store.db.transaction(async (sql) => {
    news.length = 0
    const { holder, row } = await takeMailbox(sql, id)
    const { role = row.role, sortOrder = row.sort_order, subscribed = row.subscribed === 1 } = change
    if (role !== row.role) await checkRole(sql, row, role)
    await sql.run('update mailbox set changed_modseq = $2, role = $3, sort_order = $4, subscribed = $5 where id = $1', [
      id,
      holder.modseq,
      role,
      sortOrder,
      subscribed ? 1 : 0,
    ])
    if (path && row.role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
    if (path) await rename(sql, store, holder, { ...row, role }, path, news)
    else news.push(mailboxChange(row.account_id, id, holder.modseq))
  })
  store.changes.publish(news)
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
  for (const [level, name] of path.slice(0, -1).entries()) {
    const known = await sql.one<{ id: number }>(
      'select id from mailbox where account_id = $1 and parent_id = $2 and name = $3',
      [holder.account_id, parentId, name],
    )
    if (known) {
      parentId = known.id
      continue
    }
    await checkCount(sql, holder.account_id, store.limits)
    const subscribed = await takeSubscription(sql, holder.account_id, path.slice(0, level + 1))
    const row = await insertMailbox(sql, holder, { parentId, name, role: null, now, subscribed })
    news.push(mailboxChange(holder.account_id, row.id, holder.modseq))
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
    `update mailbox set parent_id = $2, name = $3, role = null, changed_modseq = $4 where id = $1 returning ${mailboxColumns}`,
    [inbox.id, parentId, path.at(-1)!, holder.modseq],
  )
  const fresh = await insertMailbox(sql, holder, { parentId: 0, name: 'INBOX', role: 'inbox', now, subscribed: true })
  await adopt(sql, holder, inbox.id, fresh.id)
  await sql.run('update mailbox_grant set mailbox_id = $2 where mailbox_id = $1', [inbox.id, fresh.id])
  await sql.run('update share_mailbox set mailbox_id = $2 where mailbox_id = $1', [inbox.id, fresh.id])
  await sql.run('update metadata set mailbox_id = $3 where account_id = $1 and mailbox_id = $2', [
    holder.account_id,
    inbox.id,
    fresh.id,
  ])
  await sql.run('update holder set inbox_id = $2 where account_id = $1', [holder.account_id, fresh.id])
  news.push(mailboxChange(holder.account_id, fresh.id, holder.modseq))
  return toMailbox(moved!, path)
}

/** Subscribes the owner to a mailbox, or ends that. Throws Trouble no-such-mailbox. */
export function subscribe(store: Store, id: number, subscribed: boolean): Promise<void> {
  return changeMailbox(store, id, { subscribed })
}

/** Gives a mailbox a role or takes it. Throws Trouble already-exists when another has it, not-permitted for INBOX. */
export function setRole(store: Store, id: number, role: Role | null): Promise<void> {
  return changeMailbox(store, id, { role })
}

async function checkRole(sql: Writer, row: MailboxRow, role: Role | null): Promise<void> {
  if (row.role === 'inbox' || role === 'inbox') throw new Trouble('not-permitted', { why: 'inbox' })
  if (role !== null) await checkRoleIsFree(sql, row.account_id, role)
}
