// Who may do what in a mailbox (RFC 4314).
//
// The owner has all rights, always. Others have what is granted to them by name, what is granted to anyone, and what
// the shares of the moment give them (shares.ts), together. Grants do not pass on: who may administer (a) a mailbox of
// another may not give more than the doors allow; SECURITY 10: nobody sees or guesses another's mailbox without l or r.

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { listMailboxes, mailboxChange, takeMailbox, type Mailbox } from './nodes.ts'
import { insertShareNotice } from './sharenotices.ts'
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

/** What `accountId` may do in a mailbox at a moment (milliseconds); '' for nothing. */
export async function rightsOf(
  db: Reader,
  mailbox: { id: number; accountId: number },
  accountId: number,
  now: number = Date.now(),
): Promise<string> {
  if (mailbox.accountId === accountId) return allRights
  const rows = await db.arrays(
    `select rights from mailbox_grant where mailbox_id = $1 and account_id in ($2, $3)
     union all
     select coalesce(e.rights, s.rights) from share s
       left join share_mailbox e on e.share_id = s.id and e.mailbox_id = $1
      where s.to_id = $2 and s.account_id = $4 and s.from_at <= $5 and s.until_at > $5`,
    [mailbox.id, accountId, anyone, mailbox.accountId, now],
  )
  return normalRights(rows.map(([rights]) => rights as string).join(''))
}

/** What others than its owner may do in a mailbox at a moment: `anyone` first, then by account. */
export async function grantsOf(db: Reader, mailboxId: number, now: number = Date.now()): Promise<Grant[]> {
  const rows = await db.arrays(
    `select account_id, rights from mailbox_grant where mailbox_id = $1
     union all
     select s.to_id, coalesce(e.rights, s.rights) from share s
       join mailbox m on m.account_id = s.account_id and m.id = $1
       left join share_mailbox e on e.share_id = s.id and e.mailbox_id = m.id
      where s.from_at <= $2 and s.until_at > $2`,
    [mailboxId, now],
  )
  const united = new Map<number, string>()
  for (const [id, rights] of rows as [number, string][]) united.set(id, normalRights((united.get(id) ?? '') + rights))
  return [...united]
    .filter(([, rights]) => rights !== '')
    .map(([accountId, rights]) => ({ accountId, rights }))
    .sort((a, b) => a.accountId - b.accountId)
}

/** The same of all mailboxes of an account, by mailbox; those without are left out. */
export async function grantsInAccount(
  db: Reader,
  ownerId: number,
  now: number = Date.now(),
): Promise<Map<number, Grant[]>> {
  const rows = await db.arrays(
    `select g.mailbox_id, g.account_id, g.rights from mailbox_grant g join mailbox m on m.id = g.mailbox_id
      where m.account_id = $1
     union all
     select m.id, s.to_id, coalesce(e.rights, s.rights) from share s
       join mailbox m on m.account_id = s.account_id
       left join share_mailbox e on e.share_id = s.id and e.mailbox_id = m.id
      where s.account_id = $1 and s.from_at <= $2 and s.until_at > $2`,
    [ownerId, now],
  )
  const byMailbox = new Map<number, Grant[]>()
  for (const [mailboxId, accountId, rights] of rows as [number, number, string][]) {
    if (rights === '') continue
    const grants = byMailbox.get(mailboxId) ?? []
    const known = grants.find((one) => one.accountId === accountId)
    if (known) known.rights = normalRights(known.rights + rights)
    else grants.push({ accountId, rights: normalRights(rights) })
    byMailbox.set(mailboxId, grants)
  }
  for (const grants of byMailbox.values()) grants.sort((a, b) => a.accountId - b.accountId)
  return byMailbox
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
  byId = 0, // who did it; 0: an operator
): Promise<void> {
  const asked = normalRights(rights)
  const { change, told } = await store.db.transaction(async (sql) => {
    const { holder, row } = await takeMailbox(sql, mailboxId)
    if (row.account_id === accountId) throw new Trouble('not-permitted', { why: 'owner' })
    const before = (await grantsOf(sql, mailboxId)).find((each) => each.accountId === accountId)?.rights ?? ''
    const after = mode === 'set' ? asked : mode === 'add' ? normalRights(before + asked) : withoutRights(before, asked)
    const keeps = (letter: string): boolean => (mode === 'add' ? true : asked.includes(letter) === (mode === 'set'))
    const shared = await narrowShares(sql, { mailboxId, ownerId: row.account_id, toId: accountId }, keeps)
    await setGrant(sql, mailboxId, accountId, withoutRights(after, shared), store.limits.grantsPerMailbox)
    await sql.run('update mailbox set changed_modseq = $2 where id = $1', [mailboxId, holder.modseq])
    const told = { ownerId: row.account_id, mailboxId, name: row.name, oldRights: before, newRights: after }
    return { change: mailboxChange(row.account_id, mailboxId, holder.modseq), told }
  })
  store.changes.publish([change])
  if (accountId === anyone) return
  const notice = { ...told, at: store.clock(), byId }
  await store.db.transaction((sql) => insertShareNotice(sql, accountId, notice))
}

function withoutRights(rights: string, taken: string): string {
  return Array.from(rights)
    .filter((letter) => !taken.includes(letter))
    .join('')
}

async function setGrant(
  sql: Writer,
  mailboxId: number,
  accountId: number,
  rights: string,
  limit: number,
): Promise<void> {
  if (rights === '') {
    await sql.run('delete from mailbox_grant where mailbox_id = $1 and account_id = $2', [mailboxId, accountId])
    return
  }
  await sql.run(
    `insert into mailbox_grant (mailbox_id, account_id, rights) values ($1, $2, $3)
     on conflict (mailbox_id, account_id) do update set rights = excluded.rights`,
    [mailboxId, accountId, rights],
  )
  const count = await sql.one<{ n: number }>('select count(*) as n from mailbox_grant where mailbox_id = $1', [
    mailboxId,
  ])
  if (count!.n > limit) throw new Trouble('too-many-mailboxes', { limit })
}

/**
 * The shares of a mailbox to somebody, now or later, keep some of their rights there only. Gives what those of this
 * moment still give.
 */
async function narrowShares(
  sql: Writer,
  { mailboxId, ownerId, toId }: { mailboxId: number; ownerId: number; toId: number },
  keeps: (letter: string) => boolean,
  now: number = Date.now(),
): Promise<string> {
  const rows = await sql.all<{ id: number; from_at: number; rights: string }>(
    `select s.id, s.from_at, coalesce(e.rights, s.rights) as rights from share s
       left join share_mailbox e on e.share_id = s.id and e.mailbox_id = $1
      where s.account_id = $2 and s.to_id = $3 and s.until_at > $4`,
    [mailboxId, ownerId, toId, now],
  )
  let given = ''
  for (const row of rows) {
    const kept = Array.from(row.rights).filter(keeps).join('')
    if (row.from_at <= now) given += kept
    if (kept === row.rights) continue
    await sql.run(
      `insert into share_mailbox (share_id, mailbox_id, rights) values ($1, $2, $3)
       on conflict (share_id, mailbox_id) do update set rights = excluded.rights`,
      [row.id, mailboxId, kept],
    )
    await sql.run('update share set changed_at = $2 where id = $1', [row.id, now])
  }
  return given
}

/** What is granted to $1 at the moment $2 in mailboxes of others: mailbox, owner, rights, and whether he subscribed to it. */
const granted = `
select g.mailbox_id, m.account_id as owner, g.rights, case when g.account_id = $1 then g.subscribed else 0 end as subscribed
  from mailbox_grant g join mailbox m on m.id = g.mailbox_id
 where g.account_id in ($1, ${anyone}) and m.account_id <> $1
union all
select m.id, s.account_id, coalesce(e.rights, s.rights), 0
  from share s join mailbox m on m.account_id = s.account_id
  left join share_mailbox e on e.share_id = s.id and e.mailbox_id = m.id
 where s.to_id = $1 and s.from_at <= $2 and s.until_at > $2`

const seenOnly = `(rights like '%l%' or rights like '%r%')`

export interface SharedMailbox {
  mailbox: Mailbox
  rights: string // effective
  subscribed: boolean // by the one it is shared to
}

/** Mailboxes of others that `accountId` may look up (right l), by owner and path. */
export async function sharedWith(db: Reader, accountId: number, now: number = Date.now()): Promise<SharedMailbox[]> {
  const rows = await db.all<{ mailbox_id: number; owner: number; rights: string; subscribed: number }>(granted, [
    accountId,
    now,
  ])
  const united = new Map<number, { rights: string; subscribed: boolean }>()
  for (const row of rows) {
    const before = united.get(row.mailbox_id)
    const subscribed = row.subscribed === 1 || (before?.subscribed ?? false)
    united.set(row.mailbox_id, { rights: normalRights((before?.rights ?? '') + row.rights), subscribed })
  }
  const found: SharedMailbox[] = []
  for (const owner of [...new Set(rows.map((row) => row.owner))].sort((a, b) => a - b)) {
    for (const mailbox of await listMailboxes(db, owner)) {
      const grants = united.get(mailbox.id)
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
export async function sharersOf(db: Reader, accountId: number, now: number = Date.now()): Promise<number[]> {
  const text = `select distinct owner from (${granted}) as granted where ${seenOnly} order by owner`
  return (await db.arrays(text, [accountId, now])).map((row) => row[0] as number)
}

/** Whether `userId` may read a mail as one of `accountId`: some mailbox there holds it, and lets him. */
export async function mayReadMail(db: Reader, mailId: number, accountId: number, userId: number): Promise<boolean> {
  return (await mailboxesOfMail(db, mailId, accountId, userId)).length > 0
}

/** The mailboxes of others that `accountId` may look up or read, by owner. */
export async function mailboxesShared(
  db: Reader,
  accountId: number,
  now: number = Date.now(),
): Promise<Map<number, Set<number>>> {
  const text = `select distinct owner, mailbox_id from (${granted}) as granted where ${seenOnly}`
  const byOwner = new Map<number, Set<number>>()
  for (const [owner, mailbox] of (await db.arrays(text, [accountId, now])) as [number, number][]) {
    const known = byOwner.get(owner)
    if (known) known.add(mailbox)
    else byOwner.set(owner, new Set([mailbox]))
  }
  return byOwner
}

/** Whom a mailbox is or will be shared to, `anyone` among them. */
export async function shareesOf(db: Reader, mailboxId: number): Promise<number[]> {
  const rows = await db.arrays(
    `select account_id from mailbox_grant where mailbox_id = $1
     union select s.to_id from share s join mailbox m on m.account_id = s.account_id where m.id = $1`,
    [mailboxId],
  )
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
export async function mayChangeSome(
  db: Reader,
  ownerId: number,
  accountId: number,
  now: number = Date.now(),
): Promise<boolean> {
  const text = `select distinct rights from (${granted}) as granted where owner = $3`
  const rows = await db.arrays(text, [accountId, now, ownerId])
  return rows.some(([rights]) => /[swikxtea]/.test(String(rights)))
}
