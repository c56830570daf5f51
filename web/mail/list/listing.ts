// One list of mails on the server, held as windows of positions.                          RFC 8621 §4.4
//
// Invariants:
//   never more ids are asked for than a window has; what is shown decides what is asked
//   an answer to a question about an older order of the list is dropped (generations)
//   after a refresh the row that stood first stands where it stood: the caller is told by how much it moved

import { cell, type Cell } from '../../parts/cell.ts'
import type { Emails, Member } from '../emails.ts'
import { MethodError, type Jmap } from '../jmap/client.ts'
import type { Get, Listed, Query, Thread } from '../jmap/types.ts'
import { countsFrom, headingsOf, periodStarts } from './days.ts'
import type { Heading } from './layout.ts'

export interface ListQuery {
  accountId: string
  mailboxId: string | undefined // where all of it lies
  filter: object | null
  collapse: boolean // one row for each thread
  hasDays: boolean // newest first, with headings
}

export interface View {
  version: number
  total: number | undefined // undefined: not told yet
  isCounted: boolean // else total is how far the list is known
  headings: readonly Heading[]
  problem: unknown
}

export interface Listing {
  query: ListQuery
  view: Cell<View>
  emails: Emails
  idAt(position: number): string | undefined
  positionOf(id: string): number | undefined
  /** These positions are shown: what of them is missing is asked for. */
  need(first: number, last: number): void
  /** Forgets the problem; whoever shows the list asks again. */
  retry(): void
  /** Asks anew for what is shown. Returns how far the row at `first` moved, and how many rows came. */
  refresh(first: number, last: number): Promise<{ moved: number; more: number }>
  /** Takes rows out before the server says so. */
  remove(ids: readonly string[]): void
}

export const rowProperties = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'from',
  'to',
  'subject',
  'receivedAt',
  'size',
  'preview',
  'hasAttachment',
]
const memberProperties = ['id', 'threadId', 'from', 'keywords', 'mailboxIds']

const windowRows = 50
const questionsAtOnce = 2

export interface ListingWorld {
  jmap: Jmap
  emails: Emails
  zone: string
  /** Each answer says how far the account was when it was given. */
  heardState(state: string): void
}

export function openListing({ jmap, emails, zone, heardState }: ListingWorld, query: ListQuery): Listing {
  const { accountId, filter, collapse } = query
  const sort = [{ property: 'receivedAt', isAscending: false }]
  const asked = { accountId, filter, sort, collapseThreads: collapse }
  let ids = new Map<number, string>()
  let generation = 0
  let wanted: [number, number] = [0, windowRows - 1]
  const inFlight = new Map<number, number>() // start -> generation
  const view = cell<View>({ version: 0, total: undefined, isCounted: false, headings: [], problem: undefined })
  const show = (change: Partial<View>): void =>
    view.update((before) => ({ ...before, ...change, version: before.version + 1 }))

  const has = (position: number): boolean => {
    const id = ids.get(position)
    return id !== undefined && emails.get(id) !== undefined
  }

  function nextMissing(): number | undefined {
    const total = view.get().total ?? windowRows
    for (let at = Math.max(wanted[0], 0); at <= Math.min(wanted[1], total - 1); at++) {
      const isComing = [...inFlight].some(([start, of]) => of === generation && start <= at && at < start + windowRows)
      if (!has(at) && !isComing) return at - (at % windowRows)
    }
    return undefined
  }

  function pump(): void {
    while (inFlight.size < questionsAtOnce) {
      const start = nextMissing()
      if (start === undefined || inFlight.has(start)) return
      void load(start)
    }
  }

  async function load(start: number): Promise<void> {
    const of = generation
    inFlight.set(start, of)
    try {
      const isFirst = view.get().total === undefined
      const found = await ask({ position: start, limit: windowRows, calculateTotal: isFirst && query.hasDays })
      if (of !== generation) return
      for (const [i, id] of found.ids.entries()) ids.set(start + i, id)
      const end = start + found.ids.length
      const { total: before = 0, isCounted } = view.get()
      const isEnd = found.ids.length < windowRows && (found.ids.length > 0 || start === 0)
      if (found.total !== undefined) show({ problem: undefined, total: found.total, isCounted: true })
      else if (isEnd) show({ problem: undefined, total: end, isCounted: true })
      else show({ problem: undefined, total: Math.max(before, end), isCounted })
      if (isFirst && !view.get().isCounted) void count()
      if (isFirst) void lookForHeadings()
    } catch (problem) {
      if (of === generation) {
        wanted = [0, -1] // until somebody scrolls or presses "again"
        show({ problem })
      }
    } finally {
      inFlight.delete(start)
      pump()
    }
  }

  /** How many there are, where counting takes longer than finding the first. */
  async function count(): Promise<void> {
    const of = generation
    const found = await jmap
      .call<Query>('Email/query', { ...asked, limit: 1, calculateTotal: true })
      .catch(() => undefined)
    if (found?.total !== undefined && of === generation) show({ total: found.total, isCounted: true })
  }

  async function ask(window: object): Promise<Query> {
    const found = jmap.call<Query>('Email/query', { ...asked, ...window })
    const got = jmap.get<Listed>('Email', { accountId, '#ids': found.ref('/ids'), properties: rowProperties })
    const threads = collapse
      ? jmap.get<Thread>('Thread', { accountId, '#ids': got.ref('/list/*/threadId') })
      : Promise.resolve(undefined)
    const all = await Promise.all([found, got, threads])
    heardState(all[1].state)
    emails.put(all[1].list)
    if (all[2]) takeThreads(all[2])
    return all[0]
  }

  function takeThreads({ list }: Get<Thread>): void {
    emails.putThreads(list)
    const others = list.filter(({ emailIds }) => emailIds.length > 1).flatMap(({ emailIds }) => emailIds)
    const unknown = others
      .filter((id) => !emails.member(id))
      .slice(0, jmap.session.capabilities['urn:ietf:params:jmap:core'].maxObjectsInGet)
    if (unknown.length === 0) return
    jmap.get<Member>('Email', { accountId, ids: unknown, properties: memberProperties }).then(
      (got) => emails.putMembers(got.list),
      () => undefined, // the rows say less
    )
  }

  /** Where days begin: as far as the first rows tell, and then by counting on the server. */
  async function lookForHeadings(): Promise<void> {
    if (!query.hasDays) return
    const of = generation
    const starts = periodStarts(Date.now(), zone)
    const total = view.get().total ?? 0
    const times: number[] = []
    while (ids.has(times.length)) {
      const email = emails.get(ids.get(times.length)!)
      if (!email) break
      times.push(Date.parse(email.receivedAt))
    }
    const counts = countsFrom(starts, times, times.length >= total)
    show({ headings: headingsOf(starts, counts) })
    const unknown = starts.flatMap(([, start], i) => (counts[i] === undefined && start > -Infinity ? [i] : []))
    if (unknown.length === 0) return
    const answers = await Promise.all(
      unknown.map((i) => {
        const since = { after: new Date(starts[i]![1]).toISOString().replace(/\.\d+/, '') }
        const both = filter === null ? since : { operator: 'AND', conditions: [filter, since] }
        return jmap.call<Query>('Email/query', { ...asked, filter: both, limit: 1, calculateTotal: true })
      }),
    ).catch(() => undefined)
    if (!answers || of !== generation) return
    for (const [n, i] of unknown.entries()) counts[i] = answers[n]!.total
    show({ headings: headingsOf(starts, counts) })
  }

  async function refresh(first: number, last: number): Promise<{ moved: number; more: number }> {
    const of = ++generation
    const before = view.get().total ?? 0
    const anchor = first > 0 ? ids.get(first) : undefined
    const limit = Math.max(last - first + 21, windowRows)
    const window = anchor === undefined ? { position: Math.max(first - 10, 0) } : { anchor, anchorOffset: -10 }
    const found = await ask({ ...window, limit, calculateTotal: true }).catch((error: unknown) => {
      if (error instanceof MethodError && error.type === 'anchorNotFound') {
        return ask({ position: Math.max(first - 10, 0), limit, calculateTotal: true })
      }
      throw error
    })
    if (of !== generation) return { moved: 0, more: 0 }
    ids = new Map(found.ids.map((id, i) => [found.position + i, id]))
    const total = found.total ?? before
    show({ total, isCounted: true, problem: undefined })
    void lookForHeadings()
    pump()
    const at = anchor === undefined ? -1 : found.ids.indexOf(anchor)
    return { moved: at < 0 ? 0 : found.position + at - first, more: total - before }
  }

  return {
    query,
    view,
    emails,
    idAt: (position) => ids.get(position),
    positionOf(id) {
      for (const [position, one] of ids) if (one === id) return position
      return undefined
    },
    need(first, last) {
      wanted = [first, last]
      pump()
    },
    retry: () => show({ problem: undefined }),
    refresh,
    remove(gone) {
      const out = new Set(gone)
      const places = [...ids].filter(([, id]) => out.has(id)).map(([position]) => position)
      if (places.length === 0) return
      places.sort((a, b) => a - b)
      generation++
      const below = (position: number): number => places.filter((place) => place < position).length
      ids = new Map([...ids].filter(([, id]) => !out.has(id)).map(([at, id]) => [at - below(at), id]))
      const { total, headings } = view.get()
      show({
        total: Math.max((total ?? 0) - places.length, 0),
        headings: headings
          .map(({ at, key }) => ({ at: at - below(at), key }))
          .filter((one, i, all) => one.at !== all[i + 1]?.at),
      })
      pump()
    },
  }
}
