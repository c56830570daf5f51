// What somebody does in the mailboxes of another goes into the history, before the client hears that it was done.

import type { Act } from '../tracking/acts.ts'
import { printSet } from './sequences.ts'
import { personOf, type Selected, type Session } from './session.ts'
import type { Place } from './places.ts'

const longestSet = 500 // characters of uids that are kept of one act

/** Nothing for a mailbox of one's own. */
export async function noteAct(
  session: Session,
  where: Pick<Place, 'mailbox' | 'own' | 'name'> | Selected,
  act: string,
  details: () => Record<string, unknown> & { uids?: number[] } = () => ({}),
): Promise<void> {
  const person = personOf(session)
  const ownerId = 'mailbox' in where ? where.mailbox.accountId : where.accountId
  if (ownerId === person.id) return
  const { uids, ...more } = details()
  if (uids?.length === 0) return
  await write(session, ownerId, act, {
    mailbox: where.name,
    ...(uids && { count: uids.length, uids: printSet(uids).slice(0, longestSet) }),
    ...more,
  })
}

/** Who may what in a mailbox was changed, by its owner too. */
export function noteGrant(session: Session, { mailbox, name }: Place, details: Act['details']): Promise<void> {
  return write(session, mailbox.accountId, 'rights', { mailbox: name, ...details })
}

async function write(session: Session, ownerId: number, act: string, details: Act['details']): Promise<void> {
  const { host, store, id, peer } = session
  const { id: byId, address } = personOf(session)
  const owner = ownerId === byId ? address : await host.addressOf(ownerId)
  if (owner === undefined) return // it is leaving
  const by = { id: byId, address }
  await host.acted({
    at: store.clock(),
    by,
    owner,
    act,
    session: id,
    peer: peer.address,
    details: { door: 'imap', ...details },
  })
}
