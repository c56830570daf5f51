// A mail that is being written: as the page keeps it, and as the server's Email it becomes.     RFC 8621 §4.1, §4.6
//
// Pure. Invariants:
//   a plain draft has `text`, a rich one `html` and the text made of it; both are whole
//   all versions of a draft have one Message-ID: so they are found again, and an answer to it is in its thread
//   blobs of attachments are those of the last version the server has, since the versions before are destroyed

import type { Address, Opened, Part } from '../jmap/types.ts'
import { people, type Answering } from './addressees.ts'
import type { Recipient } from './recipients.ts'

export type Priority = 'high' | 'normal' | 'low'

export interface Attachment {
  key: string
  name: string
  type: string
  size: number // bytes, before encoding
  cid: string | null // of a picture shown in the text
  blobId: string | null // null: not on the server yet
  file?: Blob // kept until it is there
}

export interface Source {
  answering: Answering
  accountId: string
  emailId: string
}

export interface Draft {
  key: string
  messageId: string // without brackets
  serverId: string | null // the version the server has
  identityId: string | null
  from: Recipient
  to: Recipient[]
  cc: Recipient[]
  bcc: Recipient[]
  subject: string
  isRich: boolean
  text: string
  html: string
  signature: string // the one that stands in it
  attachments: Attachment[]
  inReplyTo: string[]
  references: string[]
  source: Source | null
  priority: Priority
  wantsReceipt: boolean
}

export const fields = ['to', 'cc', 'bcc'] as const
export type Field = (typeof fields)[number]

export function emptyDraft(key: string, from: Recipient): Draft {
  return {
    key,
    messageId: `${key}@${from.email.slice(from.email.lastIndexOf('@') + 1) || 'localhost'}`,
    serverId: null,
    identityId: null,
    from,
    to: [],
    cc: [],
    bcc: [],
    subject: '',
    isRich: false,
    text: '',
    html: '',
    signature: '',
    attachments: [],
    inReplyTo: [],
    references: [],
    source: null,
    priority: 'normal',
    wantsReceipt: false,
  }
}

/** Whether two drafts differ in what the server would keep. */
export function isSame(one: Draft, other: Draft): boolean {
  const shown = ({ serverId: _, attachments, ...rest }: Draft): unknown => [
    rest,
    attachments.map(({ key, blobId }) => [key, blobId === null]),
  ]
  return one === other || JSON.stringify(shown(one)) === JSON.stringify(shown(other))
}

export function everybody({ to, cc, bcc }: Pick<Draft, Field>): Recipient[] {
  const all = new Map([...to, ...cc, ...bcc].map((person) => [person.email.toLowerCase(), person]))
  return [...all.values()]
}

const addresses = (list: readonly Recipient[]): Address[] | null =>
  list.length === 0 ? null : list.map(({ name, email }) => ({ name: name === '' ? null : name, email }))

export interface Saving {
  draftsId: string
  now: number // Unix milliseconds
  zoneMinutes: number // how far the person's clock is ahead of UTC: it stands in the Date
}

/** The object that Email/set creates. */
export function emailOf(draft: Draft, { draftsId, now, zoneMinutes }: Saving): Record<string, unknown> {
  const ready = draft.attachments.filter(({ blobId }) => blobId !== null)
  const importance = draft.priority === 'high' ? ['1', 'High'] : ['5', 'Low']
  return {
    mailboxIds: { [draftsId]: true },
    keywords: { $draft: true, $seen: true },
    messageId: [draft.messageId],
    sentAt: zonedDate(now, zoneMinutes),
    from: addresses([draft.from]),
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    bcc: addresses(draft.bcc),
    subject: draft.subject,
    ...(draft.inReplyTo.length > 0 && { inReplyTo: draft.inReplyTo }),
    ...(draft.references.length > 0 && { references: draft.references }),
    ...(draft.priority !== 'normal' && {
      'header:X-Priority:asText': importance[0],
      'header:Importance:asText': importance[1],
    }),
    ...(draft.wantsReceipt && { 'header:Disposition-Notification-To:asAddresses': addresses([draft.from]) }),
    bodyValues: {
      text: { value: draft.text },
      ...(draft.isRich && { html: { value: wholePage(draft.html) } }),
    },
    textBody: [{ partId: 'text', type: 'text/plain' }],
    ...(draft.isRich && { htmlBody: [{ partId: 'html', type: 'text/html' }] }),
    ...(ready.length > 0 && { attachments: ready.map(partOf) }),
  }
}

function partOf({ name, type, cid, blobId }: Attachment): Record<string, unknown> {
  const clean = name.replace(/[\x00-\x1f\x7f]/g, ' ').slice(0, 250)
  return {
    blobId,
    type: type || 'application/octet-stream',
    name: clean,
    disposition: cid === null ? 'attachment' : 'inline',
    cid,
  }
}

function wholePage(html: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"></head><body>${html}</body></html>`
}

function zonedDate(now: number, minutes: number): string {
  const local = new Date(now + minutes * 60_000).toISOString().slice(0, 19)
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0')
  const ahead = Math.abs(minutes)
  return `${local}${minutes < 0 ? '-' : '+'}${two(ahead / 60)}:${two(ahead % 60)}`
}

/** A draft as the server has it, with the header fields that only drafts are asked for. */
export type Written = Opened & {
  'header:X-Priority:asText'?: string | null
  'header:Importance:asText'?: string | null
  'header:Disposition-Notification-To:asAddresses'?: Address[] | null
}

/** `html`: cleaned, '' for a plain text. The identity is found by the address in From. */
export function draftOf(email: Written, key: string, html: string): Draft {
  const from = people(email.from)[0] ?? { name: '', email: '' }
  const priority = email['header:X-Priority:asText']?.trim() ?? email['header:Importance:asText']?.trim() ?? ''
  return {
    ...emptyDraft(key, from),
    messageId: email.messageId?.[0] ?? emptyDraft(key, from).messageId,
    serverId: email.id,
    to: people(email.to),
    cc: people(email.cc),
    bcc: people(email.bcc),
    subject: email.subject ?? '',
    isRich: html !== '',
    text: bodyText(email),
    html,
    attachments: email.attachments.map((part, i) => attachmentOf(part, `${key}-${i}`)),
    inReplyTo: email.inReplyTo ?? [],
    references: email.references ?? [],
    priority: /^[12]\b|high/i.test(priority) ? 'high' : /^[45]\b|low/i.test(priority) ? 'low' : 'normal',
    wantsReceipt: (email['header:Disposition-Notification-To:asAddresses'] ?? []).length > 0,
  }
}

export function attachmentOf({ name, type, size, cid, blobId, disposition }: Part, key: string): Attachment {
  const isShown = cid !== null && disposition !== 'attachment' && type.startsWith('image/')
  return {
    key,
    name: name ?? (type === 'message/rfc822' ? 'message.eml' : 'file'),
    type,
    size,
    cid: isShown ? cid : null,
    blobId,
  }
}

/** The plain text of a mail; of a mail in HTML alone ''. */
export function bodyText({ textBody, bodyValues }: Pick<Opened, 'textBody' | 'bodyValues'>): string {
  const texts = textBody.filter(({ type }) => type !== 'text/html').map(({ partId }) => bodyValues[partId ?? '']?.value)
  return texts.filter((text) => text !== undefined).join('\n')
}

export function bodyHtml({ htmlBody, bodyValues }: Pick<Opened, 'htmlBody' | 'bodyValues'>): string {
  const parts = htmlBody.filter(({ type }) => type === 'text/html').map(({ partId }) => bodyValues[partId ?? '']?.value)
  return parts.filter((html) => html !== undefined).join('\n')
}

/** The attachments with the blobs of the version that the server has now; they come back in their order. */
export function withBlobs(
  attachments: readonly Attachment[],
  saved: readonly Part[],
  sent: readonly string[],
): Attachment[] {
  const left = [...saved]
  return attachments.map((one) => {
    if (one.blobId === null || !sent.includes(one.key)) return one
    const at =
      one.cid === null
        ? left.findIndex(({ cid, name }) => cid === null && name === one.name)
        : left.findIndex(({ cid }) => cid === one.cid)
    const [found] = left.splice(at < 0 ? left.length : at, 1)
    if (!found?.blobId) return one
    const { file: _, ...rest } = one
    return { ...rest, blobId: found.blobId }
  })
}
