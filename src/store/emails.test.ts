// Emails of an account against a model: random operations, then everything that can be asked, compared with what the
// plain definitions of RFC 8621 give over all rows.

import { deepEqual, equal, ok } from 'node:assert/strict'
import { deleteMailbox, createMailbox, mailboxByRole, setRole } from './mailboxes.ts'
import { flagBits, storeFlags } from './flags.ts'
import { changeEmails } from './emailset.ts'
import { copyMessages, expunge, messagesOf, moveMessages } from './messages.ts'
import type { Store } from './store.ts'
import { emailChanges, mailboxChanges, threadChanges, whole, type ChangedIds, type Since } from './emailchanges.ts'
import type { EmailCriterion } from './emailcriteria.ts'
import type { EmailQuery } from './emaillists.ts'
import { canFollow, listChanges } from './emailquerychanges.ts'
import type { EmailSort } from './emailsort.ts'
import { emailsOf, scopeOf, threadsOf, type Scope } from './emails.ts'
import { startSweeper } from './sweep.ts'
import { append, eachStore, type World } from '../../test/mailstore.ts'

/** A seeded generator: a failing run can be repeated. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

interface Facts {
  id: number
  thread: number
  mailboxIds: Set<number>
  rows: { mailboxId: number; uid: number; flags: number; keywords: string[]; receivedAt: number; size: number }[]
  keywords: Set<string>
  receivedAt: number
  size: number
  subject: string
  from: string
  sentAt: number
  attachment: boolean
}

/** The whole account, read row by row. */
async function factsOf(store: Store, accountId: number): Promise<Map<number, Facts>> {
  const rows = await store.db.arrays(
    `select m.mail_id, x.thread, m.mailbox_id, m.uid, m.flags, m.keywords, m.received_at, m.size, x.subject, x.from_text,
       coalesce(x.sent_at, m.received_at), x.has_attachment
       from message m join mail x on x.id = m.mail_id join mailbox b on b.id = m.mailbox_id
      where b.account_id = $1 and (m.flags & 8) = 0`,
    [accountId],
  )
  const facts = new Map<number, Facts>()
  for (const row of rows) {
    const [id, thread, mailboxId, uid, flags, keywords, receivedAt, size, subject, from, sentAt, attachment] = row as [
      number,
      number,
      number,
      number,
      number,
      string,
      number,
      number,
      string,
      string,
      number,
      number,
    ]
    const one: Facts = facts.get(id) ?? {
      id,
      thread,
      mailboxIds: new Set(),
      rows: [],
      keywords: new Set(),
      receivedAt,
      size,
      subject,
      from,
      sentAt,
      attachment: attachment === 1,
    }
    one.mailboxIds.add(mailboxId)
    one.rows.push({ mailboxId, uid, flags, keywords: keywords === '' ? [] : keywords.split(' '), receivedAt, size })
    one.receivedAt = Math.min(one.receivedAt, receivedAt)
    facts.set(id, one)
  }
  for (const one of facts.values()) {
    for (const { flags, keywords } of one.rows) {
      for (const [name, bit] of Object.entries(flagBits))
        if (name !== 'seen' && name !== 'deleted' && flags & bit) one.keywords.add(`$${name}`)
      for (const keyword of keywords) one.keywords.add(keyword.toLowerCase())
    }
    if (one.rows.every(({ flags }) => flags & flagBits.seen)) one.keywords.add('$seen')
  }
  return facts
}

type Account = Map<number, Facts>

function inThread(all: Account, { thread }: Facts): Facts[] {
  return [...all.values()].filter((each) => each.thread === thread)
}

function matches(all: Account, one: Facts, criterion: EmailCriterion): boolean {
  switch (criterion.is) {
    case 'all':
      return true
    case 'and':
      return criterion.of.every((each) => matches(all, one, each))
    case 'or':
      return criterion.of.some((each) => matches(all, one, each))
    case 'not':
      return !matches(all, one, criterion.of)
    case 'in-mailbox':
      return one.mailboxIds.has(criterion.id)
    case 'outside':
      return [...one.mailboxIds].some((id) => !criterion.of.includes(id))
    case 'received':
      return one.receivedAt >= (criterion.since ?? -Infinity) && one.receivedAt < (criterion.before ?? Infinity)
    case 'size':
      return one.size >= (criterion.atLeast ?? 0) && one.size < (criterion.below ?? Infinity)
    case 'keyword':
      return one.keywords.has(criterion.name) === criterion.set
    case 'thread-keyword': {
      const having = inThread(all, one).map((each) => each.keywords.has(criterion.name))
      if (criterion.of === 'all') return having.every(Boolean)
      return having.some(Boolean) === (criterion.of === 'some')
    }
    case 'attachment':
      return one.attachment === criterion.has
    case 'header':
      return (criterion.name === 'subject' ? one.subject : one.from).includes(criterion.text)
    case 'text':
    case 'body':
      return one.subject.includes(criterion.text)
  }
}

/** What an email is compared by. */
function keyOf(all: Account, one: Facts, sort: EmailSort): number | string {
  switch (sort.by) {
    case 'received':
      return one.receivedAt
    case 'size':
      return one.size
    case 'sent':
      return one.sentAt
    case 'subject':
      return one.subject.replace(/^re: /, '').toUpperCase()
    case 'from':
    case 'to':
      return one.from.split(' <')[0]!.toUpperCase()
    case 'keyword':
      return one.keywords.has(sort.name) ? 1 : 0
    default: {
      const having = inThread(all, one).map((each) => each.keywords.has(sort.name))
      return (sort.by === 'all-in-thread' ? having.every(Boolean) : having.some(Boolean)) ? 1 : 0
    }
  }
}

function isOrdered(all: Account, ids: readonly number[], sort: readonly EmailSort[]): boolean {
  const keys = ids.map((id) => sort.map((each) => keyOf(all, all.get(id)!, each)))
  return keys.every((key, i) => {
    const before = keys[i - 1]
    if (!before) return true
    for (const [k, value] of key.entries()) {
      if (before[k] === value) continue
      return before[k]! < value === sort[k]!.ascending
    }
    return true
  })
}

const letters = ['apple', 'banana', 'cherry', '會議記錄', '開會', 'Ångström']

interface Scene {
  store: Store
  boxes: number[]
  roll: (below: number) => number
  threads: string[]
  sent: number
}

async function uidsIn(store: Store, mailboxId: number): Promise<number[]> {
  const rows = await store.db.arrays('select uid from message where mailbox_id = $1 order by uid', [mailboxId])
  return rows.map((row) => row[0] as number)
}

async function step(scene: Scene): Promise<void> {
  const { store, boxes, roll, threads } = scene
  const box = boxes[roll(boxes.length)]!
  const uids = await uidsIn(store, box)
  const some = uids.filter(() => roll(4) === 0).slice(0, 6)
  const target = boxes[roll(boxes.length)]!
  const what = roll(20)
  if (what < 8 || uids.length === 0) {
    const n = ++scene.sent
    const isReply = threads.length > 0 && roll(2) === 0
    const root = isReply ? threads[roll(threads.length)]! : `<root${n}@uni.example>`
    if (!isReply) threads.push(root)
    const word = letters[roll(letters.length)]!
    await append(
      store,
      box,
      {
        subject: `${isReply ? 'Re: ' : ''}${word} ${roll(5)}`,
        from: `${['Zoe', 'ann', 'Bob'][roll(3)]} <p${roll(3)}@uni.example>`,
        date: new Date(1_767_600_000_000 + roll(50) * 86_400_000).toUTCString(),
        id: isReply ? `<m${n}@uni.example>` : root,
        headers: isReply ? `References: ${root}\r\n` : '',
        body: `${'x'.repeat(roll(200))}\r\n`,
      },
      {
        flags: roll(4) === 0 ? flagBits.draft : roll(2),
        keywords: roll(4) === 0 ? ['Work'] : [],
        receivedAt: 1_767_600_000_000 + roll(1_000) * 1_000,
      },
    )
  } else if (what < 13) {
    const flags = [flagBits.seen, flagBits.flagged, flagBits.deleted, flagBits.draft][roll(4)]!
    const keywords = roll(3) === 0 ? ['Work'] : []
    await storeFlags(store, box, some, { mode: roll(3) === 0 ? 'remove' : 'add', flags, keywords })
  } else if (what < 15) await copyMessages(store, box, some, target)
  else if (what < 17) await moveMessages(store, box, some, target)
  else if (what < 19) await change(scene, box, some, target)
  else await expunge(store, box, some)
}

async function change({ store, roll }: Scene, box: number, uids: number[], target: number): Promise<void> {
  const mails = new Set((await messagesOf(store.db, box, uids)).map(({ mailId }) => mailId))
  const mailboxIds = roll(2) === 0 ? { set: [target] } : { add: [target], remove: roll(2) === 0 ? [box] : [] }
  const keywords = { add: [['$seen', '$flagged', 'work'][roll(3)]!], remove: ['$draft'] }
  const changes = [{ mailboxIds }, { keywords }, { mailboxIds, keywords }, { destroy: true }]
  await changeEmails(
    store,
    1,
    [...mails].map((id) => ({ id, ...changes[roll(4)] })),
  )
}

async function begin(store: Store, seed: number): Promise<Scene> {
  const boxes: number[] = []
  for (const role of ['inbox', 'archive', 'trash'] as const) boxes.push((await mailboxByRole(store.db, 1, role))!.id)
  return { store, boxes, roll: dice(seed), threads: [], sent: 0 }
}

const same = (a: Iterable<number>, b: Iterable<number>): void =>
  deepEqual(
    [...a].sort((x, y) => x - y),
    [...b].sort((x, y) => x - y),
  )

async function checkCounts({ store }: Scene, scope: Scope, all: Account): Promise<void> {
  const counts = await store.counts.of(scope)
  const emails = [...all.values()]
  const isUnread = (one: Facts): boolean => !one.keywords.has('$seen') && !one.keywords.has('$draft')
  for (const box of scope.boxes) {
    const inside = emails.filter((one) => one.mailboxIds.has(box.id))
    const isTrash = box.id === scope.trashId
    const unreadHere = emails.filter(
      (one) =>
        isUnread(one) &&
        (isTrash ? one.mailboxIds.has(box.id) : [...one.mailboxIds].some((id) => id !== scope.trashId)),
    )
    const unread = new Set(unreadHere.map((one) => one.thread))
    deepEqual(
      counts.get(box.id),
      {
        totalEmails: inside.length,
        unreadEmails: inside.filter(isUnread).length,
        totalThreads: new Set(inside.map((one) => one.thread)).size,
        unreadThreads: new Set(inside.map((one) => one.thread).filter((thread) => unread.has(thread))).size,
      },
      `mailbox ${box.id}`,
    )
  }
}

async function checkEmails({ store }: Scene, scope: Scope, all: Account): Promise<void> {
  const emails = await emailsOf(store.db, scope, [...all.keys(), 987_654])
  same(emails.keys(), all.keys())
  for (const [id, email] of emails) {
    const one = all.get(id)!
    deepEqual(
      email.mailboxIds,
      [...one.mailboxIds].sort((a, b) => a - b),
    )
    equal(email.receivedAt, one.receivedAt)
    const names = Object.entries(flagBits).flatMap(([name, bit]) => (email.flags & bit ? [`$${name}`] : []))
    deepEqual([...names, ...email.keywords].sort(), [...one.keywords].sort())
  }
  const threads = new Set([...all.values()].map((one) => one.thread))
  const found = await threadsOf(store.db, scope, [...threads])
  same(found.keys(), threads)
  for (const [thread, ids] of found) {
    same(
      ids,
      [...all.values()].filter((one) => one.thread === thread).map((one) => one.id),
    )
    ok(isOrdered(all, ids, [{ by: 'received', ascending: true }]))
  }
}

function criterionOf({ roll, boxes }: Scene, depth = 0): EmailCriterion {
  const name = ['$seen', '$flagged', '$draft', 'work'][roll(4)]!
  const box = boxes[roll(boxes.length)]!
  const at = 1_767_600_000_000 + roll(1_000) * 1_000
  const each: (() => EmailCriterion)[] = [
    () => ({ is: 'in-mailbox', id: box }),
    () => ({ is: 'keyword', name, set: roll(2) === 0 }),
    () => ({ is: 'outside', of: [box] }),
    () => ({ is: 'received', ...(roll(2) === 0 ? { since: at } : { before: at }) }),
    () => ({ is: 'size', ...(roll(2) === 0 ? { atLeast: 300 } : { below: 350 }) }),
    () => ({ is: 'thread-keyword', name, of: (['all', 'some', 'none'] as const)[roll(3)]! }),
    () => ({ is: 'header', name: 'subject', text: letters[roll(4)]! }),
    () => ({ is: 'text', text: letters[roll(5)]! }),
    () => ({ is: 'all' }),
  ]
  if (depth < 3 && roll(3) === 0) {
    const of = Array.from({ length: 1 + roll(3) }, () => criterionOf({ roll, boxes } as Scene, depth + 1))
    const is = (['and', 'or', 'not'] as const)[roll(3)]!
    return is === 'not' ? { is, of: of[0]! } : { is, of }
  }
  return each[roll(each.length)]!()
}

function queryOf(scene: Scene): EmailQuery {
  const { roll, boxes } = scene
  const ascending = roll(2) === 0
  const name = ['$seen', '$flagged', 'work'][roll(3)]!
  const by = ['received', 'size', 'from', 'subject', 'sent', 'keyword', 'all-in-thread', 'some-in-thread'] as const
  const some = Array.from({ length: roll(3) }, () => ({ by: by[roll(by.length)]!, name, ascending }) as EmailSort)
  const sort = roll(2) === 0 ? [] : some
  const inside: EmailCriterion = { is: 'in-mailbox', id: boxes[roll(boxes.length)]! }
  const kinds: EmailCriterion[] = [inside, { is: 'and', of: [inside, criterionOf(scene)] }, criterionOf(scene)]
  return { criterion: kinds[roll(3)]!, sort, collapse: roll(2) === 0 }
}

async function wholeList(store: Store, scope: Scope, query: EmailQuery): Promise<number[]> {
  return (await store.lists.open(store, scope, query)).slice(0, 100_000)
}

async function checkQuery(scene: Scene, scope: Scope, all: Account, query: EmailQuery): Promise<void> {
  const { store, roll } = scene
  const list = await store.lists.open(store, scope, query)
  const what = JSON.stringify(query)
  const total = roll(2) === 0 ? await list.total() : undefined
  const from = roll(5)
  const page = await list.slice(from, 7)
  const ids = await list.slice(0, 100_000)
  deepEqual(page, ids.slice(from, from + 7), what)
  equal(await list.total(), ids.length, what)
  if (total !== undefined) equal(total, ids.length, what)
  const wanted = [...all.values()].filter((one) => matches(all, one, query.criterion)).map((one) => one.id)
  const sort: EmailSort[] = query.sort.length > 0 ? query.sort : [{ by: 'received', ascending: false }]
  ok(isOrdered(all, ids, sort), what)
  if (!query.collapse) same(ids, wanted)
  else {
    const full = await wholeList(store, scope, { ...query, collapse: false })
    same(full, wanted)
    const threads = new Set<number>()
    const first = full.filter((id) => !threads.has(all.get(id)!.thread) && threads.add(all.get(id)!.thread))
    deepEqual(ids, first, what)
  }
  if (ids.length > 0) {
    const at = roll(ids.length)
    equal(await list.placeOf(ids[at]!), at)
  }
  equal(await list.placeOf(987_654), -1)
}

/** A client that follows changes page by page. `maybe`: what may be told as updated although it was not seen. */
async function followed(
  changes: (since: Since) => Promise<ChangedIds | undefined>,
  state: number,
  known: Set<number>,
  maybe: (id: number) => boolean,
): Promise<{ known: Set<number>; touched: Set<number> }> {
  const now = new Set(known)
  const touched = new Set<number>()
  for (let since = whole(state); ;) {
    const page = await changes(since)
    ok(page, 'changes are known')
    for (const id of page.created) now.add(id)
    for (const id of page.destroyed) now.delete(id)
    for (const id of [...page.created, ...page.updated]) touched.add(id)
    for (const id of page.updated) ok(now.has(id) || maybe(id), `${id} was updated and is not known`)
    for (const id of page.updated) now.add(id)
    if (!page.hasMore) return { known: now, touched }
    ok(page.newState.modseq > since.modseq || page.newState.id > since.id)
    since = page.newState
  }
}

const text = (one: Facts | undefined): string =>
  one ? JSON.stringify([[...one.mailboxIds].sort((a, b) => a - b), [...one.keywords].sort()]) : ''

async function asked({ store }: World): Promise<void> {
  const scene = await begin(store, 20_261_122)
  let before: Account | undefined
  let since = 0
  let hidden = new Set<number>() // with \\Deleted at `since`
  let queries: { query: EmailQuery; ids: number[] }[] = []
  for (let round = 0; round < 24; round++) {
    for (let i = 0; i < 6; i++) await step(scene)
    if (round % 10 === 9) await store.indexer.caughtUp()
    const scope = await scopeOf(store.db, 1)
    const all = await factsOf(store, 1)
    await checkEmails(scene, scope, all)
    await checkCounts(scene, scope, all)
    for (let i = 0; i < 6; i++) await checkQuery(scene, scope, all, queryOf(scene))

    if (before) {
      const old = before
      const wasHidden = (id: number): boolean => hidden.has(id)
      const most = 1 + scene.roll(4)
      const emails = await followed(
        (at) => emailChanges(store.db, scope, at, most),
        since,
        new Set(old.keys()),
        wasHidden,
      )
      same(emails.known, all.keys())
      for (const [id, one] of all) if (text(one) !== text(old.get(id))) ok(emails.touched.has(id), `email ${id}`)
      const threadsIn = (account: Account): Set<number> => new Set([...account.values()].map((one) => one.thread))
      const threads = await followed(
        (at) => threadChanges(store.db, scope, at, most),
        since,
        threadsIn(old),
        () => true,
      )
      same(threads.known, threadsIn(all))
      for (const { query, ids } of queries) await checkFollowing(store, scope, query, ids, since)
    }
    before = all
    hidden = new Set(
      (await store.db.arrays('select mail_id from message where (flags & 8) <> 0')).map((row) => row[0] as number),
    )
    since = scope.state
    queries = []
    for (let i = 0; i < 4; i++) {
      const query = queryOf(scene)
      queries.push({ query, ids: await wholeList(store, scope, query) })
    }
  }
}

eachStore('what is asked of an account is what its rows say', asked)

// The ways of large mailboxes, taken by small ones.
eachStore('the same along other ways', asked, {
  limits: { listedMatches: 2, listedLikely: 4, listJump: 1, countsFollowed: 2, cachedLists: 3_000, cachedCounts: 4 },
})

/** A client repairs its list by what changed (RFC 8620 §5.6). */
async function checkFollowing(
  store: Store,
  scope: Scope,
  query: EmailQuery,
  before: number[],
  since: number,
): Promise<void> {
  const changes = await listChanges(store, scope, query, whole(since), { most: 1_000 })
  if (!canFollow(query)) return equal(changes, undefined)
  ok(changes && changes !== 'too many')
  const removed = new Set(changes.removed)
  const repaired = before.filter((id) => !removed.has(id))
  for (const [id, place] of changes.added) repaired.splice(place, 0, id)
  deepEqual(repaired, await wholeList(store, scope, query), JSON.stringify(query))
}

eachStore('mailboxes change by themselves, by their counts, and go', async ({ store, inbox }) => {
  const scope = await scopeOf(store.db, 1)
  const at = whole(scope.state)
  const ask = async () => (await mailboxChanges(store.db, await scopeOf(store.db, 1), at, 100))!
  await append(store, inbox.id)
  let changes = await ask()
  deepEqual([changes.created, changes.updated, changes.destroyed, changes.onlyCounts], [[], [inbox.id], [], true])
  const made = await createMailbox(store, 1, { path: ['Made'] })
  await setRole(store, made.id, 'all')
  changes = await ask()
  deepEqual([changes.created, changes.updated, changes.destroyed], [[made.id], [inbox.id], []])
  const later = whole((await scopeOf(store.db, 1)).state)
  await deleteMailbox(store, made.id)
  changes = (await mailboxChanges(store.db, await scopeOf(store.db, 1), later, 100))!
  deepEqual([changes.created, changes.updated, changes.destroyed], [[], [], [made.id]])
})

eachStore('emails of a deleted mailbox are gone at once, and are told until they are forgotten', async ({ store }) => {
  const made = await createMailbox(store, 1, { path: ['Made'] })
  await append(store, made.id)
  const state = whole((await scopeOf(store.db, 1)).state)
  await deleteMailbox(store, made.id)
  const scope = await scopeOf(store.db, 1)
  const changes = await emailChanges(store.db, scope, state, 10)
  equal(changes?.destroyed.length, 1)
  deepEqual(await wholeList(store, scope, { criterion: { is: 'all' }, sort: [], collapse: false }), [])
  const sweeper = startSweeper(store)
  await sweeper.sweep()
  await sweeper.stop()
  equal(await emailChanges(store.db, await scopeOf(store.db, 1), state, 10), undefined)
})

eachStore('somebody else sees what is in the mailboxes shared to him, and nothing more', async ({ store, inbox }) => {
  const archive = (await mailboxByRole(store.db, 1, 'archive'))!
  await append(store, inbox.id, { subject: 'private' })
  await append(store, archive.id, { subject: 'shared' })
  await append(store, inbox.id, { subject: 'both' })
  await copyMessages(store, inbox.id, [2], archive.id)
  const scope = await scopeOf(store.db, 1, [archive.id])
  const list = await wholeList(store, scope, { criterion: { is: 'all' }, sort: [], collapse: false })
  const emails = await emailsOf(store.db, scope, [1, 2, 3])
  same(list, emails.keys())
  deepEqual(
    [...emails.values()].map((email) => email.mailboxIds),
    [[archive.id], [archive.id]],
  )
  const text: EmailCriterion = { is: 'text', text: 'private' }
  deepEqual(await wholeList(store, scope, { criterion: text, sort: [], collapse: false }), [])
  const counts = await store.counts.of(scope)
  deepEqual([...counts.keys()], [archive.id])
})
