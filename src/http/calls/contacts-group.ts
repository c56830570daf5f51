// GET /api/contacts/groups/:id: everybody in a group, with the addresses a mail to it goes to.
//
// Members are found among all books that one reads, the group's own first; groups in groups are followed once each. A
// member that was typed by hand (mailto:) is an address as it stands; one that nobody knows any more is told as missing.

import * as z from 'zod/mini'
import { readableBooks } from '../../directory/addressbooks.ts'
import { contactsById, contactsByUid, type Contact } from '../../directory/cards.ts'
import { directoryLimits } from '../../directory/limits.ts'
import type { Reader } from '../../sql/sql.ts'
import { objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { call } from '../call.ts'

interface Member {
  name: string
  email: string
}

export const contactsGroup = call({
  method: 'GET',
  path: '/api/contacts/groups/:id',
  summary: { en: 'Everybody in a group of contacts.', zh: '聯絡人群組中的所有人。' },
  who: 'person',
  rate: { count: 300, seconds: 60, per: 'account' },
  input: z.strictObject({ id: z.string().check(z.maxLength(20)) }),
  output: z.object({
    name: z.string(),
    members: z.array(z.object({ name: z.string(), email: z.string() })),
    without: z.array(z.string()), // members that have no address
    missing: z.number(), // members that nobody knows
    public: z.boolean(), // the group, or somebody in it, is of a book of others: a mail to it had better go by Bcc
  }),

  async run({ house, by }, { id }) {
    const { db } = house.store
    const number = objectNumber('C', id)
    const books = await readableBooks(db, by.account)
    const [group] = number === undefined ? [] : await contactsById(db, [number])
    if (group?.kind !== 'group' || !books.some((book) => book.id === group.bookId)) throw new Trouble('no-such-contact')
    const order = [group.bookId, ...books.map((book) => book.id).filter((book) => book !== group.bookId)]
    const { members, without, missing, from } = await expand(db, order, group)
    const own = new Set(books.filter(({ owner }) => owner === by.account.id).map((book) => book.id))
    return { name: group.name, members, without, missing, public: [...from].some((book) => !own.has(book)) }
  },
})

interface Expanded {
  members: Member[]
  without: string[]
  missing: number
  from: Set<number>
}

async function expand(db: Reader, books: number[], group: Contact): Promise<Expanded> {
  const found: Expanded = { members: [], without: [], missing: 0, from: new Set([group.bookId]) }
  const emails = new Set<string>()
  const add = (name: string, email: string): void => {
    if (emails.has(email.toLowerCase())) return
    emails.add(email.toLowerCase())
    found.members.push({ name, email })
  }
  const seen = new Set([group.id])
  const waiting = [group]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const uids = Object.keys(next.card.members ?? {})
    const contacts = new Map<string, Contact>()
    for (const contact of await contactsByUid(
      db,
      books,
      uids.filter((uid) => !uid.startsWith('mailto:')).flatMap(spellings),
    )) {
      const before = contacts.get(bare(contact.uid))
      const isNearer = !before || books.indexOf(contact.bookId) < books.indexOf(before.bookId)
      if (isNearer) contacts.set(bare(contact.uid), contact)
    }
    for (const uid of uids) {
      if (found.members.length >= directoryLimits.expansion)
        throw new Trouble('too-many-recipients', { limit: directoryLimits.expansion })
      const typed = /^mailto:([^?]+)/i.exec(uid)?.[1]
      const contact = contacts.get(bare(uid))
      if (typed !== undefined) add('', decode(typed))
      else if (!contact) found.missing++
      else if (contact.kind === 'group') {
        if (!seen.has(contact.id)) waiting.push(contact)
        seen.add(contact.id)
      } else {
        const [email] = Object.values(contact.card.emails ?? {}).toSorted((a, b) => (a.pref ?? 101) - (b.pref ?? 101))
        found.from.add(contact.bookId)
        if (email) add(contact.name, email.address)
        else found.without.push(contact.name)
      }
    }
  }
  return found
}

/** MEMBER of a vCard says urn:uuid: before a uid that may stand without it. */
function spellings(uid: string): string[] {
  return [bare(uid), `urn:uuid:${bare(uid)}`, uid]
}

function bare(uid: string): string {
  return uid.replace(/^urn:uuid:/i, '')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
