// Delegations as the calls of /api take and tell them.
//
// Invariant: whose delegations are meant is the person who asks; an administrator may name somebody else, and it is in
// the history who it was.

import * as z from 'zod/mini'
import { findAccount, type Account } from '../directory/accounts.ts'
import { delegationById, delegationRights, isInForce, type Delegation } from '../directory/delegations.ts'
import type { SignedIn } from '../login/sessions.ts'
import { mailboxesOf, type Actor } from '../people/delegations.ts'
import { objectId, objectNumber } from '../store/objectids.ts'
import { HttpTrouble } from './problems.ts'
import type { WebHouse } from './house.ts'

export const idShape = z.string().check(z.regex(/^[1-9]\d{0,14}$/))
export const addressShape = z.string().check(z.minLength(3), z.maxLength(320))
export const timeShape = z.iso.datetime({ offset: true })
export const rightsShape = z.array(z.enum(delegationRights)).check(z.minLength(1), z.maxLength(10))
export const mailboxesShape = z
  .array(z.string().check(z.regex(/^F[1-9]\d{0,14}$/)))
  .check(z.minLength(1), z.maxLength(1000))

export const delegationShape = z.object({
  id: z.string(),
  owner: z.string(),
  ownerName: z.string(),
  delegate: z.string(),
  delegateName: z.string(),
  rights: z.array(z.enum(delegationRights)),
  mailboxes: z.nullable(z.array(z.string())), // null: all
  from: z.string(),
  until: z.nullable(z.string()),
  inForce: z.boolean(),
})

export async function showDelegation(house: WebHouse, one: Delegation): Promise<z.infer<typeof delegationShape>> {
  const { id, owner, ownerName, delegate, delegateName, rights, fromAt, untilAt } = one
  const mailboxes = one.whole ? undefined : await mailboxesOf(house.store.db, id)
  return {
    id: String(id),
    owner,
    ownerName,
    delegate,
    delegateName,
    rights,
    mailboxes: mailboxes?.map((mailbox) => objectId('F', mailbox)) ?? null,
    from: new Date(fromAt).toISOString(),
    until: untilAt === undefined ? null : new Date(untilAt).toISOString(),
    inForce: isInForce(one, house.clock()),
  }
}

/** Whose delegations are meant: one's own, or, for an administrator, those of the address named. */
export async function ownerOf(house: WebHouse, { account }: SignedIn, named: string | undefined): Promise<Account> {
  if (named === undefined || named === account.address) return account
  if (!account.admin) throw new HttpTrouble('not-permitted')
  return findAccount(house.store.db, named)
}

/** One that the person gave; an administrator any. What others gave is not there for anybody else. */
export async function givenBy(house: WebHouse, { account }: SignedIn, id: string): Promise<Delegation> {
  const found = await delegationById(house.store.db, Number(id))
  if (!found || (found.ownerId !== account.id && !account.admin)) throw new HttpTrouble('no-such-page')
  return found
}

export function actorOf({ account: { id, address } }: SignedIn): Actor {
  return { id, address }
}

export function mailboxNumbers(ids: readonly string[]): number[] {
  return ids.map((id) => objectNumber('F', id) ?? 0)
}
