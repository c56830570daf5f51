// Which mails a place of the page lists.
//
// Pure. A mailbox lists threads, newest first; a search lists mails.

import { every, fromOutside, type Filter } from './jmap/filters.ts'
import type { ListQuery } from './list/listing.ts'
import type { MailAccount } from './mailstate.ts'
import { mailboxAt } from './mailboxes.ts'
import type { Filtered, Route } from './route.ts'
import { searchOf, usualScope, type Search } from './search/filter.ts'

export function listQueryOf(route: Route, account: MailAccount, zone: string): ListQuery {
  const mailboxes = account.mailboxes.get()
  const shown = route.show && filterOf(route.show, account.domain)
  const query: ListQuery = { accountId: account.id, mailboxId: undefined, filter: null, collapse: true, hasDays: true }
  if (route.place === 'search') {
    const { filter } = searchFor(route.words, account, zone)
    return { ...query, filter: every(filter, shown), collapse: false, hasDays: false }
  }
  if (route.place === 'starred') {
    const starred = every(usualScope(mailboxes), { hasKeyword: '$flagged' }, shown)
    return { ...query, filter: starred, collapse: false }
  }
  const mailbox = mailboxAt(mailboxes, route.place) ?? mailboxAt(mailboxes, 'inbox') ?? mailboxes[0]
  return { ...query, mailboxId: mailbox?.id, filter: every({ inMailbox: mailbox?.id ?? '-' }, shown) }
}

export function searchFor(words: string, account: MailAccount, zone: string): Search {
  const { address, domain } = account
  return searchOf(words, { mailboxes: account.mailboxes.get(), address, domain, now: Date.now(), zone })
}

function filterOf(show: Filtered, domain: string): Filter {
  switch (show) {
    case 'unread':
      return { notKeyword: '$seen' }
    case 'outside':
      return fromOutside(domain)
    case 'attachment':
      return { hasAttachment: true }
    case 'starred':
      return { hasKeyword: '$flagged' }
  }
}
