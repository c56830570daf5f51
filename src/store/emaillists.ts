// Lists of emails: the answer of a query, in its order, grown as far as somebody looks.        RFC 8620 §5.5, RFC 8621 §4.4
//
// The usual list, by the time of arrival, is walked along an index from its one end: its beginning costs the same in
// a mailbox of ten and of a hundred thousand. Other orders need all that matches. A list is kept for the next page.
//
// Invariants:
//   an email is in a list once; with collapse, a thread is once, by its first email     (RFC 8621 §4.4.3)
//   a list shows the account as it was at list.state, or newer
//   at most limits.cachedLists ids are kept; the longest unused list goes first

import type { Value } from '../sql/sql.ts'
import { emailCondition, isOfColumns, type EmailCriterion } from './emailcriteria.ts'
import { checkCriterion, likelyEmails, matchingEmails } from './emailsearch.ts'
import { sortEmails, type EmailSort, type Sorted } from './emailsort.ts'
import { isSeen, type Scope, type ScopeBox } from './emails.ts'
import { ascending, breathe } from './sets.ts'
import type { StoreLimits } from './limits.ts'
import type { Store } from './store.ts'

export interface EmailQuery {
  criterion: EmailCriterion
  sort: EmailSort[] // none: the newest first
  collapse: boolean
}

export interface EmailList {
  state: number
  /** Emails from a position (0 is the first) on. */
  slice(from: number, count: number): Promise<number[]>
  /** Where an email is; -1: nowhere. */
  placeOf(id: number): Promise<number>
  /**
   * The places, ascending, of emails: of each group the one that is in the list, if any is. None behind `last`, if
   * that is in the list.
   */
  placesOf(groups: readonly (readonly number[])[], last?: number): Promise<[id: number, place: number][]>
  total(): Promise<number>
}

export interface Lists {
  /** The list of a query as `scope` sees it. Throws Trouble too-large, unavailable. */
  open(store: Store, scope: Scope, query: EmailQuery): Promise<EmailList>
}

export function openLists(): Lists {
  const kept = new Map<string, Grown>() // the longest unused first
  return {
    async open(store, scope, query) {
      checkCriterion(store, query.criterion)
      const key = JSON.stringify([scope.accountId, scope.hides ? '' : scope.ids, query])
      let grown = kept.get(key)
      if (grown?.state !== scope.state) grown = await begin(store, scope, query)
      kept.delete(key)
      kept.set(key, grown)
      let sum = 0
      for (const each of kept.values()) sum += each.ids.length + 1_000
      for (const [oldest, each] of kept) {
        if (sum <= store.limits.cachedLists || oldest === key) break
        kept.delete(oldest)
        sum -= each.ids.length + 1_000
      }
      return reading(grown, store.limits)
    },
  }
}

/** A list as far as it is known. */
interface Grown {
  state: number
  ids: number[]
  isWhole: boolean
  /** Adds some more; they come one after the other. */
  grow(): Promise<void>
  /** How many there will be. */
  count?: () => Promise<number>
  total?: number
  /** A page far behind what is known, without growing; undefined when that cannot be. */
  jump?: (from: number, count: number) => Promise<number[] | undefined>
  growing?: Promise<void>
  places?: Map<number, number>
}

function reading(grown: Grown, { listJump }: StoreLimits): EmailList {
  const more = (): Promise<void> =>
    (grown.growing ??= grown.grow().finally(() => {
      grown.growing = undefined
    }))
  const reach = async (length: number): Promise<void> => {
    while (!grown.isWhole && grown.ids.length < length) await more()
  }
  return {
    state: grown.state,
    async slice(from, count) {
      const isFar = !grown.isWhole && from > grown.ids.length + listJump
      const page = isFar ? await grown.jump?.(from, count) : undefined
      if (page) return page
      await reach(from + count)
      return grown.ids.slice(from, from + count)
    },
    async placeOf(id) {
      const [found] = await this.placesOf([[id]])
      return found ? found[1] : -1
    },
    async placesOf(groups, last) {
      const places = (grown.places ??= new Map())
      for (;;) {
        for (let at = places.size; at < grown.ids.length; at++) places.set(grown.ids[at]!, at)
        const isEnough =
          (last !== undefined && places.has(last)) || groups.every((ids) => ids.some((id) => places.has(id)))
        if (isEnough || grown.isWhole) break
        await more()
      }
      const end = (last === undefined ? undefined : places.get(last)) ?? Infinity
      const found: [number, number][] = []
      for (const id of groups.flat()) {
        const place = places.get(id)
        if (place !== undefined && place <= end) found.push([id, place])
      }
      return found.sort((a, b) => a[1] - b[1])
    },
    async total() {
      if (!grown.isWhole && grown.count) return (grown.total ??= await grown.count())
      await reach(Infinity)
      return grown.ids.length
    },
  }
}

/** The mailbox that all matches are in, if the criterion says so, and what else it says. */
function splitMailbox(criterion: EmailCriterion): { mailboxId: number | undefined; rest: EmailCriterion } {
  if (criterion.is === 'in-mailbox') return { mailboxId: criterion.id, rest: { is: 'all' } }
  const first = criterion.is === 'and' ? criterion.of.findIndex((each) => each.is === 'in-mailbox') : -1
  if (criterion.is !== 'and' || first < 0) return { mailboxId: undefined, rest: criterion }
  const { id } = criterion.of[first] as EmailCriterion & { is: 'in-mailbox' }
  const others = criterion.of.filter((_, i) => i !== first)
  return { mailboxId: id, rest: others.length === 0 ? { is: 'all' } : { is: 'and', of: others } }
}

const provedAtOnce = 64

/** Those of some emails (ascending) that match. */
type Prove = (some: number[]) => Promise<number[]>

async function begin(store: Store, scope: Scope, { criterion, sort, collapse }: EmailQuery): Promise<Grown> {
  const { mailboxId, rest } = splitMailbox(criterion)
  const boxes = scope.boxes.filter((box) => box.total > 0 && (mailboxId === undefined || box.id === mailboxId))
  if (boxes.length === 0) return finished(scope, [])
  const byArrival = sort.length === 0 || (sort.length === 1 && sort[0]!.by === 'received')
  const canWalk = byArrival && boxes.length <= store.limits.listedBoxes
  const oldestFirst = sort[0]?.ascending === true
  const mailboxIds = boxes.map((box) => box.id)
  const walking = { store, scope, boxes, mailboxId, oldestFirst, collapse }
  if (isOfColumns(rest)) {
    const few = await fewOf(store, scope, rest)
    if (few) {
      const ids = await matchingEmails({ store, scope, mailboxId }, rest, few)
      return finished(scope, collapsed(await sortEmails(store, scope, { ids, mailboxId }, sort), collapse))
    }
    if (canWalk) return walk({ ...walking, criterion: rest })
    return finished(scope, collapsed(await sortEmails(store, scope, { mailboxIds, criterion: rest }, sort), collapse))
  }
  const search = { store, scope, mailboxId }
  const likely = await likelyEmails(search, rest)
  if (likely && (canWalk || likely.length <= store.limits.listedLikely)) {
    const prove: Prove = (some) => matchingEmails(search, rest, some)
    if (likely.length > store.limits.listedLikely) return walk({ ...walking, among: new Set(likely), prove })
    return proved(scope, await sortEmails(store, scope, { ids: likely, mailboxId }, sort), prove, collapse)
  }
  const ids = await matchingEmails(search, rest)
  if (canWalk && ids.length > store.limits.listedMatches) return walk({ ...walking, among: new Set(ids) })
  return finished(scope, collapsed(await sortEmails(store, scope, { ids, mailboxId }, sort), collapse))
}

/** All that are unread, or flagged, when the criterion asks for them and they are few: they have indexes of their own. */
async function fewOf(
  { db, limits }: Store,
  { accountId }: Scope,
  criterion: EmailCriterion,
): Promise<number[] | undefined> {
  const all = criterion.is === 'and' ? criterion.of : [criterion]
  const asks = (name: string, set: boolean): boolean =>
    all.some((each) => each.is === 'keyword' && each.name === name && each.set === set)
  const wheres = [asks('$seen', false) && '(flags & 9) = 0', asks('$flagged', true) && '(flags & 4) <> 0']
  for (const where of wheres) {
    if (!where) continue
    const text = `select mail_id from message where account_id = $1 and ${where} limit $2`
    const rows = await db.arrays(text, [accountId, limits.listedMatches + 1])
    if (rows.length <= limits.listedMatches) return ascending(rows.map((row) => row[0] as number))
  }
  return undefined
}

function finished({ state }: Scope, ids: number[]): Grown {
  return { state, ids, isWhole: true, grow: () => Promise.resolve() }
}

function collapsed(sorted: readonly Sorted[], collapse: boolean): number[] {
  if (!collapse) return sorted.map(({ id }) => id)
  const threads = new Set<number>()
  return sorted.flatMap(({ id, thread }) => (threads.has(thread) ? [] : (threads.add(thread), [id])))
}

/** A list of emails that may match: each is looked at when somebody comes so far. */
function proved({ state }: Scope, sorted: readonly Sorted[], prove: Prove, collapse: boolean): Grown {
  let at = 0
  const threads = new Set<number>()
  const grown: Grown = {
    state,
    ids: [],
    isWhole: sorted.length === 0,
    async grow() {
      const part = sorted.slice(at, at + provedAtOnce)
      for (const { id, thread } of await provedOf(part, prove)) {
        if (collapse && threads.has(thread)) continue
        threads.add(thread)
        grown.ids.push(id)
      }
      at += part.length
      grown.isWhole = at >= sorted.length
    },
  }
  return grown
}

/** Those that match, in their order; looked at in parts small enough to be read at once. */
async function provedOf(sorted: readonly Sorted[], prove: Prove): Promise<Sorted[]> {
  const found: Sorted[] = []
  for (let from = 0; from < sorted.length; from += provedAtOnce) {
    const part = sorted.slice(from, from + provedAtOnce)
    const matches = new Set(await prove(part.map(({ id }) => id).sort((a, b) => a - b)))
    for (const one of part) if (matches.has(one.id)) found.push(one)
  }
  return found
}

interface Walking {
  store: Store
  scope: Scope
  boxes: ScopeBox[]
  mailboxId: number | undefined
  oldestFirst: boolean
  collapse: boolean
  criterion?: EmailCriterion // of columns
  among?: Set<number>
  prove?: Prove // of those among
}

/** A mailbox on the way: rows read and not yet taken. */
interface Source {
  box: ScopeBox
  rows: Row[]
  at: number
  last: [receivedAt: number, uid: number]
  isDone: boolean
}

type Row = [mailId: number, thread: number, receivedAt: number, uid: number]

const firstPage = 128
const largestPage = 4_096
const shortPage = 512 // rows of the index alone that are read without another thread

/** Along the indexes of arrival of the mailboxes, from their one end. */
function walk(walking: Walking): Grown {
  const { boxes, oldestFirst, collapse, among, prove, scope } = walking
  const edge = oldestFirst ? -Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER
  const sources: Source[] = boxes.map((box) => ({ box, rows: [], at: 0, last: [edge, edge], isDone: false }))
  const mails = new Set<number>()
  const threads = new Set<number>()
  let page = firstPage
  const grown: Grown = { state: scope.state, ids: [], isWhole: false, grow }

  async function grow(): Promise<void> {
    const size = Math.max(16, Math.ceil(page / sources.length))
    for (const source of sources)
      if (source.at === source.rows.length && !source.isDone) await fill(walking, source, size)
    let part: Sorted[] = []
    for (;;) {
      const next = foremost(sources, oldestFirst)
      if (!next) break
      const [id, thread] = next.rows[next.at++]!
      if (!mails.has(id) && (!among || among.has(id))) part.push({ id, thread })
      mails.add(id)
      if (next.at === next.rows.length && !next.isDone) break // what follows there may come before the others
    }
    if (prove) part = await provedOf(part, prove)
    for (const { id, thread } of part) {
      if (collapse && threads.has(thread)) continue
      threads.add(thread)
      grown.ids.push(id)
    }
    grown.isWhole = sources.every((source) => source.isDone && source.at === source.rows.length)
    if (page > firstPage) await breathe()
    page = Math.min(page * 2, largestPage)
  }

  if (!among) grown.count = () => countOf(walking)
  const [only] = boxes
  if (isPlain(walking)) grown.jump = (from, count) => jumpTo(walking, only!, from, count)
  return grown
}

function isPlain({ mailboxId, criterion, collapse }: Walking): boolean {
  return mailboxId !== undefined && criterion?.is === 'all' && !collapse
}

function foremost(sources: readonly Source[], oldestFirst: boolean): Source | undefined {
  let best: Source | undefined
  for (const source of sources) {
    if (source.at === source.rows.length) continue
    const at = source.rows[source.at]![2]
    if (!best || (oldestFirst ? at < best.rows[best.at]![2] : at > best.rows[best.at]![2])) best = source
  }
  return best
}

async function fill(walking: Walking, source: Source, size: number): Promise<void> {
  const { store, scope, oldestFirst, criterion } = walking
  const { box } = source
  const values: Value[] = [box.id, ...source.last, size]
  const [order, beyond] = oldestFirst ? ['asc', '>'] : ['desc', '<']
  const condition = criterion && criterion.is !== 'all' ? `and ${emailCondition(scope, criterion, values)}` : ''
  const seen = box.deleted > 0 ? 'and (m.flags & 8) = 0' : '' // else the index has all that is asked
  const from = condition.includes('x.') ? 'message m join mail x on x.id = m.mail_id' : 'message m'
  const isShort = condition === '' && seen === '' && size <= shortPage
  source.rows = (await (isShort ? store.db : store.db.apart).arrays(
    `select m.mail_id, m.thread, m.received_at, m.uid from ${from}
      where m.mailbox_id = $1 and (m.received_at, m.uid) ${beyond} ($2, $3) ${seen} ${condition}
      order by m.received_at ${order}, m.uid ${order} limit $4`,
    values,
  )) as Row[]
  source.at = 0
  source.isDone = source.rows.length < size
  const last = source.rows.at(-1)
  if (last) source.last = [last[2], last[3]]
}

async function countOf({ store, scope, boxes, mailboxId, criterion, collapse }: Walking): Promise<number> {
  if (mailboxId !== undefined && criterion?.is === 'all') {
    const { emails, threads } = await store.counts.totals(scope, boxes[0]!)
    return collapse ? threads : emails
  }
  const values: Value[] = [mailboxId ?? scope.accountId]
  const condition = emailCondition(scope, criterion!, values)
  const seen = isSeen(scope, (value) => `$${values.push(value)}`)
  const from = condition.includes('x.') ? 'message m join mail x on x.id = m.mail_id' : 'message m'
  const rows = await store.db.apart.arrays(
    `select count(distinct ${collapse ? 'm.thread' : 'm.mail_id'}) from ${from}
      where m.${mailboxId === undefined ? 'account_id' : 'mailbox_id'} = $1 ${seen} and ${condition}`,
    values,
  )
  return rows[0]![0] as number
}

/** Straight to a position, where every message is an email that is seen. */
async function jumpTo(
  { store, scope, oldestFirst }: Walking,
  box: ScopeBox,
  from: number,
  count: number,
): Promise<number[] | undefined> {
  if (box.deleted > 0 || (await store.counts.totals(scope, box)).emails !== box.total) return undefined
  const order = oldestFirst ? 'asc' : 'desc'
  const rows = await store.db.apart.arrays(
    `select mail_id from message where mailbox_id = $1 order by received_at ${order}, uid ${order} limit $2 offset $3`,
    [box.id, count, from],
  )
  return rows.map((row) => row[0] as number)
}
