// CREATE mailbox [(USE (...))], DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE
//                                                RFC 9051 §6.3.4-§6.3.8, RFC 6154 §3, RFC 8474 §4.1
//
// In somebody else's account: by the rights of RFC 4314 §4 (k on the parent to create, x to delete and rename).

import { createMailbox, deleteMailbox, mailboxByPath, renameMailbox, type Role } from '../../store/mailboxes.ts'
import { rightsOf, subscribeShared } from '../../store/rights.ts'
import { subscribePath } from '../../store/subscriptions.ts'
import { Trouble } from '../../wire/troubles.ts'
import { noteAct } from '../acts.ts'
import { done, no } from '../answers.ts'
import { afterLogin, type Command, type Finished } from '../command.ts'
import { nameOf } from '../names.ts'
import { placeOf, spotOf, type Spot } from '../places.ts'
import { objectId } from '../../store/objectids.ts'
import { deselect, personOf, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'

interface CreateOrder {
  path: string[]
  uses: string[]
}

const roles: Record<string, Role> = {
  '\\ALL': 'all',
  '\\ARCHIVE': 'archive',
  '\\DRAFTS': 'drafts',
  '\\FLAGGED': 'flagged',
  '\\JUNK': 'junk',
  '\\SENT': 'sent',
  '\\TRASH': 'trash',
}

export const create: Command<CreateOrder> = {
  verb: 'CREATE',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    const order: CreateOrder = { path: readMailbox(scan), uses: [] }
    if (scan.accept(' ')) {
      scan.list(() => {
        scan.word(['USE'], 'USE')
        scan.space()
        order.uses = scan.list(() => scan.flag().toUpperCase(), true)
      })
    }
    return order
  },

  async run(session, { path, uses }) {
    const role = roleOf(uses)
    const spot = await writableSpot(session, path, 'k')
    if (role && !spot.own) throw no('A special use is for mailboxes of your own', 'USEATTR')
    const mailbox = await createMailbox(session.store, spot.owner.id, { path: spot.path, ...(role && { role }) }).catch(
      (thrown: unknown) => {
        if (thrown instanceof Trouble && thrown.code === 'already-exists')
          throw no('Another mailbox has that use', 'USEATTR')
        throw thrown
      },
    )
    if (!spot.own) await noteAct(session, { mailbox, own: false, name: nameOf(path) }, 'folder', () => ({ made: true }))
    return done('Created', `MAILBOXID (${objectId('F', mailbox.id)})`)
  },
}

function roleOf(uses: string[]): Role | undefined {
  if (uses.length === 0) return undefined
  const role = uses.length === 1 && Object.hasOwn(roles, uses[0]!) ? roles[uses[0]!] : undefined
  // \All and \Flagged would have to show what lies elsewhere; nothing here fills them.
  if (!role || role === 'all' || role === 'flagged') throw no('A mailbox cannot have that use', 'USEATTR')
  return role
}

/** Where a mailbox may be made: in one's own account, or below a shared one with the right to. */
async function writableSpot(session: Session, path: string[], right: string): Promise<Spot> {
  const spot = await spotOf(session, path)
  // Whose account there is, and whose is not, is nobody's business here.
  if (!spot && path.length > 2) throw new Trouble('not-permitted')
  if (!spot) throw no('No mailbox can be made there', 'CANNOT')
  if (spot.own) return spot
  const parentPath = spot.path.slice(0, -1)
  const parent = parentPath.length > 0 ? await mailboxByPath(session.store.db, spot.owner.id, parentPath) : undefined
  const rights = parent ? await rightsOf(session.store.db, parent, personOf(session).id) : ''
  if (!rights.includes(right)) throw new Trouble('not-permitted')
  return spot
}

export const remove: Command<string[]> = {
  verb: 'DELETE',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  async run(session, path) {
    const place = await placeOf(session, path, 'x')
    const { mailbox } = place
    // A session is not thrown out by its own DELETE.
    if (session.selected?.mailboxId === mailbox.id) deselect(session)
    await deleteMailbox(session.store, mailbox.id)
    await noteAct(session, place, 'folder', () => ({ deleted: true, messages: mailbox.total }))
    return done('Deleted')
  },
}

interface RenameOrder {
  from: string[]
  to: string[]
}

export const rename: Command<RenameOrder> = {
  verb: 'RENAME',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    const from = readMailbox(scan)
    scan.space()
    return { from, to: readMailbox(scan) }
  },

  async run(session, { from, to }) {
    const place = await placeOf(session, from, 'x')
    const { mailbox } = place
    const spot = await writableSpot(session, to, 'k')
    if (spot.owner.id !== mailbox.accountId) throw no('A mailbox stays in its account', 'CANNOT')
    await renameMailbox(session.store, mailbox.id, spot.path)
    await noteAct(session, place, 'folder', () => ({ to: nameOf(to) }))
    return done('Renamed')
  },
}

async function runSubscribe(session: Session, path: string[], subscribed: boolean): Promise<Finished> {
  const { store } = session
  const spot = await spotOf(session, path)
  // Of one's own account any name may be subscribed to (RFC 9051 §6.3.7); of others only what is there to be seen.
  if (spot?.own) await subscribePath(store, spot.owner.id, spot.path, subscribed)
  else await subscribeShared(store, (await placeOf(session, path)).mailbox.id, personOf(session).id, subscribed)
  return done(subscribed ? 'Subscribed' : 'Unsubscribed')
}

export const subscribe: Command<string[]> = {
  verb: 'SUBSCRIBE',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  run: (session, path) => runSubscribe(session, path, true),
}

export const unsubscribe: Command<string[]> = {
  verb: 'UNSUBSCRIBE',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    return readMailbox(scan)
  },

  run: (session, path) => runSubscribe(session, path, false),
}
