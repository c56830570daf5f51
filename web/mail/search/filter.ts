// What a search means to the server: the tree of language.ts as a filter of Email/query.        RFC 8621 §4.4.1
//
// Pure. A term that cannot be understood (a date that is none, a mailbox that is not there) is left out and named
// among the problems. Without "in:" the search is in all mailboxes but junk and trash.

import type { Filter } from '../jmap/filters.ts'
import { every, fromOutside, not } from '../jmap/filters.ts'
import type { Mailbox } from '../jmap/types.ts'
import { byRole } from '../mailboxes.ts'
import { readAge, readDate, readSize } from './dates.ts'
import { isEmpty, readSearch, termsOf, type Node, type Term } from './language.ts'

export interface SearchContext {
  mailboxes: readonly Mailbox[]
  address: string // of the person: from:me
  domain: string // ours: is:external
  now: number
  zone: string
}

export interface Search {
  filter: Filter | null
  terms: Term[]
  problems: Term[]
  scope: 'default' | 'everywhere' | 'named'
  isEmpty: boolean
}

const roleNames: Record<string, string> = {
  inbox: 'inbox',
  收信匣: 'inbox',
  收件匣: 'inbox',
  sent: 'sent',
  寄件備份: 'sent',
  drafts: 'drafts',
  draft: 'drafts',
  草稿: 'drafts',
  archive: 'archive',
  封存: 'archive',
  spam: 'junk',
  junk: 'junk',
  垃圾信: 'junk',
  trash: 'trash',
  回收筒: 'trash',
}
const everywhere = new Set(['anywhere', 'all', '全部', '所有'])
const me = new Set(['me', '我'])
const attachments = new Set(['attachment', 'attachments', '附件'])

const states: Record<string, (context: SearchContext) => Filter> = {
  unread: () => ({ notKeyword: '$seen' }),
  未讀: () => ({ notKeyword: '$seen' }),
  read: () => ({ hasKeyword: '$seen' }),
  已讀: () => ({ hasKeyword: '$seen' }),
  starred: () => ({ hasKeyword: '$flagged' }),
  星號: () => ({ hasKeyword: '$flagged' }),
  answered: () => ({ hasKeyword: '$answered' }),
  已回覆: () => ({ hasKeyword: '$answered' }),
  external: ({ domain }) => fromOutside(domain),
  校外: ({ domain }) => fromOutside(domain),
}

export function searchOf(typed: string, context: SearchContext): Search {
  const tree = readSearch(typed)
  const terms = termsOf(tree)
  const problems: Term[] = []
  const found = toFilter(tree)
  const places = terms.filter(({ name }) => name === 'in')
  const isEverywhere = places.some(({ value }) => everywhere.has(value.toLowerCase()))
  const scope = places.length === 0 ? 'default' : isEverywhere ? 'everywhere' : 'named'
  return {
    filter: every(scope === 'default' ? usualScope(context.mailboxes) : null, found),
    terms,
    problems,
    scope,
    isEmpty: isEmpty(tree),
  }

  function toFilter(node: Node): Filter | null {
    if (node.is === 'term') {
      const filter = termFilter(node, context)
      if (filter === undefined) problems.push(node)
      return filter ?? null
    }
    if (node.is === 'not') {
      const of = toFilter(node.of)
      return of && not(of)
    }
    const of = node.of.map(toFilter).filter((one) => one !== null)
    if (node.is === 'all' || of.length < 2) return every(...of)
    return { operator: 'OR', conditions: of }
  }
}

/** All mailboxes but junk and trash. */
export function usualScope(mailboxes: readonly Mailbox[]): Filter | null {
  const hidden = ['junk', 'trash'].flatMap((role) => byRole(mailboxes, role)?.id ?? [])
  return hidden.length > 0 ? { inMailboxOtherThan: hidden } : null
}

/** null: says nothing; undefined: not understood. */
function termFilter({ name, value }: Term, context: SearchContext): Filter | null | undefined {
  const { now, zone, address } = context
  const word = value.toLowerCase()
  const at = (read: number | undefined, of: 'before' | 'after'): Filter | undefined =>
    read === undefined ? undefined : { [of]: new Date(read).toISOString().replace(/\.\d+/, '') }
  switch (name) {
    case 'text':
    case 'subject':
      return { [name]: quoted(value) }
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
      return { [name]: quoted(me.has(word) ? address : value) }
    case 'filename':
      return { operator: 'AND', conditions: [{ hasAttachment: true }, { text: quoted(value) }] }
    case 'has':
      return attachments.has(word) ? { hasAttachment: true } : undefined
    case 'is':
      return Object.hasOwn(states, word) ? states[word]!(context) : undefined
    case 'in':
      return mailboxFilter(word, context.mailboxes)
    case 'before':
      return at(readDate(value, now, zone), 'before')
    case 'after':
      return at(readDate(value, now, zone), 'after')
    case 'newer_than':
      return at(readAge(value, now, zone), 'after')
    case 'older_than':
      return at(readAge(value, now, zone), 'before')
    case 'larger':
    case 'smaller': {
      const bytes = readSize(value)
      if (bytes === undefined) return undefined
      return name === 'larger' ? { minSize: bytes } : { maxSize: bytes }
    }
  }
}

function mailboxFilter(word: string, mailboxes: readonly Mailbox[]): Filter | null | undefined {
  if (everywhere.has(word)) return null
  const role = Object.hasOwn(roleNames, word) ? roleNames[word]! : word
  const mailbox = byRole(mailboxes, role) ?? mailboxes.find(({ name }) => name.toLowerCase() === word)
  return mailbox && { inMailbox: mailbox.id }
}

/** As one phrase: the server reads blanks and quotes in texts (RFC 8621 §4.4.1). */
function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}
