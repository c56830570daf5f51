// What a script decided becomes what is placed: mailboxes with flags, copies that leave, other mails.
//
// Invariants:
//   a copy that can not go where the script said goes to INBOX instead, with a difficulty the owner is told of
//   nobody is sent the same mail in a circle: what was delivered to somebody before is not sent on by him again

import { hash } from 'node:crypto'
import type { Account } from '../directory/accounts.ts'
import { isRemembered } from '../directory/scripts.ts'
import { isLocalDomain } from '../directory/domains.ts'
import { normalAddress, splitAddress } from '../mail/address.ts'
import { editedMail, type Piece } from '../mail/edit.ts'
import { readFields } from '../mime/headers.ts'
import { MimeReader } from '../mime/reader.ts'
import type { Action, FileInto, Keep, Outcome, Redirect } from '../sieve/actions.ts'
import { outgoingAddress } from '../sieve/addresses.ts'
import type { SieveField } from '../sieve/mail.ts'
import { createMailbox, type Mailbox } from '../store/mailboxes.ts'
import type { NewMail } from '../store/mails.ts'
import type { Target } from '../store/messages.ts'
import type { Event } from '../tracking/events.ts'
import { Trouble } from '../wire/troubles.ts'
import { notificationOf, problemNotice, replyOf } from './filterreplies.ts'
import type { FilterCopy, Filtered, FilterRoom, Incoming } from './filters.ts'
import { flagsOf, mailboxNamed, mailboxOf, pathOf, type MailboxPlace } from './filterplaces.ts'
import type { Leaves } from './place.ts'

/** One run, and everything it is about. */
export interface Run {
  room: FilterRoom
  incoming: Incoming
  copy: FilterCopy
  account: Account
  script?: string // its name
  outcome: Outcome
  fields: readonly SieveField[] // of the mail
}

/** Something that could not be done, as the owner is told it. */
export interface Difficulty {
  en: string
  zh: string
  line?: number
}

/** The mail as it came, or as the script changed it. */
interface Version {
  targets: Target[]
  leaves: Leaves[]
  made?: Made
}
interface Made {
  mail: NewMail
  headerBlock: Buffer
}

export async function carryOut(run: Run): Promise<Filtered> {
  const { room, incoming, copy, outcome, script } = run
  const difficulties: Difficulty[] = outcome.problem ? [outcome.problem] : []
  const versions = new Map<string, Version>()
  const events: Event[] = []
  const done: Filtered = { targets: [], leaves: [], companions: [], memories: [], events }
  const tell = (kind: Event['kind'], details: Record<string, unknown>): void => {
    const { at, id } = incoming
    const { accountId, recipient } = copy
    events.push({ at, mail: id, kind, account: accountId, address: normalAddress(recipient), details })
  }

  const version = async (action: Keep | FileInto | Redirect): Promise<Version> => {
    const key = action.header || action.body ? JSON.stringify([action.header, action.body]) : ''
    let one = versions.get(key)
    if (!one) {
      one = { targets: [], leaves: [], ...(key !== '' && { made: await changed(run, action) }) }
      versions.set(key, one)
    }
    return one
  }
  const place = async (action: Keep | FileInto, mailbox: Mailbox | undefined | 'default'): Promise<void> => {
    const to = mailbox === 'default' ? copy.mailbox : mailbox && mailbox.role !== 'inbox' ? mailbox : undefined
    const { targets } = await version(action)
    targets.push({ accountId: copy.accountId, ...(to && { mailboxId: to.id }), ...flagsOf(action.flags) })
    tell('placed', { mailbox: to ? to.path.join('/') : 'INBOX', mailboxId: to?.id, delivered: copy.delivered, script })
  }
  const failed = async (action: FileInto | Redirect, why: Difficulty): Promise<void> => {
    difficulties.push({ ...why, line: outcome.lines?.get(action) })
    const { header, body } = action
    // Once is enough: it may be kept already.
    if (outcome.actions.some(({ do: what }) => what === 'keep')) return
    if (versions.get('')?.targets.some(({ mailboxId }) => mailboxId === undefined)) return
    await place({ do: 'keep', implicit: true, ...(header && { header }), ...(body && { body }) }, undefined)
  }

  for (const action of outcome.actions) {
    const line = outcome.lines?.get(action)
    switch (action.do) {
      case 'keep':
        await place(action, 'default')
        break
      case 'fileinto': {
        const mailbox = await mailboxFor(run, action)
        if ('en' in mailbox) await failed(action, mailbox)
        else await place(action, mailbox)
        break
      }
      case 'redirect': {
        const why = await whyNotRedirect(run, action)
        if (why) {
          await failed(action, why)
          break
        }
        const one = await version(action)
        one.leaves.push(await redirected(run, action, one.made))
        tell('redirected', { to: action.address, script, line })
        break
      }
      case 'reject':
      case 'ereject':
        done.rejected = { reason: action.reason, how: action.do }
        tell('rejected', { reason: action.reason, script, line })
        break
      case 'discard':
        break
      case 'vacation':
        await along(() => replyOf(run, action), done, difficulties)
        break
      case 'notify':
        await along(() => notificationOf(run, action), done, difficulties)
    }
  }

  for (const [key, { targets, leaves, made }] of versions) {
    if (key === '') Object.assign(done, { targets, leaves })
    else if (made) done.companions.push({ mail: made.mail, targets, leaves, events: [] })
  }
  for (const { key, seconds } of outcome.remember) {
    const { accountId } = copy
    done.memories.push({ accountId, kind: 'duplicate', key, now: incoming.at, until: incoming.at + seconds * 1_000 })
  }
  const discards = versions.size === 0 && !done.rejected
  if (discards) tell('discarded', { script, line: lineOf(outcome, 'discard') })
  if (difficulties.length > 0) {
    tell('filter-failed', { script, problems: difficulties.map(({ en, line }) => `line ${line ?? 0}: ${en}`) })
    const key = hash('sha256', `${script}`, 'base64url')
    if (!(await isRemembered(room.house.store.db, copy.accountId, { kind: 'told', key, now: incoming.at }))) {
      done.companions.push(await problemNotice(run, difficulties, key))
    }
  }
  return done
}

function lineOf({ actions, lines }: Outcome, what: Action['do']): number | undefined {
  const action = actions.find((one) => one.do === what)
  return action && lines?.get(action)
}

/** A mail of our own that goes along: when it cannot be written, the mail itself goes its way all the same. */
async function along(
  write: () => Promise<Filtered['companions'][number] | Difficulty | undefined>,
  done: Filtered,
  difficulties: Difficulty[],
): Promise<void> {
  const companion = await write()
  if (companion && 'en' in companion) difficulties.push(companion)
  else if (companion) done.companions.push(companion)
}

// -- into mailboxes

/** The mailbox of a fileinto, made where the script wants it; or why there is none. RFC 5490 §3.2, RFC 8579 §4, RFC 9042 §3 */
async function mailboxFor(
  { room, copy }: Run,
  place: MailboxPlace & { create: boolean },
): Promise<Mailbox | Difficulty> {
  const { store } = room.house
  const { accountId } = copy
  const { mailbox: name, create } = place
  const found = await mailboxOf(store, accountId, place)
  if (found) return found
  if (create) {
    try {
      return await createMailbox(store, accountId, { path: pathOf(name), subscribed: true })
    } catch (error) {
      if (!(error instanceof Trouble) || error.code === 'unavailable' || error.code === 'disk-full') throw error
      // Another mail may have made it in the meantime.
      const made = await mailboxNamed(store, accountId, name)
      if (made) return made
    }
  }
  return {
    en: `There is no mailbox "${name}"; the mail was put into the INBOX.`,
    zh: `沒有「${name}」這個資料夾，郵件已放入收件匣。`,
  }
}

// -- to others

const traces = new Set(['delivered-to', 'x-sieve-redirected-from'])

/** Loops, rights and rates: why a mail is not sent on. */
async function whyNotRedirect(
  { room, incoming, copy, account }: Run,
  { address }: Redirect,
): Promise<Difficulty | undefined> {
  const { house, rate } = room
  const to = outgoingAddress(address)
  const split = to === undefined ? undefined : splitAddress(to)
  if (!split) return { en: `"${address}" is no address to redirect to.`, zh: `「${address}」不是可以轉寄的位址。` }
  const before = [...readFields(Buffer.from(incoming.before)), ...readFields(incoming.mail.headerBlock)]
  const been = before
    .filter(({ name }) => traces.has(name.toLowerCase()))
    .map(({ value }) => normalAddress(value.toString('utf8').trim()))
  if (been.includes(account.address) || been.includes(normalAddress(to!)) || been.length >= house.settings.redirects) {
    return {
      en: `The mail was here before; it was not sent to ${to} again.`,
      zh: `這封信曾經來過，未再次轉寄給 ${to}。`,
    }
  }
  if (!account.forwarding && !(await isLocalDomain(house.store.db, split.domain))) {
    return { en: `Mail may not be redirected to ${to} from here.`, zh: `此帳號不得將郵件轉寄到 ${to}。` }
  }
  const key = `redirect ${copy.accountId}`
  if (rate.count(key, incoming.at) >= house.settings.redirectsPerHour) {
    return { en: 'Too many mails were redirected within an hour.', zh: '一小時內轉寄的郵件過多。' }
  }
  rate.add(key, incoming.at)
  return undefined
}

/** A copy that leaves as a forward does: a sender of ours, an ARC set, marks of where it has been. */
async function redirected(
  { room, incoming, copy, account }: Run,
  { address }: Redirect,
  made: Made | undefined,
): Promise<Leaves> {
  const { house } = room
  const { mail, sender, smtputf8, body, genuine, signed } = incoming
  const { blobs, db } = house.store
  const domain = splitAddress(sender)?.domain
  const ours = domain === undefined || (await isLocalDomain(db, domain))
  const seal = await incoming.seal(made ? { ...made, stream: () => blobs.stream(made.mail.blob.ref) } : mail)
  const own = account.address
  return {
    mail: {
      sender: ours ? sender : house.srs.forward(sender, house.clock(), await house.mainDomain()),
      prefix: `${seal}Delivered-To: ${own}\r\nX-Sieve-Redirected-From: ${own}\r\n${keptTraces(incoming.before)}`,
      sign: signed,
      report: genuine,
      smtputf8,
      body,
    },
    recipients: [{ address: outgoingAddress(address)!, originalRecipient: `rfc822;${copy.recipient}` }],
  }
}

/** Where an earlier copy had been: it lies in front of that copy alone. */
export function keptTraces(before: string): string {
  return readFields(Buffer.from(before))
    .filter(({ name }) => traces.has(name.toLowerCase()))
    .map(({ raw }) => raw.toString('utf8'))
    .join('')
}

// -- changed mails

/** The mail with another header or other parts, as bytes of its own. */
async function changed(run: Run, { header, body }: Keep | FileInto | Redirect): Promise<Made> {
  const { room, incoming, account } = run
  const { mail, trace, at, id } = incoming
  const { blobs } = room.house.store
  const pieces = editedMail(mail, { header, body, at, from: account.address })
  const writer = blobs.writer()
  const reader = new MimeReader()
  const heads: Buffer[] = []
  try {
    for await (const bytes of bytesOf(pieces, mail)) {
      if (!endOfHeader(heads)) heads.push(Buffer.from(bytes))
      reader.push(bytes)
      await writer.write(bytes)
    }
    const tree = reader.end()
    const blob = await writer.finish()
    const headerBlock = Buffer.concat(heads).subarray(0, Math.max(tree.part.body - 2, 0))
    return { mail: { blob, tree, trace, receivedAt: at, historyId: id }, headerBlock }
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

const headsHeld = 1 << 20

/** Whether enough of the beginning is held for a header block. */
function endOfHeader(heads: Buffer[]): boolean {
  return heads.length > 0 && (heads.at(-1)!.includes('\r\n\r\n') || total(heads) > headsHeld)
}

function total(pieces: Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

async function* bytesOf(pieces: Piece[], mail: Incoming['mail']): AsyncGenerator<Buffer, void, void> {
  const step = 1 << 18
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      yield piece
      continue
    }
    for (let at = piece.from; at < piece.to; at += step) yield await mail.read(at, Math.min(at + step, piece.to))
  }
}
