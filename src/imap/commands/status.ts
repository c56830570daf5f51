// STATUS mailbox (items)                                    RFC 9051 §6.3.11, RFC 8438, RFC 7162, RFC 8474, RFC 9208, RFC 7889
//
// All but DELETED-STORAGE, and RECENT where something is, come from the mailbox's row.

import { flagBits } from '../../store/flags.ts'
import type { Mailbox } from '../../store/mailboxes.ts'
import { messagesOf } from '../../store/messages.ts'
import { countFrom } from '../../store/recent.ts'
import { search } from '../../store/search.ts'
import { done, no } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'
import { recentIn, startCondstore } from '../news.ts'
import { placeOf, printName, type Place } from '../places.ts'
import { objectId } from '../../store/objectids.ts'
import type { Scanner } from '../scanner.ts'
import type { Session } from '../session.ts'
import { readMailbox } from '../words.ts'

const items = [
  'MESSAGES',
  'RECENT',
  'UIDNEXT',
  'UIDVALIDITY',
  'UNSEEN',
  'DELETED',
  'SIZE',
  'HIGHESTMODSEQ',
  'MAILBOXID',
  'APPENDLIMIT',
  'DELETED-STORAGE',
] as const

export type StatusItem = (typeof items)[number]

interface StatusOrder {
  path: string[]
  items: StatusItem[]
}

export const status: Command<StatusOrder> = {
  verb: 'STATUS',
  allowedIn: afterLogin,
  tells: 'no-expunge', // the client may be counting in the selected mailbox while it asks about others

  read(scan) {
    scan.space()
    const path = readMailbox(scan)
    scan.space()
    return { path, items: readStatusItems(scan) }
  },

  async *run(session, order) {
    const place = await placeOf(session, order.path, 'r')
    if (!place.mailbox.selectable) throw no('The mailbox only holds others', 'NONEXISTENT')
    if (order.items.includes('HIGHESTMODSEQ')) yield startCondstore(session)
    yield await statusLine(session, place, order.items)
    return done('That is how it stands')
  },
}

// "(" status-att *(SP status-att) ")"
export function readStatusItems(scan: Scanner): StatusItem[] {
  const asked = scan.list(() => scan.word(items, 'a status item'))
  return [...new Set(asked)]
}

/** "* STATUS name (MESSAGES 3 ...)" */
export async function statusLine(session: Session, place: Place, asked: StatusItem[]): Promise<string> {
  const printed: string[] = []
  for (const item of asked) printed.push(`${item} ${await statusOf(session, place, item)}`)
  return `* STATUS ${printName(session, place.name)} (${printed.join(' ')})\r\n`
}

function statusOf(session: Session, { mailbox }: Place, item: StatusItem): string | number | Promise<number> {
  switch (item) {
    case 'MESSAGES':
      return mailbox.total
    case 'RECENT':
      return recentOf(session, mailbox)
    case 'UIDNEXT':
      return mailbox.uidNext
    case 'UIDVALIDITY':
      return mailbox.uidValidity
    case 'UNSEEN':
      return mailbox.unseen
    case 'DELETED':
      return mailbox.deleted
    case 'SIZE':
      return mailbox.size
    case 'HIGHESTMODSEQ':
      return mailbox.modseq
    case 'MAILBOXID':
      return `(${objectId('F', mailbox.id)})`
    case 'APPENDLIMIT':
      return session.limits.append
    case 'DELETED-STORAGE':
      return mailbox.deleted === 0 ? 0 : deletedStorage(session, mailbox.id)
  }
}

/** What this session has as \Recent in its selected mailbox, or what one that selects the mailbox now would have. */
function recentOf({ enabled, selected, store }: Session, mailbox: Mailbox): number | Promise<number> {
  if (selected?.mailboxId === mailbox.id) return recentIn(selected)
  const first = store.recents.from(mailbox)
  if (enabled.rev2 || first >= mailbox.uidNext) return 0
  return countFrom(store.db, mailbox.id, first, mailbox.uidNext)
}

/** Octets that EXPUNGE would free (RFC 9208 §4.1.4). */
async function deletedStorage({ store }: Session, mailboxId: number): Promise<number> {
  const uids = await search(store, mailboxId, { is: 'flag', bit: flagBits.deleted, set: true })
  let octets = 0
  for (let from = 0; from < uids.length; from += 2000) {
    for (const row of await messagesOf(store.db, mailboxId, uids.slice(from, from + 2000))) octets += row.size
  }
  return octets
}
