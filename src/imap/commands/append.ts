// APPEND mailbox [flags] [date] mail ...                    RFC 9051 §6.3.12, RFC 3502, RFC 4315, RFC 3516, RFC 6855
// REPLACE number mailbox [flags] [date] mail, UID REPLACE   RFC 8508
//
// A mail streams from the socket into the blobs while its structure is read; it is never in memory whole.
//
// Invariants:
//   the mailbox, the right to insert, the size and the quota are checked before the first octet is asked for
//   all mails of one APPEND are in the mailbox, durably, or none
//   REPLACE takes the old message away and places the new one in one moment

import { MimeReader } from '../../mime/reader.ts'
import type { Tree } from '../../mime/mime.ts'
import type { BlobWriter, Stored } from '../../blobs/blobs.ts'
import { appendMessages, type Appending, type Placement, type Replaced } from '../../store/messages.ts'
import { quotaOf } from '../../store/quota.ts'
import { Trouble } from '../../wire/troubles.ts'
import { readAim, takeAim, uidsOf, type Aim } from '../aims.ts'
import { noteAct } from '../acts.ts'
import { bad, bye, done, gone, no } from '../answers.ts'
import { afterLogin, now, whenSelected, type Command, type Run } from '../command.ts'
import { changeableBits, readFlags, type Flags } from '../flags.ts'
import { targetOf, type Place } from '../places.ts'
import { Scanner } from '../scanner.ts'
import { printSet } from '../sequences.ts'
import { selectedOf, speaksUtf8, type Session } from '../session.ts'
import { readMailbox } from '../words.ts'
import type { Cut } from '../framer.ts'
import type { Said } from '../../wire/conversation.ts'

/** What stands before one mail. */
interface MailHead {
  flags: Flags
  date: number | undefined
  /** "UTF8 (" stood before the literal: a ")" follows it. */
  utf8: boolean
  size: number
  waits: boolean
}

interface AppendOrder {
  path: string[]
  first: MailHead
}

export const append: Command<AppendOrder> = {
  verb: 'APPEND',
  allowedIn: afterLogin,
  streams: true,

  read(scan) {
    scan.space()
    const path = readMailbox(scan)
    scan.space()
    return { path, first: readHead(scan) }
  },

  async *run(session, { path, first }) {
    const place = await targetOf(session, path)
    const items = yield* takeMails(session, place, first, session.limits.appends)
    const placed = await placeAll(session, place, items)
    await noteAct(session, place, 'add', () => ({ uids: placed.map(({ uid }) => uid) }))
    const uids = printSet(placed.map(({ uid }) => uid))
    return done('Appended', `APPENDUID ${place.mailbox.uidValidity} ${uids}`)
  },
}

interface ReplaceOrder extends AppendOrder {
  aim: Aim
}

export const replace: Command<ReplaceOrder> = {
  verb: 'REPLACE',
  allowedIn: whenSelected,
  streams: true,
  read: (scan) => readReplace(scan, false),
  run: runReplace,
}

export const uidReplace: Command<ReplaceOrder> = {
  verb: 'UID REPLACE',
  allowedIn: whenSelected,
  streams: true,
  read: (scan) => readReplace(scan, true),
  run: runReplace,
}

function readReplace(scan: Scanner, byUid: boolean): ReplaceOrder {
  scan.space()
  const aim = readAim(scan, byUid)
  if (aim.sequence === '$' || aim.sequence.length !== 1 || aim.sequence[0]![0] !== aim.sequence[0]![1]) {
    throw bad('REPLACE takes one message')
  }
  scan.space()
  const path = readMailbox(scan)
  scan.space()
  return { aim, path, first: readHead(scan) }
}

async function* runReplace(session: Session, { aim, path, first }: ReplaceOrder): Run {
  const selected = selectedOf(session)
  if (selected.readOnly) throw no('The mailbox was opened for reading', 'READ-ONLY')
  for (const right of 'te') if (!selected.rights.includes(right)) throw new Trouble('not-permitted')
  const [old] = uidsOf(await takeAim(session, aim))
  if (old === undefined) throw new Trouble('no-such-message')
  const place = await targetOf(session, path)
  const items = yield* takeMails(session, place, first, 1)
  const placed = await placeAll(session, place, items, { mailboxId: selected.mailboxId, uid: old })
  await noteAct(session, selected, 'delete', () => ({ uids: [old] }))
  await noteAct(session, place, 'add', () => ({ uids: placed.map(({ uid }) => uid) }))
  selected.dirty = true
  yield `* OK [APPENDUID ${place.mailbox.uidValidity} ${placed[0]!.uid}] Replacement\r\n`
  return done('Replaced')
}

// append-message = [SP flag-list] [SP date-time] SP append-data; append-data = literal / literal8 / "UTF8" SP "(" literal8 ")"
// What precedes has been read up to the space. Ends at the announcement of the literal.
function readHead(scan: Scanner): MailHead {
  const head: MailHead = { flags: { bits: 0, keywords: [] }, date: undefined, utf8: false, size: 0, waits: false }
  if (scan.peek() === '(') {
    head.flags = readFlags(scan)
    scan.space()
  }
  if (scan.peek() === '"') {
    head.date = scan.dateTime()
    scan.space()
  }
  head.utf8 = scan.accept('UTF8 (')
  const announced = scan.match(/~?\{\d{1,15}\+?\}\r?\n/y) ?? scan.fail('a mail as a literal')
  head.size = Number(/\d+/.exec(announced)![0])
  head.waits = !announced.includes('+')
  return head
}

/** Takes the mails of a command, one after the other, to its end. Gives back the room of those taken when it fails. */
async function* takeMails(
  session: Session,
  place: Place,
  first: MailHead,
  most: number,
): AsyncGenerator<Said, Appending[], void> {
  const items: Appending[] = []
  const blobs: Stored[] = []
  let complete = false
  try {
    for (let head: MailHead | undefined = first; head; head = await readOn(session, head, items.length, most)) {
      await checkRoom(session, place, head, items)
      if (head.waits) yield now('+ Go on\r\n')
      const { blob, tree } = await takeMail(session, head)
      if (blob.size === 0) throw no('A mail cannot be empty', 'CANNOT')
      blobs.push(blob)
      items.push(itemOf(session, place, head, blob, tree))
    }
    complete = true
  } finally {
    if (!complete) await dropAll(session, blobs)
  }
  return items
}

async function dropAll({ store }: Session, blobs: Stored[]): Promise<void> {
  for (const { ref } of blobs) await store.blobs.drop(ref).catch(() => {})
}

/** All of them into the mailbox. What was refused there gives its room back. */
async function placeAll(
  session: Session,
  { mailbox }: Place,
  items: Appending[],
  replaced?: Replaced,
): Promise<Placement> {
  try {
    return await appendMessages(session.store, mailbox.id, items, replaced)
  } catch (thrown) {
    // Only a clear no: after a failure of the disk the rows may be there all the same.
    const refused = thrown instanceof Trouble && thrown.code !== 'unavailable' && thrown.code !== 'disk-full'
    if (refused)
      await dropAll(
        session,
        items.map(({ mail }) => mail.blob),
      )
    throw thrown
  }
}

function itemOf(session: Session, { rights }: Place, head: MailHead, blob: Stored, tree: Tree): Appending {
  const at = session.store.clock()
  const mail = { blob, tree, trace: '', receivedAt: head.date ?? at, historyId: session.host.newHistoryId() }
  // Flags that the rights do not reach are left out (RFC 4314 §4).
  const keywords = rights.includes('w') ? head.flags.keywords : []
  return { mail, flags: head.flags.bits & changeableBits(rights), keywords, receivedAt: head.date ?? at }
}

async function checkRoom(session: Session, { mailbox }: Place, head: MailHead, items: Appending[]): Promise<void> {
  if (head.size > session.limits.append) throw no(`A mail has at most ${session.limits.append} octets here`, 'TOOBIG')
  const { used, quota } = await quotaOf(session.store.db, mailbox.accountId)
  const taken = items.reduce((sum, { mail }) => sum + mail.blob.size, 0)
  if (quota > 0 && used + taken + head.size > quota) throw new Trouble('over-quota')
}

/** The octets of one literal into a blob, while they come. */
async function takeMail(session: Session, head: MailHead): Promise<{ blob: Stored; tree: Tree }> {
  const { framer, store } = session
  const reader = new MimeReader()
  const writer = store.blobs.writer()
  try {
    framer.pass()
    for (let left = head.size, last = false; !last;) {
      const piece = await heardCut(session)
      if (piece.is !== 'piece') throw new Error('a mail was cut short')
      left -= piece.bytes.length
      last = piece.last
      if (piece.bytes.length === 0) continue
      reader.push(piece.bytes)
      const writing = writer.write(piece.bytes)
      if (writing) await writing
      if (last !== (left === 0)) throw new Error('a mail has another size')
    }
    return { blob: await writer.finish(), tree: reader.end() }
  } catch (thrown) {
    await giveUp(writer)
    throw thrown
  }
}

async function giveUp(writer: BlobWriter): Promise<void> {
  await writer.abandon().catch(() => {})
}

/** What follows a mail: the end of the command, or the head of the next mail (RFC 3502). */
async function readOn(
  session: Session,
  { utf8 }: MailHead,
  taken: number,
  most: number,
): Promise<MailHead | undefined> {
  const cut = await heardCut(session)
  if (cut.is === 'skipped' || cut.is === 'endless') throw bye('The command is too long', 'TOOBIG')
  const scan = new Scanner(cut.is === 'command' ? cut.text : session.framer.text(), speaksUtf8(session))
  if (utf8) scan.expect(')')
  if (cut.is === 'command') {
    scan.end()
    return undefined
  }
  scan.space()
  const head = readHead(scan)
  scan.end()
  if (taken >= most) throw no(`At most ${most} mails at once`, 'LIMIT')
  return head
}

/** The next thing cut, however long the client takes, within its patience. */
async function heardCut(session: Session): Promise<Cut> {
  for (;;) {
    const cut = session.framer.next()
    if (cut) return cut
    const heard = await session.ear.next()
    if (Buffer.isBuffer(heard)) session.framer.push(heard)
    else if (heard === undefined) throw gone()
    else if (heard.is === 'silence') throw bye('Nothing heard for too long')
    else if (heard.is === 'stopping') throw bye('The server is going down, connect again')
  }
}
