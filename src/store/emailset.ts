// Emails changed, many at once: their keywords, the mailboxes that hold them, or taken out of all.       RFC 8621 §4.6
//
// Invariants:
//   all of one call is one transaction with one modseq; an email that is refused changes nothing of the others
//   an email keeps its id wherever it goes: a mailbox that it comes to gets a row of the same mail
//   somebody else does in each mailbox what was granted to him there, and no more (RFC 4314 §4)
//   messages with \Deleted are not seen: they stay as they are, but when the email is destroyed

import type { Reader, Value, Writer } from '../sql/sql.ts'
import { Trouble } from '../wire/troubles.ts'
import type { Change } from './changes.ts'
import { isDeleted, isUnseen, takeUids } from './counters.ts'
import { countFlags, flagBits } from './flags.ts'
import { dischargeHolder, takeHolder, type Taken } from './holders.ts'
import { checkKeywords, splitKeywords } from './keywords.ts'
import { storeLimits } from './limits.ts'
import { insertRows, takeAway, type Arrival } from './messages.ts'
import { ascending, list, listLength, padded, pieces } from './sets.ts'
import type { Store } from './store.ts'

/** What is to be there: exactly these, or some more and some less. */
export type Alteration<T> = { set: T[] } | { add: T[]; remove: T[] }

export interface EmailOrder {
  id: number // of the mail; each once in a call
  keywords?: Alteration<string> // as JMAP spells them, lower case: '$seen'
  mailboxIds?: Alteration<number>
  destroy?: boolean
}

export interface EmailsSet {
  before: number // modseq of the account, and what it is now
  modseq: number
  /**
   * Why an email was left alone: no-such-message, no-such-mailbox (also for an email that would be in none),
   * too-many-mailboxes, not-permitted, bad-keyword, too-many-keywords, over-quota.
   */
  refused: Map<number, Trouble>
}

/**
 * Does what is ordered with emails of an account. `rights`: of somebody else's mailboxes, those that he may read
 * (store/rights.ts); undefined for the owner. Throws Trouble no-such-account, and 'unavailable' with
 * details.state where `expected` is not the state any more.
 */
export async function changeEmails(
  store: Store,
  accountId: number,
  orders: readonly EmailOrder[],
  { rights, expected }: { rights?: ReadonlyMap<number, string> | undefined; expected?: number | undefined } = {},
): Promise<EmailsSet | 'other-state'> {
  let news: Change[] = []
  const done = await store.db.transaction(async (sql) => {
    const holder = await takeHolder(sql, accountId)
    const before = holder.modseq - 1
    if (expected !== undefined && before !== expected) return 'other-state' as const
    const refused = new Map<number, Trouble>()
    const plan = openPlan(holder, await readBoxes(sql, accountId, rights))
    const rows = await readRows(
      sql,
      accountId,
      orders.map(({ id }) => id),
    )
    for (const order of orders) {
      try {
        plan.add(order, rows.get(order.id) ?? [])
      } catch (error) {
        if (!(error instanceof Trouble)) throw error
        refused.set(order.id, error)
      }
    }
    news = await carryOut(sql, holder, plan)
    return { before, modseq: holder.modseq, refused }
  })
  store.changes.publish(news)
  return done
}

// -- what is there

interface Row {
  mailboxId: number
  uid: number
  mailId: number
  flags: number
  keywords: string
  size: number
  receivedAt: number
  thread: number
}

interface Box {
  id: number
  rights: string | undefined // undefined: the owner's
  keywords: Map<string, string> // lower case -> as it is spelled here
  hasNewKeywords: boolean
}

async function readBoxes(
  sql: Reader,
  accountId: number,
  rights: ReadonlyMap<number, string> | undefined,
): Promise<Map<number, Box>> {
  const rows = await sql.arrays('select id, keywords from mailbox where account_id = $1 and selectable = 1', [
    accountId,
  ])
  const boxes = new Map<number, Box>()
  for (const [id, words] of rows as [number, string][]) {
    if (rights && !rights.has(id)) continue
    const keywords = new Map(splitKeywords(words).map((word) => [word.toLowerCase(), word]))
    boxes.set(id, { id, rights: rights?.get(id), keywords, hasNewKeywords: false })
  }
  return boxes
}

async function readRows(sql: Reader, accountId: number, ids: readonly number[]): Promise<Map<number, Row[]>> {
  const found = new Map<number, Row[]>()
  for (let from = 0; from < ids.length; from += listLength) {
    const part = ids.slice(from, from + listLength)
    const rows = await sql.arrays(
      `select m.mailbox_id, m.uid, m.mail_id, m.flags, m.keywords, m.size, m.received_at, m.thread
         from mail x cross join message m
        where x.id in ${list(part.length, 2)} and m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id`,
      [accountId, ...padded(part)],
    )
    type Columns = [number, number, number, number, string, number, number, number]
    for (const [mailboxId, uid, mailId, flags, keywords, size, receivedAt, thread] of rows as Columns[]) {
      const row = { mailboxId, uid, mailId, flags, keywords, size, receivedAt, thread }
      const known = found.get(mailId)
      if (known) known.push(row)
      else found.set(mailId, [row])
    }
  }
  return found
}

// -- what is to be done

interface Rewritten {
  row: Row
  flags: number
  keywords: string
}

interface Plan {
  boxes: Map<number, Box>
  rewritten: Rewritten[]
  gone: Row[]
  arrivals: Arrival[]
  /** Throws Trouble, and then nothing was added. */
  add(order: EmailOrder, rows: readonly Row[]): void
}

function openPlan({ account_id: accountId, used, quota }: Taken, boxes: Map<number, Box>): Plan {
  let use = used
  const plan: Plan = {
    boxes,
    rewritten: [],
    gone: [],
    arrivals: [],
    add(order, all) {
      const rows = all.filter(({ mailboxId }) => boxes.has(mailboxId))
      const visible = rows.filter(({ flags }) => isDeleted(flags) === 0)
      if (visible.length === 0) throw new Trouble('no-such-message')
      const { gone, arrivals, kept } = order.destroy
        ? { gone: rows.filter((row) => mayGo(boxes, row, visible)), arrivals: [], kept: [] }
        : moved(boxes, accountId, visible, order.mailboxIds)
      const rewritten = order.keywords ? kept.flatMap((row) => rewrite(boxes, row, order.keywords!)) : []
      if (order.keywords) for (const arrival of arrivals) label(arrival, order.keywords)
      for (const arrival of arrivals) admit(boxes.get(arrival.mailboxId)!, arrival)

      const more = sizes(arrivals) - sizes(gone)
      if (more > 0 && quota > 0 && use + more > quota) throw new Trouble('over-quota', { accountId })
      use += more
      plan.rewritten.push(...rewritten)
      plan.gone.push(...gone)
      plan.arrivals.push(...arrivals)
    },
  }
  return plan
}

function sizes(rows: readonly { size: number }[]): number {
  let sum = 0
  for (const { size } of rows) sum += size
  return sum
}

/** Right letters of RFC 4314; the owner has all. */
function may({ rights }: Box, letters: string): boolean {
  return rights === undefined || Array.from(letters).every((letter) => rights.includes(letter))
}

/** Whether a row goes when its email is destroyed. What is seen must go, or nothing does. */
function mayGo(boxes: ReadonlyMap<number, Box>, row: Row, visible: readonly Row[]): boolean {
  if (may(boxes.get(row.mailboxId)!, 'te')) return true
  if (visible.includes(row)) throw new Trouble('not-permitted')
  return false
}

interface Moved {
  gone: Row[]
  kept: Row[]
  arrivals: Arrival[]
}

function moved(
  boxes: ReadonlyMap<number, Box>,
  accountId: number,
  rows: readonly Row[],
  change: EmailOrder['mailboxIds'],
): Moved {
  if (!change) return { gone: [], kept: [...rows], arrivals: [] }
  const held = new Set(rows.map(({ mailboxId }) => mailboxId))
  const wanted = altered(held, change)
  const limit = storeLimits.mailboxesPerEmail
  if (wanted.size > Math.max(limit, held.size)) throw new Trouble('too-many-mailboxes', { limit })
  if (wanted.size === 0) throw new Trouble('no-such-mailbox', { why: 'none' })
  for (const id of wanted) {
    const box = boxes.get(id)
    if (!box) throw new Trouble('no-such-mailbox', { mailboxId: id })
    if (!held.has(id) && !may(box, 'i')) throw new Trouble('not-permitted')
  }
  const gone = rows.filter(({ mailboxId }) => !wanted.has(mailboxId))
  if (gone.some(({ mailboxId }) => !may(boxes.get(mailboxId)!, 'te'))) throw new Trouble('not-permitted')
  const { mailId, thread, size } = rows[0]!
  const arrivals = [...wanted.difference(held)].map((mailboxId) => ({
    accountId,
    mailboxId,
    mailId,
    thread,
    size,
    flags: commonFlags(rows),
    keywords: [...new Set(rows.flatMap(({ keywords }) => splitKeywords(keywords.toLowerCase())))],
    receivedAt: Math.min(...rows.map(({ receivedAt }) => receivedAt)),
  }))
  return { gone, kept: rows.filter(({ mailboxId }) => wanted.has(mailboxId)), arrivals }
}

function altered<T>(before: ReadonlySet<T>, change: Alteration<T>): Set<T> {
  if ('set' in change) return new Set(change.set)
  const after = new Set([...before, ...change.add])
  for (const one of change.remove) after.delete(one)
  return after
}

/** Those of the email: seen when all of its messages are. */
function commonFlags(rows: readonly Row[]): number {
  let [any, all] = [0, ~0]
  for (const { flags } of rows) {
    any |= flags
    all &= flags
  }
  return (any & ~flagBits.seen) | (all & flagBits.seen)
}

const systemFlags = new Map<string, number>([
  ['$seen', flagBits.seen],
  ['$answered', flagBits.answered],
  ['$flagged', flagBits.flagged],
  ['$draft', flagBits.draft],
])
/** Not to be had as keywords: they are flags of IMAP alone (RFC 8621 §4.1.1). */
const notKeywords = new Set(['$deleted', '$recent'])
const changeable = flagBits.seen | flagBits.answered | flagBits.flagged | flagBits.draft

interface Labels {
  flags: number
  keywords: string[]
}

/** Flags and keywords of a message with the change. \Deleted stays what it is. */
function relabelled({ flags, keywords }: Labels, change: Alteration<string>): Labels {
  const names = [...systemFlags].filter(([, bit]) => flags & bit).map(([name]) => name)
  const after = altered(new Set([...names, ...keywords]), change)
  const words: string[] = []
  let mask = flags & ~changeable
  for (const name of after) {
    if (notKeywords.has(name)) throw new Trouble('bad-keyword', { keyword: name })
    const bit = systemFlags.get(name)
    if (bit === undefined) words.push(name)
    else mask |= bit
  }
  checkKeywords(words)
  return { flags: mask, keywords: words }
}

function label(arrival: Arrival, change: Alteration<string>): void {
  Object.assign(arrival, relabelled(arrival, change))
}

function rewrite(boxes: ReadonlyMap<number, Box>, row: Row, change: Alteration<string>): Rewritten[] {
  const box = boxes.get(row.mailboxId)!
  const before = row.keywords === '' ? [] : splitKeywords(row.keywords.toLowerCase())
  const after = relabelled({ flags: row.flags, keywords: before }, change)
  const keywords = spell(box, after.keywords).join(' ')
  const flags = row.flags ^ after.flags
  if (flags === 0 && keywords === row.keywords) return []
  if (flags & flagBits.seen && !may(box, 's')) throw new Trouble('not-permitted')
  if ((flags & ~flagBits.seen || keywords !== row.keywords) && !may(box, 'w')) throw new Trouble('not-permitted')
  return [{ row, flags: after.flags, keywords }]
}

/** What comes along as far as the rights there reach (RFC 4314 §4), in the spelling of the mailbox. */
function admit(box: Box, arrival: Arrival): void {
  const kept = (may(box, 's') ? flagBits.seen : 0) | (may(box, 'w') ? changeable & ~flagBits.seen : 0)
  arrival.flags &= kept
  arrival.keywords = may(box, 'w') ? spell(box, arrival.keywords) : []
}

function spell(box: Box, keywords: readonly string[]): string[] {
  for (const keyword of keywords) {
    if (box.keywords.has(keyword)) continue
    const limit = storeLimits.keywordsPerMailbox
    if (box.keywords.size >= limit) throw new Trouble('too-many-keywords', { limit })
    box.keywords.set(keyword, keyword)
    box.hasNewKeywords = true
  }
  return keywords.map((keyword) => box.keywords.get(keyword)!).sort()
}

// -- doing it

async function carryOut(sql: Writer, holder: Taken, { boxes, rewritten, gone, arrivals }: Plan): Promise<Change[]> {
  const { account_id: accountId, modseq } = holder
  const news: Change[] = []
  const touched = (kind: Change['kind'], mailboxId: number): Change => ({ accountId, mailboxId, modseq, kind })
  for (const box of boxes.values()) {
    if (!box.hasNewKeywords) continue
    const words = [...box.keywords.values()].sort().join(' ')
    await sql.run('update mailbox set keywords = $2 where id = $1', [box.id, words])
  }
  for (const [mailboxId, rows] of Map.groupBy(rewritten, ({ row }) => row.mailboxId)) {
    await writeFlags(sql, mailboxId, modseq, rows)
    news.push(touched('flags', mailboxId))
  }
  for (const [mailboxId, rows] of Map.groupBy(gone, (row) => row.mailboxId)) {
    const change = touched('gone', mailboxId)
    await takeAway(sql, change, ascending(rows.map(({ uid }) => uid)))
    news.push(change)
  }
  for (const [mailboxId, rows] of Map.groupBy(arrivals, (arrival) => arrival.mailboxId)) {
    const counts = { total: rows.length, unseen: 0, deleted: 0, size: sizes(rows) }
    for (const { flags } of rows) counts.unseen += isUnseen(flags)
    const first = await takeUids(sql, mailboxId, modseq, counts)
    await insertRows(
      sql,
      rows,
      rows.map((_, i) => ({ mailboxId, accountId, uid: first + i, modseq })),
    )
    news.push(touched('arrived', mailboxId))
  }
  // Whether there is room was asked email by email: what only moves needs none, also where the quota is exceeded.
  if (arrivals.length > 0) {
    await dischargeHolder(sql, { accountId, size: -sizes(arrivals), messages: -arrivals.length })
  }
  return news
}

async function writeFlags(sql: Writer, mailboxId: number, modseq: number, rows: readonly Rewritten[]): Promise<void> {
  let unseen = 0
  for (const { row, flags } of rows) unseen += isUnseen(flags) - isUnseen(row.flags)
  for (const same of Map.groupBy(rows, ({ flags, keywords }) => `${flags} ${keywords}`).values()) {
    const { flags, keywords } = same[0]!
    const uids = ascending(same.map(({ row }) => row.uid))
    for (const piece of pieces('uid', uids, 5)) {
      const text = `update message set flags = $2, keywords = $3, modseq = $4 where mailbox_id = $1 and ${piece.where}`
      await sql.run(text, [mailboxId, flags, keywords, modseq, ...piece.values] as Value[])
    }
  }
  await sql.run(countFlags, [mailboxId, unseen, 0, modseq])
}
