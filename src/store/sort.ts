// SORT: uids in the order of keys (RFC 5256 §2.2, §3; RFC 5957).
//
// Strings are compared folded (case and accents do not count) and in capitals, as i;unicode-casemap has them (RFC 5051):
// "_" and "[" come after the letters. Keys are columns of the mail;
// a mailbox of a hundred thousand is read and sorted in slices.

import { columnsOf, sortSlowly } from './pages.ts'
import { ascending, breathe } from './sets.ts'
import type { Store } from './store.ts'

export interface SortKey {
  by: 'arrival' | 'cc' | 'date' | 'from' | 'size' | 'subject' | 'to' | 'displayfrom' | 'displayto'
  reverse: boolean
}

interface Column {
  text: string
  key(value: string | number): string | number
}

const asItIs = (value: string | number): string | number => value
const inCapitals = (value: string | number): string => String(value).toUpperCase()

/** Keys as columns, and what is compared of them. */
export const sortColumns: Record<SortKey['by'], Column> = {
  arrival: { text: 'm.received_at', key: asItIs },
  // Without a readable Date: the internal date stands in (RFC 5256 §2.2 "DATE").
  date: { text: 'coalesce(x.sent_at, m.received_at)', key: asItIs },
  size: { text: 'm.size', key: asItIs },
  subject: { text: 'coalesce(x.base_subject, x.subject)', key: inCapitals },
  from: { text: 'x.from_text', key: (value) => inCapitals(firstMailbox(String(value))) },
  to: { text: 'x.to_text', key: (value) => inCapitals(firstMailbox(String(value))) },
  cc: { text: 'x.cc_text', key: (value) => inCapitals(firstMailbox(String(value))) },
  displayfrom: { text: 'x.from_text', key: (value) => inCapitals(firstDisplayed(String(value))) },
  displayto: { text: 'x.to_text', key: (value) => inCapitals(firstDisplayed(String(value))) },
}

/** The local part of the first address of a list as columns keep it; '' when there is none. */
function firstMailbox(list: string): string {
  const line = firstLine(list)
  const open = line.lastIndexOf('<')
  if (open < 0) return line.endsWith(':') ? line.slice(0, -1) : line
  const address = line.slice(open + 1, -1)
  const at = address.lastIndexOf('@')
  return at < 0 ? address : address.slice(0, at)
}

/** The first address as it is shown: its name, else the address (RFC 5957 §3). */
function firstDisplayed(list: string): string {
  const line = firstLine(list)
  const open = line.lastIndexOf('<')
  if (open < 0) return line.endsWith(':') ? line.slice(0, -1) : line
  return open > 0 ? line.slice(0, open).trim() : line.slice(1, -1)
}

function firstLine(list: string): string {
  const end = list.indexOf('\n')
  return end < 0 ? list : list.slice(0, end)
}

/** `uids` in the order of `keys`, ties in the order of the mailbox. Uids that are gone are left out. */
export async function sort(
  store: Store,
  mailboxId: number,
  uids: readonly number[],
  keys: readonly SortKey[],
): Promise<number[]> {
  const wanted = keys.map((key) => sortColumns[key.by])
  const items: (string | number)[][] = []
  const text = wanted.map((column) => column.text).join(', ') || 'm.uid'
  for await (const rows of columnsOf(store, mailboxId, ascending(uids), text)) {
    for (const row of rows) {
      const item = row as (string | number)[]
      for (let i = 0; i < wanted.length; i++) item[i + 1] = wanted[i]!.key(item[i + 1]!)
      items.push(item)
    }
    await breathe()
  }
  const compare = (a: (string | number)[], b: (string | number)[]): number => {
    for (let i = 0; i < keys.length; i++) {
      const [left, right] = [a[i + 1]!, b[i + 1]!]
      if (left !== right) return left < right === keys[i]!.reverse ? 1 : -1
    }
    return (a[0] as number) - (b[0] as number)
  }
  return (await sortSlowly(items, compare, breathe)).map((item) => item[0] as number)
}
