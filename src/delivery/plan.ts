// Who gets a mail which way: mailboxes of ours, and copies that leave.
//
// Invariants:
//   an account gets one copy, however many of its addresses the mail names
//   a copy that leaves because an address of ours points outside has a sender of ours (SRS), a Delivered-To
//   line and an ARC set; a copy that is only relayed travels as it is
//   failures are told to a sender only who is known not to be forged: signed in, trusted, or passed by SPF

import type { Stored } from '../blobs/blobs.ts'
import { isLocalDomain } from '../directory/domains.ts'
import { normalAddress, splitAddress } from '../mail/address.ts'
import { mailDate } from '../mail/date.ts'
import { bodyOf } from '../mailauth/sign.ts'
import type { Mail } from '../mail/mail.ts'
import type { Envelope, Notify, Recipient } from '../smtp/intake.ts'
import { mailboxByPath, mailboxByRole, type Mailbox } from '../store/mailboxes.ts'
import type { Target } from '../store/messages.ts'
import { actEvent } from '../tracking/acts.ts'
import type { Event } from '../tracking/events.ts'
import { refusalReports, sessionRefusals } from './filterrefusals.ts'
import type { FilterCopy, Filters, Incoming } from './filters.ts'
import type { Findings } from './findings.ts'
import type { House, OutgoingRecipient } from './house.ts'
import type { Arrived } from './message.ts'
import type { Placing } from './place.ts'
import type { Asked, LocalDestination, RemoteDestination } from './recipients.ts'
import { protocolOf, traceLines } from '../mail/trace.ts'

export interface Plan {
  locals: LocalCopy[]
  hasOutgoing: boolean
  heldUntil: number | undefined // all of it waits in the queue until then
  refusals: Map<number, string> // accounts whose filters refuse the mail, and the words for the session
  /** What to place; copies for accounts in `full` wait in the queue (SMTP) or are left out (LMTP). */
  placing(blob: Stored, full: Set<number>, also: Placing['also']): Placing
}

export interface LocalCopy extends LocalDestination {
  recipient: Recipient
  mailbox?: Mailbox // other than INBOX
}

interface Leaving {
  sender: string
  prefix?: string
  forwarded: boolean
  recipients: OutgoingRecipient[]
}

export interface Judged {
  findings: Findings
  verdicts: Record<string, string>
  submission: boolean // somebody follows what becomes of each recipient
  filters: Filters
}

export async function planOf(
  house: House,
  arrived: Arrived,
  asked: Asked[],
  { findings, verdicts, submission, filters }: Judged,
): Promise<Plan> {
  const { mail } = arrived
  const { envelope } = mail
  const { session } = envelope
  const heldUntil = holdOf(envelope, mail.receivedAt)
  const copies = await localCopies(house, asked, findings)
  const leaving = await leavingCopies(house, arrived, asked, findings)
  if (heldUntil !== undefined && copies.length > 0) leaving.push(heldCopies(envelope, copies, asked))
  const locals = heldUntil === undefined ? copies : []
  const trace = traceLines({
    envelope,
    hostname: house.settings.hostname,
    id: mail.id,
    receivedAt: mail.receivedAt,
    ...(locals.length === 1 && leaving.length === 0 && asked.length === 1 && { deliveredTo: locals[0]!.delivered }),
    ...(findings.authentication && { authentication: findings.authentication.header }),
    ...(session.login && { added: missingLines(house, arrived, findings) }),
  })
  const report = isGenuine(envelope, findings)
  const filterable = locals.map(filterCopy)
  const incoming = incomingOf(house, arrived, findings, trace)
  const filtered = await filters.filter(() => incoming, filterable)
  const refusals = sessionRefusals(incoming, filtered, asked)
  const reports = await refusalReports(house, incoming, { copies: filterable, filtered, refusals })
  const sentOn = [...filtered.values()].some(({ leaves }) => leaves.length > 0)
  const received = receivedEvent(house, arrived, findings, verdicts)
  // A copy: the memory it lies in is that of another mail when this one is stored.
  const bytes = (leaving.length > 0 || sentOn) && mail.whole ? Buffer.from(mail.whole) : undefined

  return {
    locals,
    hasOutgoing: leaving.length > 0,
    heldUntil,
    refusals,
    placing(blob, full, also) {
      const fits = full.size === 0 ? locals : locals.filter(({ accountId }) => !full.has(accountId))
      const waits = session.role === 'lmtp' || full.size === 0 ? [] : locals.filter((copy) => full.has(copy.accountId))
      const outgoing = [...leaving, ...(waits.length > 0 ? [waitingCopies(envelope, waits)] : [])]
      const { smtputf8, body, dsn } = envelope
      const plain = filtered.size === 0 ? fits : fits.filter(({ accountId }) => !filtered.has(accountId))
      const made = filtered.size === 0 ? [] : fits.flatMap(({ accountId }) => filtered.get(accountId) ?? [])
      return {
        mail: { blob, tree: mail.tree, trace, receivedAt: mail.receivedAt, historyId: mail.id },
        bytes,
        targets: [...plain.map(targetOf), ...made.flatMap(({ targets }) => targets)],
        outgoing: [
          ...outgoing.map(({ sender, prefix, recipients }) => ({
            mail: {
              sender,
              prefix,
              sign: Boolean(session.login ?? session.facts.trusted),
              report,
              smtputf8,
              body,
              ...dsn,
              ...(submission && { submission }),
              ...(heldUntil !== undefined && { at: heldUntil }),
            },
            recipients,
          })),
          ...made.flatMap(({ leaves }) => leaves),
        ],
        companions: [...made.flatMap(({ companions }) => companions), ...reports],
        memories: made.flatMap(({ memories }) => memories),
        events: [
          received,
          ...writtenEvents(arrived, findings),
          ...plain.map((copy) => placedEvent(arrived, copy)),
          ...made.flatMap(({ events }) => events),
          ...outgoing.flatMap((copies) =>
            copies.recipients.map(({ address }) => queuedEvent(arrived, copies, address)),
          ),
        ],
        also,
      }
    },
  }
}

// -- filters

function filterCopy({ accountId, recipient, delivered, mailbox }: LocalCopy): FilterCopy {
  return { accountId, recipient: recipient.address, delivered, ...(mailbox && { mailbox }) }
}

function incomingOf(house: House, { mail }: Arrived, findings: Findings, trace: string): Incoming {
  const { envelope, id, receivedAt } = mail
  const { session, sender, smtputf8, body } = envelope
  const { authentication, junk } = findings
  return {
    id,
    at: receivedAt,
    sender,
    ...(session.login && { auth: session.login.address }),
    mail,
    before: '',
    trace,
    smtputf8,
    body,
    isLmtp: session.role === 'lmtp',
    genuine: isGenuine(envelope, findings),
    signed: Boolean(session.login ?? session.facts.trusted),
    junk,
    async seal(copy) {
      if (!authentication) return ''
      return house.mailauth.seal(await house.mainDomain(), signedMail(copy), authentication)
    },
  }
}

async function localCopies(house: House, asked: Asked[], findings: Findings): Promise<LocalCopy[]> {
  const copies = new Map<number, LocalCopy>()
  for (const { recipient, destinations } of asked) {
    for (const destination of destinations) {
      if (destination.kind !== 'local' || copies.has(destination.accountId)) continue
      const mailbox =
        findings.junk || destination.detail !== '' ? await mailboxFor(house, destination, findings.junk) : undefined
      copies.set(destination.accountId, { ...destination, recipient, mailbox })
    }
  }
  return [...copies.values()]
}

/** Junk, or the mailbox a detail names where there is one; undefined is INBOX. */
async function mailboxFor(
  { store, settings }: House,
  { accountId, detail }: LocalDestination,
  junk: boolean,
): Promise<Mailbox | undefined> {
  if (junk) return mailboxByRole(store.db, accountId, 'junk')
  return settings.plusFolders ? mailboxByPath(store.db, accountId, [detail]) : undefined
}

function targetOf({ accountId, mailbox }: LocalCopy): Target {
  return mailbox ? { accountId, mailboxId: mailbox.id } : { accountId }
}

/** The copies that leave, one for each way the mail has to look. */
async function leavingCopies(house: House, arrived: Arrived, asked: Asked[], findings: Findings): Promise<Leaving[]> {
  const groups = new Map<string, Leaving>()
  const seen = new Set<string>()
  for (const { recipient, destinations } of asked) {
    for (const destination of destinations) {
      if (destination.kind !== 'remote') continue
      const group = destination.forwarded ? destination.delivered : ''
      const key = `${group} ${normalAddress(destination.address)}`
      if (seen.has(key)) continue
      seen.add(key)
      let leaving = groups.get(group)
      if (!leaving) groups.set(group, (leaving = await newGroup(house, arrived, destination, findings)))
      leaving.recipients.push(outgoingRecipient(recipient, destination, destinations.length))
    }
  }
  return [...groups.values()]
}

async function newGroup(
  house: House,
  { mail }: Arrived,
  { forwarded, delivered }: RemoteDestination,
  { authentication }: Findings,
): Promise<Leaving> {
  const { sender } = mail.envelope
  if (!forwarded) return { sender, forwarded, recipients: [] }
  const domain = splitAddress(sender)?.domain
  const ours = domain === undefined || (await isLocalDomain(house.store.db, domain))
  const mainDomain = await house.mainDomain()
  const seal = authentication ? await house.mailauth.seal(mainDomain, signedMail(mail), authentication) : ''
  return {
    sender: ours ? sender : house.srs.forward(sender, house.clock(), mainDomain),
    prefix: `${seal}Delivered-To: ${delivered}\r\n`,
    forwarded,
    recipients: [],
  }
}

/** A mail in the two halves a signer wants. */
function signedMail(mail: Pick<Mail, 'headerBlock' | 'stream'>): {
  headerBlock: Buffer
  body: AsyncIterable<Uint8Array>
} {
  return { headerBlock: mail.headerBlock, body: bodyOf(mail.headerBlock, mail.stream()) }
}

/** Whether the envelope sender is who it says, as far as we know. */
function isGenuine({ session }: Envelope, { authentication }: Findings): boolean {
  return (
    session.role === 'lmtp' || Boolean(session.login ?? session.facts.trusted) || authentication?.spf.result === 'pass'
  )
}

/** RFC 3461 §5.2.7: what a forward passes on. Of an alias with many members SUCCESS is answered here, by 'expanded'. */
function outgoingRecipient(
  recipient: Recipient,
  { address, forwarded }: RemoteDestination,
  members: number,
): OutgoingRecipient {
  const { notify, originalRecipient } = recipient
  const passed: Notify | undefined =
    members > 1 && notify !== undefined && notify !== 'never' ? { ...notify, success: false } : notify
  const original = originalRecipient ?? (forwarded ? `rfc822;${recipient.address}` : undefined)
  return { address, ...(passed && { notify: passed }), ...(original !== undefined && { originalRecipient: original }) }
}

/** When a mail may move; undefined at once. RFC 4865 §4 */
function holdOf({ hold }: Envelope, receivedAt: number): number | undefined {
  if (!hold) return undefined
  const until = 'until' in hold ? hold.until : receivedAt + hold.seconds * 1_000
  return until > receivedAt ? until : undefined
}

/** Copies for us that wait; an address that is somebody's alone is kept as it was named, with its detail. */
function heldCopies({ sender }: Envelope, copies: LocalCopy[], asked: Asked[]): Leaving {
  const single = new Set(
    asked.filter(({ destinations }) => destinations.length === 1).map(({ recipient }) => recipient),
  )
  return {
    sender,
    forwarded: false,
    recipients: copies.map(({ delivered, recipient }) => ({
      ...recipient,
      address: single.has(recipient) ? recipient.address : delivered,
    })),
  }
}

function waitingCopies(envelope: Envelope, waits: LocalCopy[]): Leaving {
  return {
    sender: envelope.sender,
    forwarded: false,
    recipients: waits.map(({ delivered, recipient: { notify, originalRecipient } }) => ({
      address: delivered,
      // Success was told when the mail was accepted: once is enough.
      notify: notify === undefined || notify === 'never' ? notify : { ...notify, success: false },
      originalRecipient,
    })),
  }
}

/** Date, Message-ID and Sender that a submission lacks. RFC 6409 §8.1, §8.2, §8.3; RFC 5322 §3.6.2 */
function missingLines({ settings }: House, { mail, fields }: Arrived, { written }: Findings): string {
  const has = (name: string) => fields.some((field) => field.name.toLowerCase() === name)
  return (
    (has('date') ? '' : `Date: ${mailDate(mail.receivedAt)}\r\n`) +
    (has('message-id') ? '' : `Message-ID: <${mail.id}@${settings.hostname}>\r\n`) +
    (written?.sender === undefined ? '' : `Sender: <${written.sender}>\r\n`)
  )
}

function receivedEvent(
  house: House,
  { mail }: Arrived,
  { authentication, junk }: Findings,
  verdicts: Record<string, string>,
): Event {
  const { session, sender, recipients, dsn } = mail.envelope
  const { tls } = session.peer
  return {
    at: mail.receivedAt,
    mail: mail.id,
    kind: 'received',
    session: session.id,
    peer: session.peer.address,
    address: sender === '' ? undefined : normalAddress(sender),
    account: session.login?.accountId,
    details: {
      sender,
      recipients: recipients.length,
      size: mail.size,
      messageId: mail.tree.headers.messageId,
      listener: session.peer.listener,
      helo: session.helo,
      reverse: session.facts.reverseName,
      with: protocolOf(session),
      tls: tls && `${tls.protocol} ${tls.cipher}`,
      login: session.login?.address,
      checks: verdicts,
      authentication: authentication?.header,
      junk: junk || undefined,
      envid: dsn.envid,
      host: house.settings.hostname,
    },
  }
}

/** Who wrote in another's name: for that person's history. */
function writtenEvents({ mail }: Arrived, { written }: Findings): Event[] {
  const { login, id, peer } = mail.envelope.session
  if (!written || !login) return []
  const by = { id: login.accountId, address: login.address }
  return written.names.map(({ owner, by: right }) =>
    actEvent({
      at: mail.receivedAt,
      by,
      owner,
      act: 'send',
      mail: mail.id,
      session: id,
      peer: peer.address,
      details: { right },
    }),
  )
}

function placedEvent({ mail }: Arrived, copy: LocalCopy): Event {
  return {
    at: mail.receivedAt,
    mail: mail.id,
    kind: 'placed',
    account: copy.accountId,
    address: normalAddress(copy.recipient.address),
    details: {
      mailbox: copy.mailbox ? copy.mailbox.path.join('/') : 'INBOX',
      role: copy.mailbox?.role ?? undefined,
      mailboxId: copy.mailbox?.id,
      delivered: copy.delivered,
    },
  }
}

function queuedEvent({ mail }: Arrived, { sender, forwarded }: Leaving, address: string): Event {
  return {
    at: mail.receivedAt,
    mail: mail.id,
    kind: 'queued',
    address: normalAddress(address),
    details: { sender, forwarded: forwarded || undefined },
  }
}
