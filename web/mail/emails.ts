// What the page knows of the mails of one account: what lists show, by id, and who else is in their threads.
//
// Invariants: an email is replaced, never changed in place, so that equal objects mean "nothing to draw"; the number
// of those kept is bounded (the longest unseen go first) and whoever shows one asks again when it is gone.

import { cell, type Cell } from '../parts/cell.ts'
import type { Listed } from './jmap/types.ts'

export type Member = Pick<Listed, 'id' | 'threadId' | 'from' | 'keywords' | 'mailboxIds'>

export interface Emails {
  /** Grows with every change. */
  version: Cell<number>
  get(id: string): Listed | undefined
  put(list: readonly Listed[]): void
  change(id: string, change: Partial<Pick<Listed, 'keywords' | 'mailboxIds'>>): void
  drop(ids: readonly string[]): void
  /** The ids of a thread's emails, oldest first; undefined until they were told. */
  thread(threadId: string): readonly string[] | undefined
  putThreads(threads: readonly { id: string; emailIds: string[] }[]): void
  member(id: string): Member | undefined
  putMembers(list: readonly Member[]): void
  known(): { emails: string[]; members: string[] }
}

const most = 3000

export function openEmails(): Emails {
  const emails = new Map<string, Listed>()
  const members = new Map<string, Member>()
  const threads = new Map<string, readonly string[]>()
  const version = cell(0)
  const changed = (): void => version.update((n) => n + 1)

  function trim(map: Map<string, unknown>, limit: number): void {
    for (const key of map.keys()) {
      if (map.size <= limit) return
      map.delete(key)
    }
  }

  return {
    version,
    get: (id) => emails.get(id),
    put(list) {
      for (const email of list) {
        emails.delete(email.id)
        emails.set(email.id, email)
      }
      trim(emails, most)
      changed()
    },
    change(id, change) {
      const email = emails.get(id)
      if (email) emails.set(id, { ...email, ...change })
      const member = members.get(id)
      if (member) members.set(id, { ...member, ...change })
      changed()
    },
    drop(ids) {
      for (const id of ids) {
        emails.delete(id)
        members.delete(id)
      }
      changed()
    },
    thread: (threadId) => threads.get(threadId),
    putThreads(list) {
      for (const { id, emailIds } of list) {
        const before = threads.get(id)
        if (before?.length === emailIds.length && emailIds.every((one, i) => one === before[i])) continue
        threads.delete(id)
        threads.set(id, emailIds)
      }
      trim(threads, most)
      changed()
    },
    member: (id) => members.get(id) ?? emails.get(id),
    putMembers(list) {
      for (const member of list) members.set(member.id, member)
      trim(members, most * 3)
      changed()
    },
    known: () => ({ emails: [...emails.keys()], members: [...members.keys()] }),
  }
}
