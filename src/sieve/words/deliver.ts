// keep, discard, fileinto, redirect.   RFC 5228 §4; :copy RFC 3894, :flags RFC 5232, :create RFC 5490,
// :specialuse RFC 8579, :mailboxid RFC 9042, :list RFC 6134

import { isMailboxName, outgoingAddress } from '../addresses.ts'
import type { Session } from '../session.ts'
import type { Text } from '../text.ts'
import type { ActionWord, Given, Tag } from '../word.ts'
import { flagsTag, readFlags } from './imap4flags.ts'

/** Where a mail is put: shared by fileinto and :fcc. */
export const placeTags: readonly Tag[] = [
  { name: 'create', needs: 'mailbox' },
  { name: 'specialuse', takes: 'string', needs: 'special-use' },
  { name: 'mailboxid', takes: 'string', needs: 'mailboxid' },
]

export interface Placing {
  mailbox: string
  create: boolean
  specialUse?: string
  mailboxId?: string
}

/** Reads where a mail is put; `name` is the argument that names the mailbox. */
export function readPlace(given: Given, name: string): (session: Session) => Placing {
  const mailbox = given.text(name) ?? ''
  const use = given.text(':specialuse')
  const id = given.text(':mailboxid')
  const constant = given.constant(name)
  if (constant !== undefined && !isMailboxName(constant)) given.problem('bad-mailbox', { name: constant }, name)
  if (typeof use === 'string' && !isSpecialUse(use)) given.problem('bad-special-use', { name: use }, ':specialuse')
  const create = given.has(':create')
  return (session) => {
    const placing: Placing = { mailbox: session.text(mailbox), create }
    if (!isMailboxName(placing.mailbox)) session.fail('bad-mailbox', { name: placing.mailbox })
    if (use !== undefined) placing.specialUse = specialUse(session, use)
    if (id !== undefined) placing.mailboxId = session.text(id)
    return placing
  }
}

function specialUse(session: Session, text: Text): string {
  const use = session.text(text)
  if (!isSpecialUse(use)) session.fail('bad-special-use', { name: use })
  return use
}

/** RFC 6154 §2: a backslash and an atom. */
export function isSpecialUse(use: string): boolean {
  return /^\\[A-Za-z0-9$!#&'+,.:;<=>?@^_`|~-]{1,60}$/.test(use)
}

export const keep: ActionWord = {
  name: 'keep',
  tags: [flagsTag],

  read(given) {
    const flags = readFlags(given)
    return (session) => {
      session.result.cancelKeep()
      session.result.add({ do: 'keep', implicit: false, ...flags(session), ...session.result.changed() })
    }
  },
}

export const discard: ActionWord = {
  name: 'discard',

  read: () => (session) => {
    session.result.cancelKeep()
    session.result.add({ do: 'discard' })
  },
}

export const fileinto: ActionWord = {
  name: 'fileinto',
  needs: 'fileinto',
  tags: [{ name: 'copy', needs: 'copy' }, flagsTag, ...placeTags],
  takes: [['mailbox', 'string']],

  read(given) {
    const place = readPlace(given, 'mailbox')
    const flags = readFlags(given)
    const copy = given.has(':copy')
    return (session) => {
      const placing = place(session)
      if (!copy) session.result.cancelKeep()
      session.result.add({ do: 'fileinto', ...placing, copy, ...flags(session), ...session.result.changed() })
    }
  },
}

export const redirect: ActionWord = {
  name: 'redirect',
  tags: [
    { name: 'copy', needs: 'copy' },
    { name: 'list', needs: 'extlists' },
  ],
  takes: [['address', 'string']],

  read(given) {
    const text = given.text('address') ?? ''
    const copy = given.has(':copy')
    if (given.has(':list')) return (session) => redirectToList(session, session.text(text), copy)
    if (typeof text === 'string' && outgoingAddress(text) === undefined) {
      given.problem('bad-address', { address: text }, 'address')
    }
    return (session) => {
      const written = session.text(text)
      const address = outgoingAddress(written)
      if (address === undefined) return session.fail('bad-address', { address: written })
      if (!copy) session.result.cancelKeep()
      session.result.add({ do: 'redirect', address, copy, ...session.result.changed() })
    }
  },
}

async function redirectToList(session: Session, list: string, copy: boolean): Promise<void> {
  if ((await session.world.listExists?.(list)) === false) session.warn('bad-list', { name: list })
  const addresses = (await session.world.listAddresses?.(list)) ?? []
  // A list that holds nobody must not lose the mail. RFC 6134 §2.8.
  if (!copy && addresses.length > 0) session.result.cancelKeep()
  for (const each of addresses) {
    const address = outgoingAddress(each)
    if (address !== undefined) session.result.add({ do: 'redirect', address, copy, list, ...session.result.changed() })
  }
}
