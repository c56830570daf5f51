// Delegations: somebody lets another act for him. From a time until a time, in all mailboxes or some, to read, to write
// in his name, to delete, to manage folders.                                                   RFC 5322 §3.6.2
//
// This file keeps who lets whom, and answers who may write as whom. What is open in the mailboxes is a share of the
// store; people/delegations.ts makes both in one transaction.
//
// Invariants:
//   one delegation for each pair of people
//   a delegation counts from from_at on and no longer at until_at; nobody writes for an account that is not active
//   writing in somebody's name needs one right only: 'send' (as he would himself) or 'reply' (on his behalf)

import type { Reader, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { directoryLimits } from './limits.ts'

export const delegationRights = ['read', 'reply', 'send', 'delete', 'folders'] as const
/**
 * read: look and read | reply: write on behalf of the owner, with the delegate in Sender | send: write as the owner |
 * delete: delete and move away | folders: make, rename and delete mailboxes
 */
export type DelegationRight = (typeof delegationRights)[number]

export interface Delegation {
  id: number
  ownerId: number
  owner: string // address
  ownerName: string
  delegateId: number
  delegate: string // address
  delegateName: string
  rights: DelegationRight[]
  whole: boolean // all mailboxes of the owner; else those its share names
  fromAt: number // milliseconds
  untilAt: number | undefined // milliseconds; undefined: without end
  createdAt: number
}

interface Row {
  id: number
  owner_id: number
  owner: string
  owner_name: string
  delegate_id: number
  delegate: string
  delegate_name: string
  rights: string
  whole: number
  from_at: number
  until_at: number | null
  created_at: number
}

const select = `
select d.id, d.owner_id, o.address as owner, o.name as owner_name, d.delegate_id, t.address as delegate,
       t.name as delegate_name, d.rights, d.whole, d.from_at, d.until_at, d.created_at
  from delegation d join account o on o.id = d.owner_id join account t on t.id = d.delegate_id`

function toDelegation(row: Row): Delegation {
  const words = row.rights.split(' ')
  return {
    id: row.id,
    ownerId: row.owner_id,
    owner: row.owner,
    ownerName: row.owner_name,
    delegateId: row.delegate_id,
    delegate: row.delegate,
    delegateName: row.delegate_name,
    rights: delegationRights.filter((right) => words.includes(right)),
    whole: row.whole === 1,
    fromAt: row.from_at,
    untilAt: row.until_at ?? undefined,
    createdAt: row.created_at,
  }
}

/** Whether it counts at a moment. */
export function isInForce({ fromAt, untilAt }: Pick<Delegation, 'fromAt' | 'untilAt'>, now: number): boolean {
  return fromAt <= now && (untilAt === undefined || now < untilAt)
}

export async function delegationById(db: Reader, id: number): Promise<Delegation | undefined> {
  const row = await db.one<Row>(`${select} where d.id = $1`, [id])
  return row && toDelegation(row)
}

/** What an account gave, by the delegate's address. */
export async function delegationsGiven(db: Reader, ownerId: number): Promise<Delegation[]> {
  const text = `${select} where d.owner_id = $1 order by t.address limit $2`
  return (await db.all<Row>(text, [ownerId, directoryLimits.delegations])).map(toDelegation)
}

/** What an account has been given, by the owner's address; past and coming ones too. */
export async function delegationsHad(db: Reader, delegateId: number): Promise<Delegation[]> {
  const text = `${select} where d.delegate_id = $1 order by o.address limit $2`
  return (await db.all<Row>(text, [delegateId, directoryLimits.delegations])).map(toDelegation)
}

export interface NewDelegation {
  ownerId: number
  delegateId: number
  rights: readonly DelegationRight[]
  whole: boolean
  fromAt: number
  untilAt: number | undefined
}

/** Throws Trouble already-exists, not-permitted for oneself, bad-setting, too-many-recipients (details.limit), no-such-account. */
export async function insertDelegation(sql: Writer, one: NewDelegation, now: number): Promise<Delegation> {
  check(one)
  if (one.ownerId === one.delegateId) throw new Trouble('not-permitted', { why: 'oneself' })
  for (const column of ['owner_id', 'delegate_id'] as const) {
    const text = `select count(*) as n from delegation where ${column} = $1`
    const count = await sql.one<{ n: number }>(text, [column === 'owner_id' ? one.ownerId : one.delegateId])
    const limit = directoryLimits.delegations
    if (count!.n >= limit) throw new Trouble('too-many-recipients', { limit })
  }
  const made = await sql.one<{ id: number }>(
    `insert into delegation (owner_id, delegate_id, rights, whole, from_at, until_at, created_at, changed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing returning id`,
    [one.ownerId, one.delegateId, said(one.rights), one.whole ? 1 : 0, one.fromAt, one.untilAt ?? null, now],
  )
  if (!made) throw new Trouble('already-exists')
  return found(await delegationById(sql, made.id))
}

export type DelegationChanges = Partial<Omit<NewDelegation, 'ownerId' | 'delegateId' | 'untilAt'>> & {
  untilAt?: number | null // null: without end
}

/** Throws Trouble no-such-account, bad-setting. */
export async function changeDelegation(
  sql: Writer,
  id: number,
  changes: DelegationChanges,
  now: number,
): Promise<Delegation> {
  const before = found(await delegationById(sql, id))
  const { untilAt = before.untilAt, ...rest } = changes
  const after = { ...before, ...rest, untilAt: untilAt ?? undefined }
  check(after)
  await sql.run(
    'update delegation set rights = $2, whole = $3, from_at = $4, until_at = $5, changed_at = $6 where id = $1',
    [id, said(after.rights), after.whole ? 1 : 0, after.fromAt, after.untilAt ?? null, now],
  )
  return found(await delegationById(sql, id))
}

/** Throws Trouble no-such-account. */
export async function deleteDelegation(sql: Writer, id: number): Promise<Delegation> {
  const gone = found(await delegationById(sql, id))
  await sql.run('delete from delegation where id = $1', [id])
  return gone
}

function found(delegation: Delegation | undefined): Delegation {
  if (!delegation) throw new Trouble('no-such-account', { why: 'delegation' })
  return delegation
}

const said = (rights: readonly DelegationRight[]): string =>
  delegationRights.filter((one) => rights.includes(one)).join(' ')

function check({ rights, fromAt, untilAt }: Pick<NewDelegation, 'rights' | 'fromAt' | 'untilAt'>): void {
  if (rights.length === 0) throw new Trouble('bad-setting', { key: 'rights' })
  if (untilAt !== undefined && untilAt <= fromAt) throw new Trouble('bad-setting', { key: 'until' })
}

/** How an account may write in the name of another now: 'as' him, 'behalf' of him, or not at all. */
export async function writingFor(
  db: Reader,
  ownerId: number,
  delegateId: number,
  now: number,
): Promise<'as' | 'behalf' | undefined> {
  const row = await db.one<{ rights: string }>(
    `select d.rights from delegation d join account o on o.id = d.owner_id
      where d.owner_id = $1 and d.delegate_id = $2 and d.from_at <= $3 and (d.until_at is null or d.until_at > $3)
        and o.status = 'active' and o.deleted_at is null`,
    [ownerId, delegateId, now],
  )
  const words = row?.rights.split(' ') ?? []
  return words.includes('send') ? 'as' : words.includes('reply') ? 'behalf' : undefined
}

export interface Sendable {
  address: string
  as: 'as' | 'behalf'
  ownerId: number
}

/** The addresses of others that an account may write from now, by owner: each owner's first address, then his others. */
export async function sendableAs(db: Reader, accountId: number, now: number): Promise<Sendable[]> {
  const rows = await db.arrays(
    `select a.address, d.owner_id, d.rights from delegation d
       join account o on o.id = d.owner_id
       join address a on a.account_id = o.id
       join domain m on m.id = a.domain_id
      where d.delegate_id = $1 and d.from_at <= $2 and (d.until_at is null or d.until_at > $2)
        and o.status = 'active' and o.deleted_at is null and m.deleted_at is null
      order by o.address, case when a.address = o.address then 0 else 1 end, a.address limit $3`,
    [accountId, now, directoryLimits.page],
  )
  return (rows as [string, number, string][]).flatMap(([address, ownerId, rights]): Sendable[] => {
    const words = rights.split(' ')
    const as = words.includes('send') ? 'as' : words.includes('reply') ? 'behalf' : undefined
    return as ? [{ address, as, ownerId }] : []
  })
}
