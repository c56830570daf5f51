// Orders of emails: RFC 8621 §4.4.2. Names and subjects are compared as SORT compares them (sort.ts).

import type { Value } from '../sql/sql.ts'
import { emailCondition, type EmailCriterion } from './emailcriteria.ts'
import { isSeen, type Scope } from './emails.ts'
import { sortSlowly } from './pages.ts'
import { breathe, list, listLength, padded } from './sets.ts'
import { sortColumns } from './sort.ts'
import type { Store } from './store.ts'

export type EmailSort =
  | { by: 'received' | 'size' | 'from' | 'to' | 'subject' | 'sent'; ascending: boolean }
  | { by: 'keyword' | 'all-in-thread' | 'some-in-thread'; name: string; ascending: boolean }

export interface Sorted {
  id: number
  thread: number
}

/** What is to be sorted: the emails of `ids`, or all in these mailboxes that match. */
export type Sorting = { ids: readonly number[]; mailboxId: number | undefined } | Scanned

interface Scanned {
  mailboxIds: readonly number[]
  criterion: EmailCriterion // of columns
}

type Row = (string | number)[] // mail id, thread, received at, keys

/** In the order of `sort`, each email once; ties: the newest first. */
export async function sortEmails(
  store: Store,
  scope: Scope,
  sorting: Sorting,
  sort: readonly EmailSort[],
): Promise<Sorted[]> {
  const keys = sort.map((each) => (each.by in plainKeys ? plainKeys[each.by as keyof typeof plainKeys] : asItIs))
  const items = new Map<number, Row>()
  const pages = 'ids' in sorting ? rowsOf(store, scope, sorting, sort) : rowsIn(store, scope, sorting, sort)
  for await (const rows of pages) {
    for (const row of rows) {
      if (items.has(row[0] as number)) continue
      for (let i = 0; i < keys.length; i++) row[i + 3] = keys[i]!(row[i + 3]!)
      items.set(row[0] as number, row)
    }
    await breathe()
  }
  const compare = (a: Row, b: Row): number => {
    for (let i = 0; i < sort.length; i++) {
      const [left, right] = [a[i + 3]!, b[i + 3]!]
      if (left !== right) return left < right === sort[i]!.ascending ? -1 : 1
    }
    return (b[2] as number) - (a[2] as number) || (b[0] as number) - (a[0] as number)
  }
  const sorted = await sortSlowly([...items.values()], compare, breathe)
  return sorted.map(([id, thread]) => ({ id: id as number, thread: thread as number }))
}

const asItIs = (value: string | number): string | number => value

const plainKeys = {
  received: sortColumns.arrival.key,
  size: sortColumns.size.key,
  from: sortColumns.displayfrom.key,
  to: sortColumns.displayto.key,
  subject: sortColumns.subject.key,
  sent: sortColumns.date.key,
}

/** Columns of the keys, for one statement. */
function keyColumns(scope: Scope, sort: readonly EmailSort[], values: Value[]): string {
  return sort
    .map((each) => {
      switch (each.by) {
        case 'received':
          return ', m.received_at'
        case 'size':
          return ', m.size'
        case 'from':
          return `, ${sortColumns.displayfrom.text}`
        case 'to':
          return `, ${sortColumns.displayto.text}`
        case 'subject':
          return `, ${sortColumns.subject.text}`
        case 'sent':
          return `, ${sortColumns.date.text}`
        default:
          return `, case when ${emailCondition(scope, keywordOf(each), values)} then 1 else 0 end`
      }
    })
    .join('')
}

function keywordOf({ by, name }: EmailSort & { name: string }): EmailCriterion {
  if (by === 'keyword') return { is: 'keyword', name, set: true }
  return { is: 'thread-keyword', name, of: by === 'all-in-thread' ? 'all' : 'some' }
}

async function* rowsOf(
  { db }: Store,
  scope: Scope,
  { ids, mailboxId }: { ids: readonly number[]; mailboxId: number | undefined },
  sort: readonly EmailSort[],
): AsyncGenerator<Row[], void, undefined> {
  for (let from = 0; from < ids.length; from += listLength) {
    const part = ids.slice(from, from + listLength)
    const values: Value[] = [scope.accountId, ...padded(part)]
    const place = (value: Value): string => `$${values.push(value)}`
    const columns = keyColumns(scope, sort, values)
    const seen = isSeen(scope, place)
    // +: by the index of threads, not through the mailbox.
    const inMailbox = mailboxId === undefined ? '' : `and +m.mailbox_id = ${place(mailboxId)}`
    yield (await db.arrays(
      `select m.mail_id, m.thread, m.received_at ${columns} from mail x cross join message m
        where x.id in ${list(part.length, 2)} and m.account_id = $1 and m.thread = x.thread and m.mail_id = x.id
          ${seen} ${inMailbox}`,
      values,
    )) as Row[]
  }
}

async function* rowsIn(
  { db, limits }: Store,
  scope: Scope,
  { mailboxIds, criterion }: Scanned,
  sort: readonly EmailSort[],
): AsyncGenerator<Row[], void, undefined> {
  for (const mailboxId of mailboxIds) {
    for (let after = 0; ;) {
      const values: Value[] = [mailboxId, after, limits.pageRows]
      const columns = keyColumns(scope, sort, values)
      const condition = emailCondition(scope, criterion, values)
      const from = `${columns} ${condition}`.includes('x.') ? 'message m join mail x on x.id = m.mail_id' : 'message m'
      const rows = (await db.apart.arrays(
        `select m.uid, m.mail_id, m.thread, m.received_at ${columns} from ${from}
          where m.mailbox_id = $1 and m.uid > $2 and (m.flags & 8) = 0 and ${condition} order by m.uid limit $3`,
        values,
      )) as Row[]
      yield rows.map((row) => row.slice(1))
      if (rows.length < limits.pageRows) break
      after = rows.at(-1)![0] as number
    }
  }
}
