// Emails written and added to an account: composed from a draft, or taken from a blob.             RFC 8621 §4.6, §4.8
//
// Invariant: what is refused leaves no bytes behind; where a commit may have happened after all, they stay.

import type { Stored } from '../blobs/blobs.ts'
import { mailDate } from '../mail/date.ts'
import { compose } from '../mime/compose.ts'
import { readDate, readFields } from '../mime/headers.ts'
import type { Tree } from '../mime/mime.ts'
import { MimeReader } from '../mime/reader.ts'
import { addEmail, type AddedEmail } from '../store/emailadd.ts'
import { blobId, objectId, readBlobId } from '../store/objectids.ts'
import { newId } from '../tracking/ids.ts'
import { Trouble } from '../wire/troubles.ts'
import { findBlob, type FoundBlob } from './blobs.ts'
import { composeDraft, type Draft, type Filing } from './drafts.ts'
import { wrong } from './emailpatch.ts'
import { sharedTo } from './mailscope.ts'
import { setError, SetRefusal, type Call, type SetError } from './method.ts'
import { resolveId } from './standard.ts'
import type { States } from './states.ts'
import { setErrorOf } from './troubles.ts'

/** What the caller may do in the mailboxes that he may read; undefined for the owner, who may do all. */
export async function readableRights(call: Call): Promise<Map<number, string> | undefined> {
  if (call.own) return undefined
  const shared = await sharedTo(call)
  return new Map(shared.filter(({ rights }) => rights.includes('r')).map(({ mailbox, rights }) => [mailbox.id, rights]))
}

/** The properties of an email that its creator could not know. */
export function tellAdded({ row, size, before, modseq }: AddedEmail, states: States): Record<string, unknown> {
  states.stepped(before, modseq)
  return {
    id: objectId('M', row.id),
    blobId: blobId({ is: 'mail', mailId: row.id }),
    threadId: objectId('T', row.thread),
    size,
  }
}

/** Composes a draft and adds it. Throws SetRefusal. */
export async function writeEmail(call: Call, draft: Draft): Promise<AddedEmail> {
  const { house } = call
  const now = house.store.clock()
  const blobs = await findBlobs(call, draft.blobIds)
  const imprint = { messageId: `${newId(now)}@${house.hostname}`, date: mailDate(now) }
  const { blob, tree } = await storeMail(call, compose(await composeDraft(draft, blobs, imprint)))
  return add(call, { blob, tree, isOurs: true }, draft, draft.receivedAt ?? now)
}

async function findBlobs(call: Call, ids: readonly string[]): Promise<Map<string, FoundBlob>> {
  const found = new Map<string, FoundBlob>()
  const notFound: string[] = []
  for (const id of new Set(ids)) {
    const real = resolveId(call, id)
    const blob = real === undefined ? undefined : await findBlob(call.house, call, real)
    if (blob) found.set(id, blob)
    else notFound.push(id)
  }
  if (notFound.length > 0) throw setError('blobNotFound', { notFound })
  return found
}

/** A blob as an email. Throws SetRefusal invalidEmail where it is no mail. RFC 8621 §4.8. */
export async function importEmail(call: Call, id: string, filing: Filing): Promise<AddedEmail> {
  const blob = (await findBlobs(call, [id])).get(id)!
  const upload = readBlobId(blob.id)
  const isUpload = upload?.is === 'upload' && blob.stored !== undefined
  const stored = isUpload
    ? { blob: blob.stored!, tree: await treeOfPieces(blob.stream()) }
    : await storeMail(call, blob.stream())
  const header = await headerOf(call, stored.blob, stored.tree)
  const fields = readFields(header)
  if (fields.length === 0) {
    if (!isUpload) await call.house.store.blobs.drop(stored.blob.ref)
    throw setError('invalidEmail', { description: 'That is no mail: it has no header' })
  }
  const received = fields.find(({ name }) => name.toLowerCase() === 'received')?.value.toString('latin1')
  const arrived = received === undefined ? undefined : readDate(received.slice(received.lastIndexOf(';') + 1))
  const at = filing.receivedAt ?? arrived ?? call.house.store.clock()
  return add(call, { ...stored, isOurs: !isUpload, upload: isUpload ? upload.upload : undefined }, filing, at)
}

async function headerOf({ house }: Call, { ref, size }: Stored, tree: Tree): Promise<Buffer> {
  return house.store.blobs.read(ref, 0, Math.min(size, tree.part.body))
}

async function treeOfPieces(pieces: AsyncIterable<Buffer>): Promise<Tree> {
  const reader = new MimeReader()
  for await (const piece of pieces) reader.push(piece)
  return reader.end()
}

/** Bytes into the store while their structure is read. Throws SetRefusal tooLarge. */
async function storeMail({ house }: Call, pieces: AsyncIterable<Buffer>): Promise<{ blob: Stored; tree: Tree }> {
  const most = house.limits.maxSizeUpload
  const reader = new MimeReader()
  const writer = house.store.blobs.writer()
  try {
    let size = 0
    for await (const piece of pieces) {
      if (piece.length === 0) continue
      size += piece.length
      if (size > most) throw setError('tooLarge', { maxSize: most, description: `A mail has at most ${most} bytes` })
      reader.push(piece)
      const writing = writer.write(piece)
      if (writing) await writing
    }
    return { blob: await writer.finish(), tree: reader.end() }
  } catch (error) {
    await writer.abandon().catch(() => {})
    throw error
  }
}

interface Bytes {
  blob: Stored
  tree: Tree
  isOurs: boolean // nobody else points at them
  upload?: number | undefined
}

async function add(call: Call, { blob, tree, isOurs, upload }: Bytes, filing: Filing, at: number): Promise<AddedEmail> {
  const { store } = call.house
  const { mailboxIds, keywords } = filing
  const mail = { blob, tree, trace: '', receivedAt: at, historyId: newId(store.clock()) }
  try {
    const rights = await readableRights(call)
    return await addEmail(store, call.account, { mail, upload, mailboxIds, keywords, receivedAt: at }, rights)
  } catch (error) {
    const refused = error instanceof Trouble && error.code !== 'unavailable' && error.code !== 'disk-full'
    if (refused && isOurs) await store.blobs.drop(blob.ref).catch(() => {})
    throw refused ? new SetRefusal(emailErrorOf(error)) : error
  }
}

/** Why the store left an email alone, in words that name the property. */
export function emailErrorOf(trouble: Trouble): SetError {
  switch (trouble.code) {
    case 'no-such-mailbox':
      return wrong('mailboxIds', trouble.details['why'] ? 'An email is in at least one mailbox' : 'No such mailbox')
        .error
    case 'too-many-mailboxes':
      return { type: 'tooManyMailboxes', description: `At most ${trouble.details['limit']}` }
    case 'bad-keyword':
      return wrong('keywords', 'That is no keyword').error
    case 'already-exists':
      return { type: 'alreadyExists', existingId: objectId('M', Number(trouble.details['mailId'])) }
    default:
      return setErrorOf(trouble) ?? { type: 'forbidden', description: trouble.code }
  }
}
