// GETMETADATA [(MAXSIZE n DEPTH d)] mailbox entries, SETMETADATA mailbox (entry value ...)      RFC 5464
//
// "" is the account: its annotations are those its owner set. Private annotations of somebody else's mailbox are
// the owner's alone.

import { readMetadata, writeMetadata, type Annotation } from '../../store/metadata.ts'
import { Trouble } from '../../wire/troubles.ts'
import { bad, done, no } from '../answers.ts'
import { afterLogin, type Command } from '../command.ts'
import { imapLimits } from '../limits.ts'
import { placeOf, printName } from '../places.ts'
import { astring } from '../say.ts'
import type { Scanner } from '../scanner.ts'
import { personOf, type Session } from '../session.ts'
import { readMailboxOrNone } from '../words.ts'

interface GetOrder {
  path: string[] | undefined
  entries: string[]
  depth: 0 | 1 | 'infinity'
  maxSize: number | undefined
}

export const getMetadata: Command<GetOrder> = {
  verb: 'GETMETADATA',
  allowedIn: afterLogin,

  read(scan) {
    const order: GetOrder = { path: undefined, entries: [], depth: 0, maxSize: undefined }
    scan.space()
    if (scan.peek() === '(') {
      scan.list(() => readOption(scan, order))
      scan.space()
    }
    order.path = readMailboxOrNone(scan)
    scan.space()
    const entry = () => readEntry(scan)
    order.entries = scan.peek() === '(' ? scan.list(entry) : [entry()]
    return order
  },

  async *run(session, { path, entries, depth, maxSize }) {
    const where = await whereOf(session, path, false)
    const found: Annotation[] = []
    let longest = 0
    for (const annotation of await readMetadata(session.store.db, where.accountId, where.mailboxId)) {
      const { entry, value } = annotation
      if (!where.own && entry.startsWith('/private/')) continue
      if (!entries.some((asked) => isWithin(entry, asked, depth))) continue
      if (maxSize !== undefined && value.length > maxSize) longest = Math.max(longest, value.length)
      else found.push(annotation)
    }
    if (found.length > 0) {
      yield `* METADATA ${where.printed} (`
      for (const [i, { entry, value }] of found.entries()) {
        yield `${i > 0 ? ' ' : ''}${astring(entry)} ${value.includes(0) ? '~' : ''}{${value.length}}\r\n`
        yield value
      }
      yield ')\r\n'
    }
    return longest > 0 ? done('Some are longer', `METADATA LONGENTRIES ${longest}`) : done('Those are the annotations')
  },
}

function readOption(scan: Scanner, order: GetOrder): void {
  const word = scan.word(['MAXSIZE', 'DEPTH'], 'MAXSIZE or DEPTH')
  scan.space()
  if (word === 'MAXSIZE') order.maxSize = scan.number()
  else if (scan.accept('infinity')) order.depth = 'infinity'
  else order.depth = scan.word(['0', '1'], '0, 1 or infinity') === '1' ? 1 : 0
}

function readEntry(scan: Scanner): string {
  const entry = scan.astring('an entry name').toLowerCase()
  if (!/^\/(private|shared)(\/|$)/.test(entry)) throw bad('An entry begins with /private or /shared')
  return entry
}

function isWithin(entry: string, asked: string, depth: GetOrder['depth']): boolean {
  if (entry === asked) return true
  if (depth === 0 || !entry.startsWith(`${asked}/`)) return false
  return depth === 'infinity' || !entry.slice(asked.length + 1).includes('/')
}

interface SetOrder {
  path: string[] | undefined
  changes: { entry: string; value: Buffer | null }[]
}

export const setMetadata: Command<SetOrder> = {
  verb: 'SETMETADATA',
  allowedIn: afterLogin,

  read(scan) {
    scan.space()
    const path = readMailboxOrNone(scan)
    scan.space()
    const changes = scan.list(() => {
      const entry = readEntry(scan)
      scan.space()
      const octets = scan.peek() === '~' ? scan.literal() : scan.nstring()
      return { entry, value: octets === null ? null : Buffer.from(octets, 'latin1') }
    })
    return { path, changes }
  },

  async run(session, { path, changes }) {
    const longest = imapLimits.metadataValue
    if (changes.some(({ value }) => value && value.length > longest))
      throw no('The value is too long', `METADATA MAXSIZE ${longest}`)
    const where = await whereOf(session, path, true)
    if (!where.own && changes.some(({ entry }) => entry.startsWith('/private'))) throw new Trouble('not-permitted')
    await writeMetadata(session.store, where.accountId, where.mailboxId, changes).catch((thrown: unknown) => {
      if (thrown instanceof Trouble && thrown.code === 'too-many-keywords')
        throw no('Too many annotations', 'METADATA TOOMANY')
      throw thrown
    })
    return done('Noted')
  },
}

interface Where {
  accountId: number
  mailboxId: number
  own: boolean
  printed: string
}

async function whereOf(session: Session, path: string[] | undefined, toWrite: boolean): Promise<Where> {
  if (!path) return { accountId: personOf(session).id, mailboxId: 0, own: true, printed: '""' }
  // RFC 5464 §4: reading wants r, writing a right to change the mailbox.
  const { mailbox, own, name } = await placeOf(session, path, toWrite ? 'w' : 'r')
  return { accountId: mailbox.accountId, mailboxId: mailbox.id, own, printed: printName(session, name) }
}
