// FETCH set items [(CHANGEDSINCE n [VANISHED] [PARTIAL a:b])], UID FETCH
//                      RFC 9051 §6.4.5, RFC 7162 §3.1.4, §3.2.6, RFC 3516, RFC 8474, RFC 8514, RFC 8970, RFC 9394
//
// Invariants:
//   each message is answered once, in order, with all that was asked for
//   \Seen is set, durably, before a body that sets it is said
//   a body is never in memory whole unless it is small

import type { Said } from '../../wire/conversation.ts'
import { flagBits, storeFlags } from '../../store/flags.ts'
import { unpackStructure, unpackTop } from '../../mime/pack.ts'
import { readMailBytes, readMails, readTrees, treeOf, type MailBytes, type MailRow } from '../../store/mails.ts'
import { changedSince, flagsOf, messagesOf, vanishedSince, type MessageRow } from '../../store/messages.ts'
import { previewsOf } from '../../store/previews.ts'
import {
  cutPositions,
  pagesOf,
  readAim,
  readPartial,
  takeAim,
  type Aim,
  type Aimed,
  type Page,
  type Partial,
} from '../aims.ts'
import { noteAct } from '../acts.ts'
import { bad, done } from '../answers.ts'
import { inBatches, inOrder, prepareSection, sayPieces, type Piece } from '../body.ts'
import { whenSelected, type Command, type Finished, type Run } from '../command.ts'
import { imapLimits } from '../limits.ts'
import { printFlags } from '../flags.ts'
import { flagsIn, pictureOf, startCondstore, tellKeywords } from '../news.ts'
import { Printed, type PrintedKind } from '../printed.ts'
import { dateTime, quote } from '../say.ts'
import { objectId } from '../../store/objectids.ts'
import type { Scanner } from '../scanner.ts'
import { readSection, type Section } from '../sections.ts'
import { holds, normal, positionsOf, printSet, rangesOf } from '../sequences.ts'
import { selectedOf, speaksUtf8, type Session } from '../session.ts'
import { printEnvelope, printStructure } from '../structure.ts'

type Simple = 'flags' | 'uid' | 'internaldate' | 'size' | 'envelope' | 'body' | 'bodystructure' | 'modseq'
type Simpler = 'emailid' | 'threadid' | 'savedate' | 'preview'
type Item = { is: Simple | Simpler } | Section

export interface FetchOrder {
  aim: Aim
  items: Item[]
  changedSince: number | undefined
  vanished: boolean
  partial: Partial | undefined
}

export const fetch: Command<FetchOrder> = {
  verb: 'FETCH',
  allowedIn: whenSelected,
  tells: 'no-expunge',
  read: (scan) => readFetch(scan, false),
  run: runFetch,
}

export const uidFetch: Command<FetchOrder> = {
  verb: 'UID FETCH',
  allowedIn: whenSelected,
  read: (scan) => readFetch(scan, true),
  run: runFetch,
}

// fetch = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")") [modifiers]
function readFetch(scan: Scanner, byUid: boolean): FetchOrder {
  scan.space()
  const aim = readAim(scan, byUid)
  scan.space()
  let items: Item[]
  if (scan.peek() === '(') items = scan.list(() => readItem(scan))
  else items = readMacro(scan) ?? [readItem(scan)]
  if (items.filter((item) => item.is === 'section').length > imapLimits.sections)
    throw bad('Too many sections', 'LIMIT')
  // UID FETCH always answers the uid (RFC 9051 §6.4.9).
  if (byUid && !items.some((item) => item.is === 'uid')) items.unshift({ is: 'uid' })
  const order: FetchOrder = { aim, items, changedSince: undefined, vanished: false, partial: undefined }
  if (scan.accept(' ')) scan.list(() => readModifier(scan, order))
  if (order.vanished && (!byUid || order.changedSince === undefined))
    throw bad('VANISHED needs UID FETCH and CHANGEDSINCE')
  if (order.changedSince !== undefined && !items.some((item) => item.is === 'modseq')) items.push({ is: 'modseq' })
  return order
}

const macros: [name: string, items: Simple[]][] = [
  ['ALL', ['flags', 'internaldate', 'size', 'envelope']],
  ['FULL', ['flags', 'internaldate', 'size', 'envelope', 'body']],
  ['FAST', ['flags', 'internaldate', 'size']],
]

function readMacro(scan: Scanner): Item[] | undefined {
  for (const [name, items] of macros) {
    if (scan.accept(name)) return items.map((is) => ({ is }))
  }
  return undefined
}

const names: Record<string, Simple | Simpler> = {
  FLAGS: 'flags',
  UID: 'uid',
  INTERNALDATE: 'internaldate',
  'RFC822.SIZE': 'size',
  ENVELOPE: 'envelope',
  BODYSTRUCTURE: 'bodystructure',
  BODY: 'body',
  MODSEQ: 'modseq',
  EMAILID: 'emailid',
  THREADID: 'threadid',
  SAVEDATE: 'savedate',
}

const wholeMail = { is: 'section', path: [], fields: [], partial: undefined, binary: 'no' } as const

// fetch-att
function readItem(scan: Scanner): Item {
  const name = scan.match(/[A-Za-z0-9.]+/y)?.toUpperCase() ?? scan.fail('something to fetch')
  if (scan.peek() === '[') {
    if (name === 'BODY') return readSection(scan, false, 'no')
    if (name === 'BODY.PEEK') return readSection(scan, true, 'no')
    if (name === 'BINARY') return readSection(scan, false, 'decoded')
    if (name === 'BINARY.PEEK') return readSection(scan, true, 'decoded')
    if (name === 'BINARY.SIZE') return readSection(scan, true, 'size')
  }
  if (Object.hasOwn(names, name)) return { is: names[name]! }
  // RFC 3501 §6.4.5: the old names of three sections.
  if (name === 'RFC822') return { ...wholeMail, fields: [], path: [], label: name, what: 'all', peek: false }
  if (name === 'RFC822.HEADER') return { ...wholeMail, fields: [], path: [], label: name, what: 'header', peek: true }
  if (name === 'RFC822.TEXT') return { ...wholeMail, fields: [], path: [], label: name, what: 'text', peek: false }
  if (name !== 'PREVIEW') throw bad(`There is nothing called ${name} to fetch`)
  // PREVIEW [SP "(" LAZY ")"]: ours are at hand or quick to make, so LAZY changes nothing (RFC 8970 §3.1).
  scan.accept(' (LAZY)')
  return { is: 'preview' }
}

function readModifier(scan: Scanner, order: FetchOrder): void {
  const word = scan.word(['CHANGEDSINCE', 'VANISHED', 'PARTIAL'], 'CHANGEDSINCE, VANISHED or PARTIAL')
  if (word === 'VANISHED') {
    order.vanished = true
    return
  }
  scan.space()
  if (word === 'CHANGEDSINCE') order.changedSince = scan.number('a modseq')
  else order.partial = readPartial(scan)
}

const pageOfRows = 2000
const pageOfMails = 200
const readsAhead = 12
const pageOfWholes = 1000
const besideBytes = 1000 // of an answer, beside the mail; more begins another page
const worthBatches = 8 // mails; a batch begins a thread
const pageWorthKeeping = 32

async function* runFetch(session: Session, order: FetchOrder): Run {
  const { items } = order
  if (order.vanished && !session.enabled.qresync) throw bad('VANISHED needs ENABLE QRESYNC')
  if (items.some((item) => item.is === 'modseq')) yield startCondstore(session)
  let aimed = await takeAim(session, order.aim)
  if (order.vanished) yield await tellVanished(session, order)
  if (order.changedSince !== undefined) aimed = await onlyChanged(session, aimed, order.changedSince)
  if (order.partial) aimed = { ...aimed, positions: cutPositions(aimed.positions, order.partial) }

  const sections = items.filter((item) => item.is === 'section')
  const needsMail = sections.length > 0 || items.some((item) => mailItems.has(item.is))
  if (items.every((item) => flagItems.has(item.is))) return yield* sayFlags(session, order, aimed)
  let missed = 0
  const inPage = isWhole(items) ? pageOfWholes : needsMail ? pageOfMails : pageOfRows
  for (const page of pagesOf(aimed, inPage)) {
    const rows = await readRows(session, page)
    missed += page.uids.length - rows.length
    if (sections.length > 0) yield* saySections(session, order, rows)
    else yield await sayRows(session, order, rows)
  }
  return finished(missed)
}

const flagItems = new Set<string>(['uid', 'flags', 'modseq'])
const mailItems = new Set<string>(['envelope', 'body', 'bodystructure', 'threadid', 'preview'])

/** The commonest FETCH of all, of thousands: only the columns it needs, one string a page. */
async function* sayFlags(session: Session, { items }: FetchOrder, aimed: Aimed): Run {
  const { store } = session
  const selected = selectedOf(session)
  const order = items.map((item) => item.is)
  let missed = 0
  for (const { seqs, uids } of pagesOf(aimed, pageOfRows)) {
    const rows = await flagsOf(store.db, selected.mailboxId, uids)
    missed += uids.length - rows.length
    let text = ''
    let at = 0
    for (const [uid, flags, keywords, modseq] of rows) {
      while (uids[at]! < uid) at++
      if (keywords !== '') text += tellKeywords(selected, keywords)
      text += '* ' + seqs[at]!
      for (let i = 0; i < order.length; i++) {
        text += i === 0 ? ' FETCH (' : ' '
        if (order[i] === 'uid') text += 'UID ' + uid
        else if (order[i] === 'flags') text += 'FLAGS (' + printFlags(flagsIn(selected, uid, flags), keywords) + ')'
        else text += 'MODSEQ (' + modseq + ')'
      }
      text += ')\r\n'
    }
    yield text
  }
  return finished(missed)
}

function finished(missed: number): Finished {
  return missed > 0 ? done('Fetched, some were expunged', 'EXPUNGEISSUED') : done('Fetched')
}

interface Numbered {
  seq: number
  row: MessageRow
}

/** The rows of a page that are still there, beside their numbers. */
async function readRows(session: Session, { seqs, uids }: Page): Promise<Numbered[]> {
  const rows = await messagesOf(session.store.db, selectedOf(session).mailboxId, uids)
  const numbered: Numbered[] = []
  let at = 0
  for (const row of rows) {
    while (uids[at]! < row.uid) at++
    numbered.push({ seq: seqs[at]!, row })
  }
  return numbered
}

async function onlyChanged(session: Session, { picture, positions }: Aimed, since: number): Promise<Aimed> {
  const rows = await changedSince(session.store.db, selectedOf(session).mailboxId, since)
  const uids = rows.map((row) => row.uid).toSorted((a, b) => a - b)
  const changed: number[] = []
  for (const [first, end] of positionsOf(picture, rangesOf(uids))) {
    for (let seq = first; seq <= end; seq++) if (holds(positions, seq)) changed.push(seq)
  }
  return { picture, positions: rangesOf(changed) }
}

// RFC 7162 §3.2.6: what was expunged since, of the uids asked about. What the client still counts is told
// by an ordinary VANISHED at the end of the command.
async function tellVanished(session: Session, order: FetchOrder): Promise<string> {
  const { mailboxId, uidNext } = selectedOf(session)
  const picture = await pictureOf(session)
  const asked = order.aim.sequence === '$' ? session.saved : normal(order.aim.sequence, uidNext - 1)
  const vanished = await vanishedSince(session.store.db, mailboxId, order.changedSince!)
  const gone = vanished.filter((uid) => holds(asked, uid) && !picture.has(uid))
  return gone.length === 0 ? '' : `* VANISHED (EARLIER) ${printSet(gone)}\r\n`
}

type Print = (row: MessageRow) => string

/** Answers without bodies, as one string. */
async function sayRows(session: Session, { items }: FetchOrder, rows: Numbered[]): Promise<string> {
  const prints = await printersOf(session, items, rows)
  const selected = selectedOf(session)
  const hasFlags = items.some((item) => item.is === 'flags')
  let text = ''
  for (const { seq, row } of rows) {
    if (hasFlags && row.keywords !== '') text += tellKeywords(selected, row.keywords)
    text += '* ' + seq + ' FETCH ('
    for (let i = 0; i < prints.length; i++) text += i === 0 ? prints[i]!(row) : ' ' + prints[i]!(row)
    text += ')\r\n'
  }
  return text
}

/** One function an item, with whatever the rows of this page need at hand. Sections are left out. */
async function printersOf(session: Session, items: Item[], rows: Numbered[]): Promise<Print[]> {
  const prints: Print[] = []
  const selected = selectedOf(session)
  for (const item of items) {
    switch (item.is) {
      case 'uid':
        prints.push((row) => 'UID ' + row.uid)
        break
      case 'flags':
        prints.push((row) => 'FLAGS (' + printFlags(flagsIn(selected, row.uid, row.flags), row.keywords) + ')')
        break
      case 'internaldate':
        prints.push((row) => 'INTERNALDATE ' + dateTime(row.receivedAt))
        break
      case 'size':
        prints.push((row) => 'RFC822.SIZE ' + row.size)
        break
      case 'modseq':
        prints.push((row) => 'MODSEQ (' + row.modseq + ')')
        break
      case 'emailid':
        prints.push((row) => `EMAILID (${objectId('M', row.mailId)})`)
        break
      case 'savedate':
        prints.push((row) => 'SAVEDATE ' + dateTime(row.savedAt))
        break
      case 'threadid': {
        const mails = await mailsOf(session, rows)
        prints.push((row) => `THREADID (${objectId('T', mails.get(row.mailId)!.thread)})`)
        break
      }
      case 'preview': {
        const utf8 = speaksUtf8(session) // else what is beyond ASCII is a literal
        const previews = await previewsOf(
          session.store,
          rows.map(({ row }) => row.mailId),
        )
        prints.push((row) => `PREVIEW ${quote(previews.get(row.mailId) ?? '', utf8)}`)
        break
      }
      case 'envelope':
      case 'body':
      case 'bodystructure':
        prints.push(await treePrinter(session, item.is, rows))
    }
  }
  return prints
}

/** A few mails through the store's memory, for they will be asked for again; a large page past it. */
async function mailsOf(session: Session, rows: Numbered[]): Promise<Map<number, MailRow>> {
  const ids = rows.map(({ row }) => row.mailId)
  if (ids.length <= pageWorthKeeping) return session.store.mails.get(ids)
  return new Map((await readMails(session.store.db, ids)).map((mail) => [mail.id, mail]))
}

/**
 * Envelopes and structures, printed once for all sessions. Mails not printed yet are read past the store's memory
 * of mails: their rows are not needed again, and keeping thousands would push out those that are.
 */
async function treePrinter(session: Session, what: PrintedKind, rows: Numbered[]): Promise<Print> {
  const utf8 = speaksUtf8(session)
  const { printed } = session
  const texts = new Map<number, string>()
  const missing: number[] = []
  for (const { row } of rows) {
    const known = printed.get(Printed.key(what, utf8, row.mailId))
    if (known === undefined) missing.push(row.mailId)
    else texts.set(row.mailId, known)
  }
  if (missing.length > 0) {
    for (const [id, packedTree] of await readTrees(session.store.db, missing)) {
      const text = printTree(packedTree, what, utf8)
      printed.set(Printed.key(what, utf8, id), text)
      texts.set(id, text)
    }
  }
  return (row) => texts.get(row.mailId)!
}

function printTree(packedTree: string, what: PrintedKind, utf8: boolean): string {
  if (what === 'envelope') return 'ENVELOPE ' + printEnvelope(unpackTop(packedTree), utf8)
  const part = unpackStructure(packedTree)
  if (what === 'body') return 'BODY ' + printStructure(part, false, utf8)
  return 'BODYSTRUCTURE ' + printStructure(part, true, utf8)
}

/** Answers with bodies: read ahead, written in order. */
async function* saySections(session: Session, order: FetchOrder, rows: Numbered[]): AsyncGenerator<Said, void, void> {
  const { store, limits } = session
  const seen = await markSeen(session, order, rows)
  // What \Seen changed is told with the message (RFC 9051 §6.4.5).
  const items: Item[] =
    seen.size > 0 && !order.items.some((item) => item.is === 'flags') ? [...order.items, { is: 'flags' }] : order.items
  const simple = items.filter((item) => item.is !== 'section')
  const sections = items.filter((item) => item.is === 'section')
  const prints = await printersOf(session, simple, rows)
  const selected = selectedOf(session)
  const wholes = isWhole(order.items) && rows.length >= worthBatches
  const mails = wholes ? await mailBytesOf(session, rows) : await mailsOf(session, rows)

  const prepare = async ({ seq, row: before }: Numbered, bytes: Buffer | undefined) => {
    const row = seen.get(before.uid) ?? before
    const mail = mails.get(row.mailId)!
    const tree = () => treeOf(mail as MailRow) // a whole mail needs none
    const reading = { store, limits, mail, tree, bytes, budget: limits.wholeRead }
    const simpleText = prints.map((print) => print(row)).join(' ')
    const pieces: Piece[] = [`${tellKeywords(selected, row.keywords)}* ${seq} FETCH (${simpleText}`]
    let between = simpleText === '' ? '' : ' '
    for (const section of sections) {
      if (between !== '') pieces.push(between)
      pieces.push(...(await prepareSection(reading, section)))
      between = ' '
    }
    pieces.push(')\r\n')
    return { mail, pieces }
  }
  const most = rows.reduce((sum, { row }) => sum + row.size + besideBytes, 0)
  const page = Math.min(limits.page, most * sections.length)
  if (wholes) {
    const batches = store.blobs.batches(
      rows.map(({ row }) => mails.get(row.mailId)!).map(({ blobRef: ref, size }) => ({ ref, size })),
    )
    yield* sayPieces(store, page, inBatches(rows, readsAhead, batches, prepare))
    return
  }
  // Decoding may need the memory of a large part: then one message at a time.
  const depth = sections.some(({ binary }) => binary !== 'no') ? 1 : readsAhead
  yield* sayPieces(
    store,
    page,
    inOrder(rows, depth, (row) => prepare(row, undefined)),
  )
}

/** Whether whole mails are asked for, and no parts of them. */
function isWhole(items: Item[]): boolean {
  const sections = items.filter((item) => item.is === 'section')
  return sections.length > 0 && sections.every(isWholeMail)
}

function isWholeMail({ path, what, binary, partial }: Section): boolean {
  return path.length === 0 && what === 'all' && binary === 'no' && !partial
}

async function mailBytesOf(session: Session, rows: Numbered[]): Promise<Map<number, MailBytes>> {
  const ids = rows.map(({ row }) => row.mailId)
  return new Map((await readMailBytes(session.store.db, ids)).map((mail) => [mail.id, mail]))
}

/** Sets \Seen on those that lack it, in one transaction. Their new rows by uid. */
async function markSeen(session: Session, { items }: FetchOrder, rows: Numbered[]): Promise<Map<number, MessageRow>> {
  const selected = selectedOf(session)
  const sets = items.some((item) => item.is === 'section' && !item.peek)
  const unseen = rows.filter(({ row }) => (row.flags & flagBits.seen) === 0).map(({ row }) => row.uid)
  if (!sets || unseen.length === 0 || selected.readOnly || !selected.rights.includes('s')) return new Map()
  const change = { mode: 'add' as const, flags: flagBits.seen, keywords: [] }
  const { changed } = await storeFlags(session.store, selected.mailboxId, unseen, change)
  for (const row of changed) selected.own.add(row.modseq)
  await noteAct(session, selected, 'read', () => ({ uids: changed.map(({ uid }) => uid) }))
  return new Map(changed.map((row) => [row.uid, row]))
}
