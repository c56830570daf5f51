// Mails as they were received: one row each, whoever has it in how many mailboxes.
//
// The bytes lie in blobs and never change. A row says where, and keeps what we learnt: trace header lines
// (put in front when the mail is read), structure, thread, and the words that searches and sorts
// compare. Rows never change either, but for `stale`, `held`, `loose_at` and, when its blob
// was copied, `blob_ref` (reclaim.ts, which has the row forgotten), so they are cached.

import { hash } from 'node:crypto'
import type { Stored } from '../blobs/blobs.ts'
import { hasAttachment } from '../mime/attachments.ts'
import type { Address, MailHeaders, Tree } from '../mime/mime.ts'
import { packTree, unpackTree } from '../mime/pack.ts'
import { baseSubject } from '../mime/subject.ts'
import type { Database, Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import { storeLimits, type StoreLimits } from './limits.ts'
import { list, padded } from './sets.ts'
import { plain } from './tokens.ts'

export interface NewMail {
  blob: Stored
  tree: Tree
  trace: string // header lines put in front when read, CRLF ended; '' for APPEND
  receivedAt: number
  historyId: string
}

export interface MailRow {
  id: number // the JMAP Email id and the IMAP EMAILID (RFC 8474 §4.1)
  blobRef: string
  size: number // stored bytes, without trace
  hash: string // SHA-256 of the stored bytes, hex
  trace: string
  receivedAt: number
  historyId: string
  thread: number // RFC 8474 §4.2
  hasAttachment: boolean
  packedTree: string
  tree?: Tree // use treeOf()
  preview?: string // use previewsOf()
  isNew?: boolean // inserted by this transaction, not read
}

/** What it takes to read a whole mail. */
export type MailBytes = Pick<MailRow, 'id' | 'blobRef' | 'size' | 'trace'>

/** The structure of a mail, unpacked when first asked for. Offsets count from the first stored byte, after the trace. */
export function treeOf(row: MailRow): Tree {
  return (row.tree ??= unpackTree(row.packedTree))
}

/** Bytes of a mail as it is read: trace and stored bytes. */
export function sizeOf(mail: { trace: string; size: number }): number {
  return Buffer.byteLength(mail.trace) + mail.size
}

const insert = `
insert into mail (size, received_at, thread, message_key, sent_at, sent_day, has_attachment, header_cut, refs, subject,
  base_subject, from_text, to_text, cc_text, bcc_text, blob_ref, hash, history_id, trace, tree)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
returning id`

/**
 * One row for a mail that has just been stored. It is in no mailbox yet: place or hold it in the same transaction.
 * Throws Trouble unavailable when that comes so late that the bytes may be gone.
 */
export async function insertMail(sql: Writer, mail: NewMail): Promise<MailRow> {
  const { blob, tree, trace, receivedAt, historyId } = mail
  if (blob.useBefore !== undefined && performance.now() > blob.useBefore)
    throw new Trouble('unavailable', { why: 'the mail was stored too long ago' })
  const { headers } = tree
  const { thread, messageKey, refs } = await threadOf(sql, headers, blob.hash)
  const subject = plain(headers.subject.slice(0, storeLimits.headerTextBytes))
  const base = plain(baseSubject(headers.subject.slice(0, storeLimits.headerTextBytes)))
  const lists = [headers.from, headers.to, headers.cc, headers.bcc].map(addressText)
  const attachment = hasAttachment(tree)
  const packedTree = packTree(tree)
  const cut = headers.subject.length > storeLimits.headerTextBytes || lists.some((each) => each.cut)
  const row = await sql.one<{ id: number }>(insert, [
    blob.size,
    receivedAt,
    thread,
    messageKey,
    headers.date ?? null,
    headers.date === undefined ? null : dayAsWritten(headers.date, headers.dateText),
    attachment ? 1 : 0,
    cut ? 1 : 0,
    refs,
    subject,
    base === subject ? null : base,
    ...lists.map((each) => each.text),
    blob.ref,
    Buffer.from(blob.hash, 'hex'),
    historyId,
    trace,
    packedTree,
  ])
  return {
    id: row!.id,
    blobRef: blob.ref,
    size: blob.size,
    hash: blob.hash,
    trace,
    receivedAt,
    historyId,
    thread,
    hasAttachment: attachment,
    packedTree,
    tree,
    isNew: true,
  }
}

/** Addresses as searches compare them: folded, one a line, `name <local@host>`. */
function addressText(addresses: Address[]): { text: string; cut: boolean } {
  let text = ''
  for (const { name, mailbox, host, group } of addresses) {
    if (text.length > storeLimits.headerTextBytes) return { text, cut: true }
    if (group === 'end') continue
    const line =
      group === 'start' ? `${name || mailbox}:` : name ? `${name} <${mailbox}@${host}>` : `<${mailbox}@${host}>`
    text += (text === '' ? '' : '\n') + plain(line)
  }
  return { text, cut: false }
}

/** The day a Date: field names in its own zone, as days since 1970. RFC 9051 §6.4.4: time and zone are disregarded. */
function dayAsWritten(date: number, text: string): number {
  const zone = /([+-])(\d\d)(\d\d)\s*(?:\([^()]*\)\s*)?$/.exec(text.slice(-80))
  const minutes = zone ? (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === '-' ? -1 : 1) : 0
  return Math.floor((date + minutes * 60_000) / 86_400_000)
}

/**
 * Which thread a mail belongs to: that of the mail it answers, where we have it (clients are known that name nothing
 * but it), or the root its References name, or itself. So mails that name their root meet in whatever order they come.
 */
async function threadOf(
  sql: Reader,
  headers: MailHeaders,
  blobHash: string,
): Promise<{ thread: number; messageKey: number; refs: string }> {
  const messageKey = idKey(headers.messageId || blobHash)
  const answered = /<[^<>\s]+>/.exec(headers.inReplyTo)?.[0]
  const references = headers.references.length > 0 ? headers.references : answered ? [answered] : []
  const keys = references.slice(-maxReferences).map(idKey)
  if (headers.references.length > maxReferences) keys[0] = idKey(headers.references[0]!) // the root stays
  const refs = keys.map((key) => key.toString(36)).join(' ')
  if (references.length === 0) return { thread: messageKey, messageKey, refs }
  const parent = await sql.one<{ thread: number }>(
    'select thread from mail where message_key = $1 order by id limit 1',
    [keys.at(-1)!],
  )
  return { thread: parent?.thread ?? idKey(references[0]!), messageKey, refs }
}

const maxReferences = 100

/** 52 bits that stand for a message id in indexes and in THREAD. */
export function idKey(messageId: string): number {
  const bytes = hash('sha256', messageId, 'buffer')
  return bytes.readUIntBE(0, 6) * 16 + (bytes[6]! >> 4)
}

const columns = 'id, blob_ref, size, hash, trace, received_at, history_id, thread, has_attachment, tree'

function toMailRow(row: Value[]): MailRow {
  const [id, blobRef, size, bytes, trace, receivedAt, historyId, thread, attachment, packedTree] = row as [
    number,
    string,
    number,
    Uint8Array,
    string,
    number,
    string,
    number,
    number,
    string,
  ]
  return {
    id,
    blobRef,
    size,
    hash: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
    trace,
    receivedAt,
    historyId,
    thread,
    hasAttachment: attachment === 1,
    packedTree,
  }
}

/** The rows of `ids`, in no order; ids that are not there are left out. */
export async function readMails(db: Reader, ids: readonly number[]): Promise<MailRow[]> {
  const rows: MailRow[] = []
  for (let from = 0; from < ids.length; from += 64) {
    const part = ids.slice(from, from + 64)
    const text = `select ${columns} from mail where id in ${list(part.length, 1)}`
    for (const row of await db.arrays(text, padded(part))) rows.push(toMailRow(row))
  }
  return rows
}

/** Only what it takes to read whole mails: for thousands of bodies. In no order. */
export async function readMailBytes(db: Reader, ids: readonly number[]): Promise<MailBytes[]> {
  const mails: MailBytes[] = []
  for (let from = 0; from < ids.length; from += 64) {
    const part = ids.slice(from, from + 64)
    const text = `select id, blob_ref, size, trace from mail where id in ${list(part.length, 1)}`
    for (const row of await db.arrays(text, padded(part))) {
      const [id, blobRef, size, trace] = row as [number, string, number, string]
      mails.push({ id, blobRef, size, trace })
    }
  }
  return mails
}

/** Only the structures, packed, with their ids: for thousands of envelopes. In no order. */
export async function readTrees(db: Reader, ids: readonly number[]): Promise<[id: number, packedTree: string][]> {
  const rows: Value[][][] = []
  for (let from = 0; from < ids.length; from += 64) {
    const part = ids.slice(from, from + 64)
    rows.push(await db.arrays(`select id, tree from mail where id in ${list(part.length, 1)}`, padded(part)))
  }
  return (rows.length === 1 ? rows[0]! : rows.flat()) as [number, string][]
}

/** Points at a mail from outside the mailboxes (the queue, a held mail): it is not swept while held. */
export async function holdMail(sql: Writer, mailId: number, by: 1 | -1): Promise<void> {
  await sql.run('update mail set held = held + $2 where id = $1', [mailId, by])
}

export interface Mails {
  /** The rows of `ids` by id, from memory where they are known. */
  get(ids: readonly number[]): Promise<Map<number, MailRow>>
  one(id: number): Promise<MailRow | undefined>
  remember(row: MailRow): void
  forget(ids: readonly number[]): void
}

/** Mail rows kept in memory, the oldest go first. */
export function openMails(db: Database, limits: StoreLimits): Mails {
  const rows = new Map<number, MailRow>()
  let kept = 0
  let forgets = 0 // what was read before the last of them may be old
  // An unpacked tree weighs several times its text.
  const weigh = (row: MailRow): number => 500 + row.trace.length + row.packedTree.length * 4

  const remember = (row: MailRow): void => {
    if (rows.has(row.id)) return
    rows.set(row.id, row)
    kept += weigh(row)
    for (const [id, oldest] of rows) {
      if (kept <= limits.cachedMails) break
      rows.delete(id)
      kept -= weigh(oldest)
    }
  }
  return {
    async get(ids) {
      const found = new Map<number, MailRow>()
      const missing: number[] = []
      for (const id of ids) {
        const row = rows.get(id)
        if (row) found.set(id, row)
        else missing.push(id)
      }
      if (missing.length > 0) {
        const before = forgets
        for (const row of await readMails(db, missing)) {
          found.set(row.id, row)
          if (forgets === before) remember(row)
        }
      }
      return found
    },
    async one(id) {
      return rows.get(id) ?? (await this.get([id])).get(id)
    },
    remember,
    forget(ids) {
      forgets++
      for (const id of ids) {
        const row = rows.get(id)
        if (!row) continue
        rows.delete(id)
        kept -= weigh(row)
      }
    },
  }
}
