// To whom a mailbox is shared, as JMAP tells and sets it: rights of mailboxes under ids of principals.     RFC 9670 §4
//
// Invariants: only the owner shares, and nobody is given the right to share on; what is told are the rights of this
// moment, whether they were granted for this mailbox or come from a delegation.

import { objectId, objectNumber } from '../store/objectids.ts'
import { anyone, grant, grantsInAccount, normalRights, type Grant } from '../store/rights.ts'
import { writeActs } from '../tracking/acts.ts'
import { isObject } from './arguments.ts'
import { wrong } from './emailpatch.ts'
import { rightsOfLetters, type MailboxRights, type Seen } from './mailboxobjects.ts'
import { tellNotices } from './notices.ts'
import { setError, type Call } from './method.ts'
import { applyPatch, type Patch } from './patch.ts'

/** draft-ietf-jmap-mail-sharing: Mailbox/shareWith. */
export const mailShareCapability = 'urn:ietf:params:jmap:mail:share'

export type ShareWith = Record<string, MailboxRights>

/** Of each mailbox of the caller's own account; in others' accounts nobody is told. */
export async function sharesOf(call: Call): Promise<(seen: Seen) => ShareWith | null> {
  if (!call.own) return () => null
  const grants = await grantsInAccount(call.house.store.db, call.account)
  return (seen) => tellShares(grants.get(seen.mailbox.id) ?? [])
}

function tellShares(grants: readonly Grant[]): ShareWith | null {
  const named = grants.filter(({ accountId }) => accountId !== anyone)
  if (named.length === 0) return null
  return Object.fromEntries(named.map(({ accountId, rights }) => [objectId('A', accountId), rightsOfLetters(rights)]))
}

const letters: Record<keyof MailboxRights, string> = {
  mayReadItems: 'lr',
  mayAddItems: 'i',
  mayRemoveItems: 'te',
  maySetSeen: 's',
  maySetKeywords: 'w',
  mayCreateChild: 'k',
  mayRename: 'x',
  mayDelete: 'x',
  maySubmit: 'p',
}

/** Carries out the parts of a patch that are about shareWith. Throws setError. */
export async function setShares(call: Call, seen: Seen, patch: Patch): Promise<void> {
  if (patch.length === 0) return
  if (!call.own) throw setError('forbidden', { description: 'Only the owner shares a mailbox' })
  const before = (await sharesOf(call))(seen) ?? {}
  const after = applyPatch<{ shareWith: unknown }>({ shareWith: before }, patch).shareWith ?? {}
  if (!isObject(after)) throw wrong('shareWith', 'Rights under ids of principals')
  const changes: [account: number, rights: string][] = []
  for (const whom of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[whom], after[whom]]
    if (JSON.stringify(was) === JSON.stringify(is)) continue
    changes.push([await personOf(call, whom), is == null ? '' : readRights(is)])
  }
  for (const [account, rights] of changes) await share(call, seen, account, rights)
}

async function personOf({ house, user }: Call, whom: string): Promise<number> {
  const number = objectNumber('A', whom)
  const account = number === undefined ? undefined : await house.accountById(number)
  if (!account || account.id === user.id || account.shared) throw wrong('shareWith', 'There is no such principal')
  return account.id
}

function readRights(value: unknown): string {
  if (!isObject(value)) throw wrong('shareWith', 'Rights are an object')
  let text = ''
  for (const [name, on] of Object.entries(value)) {
    if (typeof on !== 'boolean') throw wrong('shareWith', 'A right is true or false')
    if (name === 'mayShare' && on) throw setError('forbidden', { description: 'Who is given rights gives none on' })
    if (!Object.hasOwn(letters, name) && name !== 'mayShare') throw wrong('shareWith', 'There is no such right')
    if (on) text += letters[name as keyof MailboxRights]
  }
  return normalRights(text)
}

async function share(
  { house, user, peer, sessionId }: Call,
  seen: Seen,
  account: number,
  rights: string,
): Promise<void> {
  const { store } = house
  await grant(store, seen.mailbox.id, account, 'set', rights, user.id)
  await tellNotices(house, account)
  const { address } = (await house.accountById(account))!
  await writeActs(store.db, [
    {
      at: store.clock(),
      by: { id: user.id, address: user.address },
      owner: user.address,
      act: 'rights',
      ...(sessionId !== '' && { session: sessionId }),
      peer: peer.address,
      details: { door: 'jmap', mailbox: seen.mailbox.path.join('/'), delegate: address, rights },
    },
  ])
}
