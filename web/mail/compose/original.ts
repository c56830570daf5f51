// The mail that is answered, passed on or written further, whole, and the draft it becomes.

import type { Mail } from '../mailstate.ts'
import type { Compose } from '../route.ts'
import { preferences } from '../preferences.ts'
import { addressees, answerSubject, threading, writtenTo, type Answering } from './addressees.ts'
import {
  attachmentOf,
  bodyHtml,
  bodyText,
  draftOf,
  emptyDraft,
  type Attachment,
  type Draft,
  type Written,
} from './draft.ts'
import { textOfHtml } from './htmltext.ts'
import { senderOf, type Identity } from './identities.ts'
import { readMailto } from './mailto.ts'
import { answerBody } from './quoting.ts'
import { emptyLine, richAnswer } from './richquote.ts'
import { words } from './words.ts'

const properties =
  'id blobId threadId mailboxIds keywords from sender to cc bcc replyTo subject sentAt receivedAt size preview hasAttachment messageId inReplyTo references textBody htmlBody attachments bodyValues header:X-Priority:asText header:Importance:asText header:Disposition-Notification-To:asAddresses'
const bodyProperties = 'partId blobId size name type charset disposition cid'
const longestBody = 1 << 20

export class Gone extends Error {}

async function readOriginal({ jmap }: Mail, accountId: string, id: string): Promise<Written> {
  const { list } = await jmap.get<Written>('Email', {
    accountId,
    ids: [id],
    properties: properties.split(' '),
    bodyProperties: bodyProperties.split(' '),
    fetchTextBodyValues: true,
    fetchHTMLBodyValues: true,
    maxBodyValueBytes: longestBody,
  })
  if (!list[0]) throw new Gone()
  return list[0]
}

export async function startDraft(
  mail: Mail,
  start: Compose,
  key: string,
  identities: readonly Identity[],
): Promise<Draft> {
  const first = identities.find(({ id }) => id === preferences.get().identity) ?? identities[0]
  const from = first ? senderOf(first) : { name: mail.me.name, email: mail.me.address }
  const { writing, receipts } = preferences.get()
  const fresh: Draft = {
    ...emptyDraft(key, from),
    identityId: first?.id ?? null,
    isRich: writing === 'rich',
    wantsReceipt: receipts,
  }
  if (start.kind === 'mailto') return rich({ ...fresh, ...readMailto(start.mailto ?? '') })
  if (start.kind === 'new' || start.emailId === undefined) return rich(fresh)
  const accountId = start.accountId ?? mail.account().id
  const original = await readOriginal(mail, accountId, start.emailId)
  if (start.kind === 'draft') return continued(original, key, identities)
  return answered(mail, fresh, original, accountId, start.kind, identities)
}

async function rich(draft: Draft): Promise<Draft> {
  if (!draft.isRich) return draft
  const { htmlOfText } = await import('./htmltext.ts')
  return { ...draft, html: draft.text === '' ? emptyLine : htmlOfText(draft.text) }
}

async function continued(original: Written, key: string, identities: readonly Identity[]): Promise<Draft> {
  const html = bodyHtml(original)
  const clean = html === '' ? '' : (await import('./cleaner.ts')).cleanHtml(html)
  const draft = draftOf(original, key, clean)
  const isOf = ({ email }: Identity): boolean => email.toLowerCase() === draft.from.email.toLowerCase()
  const identity =
    identities.find((one) => isOf(one) && one.name === draft.from.name) ?? identities.find(isOf) ?? identities[0]
  const signature = identity && draft.text.includes(`-- \n${identity.textSignature}`) ? identity.textSignature : ''
  return { ...draft, identityId: identity?.id ?? null, from: identity ? senderOf(identity) : draft.from, signature }
}

async function answered(
  mail: Mail,
  fresh: Draft,
  original: Written,
  accountId: string,
  answering: Answering,
  identities: readonly Identity[],
): Promise<Draft> {
  const own = identities.map(({ email }) => email)
  const address = writtenTo(original, own)
  const identity = identities.find(({ email }) => email === address) ?? identities[0]
  const isPassedOn = answering === 'forward'
  const hasOnlyHtml = bodyText(original) === '' && bodyHtml(original) !== ''
  const isRich = fresh.isRich || (isPassedOn && hasOnlyHtml)
  const files = original.attachments.map((part, i) => attachmentOf(part, `${fresh.key}-${i}`))
  const wanted = files.filter(({ cid }) => (isPassedOn && (cid === null || isRich)) || (cid !== null && isRich))
  const draft: Draft = {
    ...fresh,
    ...addressees(original, answering, own),
    ...threading(original, answering),
    identityId: identity?.id ?? null,
    from: identity ? senderOf(identity) : fresh.from,
    subject: answerSubject(original.subject, answering),
    isRich,
    source: { answering, accountId, emailId: original.id },
    attachments: isPassedOn || isRich ? await inOwnAccount(mail, accountId, wanted) : [],
  }
  const { quote } = preferences.get()
  if (!quote && !isPassedOn) return rich(draft)
  const place = { zone: mail.zone, language: mail.language, words }
  const text = hasOnlyHtml ? textOfHtml(bodyHtml(original)) : bodyText(original)
  if (!isRich) return { ...draft, text: answerBody(text, original, answering, place) }
  const { cleanHtml } = await import('./cleaner.ts')
  const html = richAnswer(original, answering, place, cleanHtml)
  const shown = draft.attachments.filter(({ cid }) => cid === null || html.includes(`cid:${cid}`))
  return { ...draft, html, text: textOfHtml(html), attachments: shown }
}

/** Drafts lie in one's own account: blobs of another are copied there.                       RFC 8620 §6.3 */
async function inOwnAccount({ jmap }: Mail, fromAccountId: string, files: Attachment[]): Promise<Attachment[]> {
  const blobIds = files.flatMap(({ blobId }) => blobId ?? [])
  if (fromAccountId === jmap.account || blobIds.length === 0) return files
  const answer = await jmap.call<{ copied: Record<string, string> | null }>('Blob/copy', {
    fromAccountId,
    accountId: jmap.account,
    blobIds,
  })
  return files.flatMap((file) => {
    const blobId = answer.copied?.[file.blobId ?? '']
    return blobId === undefined ? [] : [{ ...file, blobId }]
  })
}
