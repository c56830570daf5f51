// The rows of the queue: adding, claiming, settling.
//
// Invariants:
//   a queued mail holds its mail (store/mails holdMail) as long as it has an entry, and not longer
//   an entry is worked on by one node at a time: claiming is one statement, and what a node settles it must
//   still hold. A node that dies leaves its entries to others when the lease runs out: next_at of a claimed
//   entry is the end of its lease, so one question finds what is due and what was left behind
//   an outcome is written before the next attempt begins; a crash in between can only repeat an attempt

import { normalAddress, splitAddress } from '../mail/address.ts'
import type { Notify } from '../smtp/intake.ts'
import { openFilter } from '../sql/filter.ts'
import type { Reader, Value, Writer } from '../sql/sql.ts'
import { holdMail } from '../store/mails.ts'

/** A mail to add; the fields are those of delivery/house.ts OutgoingMail. */
export interface NewQueueMail {
  mailId: number
  historyId: string
  at: number
  sender: string
  envid?: string
  ret?: 'FULL' | 'HDRS'
  smtputf8: boolean
  body: '7BIT' | '8BITMIME' | 'BINARYMIME'
  prefix?: string
  sign?: boolean
  report?: boolean // whether failures may be told to the sender; true when absent
  submission?: boolean // somebody follows what becomes of each recipient (submissions.ts)
}

export interface NewQueueRecipient {
  address: string
  notify?: Notify
  originalRecipient?: string
}

export interface QueueMail extends Required<Omit<NewQueueMail, 'envid' | 'ret' | 'at'>> {
  id: number
  envid?: string
  ret?: 'FULL' | 'HDRS'
  arrivedAt: number
}

export type EntryState = 'ready' | 'sending' | 'held'

export interface QueueEntry {
  id: number
  queueMail: number
  address: string
  domain: string
  notify?: Notify
  originalRecipient?: string
  state: EntryState
  attempts: number
  nextAt: number
  expiresAt?: number // set at the first failure that is not for good
  delayTold: boolean
  urgent: boolean // an operator wants it tried now, whatever is known of the destination
  lastAt?: number
  lastStatus?: string
  lastWords?: string
  lastHost?: string
}

const insertMail = `
  insert into queue_mail (mail_id, history_id, sender, envid, ret, smtputf8, body, prefix, sign, report, arrived_at,
    submission)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id`

const insertEntry = `
  insert into queue_entry
    (queue_mail, address, domain, notify, original_recipient, state, node, attempts, next_at, delay_told, urgent)
  values ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, 0) returning id`

/** What was added. */
export interface Added {
  mail: QueueMail
  entries: QueueEntry[]
}

/**
 * Adds a mail for these recipients, due at mail.at. Inside the caller's transaction; wake the queue after it. With a
 * lease the entries are that node's from the beginning. undefined: there were no recipients.
 */
export async function addToQueue(
  sql: Writer,
  mail: NewQueueMail,
  recipients: NewQueueRecipient[],
  lease?: Lease,
): Promise<Added | undefined> {
  if (recipients.length === 0) return undefined
  const row = await sql.one<{ id: number }>(insertMail, [
    mail.mailId,
    mail.historyId,
    mail.sender,
    mail.envid ?? null,
    mail.ret ?? null,
    mail.smtputf8 ? 1 : 0,
    mail.body,
    mail.prefix ?? '',
    mail.sign ? 1 : 0,
    mail.report === false ? 0 : 1,
    mail.at,
    mail.submission ? 1 : 0,
  ])
  const queueMail = row!.id
  const state = lease ? 'sending' : 'ready'
  const nextAt = lease ? lease.until : mail.at
  const entries: QueueEntry[] = []
  for (const { address, notify, originalRecipient } of recipients) {
    const domain = domainOf(address)
    const told = writeNotify(notify)
    const values = [queueMail, address, domain, told, originalRecipient ?? null, state, lease?.node ?? null, nextAt]
    const { id } = (await sql.one<{ id: number }>(insertEntry, values))!
    const fixed = { attempts: 0, delayTold: false, urgent: false }
    entries.push({ id, queueMail, address, domain, notify, originalRecipient, state, nextAt, ...fixed })
  }
  await holdMail(sql, mail.mailId, 1)
  const { at: arrivedAt, prefix = '', sign = false, report = true, submission = false, ...same } = mail
  return { mail: { ...same, id: queueMail, arrivedAt, prefix, sign, report, submission }, entries }
}

/** The domain that an address of the queue goes to; '' when it is no address. */
export function domainOf(address: string): string {
  return splitAddress(address)?.domain ?? ''
}

/** '' not said, 'n' never, else letters of what is wished. */
function writeNotify(notify: Notify | undefined): string {
  if (notify === undefined) return ''
  if (notify === 'never') return 'n'
  return (notify.success ? 's' : '') + (notify.failure ? 'f' : '') + (notify.delay ? 'd' : '')
}

function readNotify(text: string): Notify | undefined {
  if (text === '') return undefined
  if (text === 'n') return 'never'
  return { success: text.includes('s'), failure: text.includes('f'), delay: text.includes('d') }
}

interface EntryRow {
  id: number
  queue_mail: number
  address: string
  domain: string
  notify: string
  original_recipient: string | null
  state: EntryState
  attempts: number
  next_at: number
  expires_at: number | null
  delay_told: number
  urgent: number
  last_at: number | null
  last_status: string | null
  last_words: string | null
  last_host: string | null
}

const entryColumns = `id, queue_mail, address, domain, notify, original_recipient, state, attempts, next_at,
  expires_at, delay_told, urgent, last_at, last_status, last_words, last_host`

function toEntry(row: EntryRow): QueueEntry {
  return {
    id: row.id,
    queueMail: row.queue_mail,
    address: row.address,
    domain: row.domain,
    notify: readNotify(row.notify),
    originalRecipient: row.original_recipient ?? undefined,
    state: row.state,
    attempts: row.attempts,
    nextAt: row.next_at,
    expiresAt: row.expires_at ?? undefined,
    delayTold: row.delay_told === 1,
    urgent: row.urgent === 1,
    lastAt: row.last_at ?? undefined,
    lastStatus: row.last_status ?? undefined,
    lastWords: row.last_words ?? undefined,
    lastHost: row.last_host ?? undefined,
  }
}

/** Until when a node may work on an entry. */
export interface Lease {
  node: string
  until: number // milliseconds
}

export interface Claim extends Lease {
  now: number
  most: number
  except: string[] // domains of which enough are in hand
}

/** Takes what is due, the longest due first. */
export async function claimDue(sql: Writer, { node, now, until, most, except }: Claim): Promise<QueueEntry[]> {
  const values: Value[] = [node, until, now, most, ...except]
  const places = except.map((_, index) => `$${index + 5}`).join(', ')
  const rows = await sql.all<EntryRow>(
    `update queue_entry set state = 'sending', node = $1, next_at = $2
      where id in (select id from queue_entry
                    where state <> 'held' and next_at <= $3 ${except.length > 0 ? `and domain not in (${places})` : ''}
                    order by next_at limit $4)
        and state <> 'held' and next_at <= $3
     returning ${entryColumns}`,
    values,
  )
  return rows.map(toEntry).sort((a, b) => a.id - b.id)
}

/** Keeps what this node has in hand from others. What it claimed without getting to know of it is not renewed. */
export async function renewLeases(sql: Writer, { node, until }: Lease, ids: Iterable<number>): Promise<void> {
  for (const id of ids) await sql.run(renewLease, [id, node, until])
}
const renewLease = `update queue_entry set next_at = $3 where id = $1 and node = $2 and state = 'sending'`

/** Gives back untried what this node has in hand: at stop. */
export function releaseAll(sql: Writer, node: string, now: number): Promise<number> {
  return sql.run(
    `update queue_entry set state = 'ready', node = null, next_at = $2 where node = $1 and state = 'sending'`,
    [node, now],
  )
}

/** Gives entries back untried, due at `at`. */
export async function releaseEntries(sql: Writer, node: string, ids: number[], at: number): Promise<void> {
  for (const id of ids) await sql.run(releaseEntry, [id, node, at])
}
const releaseEntry = `
  update queue_entry set state = 'ready', node = null, next_at = $3 where id = $1 and node = $2 and state = 'sending'`

/** When the next entry is due; undefined for an empty queue. */
export async function nextDue(db: Reader): Promise<number | undefined> {
  const row = await db.one<{ next_at: number }>(
    `select next_at from queue_entry where state <> 'held' order by next_at limit 1`,
  )
  return row?.next_at
}

interface MailRow {
  id: number
  mail_id: number
  history_id: string
  sender: string
  envid: string | null
  ret: 'FULL' | 'HDRS' | null
  smtputf8: number
  body: QueueMail['body']
  prefix: string
  sign: number
  report: number
  arrived_at: number
  submission: number
}

/** Queued mails by id. */
export async function readQueueMails(db: Reader, ids: number[]): Promise<Map<number, QueueMail>> {
  const mails = new Map<number, QueueMail>()
  for (let from = 0; from < ids.length; from += 100) {
    const part = ids.slice(from, from + 100)
    const rows = await db.all<MailRow>(
      `select * from queue_mail where id in (${part.map((_, index) => `$${index + 1}`).join(', ')})`,
      part,
    )
    for (const row of rows) mails.set(row.id, toQueueMail(row))
  }
  return mails
}

function toQueueMail(row: MailRow): QueueMail {
  return {
    id: row.id,
    mailId: row.mail_id,
    historyId: row.history_id,
    sender: row.sender,
    envid: row.envid ?? undefined,
    ret: row.ret ?? undefined,
    smtputf8: row.smtputf8 === 1,
    body: row.body,
    prefix: row.prefix,
    sign: row.sign === 1,
    report: row.report === 1,
    arrivedAt: row.arrived_at,
    submission: row.submission === 1,
  }
}

/** Removes an entry that is settled; false when this node does not hold it any more. */
export async function removeEntry(sql: Writer, node: string | undefined, id: number): Promise<boolean> {
  const gone =
    node === undefined
      ? await sql.run('delete from queue_entry where id = $1', [id])
      : await sql.run(`delete from queue_entry where id = $1 and node = $2 and state = 'sending'`, [id, node])
  return gone > 0
}

/** Forgets queued mails that have no entry left, and lets go of their mails. */
export async function removeFinished(sql: Writer, queueMails: Iterable<number>): Promise<void> {
  for (const id of queueMails) {
    const gone = await sql.one<{ mail_id: number }>(
      `delete from queue_mail where id = $1 and not exists (select 1 from queue_entry where queue_mail = $1)
       returning mail_id`,
      [id],
    )
    if (gone) await holdMail(sql, gone.mail_id, -1)
  }
}

export interface Postponed {
  nextAt: number
  expiresAt: number
  delayTold: boolean
  at: number
  status: string
  words: string
  host?: string
}

const postpone = `
  update queue_entry set state = 'ready', node = null, attempts = attempts + 1, urgent = 0, next_at = $3, expires_at = $4,
         delay_told = $5, last_at = $6, last_status = $7, last_words = $8, last_host = $9
   where id = $1 and node = $2 and state = 'sending'`

/** After a failure that is not for good. False when this node does not hold the entry any more. */
export async function postponeEntry(sql: Writer, node: string, id: number, to: Postponed): Promise<boolean> {
  const { nextAt, expiresAt, delayTold, at, status, words, host } = to
  const values = [id, node, nextAt, expiresAt, delayTold ? 1 : 0, at, status, words.slice(0, 1_000), host ?? null]
  return (await sql.run(postpone, values)) > 0
}

export interface EntryQuery {
  id?: number
  mail?: string // history id
  domain?: string
  address?: string
  state?: EntryState
  after?: number // id of the last entry of the page before
  limit?: number
}

export interface ListedEntry extends QueueEntry {
  mail: string
  sender: string
  arrivedAt: number
  mailId: number
}

/** A page of the queue, in the order of ids. */
export async function findEntries(db: Reader, query: EntryQuery): Promise<ListedEntry[]> {
  const { values, is, where } = openFilter()
  is('e.id = ?', query.id)
  is('m.history_id = ?', query.mail)
  is('e.domain = ?', query.domain)
  is('lower(e.address) = ?', query.address?.toLowerCase())
  is('e.state = ?', query.state)
  is('e.id > ?', query.after)
  values.push(Math.min(query.limit ?? 1_000, 1_000))
  const columns = entryColumns.split(/,\s*/).map((name) => `e.${name}`)
  const rows = await db.all<EntryRow & { mail: string; sender: string; arrived_at: number; mail_id: number }>(
    `select ${columns.join(', ')}, m.history_id as mail, m.sender, m.arrived_at, m.mail_id
       from queue_entry e join queue_mail m on m.id = e.queue_mail
      ${where()}
      order by e.id limit $${values.length}`,
    values,
  )
  return rows.map((row) => ({
    ...toEntry(row),
    mail: row.mail,
    sender: row.sender,
    arrivedAt: row.arrived_at,
    mailId: row.mail_id,
  }))
}

/** What `address` is called in the history. */
export const historyAddress = normalAddress
