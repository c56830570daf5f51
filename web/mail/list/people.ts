// Who stands in a row: one name, or the people of a thread in the order they wrote.
//
// Pure but for what the listing knows.

import { shortName } from '../../parts/names.ts'
import type { Member } from '../emails.ts'
import type { Address, Listed } from '../jmap/types.ts'
import type { MailWords } from '../words.ts'
import type { Listing } from './listing.ts'

/** The mails of a row's thread that are known, the row's own if no others are. */
export function threadMembers({ query, emails }: Listing, email: Listed): Member[] {
  const thread = query.collapse ? emails.thread(email.threadId) : undefined
  if (!thread || thread.length < 2) return [email]
  return thread.map((id) => emails.member(id) ?? { ...email, id, from: null })
}

interface Whose {
  own: string // address
  isToOthers: boolean // a list of what one wrote: it says to whom
  words: Pick<MailWords, 'me' | 'to' | 'nobody' | 'between'>
}

export function peopleOf(email: Listed, members: readonly Member[], { own, isToOthers, words }: Whose): string {
  const nameOf = (person: Address): string =>
    person.email.toLowerCase() === own.toLowerCase() ? words.me : shortName(person)
  if (isToOthers) return words.to((email.to ?? []).map(nameOf).join(words.between) || words.nobody)
  const names = new Map<string, string>()
  for (const { from } of members) for (const person of from ?? []) names.set(person.email.toLowerCase(), nameOf(person))
  if (names.size === 0) return words.nobody
  const all = [...names.values()]
  return (all.length > 3 ? [all[0]!, '…', all.at(-1)!] : all).join(words.between)
}
