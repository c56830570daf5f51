// Mailbox objects: the mailboxes of an account as JMAP tells them to one caller.                        RFC 8621 §2

import type { MailboxCounts } from '../store/emailcounts.ts'
import { listMailboxes, type Mailbox } from '../store/mailboxes.ts'
import { objectId } from '../store/objectids.ts'
import { allRights } from '../store/rights.ts'
import { sharedTo } from './mailscope.ts'
import type { Call } from './method.ts'

/** A mailbox, and what the caller may do in it (letters of RFC 4314). */
export interface Seen {
  mailbox: Mailbox
  rights: string
  subscribed: boolean // by the caller
}

/** The mailboxes that the caller sees, by id, parents before their children. */
export async function seenMailboxes(call: Call): Promise<Map<number, Seen>> {
  if (!call.own) return new Map((await sharedTo(call)).map((one) => [one.mailbox.id, one]))
  const own = await listMailboxes(call.house.store.db, call.account)
  return new Map(own.map((mailbox) => [mailbox.id, { mailbox, rights: allRights, subscribed: mailbox.subscribed }]))
}

export interface MailboxRights {
  mayReadItems: boolean
  mayAddItems: boolean
  mayRemoveItems: boolean
  maySetSeen: boolean
  maySetKeywords: boolean
  mayCreateChild: boolean
  mayRename: boolean
  mayDelete: boolean
  maySubmit: boolean
}

/** RFC 8621 §2: rights of RFC 4314 in the words of JMAP. INBOX keeps its name and stays. */
export function rightsOfMailbox({
  mailbox,
  rights,
}: {
  mailbox: Pick<Mailbox, 'selectable' | 'role'>
  rights: string
}): MailboxRights {
  const has = (letters: string): boolean => Array.from(letters).every((letter) => rights.includes(letter))
  const { selectable } = mailbox
  const isInbox = mailbox.role === 'inbox'
  return {
    mayReadItems: selectable && has('lr'),
    mayAddItems: selectable && has('i'),
    mayRemoveItems: selectable && has('te'),
    maySetSeen: selectable && has('s'),
    maySetKeywords: selectable && has('w'),
    mayCreateChild: has('k'),
    mayRename: has('x') && !isInbox,
    mayDelete: has('x') && !isInbox,
    maySubmit: selectable && has('p'),
  }
}

/** The letters alone, wherever the mailbox is. */
export function rightsOfLetters(rights: string): MailboxRights {
  return rightsOfMailbox({ mailbox: { selectable: true, role: null }, rights })
}

const noCounts: MailboxCounts = { totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 }

export const mailboxProperties = [
  'id',
  'name',
  'parentId',
  'role',
  'sortOrder',
  'totalEmails',
  'unreadEmails',
  'totalThreads',
  'unreadThreads',
  'myRights',
  'isSubscribed',
] as const

export type MailboxProperty = (typeof mailboxProperties)[number]

/** Of these the counts are not needed. */
export function needsCounts(properties: readonly string[]): boolean {
  return properties.some((property) => Object.hasOwn(noCounts, property))
}

export function tellMailbox(
  seen: Seen,
  all: ReadonlyMap<number, Seen>,
  counts: MailboxCounts = noCounts,
): Record<MailboxProperty, unknown> {
  const { mailbox, subscribed } = seen
  return {
    id: objectId('F', mailbox.id),
    name: mailbox.name,
    parentId: all.has(mailbox.parentId) ? objectId('F', mailbox.parentId) : null,
    role: mailbox.role,
    sortOrder: mailbox.sortOrder,
    ...counts,
    myRights: rightsOfMailbox(seen),
    isSubscribed: subscribed,
  }
}
