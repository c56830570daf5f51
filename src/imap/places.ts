// Mailboxes as one session sees them: its own by their path, those of others below "Other Users/<address>/".
// RFC 2342, RFC 4314.
//
// Invariant: a mailbox somebody has no right to look up or read answers exactly like one that is not there.

import { listMailboxes, mailboxById, mailboxByPath, type Mailbox } from '../store/mailboxes.ts'
import { allRights, rightsOf, sharedWith } from '../store/rights.ts'
import { Trouble } from '../wire/troubles.ts'
import { no } from './answers.ts'
import { encodeName, nameOf, othersNamespace } from './names.ts'
import { astring, quote } from './say.ts'
import { personOf, speaksUtf8, type Person, type Session } from './session.ts'

export interface Place {
  mailbox: Mailbox
  /** As this session calls it. */
  name: string
  /** Letters of RFC 4314. */
  rights: string
  own: boolean
  subscribed: boolean
}

/** A path as this session writes it: whose mailbox, and where in that account. */
export interface Spot {
  owner: Person
  path: string[]
  own: boolean
}

/** undefined: nobody has such a mailbox, or the name is that of a level of the namespace. */
export async function spotOf(session: Session, path: string[]): Promise<Spot | undefined> {
  const person = personOf(session)
  if (path[0] !== othersNamespace) return { owner: person, path, own: true }
  const [, address, ...rest] = path
  if (address === undefined || rest.length === 0) return undefined
  const owner = await session.host.accountOf(address)
  if (!owner || owner.id === person.id) return undefined
  return { owner, path: rest, own: false }
}

/** The mailbox at a path if the session may know of it. */
export async function findPlace(session: Session, path: string[]): Promise<Place | undefined> {
  const spot = await spotOf(session, path)
  const mailbox = spot && (await mailboxByPath(session.store.db, spot.owner.id, spot.path))
  if (!mailbox) return undefined
  const name = nameOf(spot.own ? mailbox.path : [othersNamespace, spot.owner.address, ...mailbox.path])
  if (spot.own) return { mailbox, name, rights: allRights, own: true, subscribed: mailbox.subscribed }
  const rights = await rightsOf(session.store.db, mailbox, personOf(session).id)
  if (!/[lr]/.test(rights)) return undefined
  return { mailbox, name, rights, own: false, subscribed: false }
}

/** The same, or Trouble no-such-mailbox; not-permitted when one of the rights `needed` is missing. */
export async function placeOf(session: Session, path: string[], needed = ''): Promise<Place> {
  const place = await findPlace(session, path)
  if (!place) throw new Trouble('no-such-mailbox')
  for (const right of needed) if (!place.rights.includes(right)) throw new Trouble('not-permitted')
  return place
}

/** For APPEND, COPY and MOVE: a missing target may be created by the client (RFC 9051 §6.3.12 TRYCREATE). */
export async function targetOf(session: Session, path: string[]): Promise<Place> {
  const place = await findPlace(session, path)
  if (!place?.mailbox.selectable) throw no('There is no such mailbox', 'TRYCREATE')
  if (!place.rights.includes('i')) throw new Trouble('not-permitted')
  return place
}

/** All mailboxes the session may look up: its own first, then those of others. */
export async function allPlaces(session: Session): Promise<Place[]> {
  const { db } = session.store
  const own = await listMailboxes(db, personOf(session).id)
  const places: Place[] = own.map((mailbox) => ({
    mailbox,
    name: nameOf(mailbox.path),
    rights: allRights,
    own: true,
    subscribed: mailbox.subscribed,
  }))
  const addresses = new Map<number, string | undefined>()
  for (const { mailbox, rights, subscribed } of await sharedWith(db, personOf(session).id)) {
    const { accountId } = mailbox
    if (!addresses.has(accountId)) addresses.set(accountId, await session.host.addressOf(accountId))
    const address = addresses.get(accountId)
    if (address === undefined) continue // the owner is leaving
    places.push({ mailbox, name: nameOf([othersNamespace, address, ...mailbox.path]), rights, own: false, subscribed })
  }
  return places
}

/** What the session may do in a mailbox now. */
export async function rightsIn(session: Session, mailboxId: number): Promise<string> {
  const mailbox = await mailboxById(session.store.db, mailboxId)
  return mailbox ? rightsOf(session.store.db, mailbox, personOf(session).id) : ''
}

/** A mailbox name as it goes out on this connection. */
export function printName(session: Session, name: string): string {
  const utf8 = speaksUtf8(session)
  const text = encodeName(name, utf8)
  return utf8 ? quote(text, true) : astring(text)
}
