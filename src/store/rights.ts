// Who may do what in a mailbox (RFC 4314).
//
// The owner has all rights, always. Others have what is granted to them by name and what is granted to
// anyone, together. Grants do not pass on: who may administer (a) a mailbox of another may not give more than
// the doors allow; SECURITY 10: nobody sees or guesses another's mailbox without l or r.

import type { Reader } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { listMailboxes, mailboxChange, takeMailbox, type Mailbox } from './nodes.ts'
import type { Store } from './store.ts'

/** RFC 4314 §2.1, in the order of its §2.1: lookup read seen write insert post create delete-mailbox delete-message expunge admin. */
export const allRights = 'lrswipkxtea'

/** The identifier 'anyone': every account of the installation. */
export const anyone = 0

export interface Grant {
  accountId: number // or `anyone`
  rights: string // of allRights, in its order
}

/** Rights in their order, each once; unknown letters are refused with Trouble bad-keyword. The old c and d mean kx and te (RFC 4314 §2.1.1). */
export function normalRights(rights: string): string {
  const wide = rights.replaceAll('c', 'kx').replaceAll('d', 'te')
  for (const letter of wide) if (!allRights.includes(letter)) throw new Trouble('bad-keyword', { letter })
  return Array.from(allRights)
    .filter((letter) => wide.includes(letter))
    .join('')
}

/** What `accountId` may do in a mailbox; '' for nothing. */
export async function rightsOf(
  db: Reader,
  mailbox: { id: number; accountId: number },
  accountId: number,
): Promise<string> {
  if (mailbox.accountId === accountId) return allRights
  const rows = await db.all<{ rights: string }>(
    'select rights from mailbox_grant where mailbox_id = $1 and account_id in ($2, $3)',
    [mailbox.id, accountId, anyone],
  )
  return normalRights(rows.map((row) => row.rights).join(''))
}

/** The grants of a mailbox, without its owner. */
export async function grantsOf(db: Reader, mailboxId: number): Promise<Grant[]> {
  const rows = await db.all<{ account_id: number; rights: string }>(
    "select account_id, rights from mailbox_grant where mailbox_id = $1 and rights <> '' order by account_id",
    [mailboxId],
  )
  return rows.map(({ account_id, rights }) => ({ accountId: account_id, rights }))
}

/**
 * Sets, adds to or takes from the rights of an account (or `anyone`). Throws Trouble no-such-mailbox, bad-keyword,
 * too-many-mailboxes (details.limit: grants of one mailbox), not-permitted for the owner's own.
 */
export async function grant(
  store: Store,
  mailboxId: number,
  accountId: number,
  mode: 'set' | 'add' | 'remove',
  rights: string,
): Promise<void> {
  const asked = normalRights(rights)
  const change = await store.db.transaction(async (sql) => {
    const { holder, row } = await takeMailbox(sql, mailboxId)
    if (row.account_id === accountId) throw new Trouble('not-permitted', { why: 'owner' })
    const before = (await grantsOf(sql, mailboxId)).find((each) => each.accountId === accountId)?.rights ?? ''
    const after =
      mode === 'set'
        ? asked
        : mode === 'add'
          ? normalRights(before + asked)
          : Array.from(before)
              .filter((letter) => !asked.includes(letter))
              .join('')
    if (after === '') {
      await sql.run('delete from mailbox_grant where mailbox_id = $1 and account_id = $2', [mailboxId, accountId])
    } else {
      await sql.run(
        `insert into mailbox_grant (mailbox_id, account_id, rights) values ($1, $2, $3)
         on conflict (mailbox_id, account_id) do update set rights = excluded.rights`,
        [mailboxId, accountId, after],
      )
      const count = await sql.one<{ n: number }>('select count(*) as n from mailbox_grant where mailbox_id = $1', [
        mailboxId,
      ])
      const limit = store.limits.grantsPerMailbox
      if (count!.n > limit) throw new Trouble('too-many-mailboxes', { limit })
    }
    await sql.run('update mailbox set changed_modseq = $2 where id = $1', [mailboxId, holder.modseq])
    return mailboxChange(row.account_id, mailboxId, holder.modseq)
  })
  store.changes.publish([change])
}

export interface SharedMailbox {
  mailbox: Mailbox
  rights: string // effective
  subscribed: boolean // by the one it is shared to
}

/** Mailboxes of others that `accountId` may look up (right l), by owner and path. */
export async function sharedWith(db: Reader, accountId: number): Promise<SharedMailbox[]> {
  const rows = await db.all<{
    mailbox_id: number
    owner: number
    rights: string
    subscribed: number
    account_id: number
  }>(
    `select g.mailbox_id, m.account_id as owner, g.rights, g.subscribed, g.account_id
       from mailbox_grant g join mailbox m on m.id = g.mailbox_id
      where g.account_id in ($1, $2) and m.account_id <> $1`,
    [accountId, anyone],
  )
  const granted = new Map<number, { rights: string; subscribed: boolean }>()
  for (const row of rows) {
    const before = granted.get(row.mailbox_id)
    const subscribed = (row.account_id === accountId && row.subscribed === 1) || (before?.subscribed ?? false)
    granted.set(row.mailbox_id, { rights: normalRights((before?.rights ?? '') + row.rights), subscribed })
  }
  const found: SharedMailbox[] = []
  for (const owner of [...new Set(rows.map((row) => row.owner))].sort((a, b) => a - b)) {
    for (const mailbox of await listMailboxes(db, owner)) {
      const grants = granted.get(mailbox.id)
      if (grants?.rights.includes('l')) found.push({ mailbox, ...grants })
    }
  }
  return found
}

/** Subscribes somebody to a mailbox shared to them, or ends that. Throws Trouble no-such-mailbox when it is not. */
export async function subscribeShared(
  store: Store,
  mailboxId: number,
  accountId: number,
  subscribed: boolean,
): Promise<void> {
  const mailbox = await store.db.one<{ account_id: number }>('select account_id from mailbox where id = $1', [
    mailboxId,
  ])
  const rights = mailbox && (await rightsOf(store.db, { id: mailboxId, accountId: mailbox.account_id }, accountId))
  if (!rights?.includes('l')) throw new Trouble('no-such-mailbox', { mailboxId })
  // A row with no rights of its own remembers the subscription to what is granted to anyone.
  await store.db.run(
    `insert into mailbox_grant (mailbox_id, account_id, rights, subscribed) values ($1, $2, '', $3)
     on conflict (mailbox_id, account_id) do update set subscribed = excluded.subscribed`,
    [mailboxId, accountId, subscribed ? 1 : 0],
  )
}

/** Accounts that let `accountId` look up or read at least one of their mailboxes, ascending. */
export async function sharersOf(db: Reader, accountId: number): Promise<number[]> {
  const rows = await db.arrays(
    `select distinct m.account_id from mailbox_grant g join mailbox m on m.id = g.mailbox_id
      where g.account_id in ($1, $2) and m.account_id <> $1 and (g.rights like '%l%' or g.rights like '%r%')
      order by m.account_id`,
    [accountId, anyone],
  )
  return rows.map((row) => row[0] as number)
}

/** Whether `userId` may read a mail as one of `accountId`: some mailbox there holds it, and lets him. */
export async function mayReadMail(db: Reader, mailId: number, accountId: number, userId: number): Promise<boolean> {
  return (await mailboxesOfMail(db, mailId, accountId, userId)).length > 0
}

/** The mailboxes of others that `accountId` may look up or read, by owner. */
export async function mailboxesShared(db: Reader, accountId: number): Promise<Map<number, Set<number>>> {
  const rows = await db.arrays(
    `select distinct m.account_id, m.id from mailbox_grant g join mailbox m on m.id = g.mailbox_id
      where g.account_id in ($1, $2) and m.account_id <> $1 and (g.rights like '%l%' or g.rights like '%r%')`,
    [accountId, anyone],
  )
  const byOwner = new Map<number, Set<number>>()
  for (const [owner, mailbox] of rows as [number, number][]) {
    const known = byOwner.get(owner)
    if (known) known.add(mailbox)
    else byOwner.set(owner, new Set([mailbox]))
  }
  return byOwner
}

/** Whom a mailbox is shared to, `anyone` among them. */
export async function shareesOf(db: Reader, mailboxId: number): Promise<number[]> {
  const rows = await db.arrays('select account_id from mailbox_grant where mailbox_id = $1', [mailboxId])
  return rows.map((row) => row[0] as number)
}

/** The mailboxes of `accountId` that hold a mail and that `userId` may read. */
export async function mailboxesOfMail(
  db: Reader,
  mailId: number,
  accountId: number,
  userId: number,
): Promise<number[]> {
  const rows = await db.arrays(
    'select distinct mailbox_id from message where mail_id = $1 and account_id = $2 order by mailbox_id',
    [mailId, accountId],
  )
  const found: number[] = []
  for (const [id] of rows as [number][]) {
    if ((await rightsOf(db, { id, accountId }, userId)).includes('r')) found.push(id)
  }
  return found
}

/** Whether `accountId` may change anything in any mailbox of `ownerId`. */
export async function mayChangeSome(db: Reader, ownerId: number, accountId: number): Promise<boolean> {
  const rows = await db.arrays(
    `select distinct g.rights from mailbox_grant g join mailbox m on m.id = g.mailbox_id
      where g.account_id in ($1, $2) and m.account_id = $3`,
    [accountId, anyone, ownerId],
  )
  return rows.some(([rights]) => /[swikxtea]/.test(String(rights)))
}
