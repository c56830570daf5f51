// What people of ours sent and follow: when it leaves, whether they may still take it back, and what became of each
// recipient.                                                                       RFC 8621 §7
//
// Invariants:
//   a submission is written by the transaction that accepts its mail, and an outcome by the one that settles it
//   a submission is taken back only while none of its mail has been claimed, whole, by one transaction; after that
//   nothing of it ever leaves
//   submissions of an account have one modseq counter; every change of one has a modseq larger than any before

import { normalAddress } from '../mail/address.ts'
import { openFilter } from '../sql/filter.ts'
import type { Database, Reader, Value, Writer } from '../sql/sql.ts'
import { list, listLength, padded } from '../store/sets.ts'
import { writeEvents } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { removeFinished } from './entries.ts'

export type SubmissionState = 'pending' | 'final' | 'canceled'
export type Delivered = 'queued' | 'yes' | 'no' | 'unknown'

export interface Followed {
  address: string
  delivered: Delivered
  reply: string // of SMTP, ours or the other host's
}

export interface NewSubmission {
  accountId: number
  identityId: number
  mailId: number // of the email it was made of
  thread: number
  historyId: string // of the mail that leaves
  envelope: string // as the client is told it, JSON
  sendAt: number // milliseconds
  state: SubmissionState
  recipients: Followed[]
}

export interface Submission extends NewSubmission {
  id: number
  createdModseq: number
  modseq: number
}

/** A change of submissions that was committed: tell who listens. */
export interface SubmissionNews {
  accountId: number
  modseq: number
}

const takeText = `
  insert into submission_state (account_id, modseq) values ($1, 1)
  on conflict (account_id) do update set modseq = submission_state.modseq + 1
  returning modseq`

async function takeModseq(sql: Writer, accountId: number): Promise<number> {
  return (await sql.one<{ modseq: number }>(takeText, [accountId]))!.modseq
}

/** How far the submissions of an account have come, and since when changes are known. */
export async function submissionState(db: Reader, accountId: number): Promise<{ modseq: number; floor: number }> {
  const text = 'select modseq, floor from submission_state where account_id = $1'
  return (await db.one<{ modseq: number; floor: number }>(text, [accountId])) ?? { modseq: 0, floor: 0 }
}

// -- writing

const insert = `
  insert into submission (account_id, identity_id, mail_id, thread, history_id, envelope, send_at, state,
    created_modseq, modseq)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) returning id`

const insertRecipient = `
  insert into submission_recipient (submission_id, place, address, delivered, reply) values ($1, $2, $3, $4, $5)`

/** Inside the transaction that accepts the mail. */
export async function insertSubmission(sql: Writer, submission: NewSubmission): Promise<Submission> {
  const { accountId, identityId, mailId, thread, historyId, envelope, sendAt, state, recipients } = submission
  const modseq = await takeModseq(sql, accountId)
  const values = [accountId, identityId, mailId, thread, historyId, envelope, sendAt, state, modseq]
  const { id } = (await sql.one<{ id: number }>(insert, values))!
  for (const [place, { address, delivered, reply }] of recipients.entries()) {
    await sql.run(insertRecipient, [id, place, normalAddress(address), delivered, reply])
  }
  return { ...submission, id, createdModseq: modseq, modseq }
}

interface Found {
  id: number
  account_id: number
}

function byHistory(sql: Reader, historyId: string): Promise<Found | undefined> {
  return sql.one<Found>('select id, account_id from submission where history_id = $1', [historyId])
}

const noteText = `
  update submission_recipient set delivered = $3, reply = $4 where submission_id = $1 and address = $2`

const restText = `
  update submission_recipient set delivered = 'unknown' where submission_id = $1 and delivered = 'queued'`

/**
 * Writes what became of recipients, inside the transaction that settles them and after what is finished was removed.
 * undefined: nobody follows this mail any more.
 */
export async function noteOutcomes(
  sql: Writer,
  historyId: string,
  outcomes: readonly Followed[],
): Promise<SubmissionNews | undefined> {
  const found = await byHistory(sql, historyId)
  if (!found) return undefined
  for (const { address, delivered, reply } of outcomes) {
    await sql.run(noteText, [found.id, normalAddress(address), delivered, reply.slice(0, 1_000)])
  }
  // What went on under another name (a forward, a list) is not heard of again.
  const left = await sql.one('select 1 as one from queue_mail where history_id = $1 limit 1', [historyId])
  if (!left) await sql.run(restText, [found.id])
  return touch(sql, found, 'final')
}

async function touch(
  sql: Writer,
  { id, account_id: accountId }: Found,
  state: SubmissionState,
): Promise<SubmissionNews> {
  const modseq = await takeModseq(sql, accountId)
  await sql.run('update submission set state = $2, modseq = $3 where id = $1', [id, state, modseq])
  return { accountId, modseq }
}

/** Their time has come: what was claimed is not taken back any more. */
export async function beginSubmissions(db: Database, historyIds: readonly string[]): Promise<SubmissionNews[]> {
  const text = `select id, account_id from submission where history_id = $1 and state = 'pending'`
  const news: SubmissionNews[] = []
  for (const historyId of historyIds) {
    if (!(await db.one<Found>(text, [historyId]))) continue // most never waited
    const begun = await db.transaction(async (sql) => {
      const found = await sql.one<Found>(text, [historyId])
      return found && touch(sql, found, 'final')
    })
    if (begun) news.push(begun)
  }
  return news
}

/**
 * Takes a submission back. Throws Trouble no-such-queue-entry where the account has none of that id, in-use when it is
 * too late.
 */
export function cancelSubmission(db: Database, accountId: number, id: number, now: number): Promise<SubmissionNews> {
  return db.transaction(async (sql) => {
    const submission = await sql.one<Found & { history_id: string; state: SubmissionState }>(
      'select id, account_id, history_id, state from submission where id = $1 and account_id = $2',
      [id, accountId],
    )
    if (!submission) throw new Trouble('no-such-queue-entry')
    if (submission.state !== 'pending') throw new Trouble('in-use')
    const { history_id: mail } = submission
    const mails = (await sql.arrays('select id from queue_mail where history_id = $1', [mail])) as [number][]
    for (const [queueMail] of mails) {
      const text = `delete from queue_entry where queue_mail = $1 and state <> 'sending' and attempts = 0`
      await sql.run(text, [queueMail])
      const claimed = await sql.one('select 1 as one from queue_entry where queue_mail = $1 limit 1', [queueMail])
      if (claimed) throw new Trouble('in-use')
    }
    if (mails.length === 0) throw new Trouble('in-use')
    await removeFinished(
      sql,
      mails.map(([queueMail]) => queueMail),
    )
    await writeEvents(sql, [{ at: now, kind: 'dropped', mail, account: accountId, details: { by: 'sender' } }])
    return touch(sql, submission, 'canceled')
  })
}

/** Forgets a submission; its mail goes its way. False where the account has none of that id. */
export function destroySubmission(db: Database, accountId: number, id: number): Promise<SubmissionNews | undefined> {
  return db.transaction(async (sql) => {
    const found = await sql.one('select id from submission where id = $1 and account_id = $2', [id, accountId])
    if (!found) return undefined
    const modseq = await takeModseq(sql, accountId)
    await remove(sql, id)
    const text = 'insert into submission_gone (account_id, modseq, id) values ($1, $2, $3)'
    await sql.run(text, [accountId, modseq, id])
    return { accountId, modseq }
  })
}

async function remove(sql: Writer, id: number): Promise<void> {
  await sql.run('delete from submission_recipient where submission_id = $1', [id])
  await sql.run('delete from submission where id = $1', [id])
}

const forgottenAtOnce = 500

/**
 * Forgets what was sent before a time and waits for nothing, and all of accounts that are not there any more (what
 * waits of theirs leaves all the same). Call it now and then.
 */
export async function sweepSubmissions(
  db: Database,
  before: number,
  isThere: (accountId: number) => Promise<boolean>,
): Promise<void> {
  for (const [accountId] of (await db.arrays('select account_id from submission_state')) as [number][]) {
    if (await isThere(accountId)) await forgetOld(db, accountId, before)
    else await erase(db, accountId)
  }
}

async function forgetOld(db: Database, accountId: number, before: number): Promise<void> {
  const text = `select id from submission where account_id = $1 and send_at < $2 and state <> 'pending' limit $3`
  const old = (await db.arrays(text, [accountId, before, forgottenAtOnce])) as [number][]
  if (old.length === 0) return
  await db.transaction(async (sql) => {
    const modseq = await takeModseq(sql, accountId)
    for (const [id] of old) await remove(sql, id)
    await sql.run('delete from submission_gone where account_id = $1', [accountId])
    await sql.run('update submission_state set floor = $2 where account_id = $1', [accountId, modseq])
  })
}

function erase(db: Database, accountId: number): Promise<void> {
  return db.transaction(async (sql) => {
    const inside = 'in (select id from submission where account_id = $1)'
    await sql.run(`delete from submission_recipient where submission_id ${inside}`, [accountId])
    for (const table of ['submission', 'submission_gone', 'submission_state']) {
      await sql.run(`delete from ${table} where account_id = $1`, [accountId])
    }
  })
}

// -- reading

interface Row {
  id: number
  account_id: number
  identity_id: number
  mail_id: number
  thread: number
  history_id: string
  envelope: string
  send_at: number
  state: SubmissionState
  created_modseq: number
  modseq: number
}

/** Submissions of an account by id; ids that are not there are left out. Ask for pages. */
export async function submissionsOf(
  db: Reader,
  accountId: number,
  ids: readonly number[],
): Promise<Map<number, Submission>> {
  const found = new Map<number, Submission>()
  for (let from = 0; from < ids.length; from += listLength) {
    const part = ids.slice(from, from + listLength)
    const within = `in ${list(part.length, 2)}`
    const values = [accountId, ...padded(part)]
    const rows = await db.all<Row>(`select * from submission where account_id = $1 and id ${within}`, values)
    for (const row of rows) found.set(row.id, toSubmission(row))
    const recipients = await db.all<Followed & { submission_id: number }>(
      `select submission_id, address, delivered, reply from submission_recipient
        where submission_id ${within} and $1 > 0 order by submission_id, place`,
      values,
    )
    for (const { submission_id: id, ...recipient } of recipients) found.get(id)?.recipients.push(recipient)
  }
  return found
}

function toSubmission(row: Row): Submission {
  return {
    id: row.id,
    accountId: row.account_id,
    identityId: row.identity_id,
    mailId: row.mail_id,
    thread: row.thread,
    historyId: row.history_id,
    envelope: row.envelope,
    sendAt: row.send_at,
    state: row.state,
    recipients: [],
    createdModseq: row.created_modseq,
    modseq: row.modseq,
  }
}

export interface SubmissionChanges {
  created: number[]
  updated: number[]
  destroyed: number[]
  modseq: number // changes up to it were told
  hasMore: boolean
}

/** At most `most` changes after a modseq; undefined when that is too long ago, or was never. */
export async function submissionChanges(
  db: Reader,
  accountId: number,
  since: number,
  most: number,
): Promise<SubmissionChanges | undefined> {
  const { modseq, floor } = await submissionState(db, accountId)
  if (since > modseq || (since < floor && since !== modseq)) return undefined
  const rows = (await db.arrays(
    `select modseq, id, created_modseq from submission where account_id = $1 and modseq > $2
      union all
     select modseq, id, 0 from submission_gone where account_id = $1 and modseq > $2
      order by modseq limit $3`,
    [accountId, since, most + 1],
  )) as [number, number, number][]
  const told = rows.slice(0, most)
  const hasMore = rows.length > most
  const ids = (which: (created: number) => boolean): number[] =>
    told.filter(([, , created]) => which(created)).map(([, id]) => id)
  return {
    created: ids((created) => created > since),
    updated: ids((created) => created > 0 && created <= since),
    destroyed: ids((created) => created === 0),
    modseq: hasMore ? told.at(-1)![0] : modseq,
    hasMore,
  }
}

export interface SubmissionFilter {
  identityIds?: number[]
  mailIds?: number[]
  threads?: number[]
  state?: SubmissionState
  before?: number // sendAt
  after?: number // sendAt, inclusive
}

export type SubmissionSort = { by: 'emailId' | 'threadId' | 'sentAt'; ascending: boolean }

const sortColumns = { emailId: 'mail_id', threadId: 'thread', sentAt: 'send_at' }

/** Ids of the submissions that fit all of the filters, in order; at most `most`. */
export async function findSubmissions(
  db: Reader,
  accountId: number,
  filters: readonly SubmissionFilter[],
  sort: readonly SubmissionSort[],
  most: number,
): Promise<number[]> {
  const { values, is, where } = openFilter()
  is('account_id = ?', accountId)
  for (const { identityIds, mailIds, threads, state, before, after } of filters) {
    isOneOf('identity_id', identityIds)
    isOneOf('mail_id', mailIds)
    isOneOf('thread', threads)
    is('state = ?', state)
    is('send_at < ?', before)
    is('send_at >= ?', after)
  }
  // Names of columns and directions are ours; a list of ids is one text, so that any length is one place.
  function isOneOf(column: string, ids: number[] | undefined): void {
    if (ids) is(`? like '% ' || cast(${column} as text) || ' %'`, ` ${ids.join(' ')} `)
  }
  const order = sort.map(({ by, ascending }) => `${sortColumns[by]} ${ascending ? 'asc' : 'desc'}`)
  const all: Value[] = [...values, most]
  const text = `select id from submission ${where()} order by ${[...order, 'id'].join(', ')} limit $${all.length}`
  return (await db.arrays(text, all)).map(([id]) => id as number)
}
