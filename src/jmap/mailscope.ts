// What a call sees of an account's mail, and the states of mail as clients are told them.   RFC 8621 §1.3, RFC 8620 §5.2
//
// Invariant: what a state text says is what readSince reads of it; a text we never said is refused.

import { whole, type Since } from '../store/emailchanges.ts'
import { scopeOf, type Scope } from '../store/emails.ts'
import { allRights, sharedWith, type SharedMailbox } from '../store/rights.ts'
import { MethodError, type Call } from './method.ts'

export const mailCapability = 'urn:ietf:params:jmap:mail'

/** The account as the caller sees it: all of his own, the mailboxes he may read (right r) of somebody else's. */
export async function mailScope({ house, account, user, own }: Call): Promise<Scope> {
  const { db } = house.store
  if (own) return scopeOf(db, account)
  const shared = await sharedTo({ house, account, user })
  return scopeOf(
    db,
    account,
    shared.filter(({ rights }) => rights.includes('r')).map(({ mailbox }) => mailbox.id),
  )
}

/** The mailboxes of somebody else's account that the caller may look up. */
export async function sharedTo({
  house,
  account,
  user,
}: Pick<Call, 'house' | 'account' | 'user'>): Promise<SharedMailbox[]> {
  return (await sharedWith(house.store.db, user.id)).filter(({ mailbox }) => mailbox.accountId === account)
}

/** What the caller may do in a mailbox of the account, in the letters of RFC 4314; '' for one that he does not see. */
export async function rightsIn(call: Call, mailboxId: number): Promise<string> {
  if (call.own) return allRights
  const shared = await sharedTo(call)
  return shared.find(({ mailbox }) => mailbox.id === mailboxId)?.rights ?? ''
}

export function stateText(since: Since | number): string {
  if (typeof since === 'number') return String(since)
  if (since.origin === since.modseq && since.id === Number.MAX_SAFE_INTEGER) return String(since.modseq)
  return `${since.modseq}.${since.id}.${since.origin}`
}

/** Throws MethodError cannotCalculateChanges for what is no state of ours. */
export function readSince(text: string): Since {
  const found = /^(\d{1,15})(?:\.(\d{1,15})\.(\d{1,15}))?$/.exec(text)
  if (!found) throw new MethodError('cannotCalculateChanges', 'That state is not known here')
  const [, modseq, id, origin] = found
  return id === undefined ? whole(Number(modseq)) : { modseq: Number(modseq), id: Number(id), origin: Number(origin) }
}

export function tooOld(): MethodError {
  return new MethodError('cannotCalculateChanges', 'That is longer ago than is remembered')
}
