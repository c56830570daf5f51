// Contacts, groups of contacts and people of the house, for who types a recipient.

import { ask } from '../../parts/api.ts'
import type { PeopleSource } from './people.ts'
import type { Recipient } from './recipients.ts'

interface Found extends Recipient {
  kind: 'contact' | 'group' | 'person'
  contact?: string
}

const longest = 200 // letters that the server looks for

export const housePeople: PeopleSource = async (typed, signal) => {
  const asked = new URLSearchParams({ text: typed.trim().slice(0, longest), limit: '8' })
  const { people } = await ask<{ people: Found[] }>('GET', `/api/people?${asked}`, undefined, signal)
  return people.map(({ kind, name, email, contact }) =>
    kind === 'group' && contact !== undefined ? { name, email, group: contact } : { name, email },
  )
}

export interface ContactGroup {
  name: string
  members: Recipient[]
  without: string[] // members that have no address
  missing: number // members that nobody knows any more
  public: boolean // it is of a book of others: a mail to it had better go by Bcc
}

/** Everybody in a group, groups in it too. Throws Problem. */
export function readGroup(id: string): Promise<ContactGroup> {
  return ask<ContactGroup>('GET', `/api/contacts/groups/${encodeURIComponent(id)}`)
}
