// What changed in a list of emails since a state, without the list of then.                          RFC 8620 §5.6
//
// Emails that came, went, or have changed in what the query looks at are told as removed and, where they are now, as
// added: the client needs no more to repair its list.
//
// Invariant: the work follows what changed, and how far down the list that lies; not what is in the mailbox.

import { emailMovements, type Since } from './emailchanges.ts'
import { dependsOn } from './emailcriteria.ts'
import type { EmailQuery } from './emaillists.ts'
import { matchingEmails } from './emailsearch.ts'
import { threadsOf, type Scope } from './emails.ts'
import type { Store } from './store.ts'

export interface ListChanges {
  removed: number[]
  added: [id: number, place: number][] // ascending by place
}

/** Whether queryChanges can be told: not where an email's place depends on the others of its thread. */
export function canFollow({ criterion, sort }: EmailQuery): boolean {
  return !dependsOn(criterion, 'threads') && sort.every(({ by }) => !by.endsWith('-in-thread'))
}

/**
 * What changed since; undefined when that cannot be told, 'too many' when it is more than `most`. `last`: the last email
 * the client knows of its list; changes behind it may be left out. Throws Trouble too-large, unavailable.
 */
export async function listChanges(
  store: Store,
  scope: Scope,
  query: EmailQuery,
  since: Since,
  { most, last }: { most: number; last?: number },
): Promise<ListChanges | 'too many' | undefined> {
  if (!canFollow(query)) return undefined
  const moves = await emailMovements(store.db, scope, since, most + 1)
  if (!moves) return undefined
  if (moves.hasMore) return 'too many'
  const isMutable = dependsOn(query.criterion, 'keywords') || query.sort.some(({ by }) => by === 'keyword')
  const touched = isMutable ? moves.updated : moves.moved
  const removed = new Set([...touched, ...moves.destroyed])
  const candidates = new Set([...touched, ...moves.created])
  const threadOf = moves.threads
  if (query.collapse) {
    // Another email of the thread may stand for it now, or have stood for it.
    const fresh = new Set(moves.created)
    const threads = new Set([...candidates, ...removed].map((id) => threadOf.get(id)!))
    for (const [thread, members] of await threadsOf(store.db, scope, [...threads])) {
      for (const id of members) {
        threadOf.set(id, thread)
        candidates.add(id)
        if (!fresh.has(id)) removed.add(id)
      }
    }
  }
  if (candidates.size === 0) return tooMany({ removed: [...removed], added: [] }, most)
  const within = [...candidates].sort((a, b) => a - b)
  const matches = await matchingEmails({ store, scope, mailboxId: undefined }, query.criterion, within)
  if (matches.length === 0) return tooMany({ removed: [...removed], added: [] }, most)
  const list = await store.lists.open(store, scope, query)
  const end = isMutable ? undefined : last
  const groups = Map.groupBy(matches, (id) => (query.collapse ? threadOf.get(id)! : id))
  const added = await list.placesOf([...groups.values()], end)
  return tooMany({ removed: [...removed], added }, most)
}

function tooMany(changes: ListChanges, most: number): ListChanges | 'too many' {
  return changes.removed.length + changes.added.length > most ? 'too many' : changes
}
