// What the place one is at is called.

import { mailboxAt } from './mailboxes.ts'
import type { Mail } from './mailstate.ts'
import type { Mailbox } from './jmap/types.ts'
import type { MailWords } from './words.ts'

/** A mailbox with a role has our name for it, others their own. */
export function mailboxName({ role, name }: Pick<Mailbox, 'role' | 'name'>, words: MailWords): string {
  switch (role) {
    case 'inbox':
      return words.inbox
    case 'drafts':
      return words.drafts
    case 'sent':
      return words.sent
    case 'archive':
      return words.archive
    case 'junk':
      return words.junk
    case 'trash':
      return words.trash
    default:
      return name
  }
}

export function placeName(mail: Mail): string {
  const { place } = mail.route.get()
  if (place === 'search') return mail.words.searchResults
  if (place === 'starred') return mail.words.starredPlace
  if (place === 'outbox') return mail.words.outboxPlace
  const mailbox = mailboxAt(mail.account().mailboxes.get(), place)
  return mailbox ? mailboxName(mailbox, mail.words) : mail.words.inbox
}

/** For the browser's title: with the unread. */
export function titleOf(mail: Mail): string {
  const mailbox = mailboxAt(mail.account().mailboxes.get(), mail.route.get().place)
  return mail.words.placeWithUnread(placeName(mail), mailbox?.unreadEmails ?? 0)
}
