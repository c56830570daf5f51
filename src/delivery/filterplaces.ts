// Where a script puts mails: mailboxes by name, id or use, and flags.        RFC 5228 §4.1, RFC 8579, RFC 9042, RFC 5232

import { flagBits, type Flag } from '../store/flags.ts'
import { checkKeywords } from '../store/keywords.ts'
import { mailboxById, mailboxByPath, mailboxByRole, type Mailbox, type Role } from '../store/mailboxes.ts'
import { objectNumber } from '../store/objectids.ts'
import type { Store } from '../store/store.ts'
import { Trouble } from '../wire/troubles.ts'

/** How a script names a mailbox. */
export interface MailboxPlace {
  mailbox: string
  specialUse?: string
  mailboxId?: string
}

/** By its id, else its use, else its name. */
export async function mailboxOf(store: Store, accountId: number, place: MailboxPlace): Promise<Mailbox | undefined> {
  const { mailbox: name, specialUse, mailboxId } = place
  return (
    (mailboxId === undefined ? undefined : await mailboxWithId(store, accountId, mailboxId)) ??
    (specialUse === undefined ? undefined : await mailboxWithUse(store, accountId, specialUse)) ??
    mailboxNamed(store, accountId, name)
  )
}

/** By the name a script says: levels parted by '/', INBOX in any case. Only what can hold mails. */
export async function mailboxNamed({ db }: Store, accountId: number, name: string): Promise<Mailbox | undefined> {
  return selectable(await mailboxByPath(db, accountId, pathOf(name)))
}

export function pathOf(name: string): string[] {
  return name.normalize('NFC').split('/')
}

export async function mailboxWithId({ db }: Store, accountId: number, id: string): Promise<Mailbox | undefined> {
  const number = objectNumber('F', id)
  const mailbox = number === undefined ? undefined : await mailboxById(db, number)
  return mailbox?.accountId === accountId ? selectable(mailbox) : undefined
}

export async function mailboxWithUse({ db }: Store, accountId: number, use: string): Promise<Mailbox | undefined> {
  const role = roleOf(use)
  return role && selectable(await mailboxByRole(db, accountId, role))
}

function selectable(mailbox: Mailbox | undefined): Mailbox | undefined {
  return mailbox?.selectable ? mailbox : undefined
}

const roles: readonly Role[] = ['inbox', 'drafts', 'sent', 'junk', 'trash', 'archive', 'all', 'flagged']

/** RFC 6154: '\Junk' is junk. */
export function roleOf(use: string): Role | undefined {
  return roles.find((role) => `\\${role}` === use.toLowerCase())
}

/** Flags as a script says them: '\\Seen', '$Label'. What the store could not keep is left out. */
export function flagsOf(said: string[] | undefined): { flags?: Flag[]; keywords?: string[] } {
  if (!said || said.length === 0) return {}
  const flags: Flag[] = []
  const keywords: string[] = []
  for (const word of said) {
    const flag = word.startsWith('\\') ? word.slice(1).toLowerCase() : undefined
    if (flag !== undefined) {
      if (Object.hasOwn(flagBits, flag)) flags.push(flag as Flag)
      continue
    }
    try {
      checkKeywords([...keywords, word])
      keywords.push(word)
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
    }
  }
  return { flags, keywords }
}
