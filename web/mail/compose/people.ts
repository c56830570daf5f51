// Who one may want to write to: found while one types a name or an address.
//
// A source is asked with what was typed and answers a few people, the likeliest first: the people of the latest mails
// sent and received (here), contacts and people of the house (housepeople.ts).

import type { Jmap } from '../jmap/client.ts'
import type { Address, Mailbox, Query } from '../jmap/types.ts'
import type { Recipient } from './recipients.ts'

/** Who may be meant: somebody, or a group of contacts (without an address). */
export interface Suggested extends Recipient {
  group?: string // its id
}

export type PeopleSource = (typed: string, signal: AbortSignal) => Promise<Suggested[]>

interface Correspondent extends Recipient {
  weight: number
}

const most = 8
const mostWritten = 5 // leaves room for contacts of the same name

/** Without doubles, those of the first source before those of the next. Sources that fail say nothing. */
export async function suggest(
  sources: readonly PeopleSource[],
  typed: string,
  signal: AbortSignal,
): Promise<Suggested[]> {
  const lists = await Promise.all(sources.map((source) => source(typed, signal).catch(() => [])))
  const found = new Map<string, Suggested>()
  for (const person of lists.flat()) {
    const key = keyOf(person)
    if (!found.has(key)) found.set(key, person)
  }
  return [...found.values()].slice(0, most)
}

/** What makes a suggestion another one. */
export function keyOf({ email, group }: Suggested): string {
  return group === undefined ? email.toLowerCase() : `group ${group}`
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().trim()

/** Those whose name or address has what was typed; those that begin with it come first. Pure. */
export function matching(people: readonly Correspondent[], typed: string): Recipient[] {
  const wanted = plain(typed)
  if (wanted === '') return []
  const found: [rank: number, Correspondent][] = []
  for (const person of people) {
    const name = plain(person.name)
    const email = plain(person.email)
    if (!name.includes(wanted) && !email.includes(wanted)) continue
    const begins =
      name.startsWith(wanted) || email.startsWith(wanted) || name.split(/\s+/).some((word) => word.startsWith(wanted))
    found.push([begins ? 0 : 1, person])
  }
  found.sort(([a, one], [b, other]) => a - b || other.weight - one.weight)
  return found.map(([, { name, email }]) => ({ name, email }))
}

/** Lists of addresses, the latest mail first; one writes again to whom one wrote lately and often. Pure. */
export function weigh(
  mails: readonly { people: readonly Address[]; times: number }[],
  own: ReadonlySet<string>,
): Correspondent[] {
  const known = new Map<string, Correspondent>()
  mails.forEach(({ people, times }, i) => {
    const weight = times / (i + 10)
    for (const { name, email } of people) {
      const key = email.toLowerCase()
      if (key === '' || own.has(key)) continue
      const before = known.get(key)
      if (before) {
        before.weight += weight
        before.name ||= name ?? ''
      } else known.set(key, { name: name ?? '', email, weight })
    }
  })
  return [...known.values()].sort((a, b) => b.weight - a.weight)
}

const looked = 150

/** Asks once, when somebody first types. */
export function correspondents(
  jmap: Jmap,
  accountId: string,
  mailboxes: () => readonly Mailbox[],
  own: ReadonlySet<string>,
): PeopleSource {
  let known: Promise<Correspondent[]> | undefined
  return async (typed) => {
    known ??= readCorrespondents(jmap, accountId, mailboxes(), own)
    known.catch(() => (known = undefined))
    return matching(await known, typed).slice(0, mostWritten)
  }
}

async function readCorrespondents(
  jmap: Jmap,
  accountId: string,
  mailboxes: readonly Mailbox[],
  own: ReadonlySet<string>,
): Promise<Correspondent[]> {
  const latest = async (role: string, properties: string[], times: number) => {
    const box = mailboxes.find((one) => one.role === role)
    if (!box) return []
    const sort = [{ property: 'receivedAt', isAscending: false }]
    const found = jmap.call<Query>('Email/query', { accountId, filter: { inMailbox: box.id }, sort, limit: looked })
    const got = jmap.get<Record<string, Address[] | null>>('Email', {
      accountId,
      '#ids': found.ref('/ids'),
      properties,
    })
    await found
    return (await got).list.map((mail) => ({ people: properties.flatMap((property) => mail[property] ?? []), times }))
  }
  const [sent, received] = await Promise.all([latest('sent', ['to', 'cc'], 3), latest('inbox', ['from'], 1)])
  return weigh([...sent, ...received], own)
}
