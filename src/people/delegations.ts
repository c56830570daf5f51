// Delegations as the whole house knows them: what the directory keeps of two people, and the share of the store that
// opens the mailboxes, made, changed and ended in one transaction, with a line in the history. Shared mailboxes of a
// unit are accounts that only have delegations.
//
// Invariants:
//   a delegation and its share have one id, one beginning and one end
//   no delegation carries the right to give more (SECURITY 23)

import { accountById, createAccount, findAccount, type Account, type NewAccount } from '../directory/accounts.ts'
import {
  changeDelegation,
  delegationById,
  delegationsGiven,
  deleteDelegation,
  insertDelegation,
  type Delegation,
  type DelegationChanges,
  type DelegationRight,
  type NewDelegation,
} from '../directory/delegations.ts'
import type { Database, Reader, Writer } from '../sql/sql.ts'
import { createAccountStore, mailboxById, mailboxByRole } from '../store/mailboxes.ts'
import { normalRights } from '../store/rights.ts'
import { insertShareNotice } from '../store/sharenotices.ts'
import { endless, endShare, mailboxesOfShare, putShare } from '../store/shares.ts'
import { actEvent, type Act } from '../tracking/acts.ts'
import { writeEvents } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'

/** Rights of RFC 4314 that each right of a delegation opens in the mailboxes. */
const letters: Record<DelegationRight, string> = {
  read: 'lrs',
  reply: 'lrswip',
  send: 'lrswip',
  delete: 'lrte',
  folders: 'lkx',
}

const membersRights: DelegationRight[] = ['read', 'send', 'delete', 'folders']

export type Actor = Act['by']

export interface Given extends Omit<NewDelegation, 'whole'> {
  mailboxIds?: readonly number[] | undefined // these alone; absent: all
}

/**
 * Lets one act for another. Throws Trouble already-exists, not-permitted (oneself, a shared mailbox as delegate),
 * account-closed, no-such-account, no-such-mailbox, bad-setting, too-many-recipients.
 */
export function giveDelegation(db: Database, given: Given, by: Actor, now: number): Promise<Delegation> {
  return db.transaction((sql) => insertGiven(sql, given, by, now))
}

async function insertGiven(sql: Writer, { mailboxIds, ...given }: Given, by: Actor, now: number): Promise<Delegation> {
  const delegate = await accountById(sql, given.delegateId)
  if (!delegate) throw new Trouble('no-such-account')
  if (delegate.shared) throw new Trouble('not-permitted', { why: 'shared' })
  if (delegate.status !== 'active') throw new Trouble('account-closed', { status: delegate.status })
  const made = await insertDelegation(sql, { ...given, whole: mailboxIds === undefined }, now)
  await share(sql, made, mailboxIds, now)
  await notify(sql, made, { mailboxIds, before: [], by, now })
  await tell(sql, 'granted', made, mailboxIds, by, now)
  return made
}

export interface DelegationChange extends Omit<DelegationChanges, 'whole'> {
  mailboxIds?: readonly number[] | null | undefined // null: all
}

/** Changes one. Throws Trouble no-such-account, no-such-mailbox, bad-setting. */
export function alterDelegation(
  db: Database,
  id: number,
  { mailboxIds, ...changes }: DelegationChange,
  by: Actor,
  now: number,
): Promise<Delegation> {
  return db.transaction(async (sql) => {
    const before = await mailboxesOf(sql, id)
    const after = mailboxIds === undefined ? before : (mailboxIds ?? undefined)
    const rights = (await delegationById(sql, id))?.rights ?? []
    const changed = await changeDelegation(sql, id, { ...changes, whole: after === undefined }, now)
    await share(sql, changed, after, now)
    await notify(sql, changed, { mailboxIds: after, before: rights, by, now })
    await tell(sql, 'changed', changed, after, by, now)
    return changed
  })
}

/** Ends one now. Throws Trouble no-such-account. */
export function endDelegation(db: Database, id: number, by: Actor, now: number): Promise<Delegation> {
  return db.transaction(async (sql) => {
    const mailboxIds = await mailboxesOf(sql, id)
    const gone = await deleteDelegation(sql, id)
    await endShare(sql, id, now)
    await notify(sql, { ...gone, rights: [] }, { mailboxIds, before: gone.rights, by, now })
    await tell(sql, 'ended', gone, undefined, by, now)
    return gone
  })
}

/** The mailboxes a delegation is about; undefined: all. */
export async function mailboxesOf(db: Reader, id: number): Promise<number[] | undefined> {
  const delegation = await delegationById(db, id)
  return delegation?.whole === false ? ((await mailboxesOfShare(db, id)) ?? []) : undefined
}

function share(
  sql: Writer,
  { id, ownerId, delegateId, rights, fromAt, untilAt }: Delegation,
  mailboxIds: readonly number[] | undefined,
  now: number,
): Promise<void> {
  const opened = rights.map((right) => letters[right]).join('')
  const until = untilAt ?? endless
  return putShare(
    sql,
    { id, accountId: ownerId, toId: delegateId, rights: opened, mailboxIds, fromAt, untilAt: until },
    now,
  )
}

/** Tells the delegate: of each mailbox, or, where it is all of them, of INBOX. */
async function notify(
  sql: Writer,
  { ownerId, delegateId, rights }: Delegation,
  {
    mailboxIds,
    before,
    by,
    now,
  }: {
    mailboxIds: readonly number[] | undefined
    before: DelegationRight[]
    by: Actor
    now: number
  },
): Promise<void> {
  const inbox = mailboxIds ? undefined : await mailboxByRole(sql, ownerId, 'inbox')
  for (const mailboxId of mailboxIds ?? (inbox ? [inbox.id] : [])) {
    const name = (await mailboxById(sql, mailboxId))?.name
    if (name === undefined) continue
    const [oldRights, newRights] = [before, rights].map((list) =>
      normalRights(list.map((one) => letters[one]).join('')),
    )
    const told = { ownerId, mailboxId, name, oldRights: oldRights!, newRights: newRights! }
    await insertShareNotice(sql, delegateId, { at: now, byId: by.id ?? 0, ...told })
  }
}

function tell(
  sql: Writer,
  act: 'granted' | 'changed' | 'ended',
  { owner, delegate, rights, fromAt, untilAt }: Delegation,
  mailboxIds: readonly number[] | undefined,
  by: Actor,
  now: number,
): Promise<void> {
  const details = {
    delegate,
    ...(act !== 'ended' && {
      rights: rights.join(' '),
      mailboxes: mailboxIds?.length ?? 'all',
      from: new Date(fromAt).toISOString(),
      ...(untilAt !== undefined && { until: new Date(untilAt).toISOString() }),
    }),
  }
  return writeEvents(sql, [actEvent({ at: now, by, owner, act, details })])
}

/** A mailbox of a unit: nobody signs in to it, its members read it and write from it. */
export async function createSharedMailbox(
  db: Database,
  input: Omit<NewAccount, 'passwordHash' | 'shared' | 'admin' | 'mustChange'>,
  members: readonly string[],
  by: Actor,
): Promise<Account> {
  return createAccount(db, { ...input, shared: true }, async (sql, account) => {
    await createAccountStore(sql, account.id, account.quota)
    for (const member of new Set(members)) await insertMember(sql, account, member, by)
  })
}

function insertMember(sql: Writer, box: Account, member: string, by: Actor): Promise<Delegation> {
  const now = Date.now()
  const rights = membersRights
  return findAccount(sql, member).then(({ id }) =>
    insertGiven(sql, { ownerId: box.id, delegateId: id, rights, fromAt: now, untilAt: undefined }, by, now),
  )
}

/** Throws Trouble no-such-account, not-permitted where the account is somebody's own, already-exists. */
export async function addMember(db: Database, address: string, member: string, by: Actor): Promise<Delegation> {
  const box = await sharedBox(db, address)
  return db.transaction((sql) => insertMember(sql, box, member, by))
}

/** Throws Trouble no-such-account, also for who is no member; not-permitted where the account is somebody's own. */
export async function removeMember(db: Database, address: string, member: string, by: Actor): Promise<Delegation> {
  const box = await sharedBox(db, address)
  const { id } = await findAccount(db, member)
  const found = (await delegationsGiven(db, box.id)).find(({ delegateId }) => delegateId === id)
  if (!found) throw new Trouble('no-such-account', { address: member })
  return endDelegation(db, found.id, by, Date.now())
}

async function sharedBox(db: Reader, address: string): Promise<Account> {
  const box = await findAccount(db, address)
  if (!box.shared) throw new Trouble('not-permitted', { why: 'personal' })
  return box
}
