// Fuzz targets: emails that are created, patched and sent. What a client says in JSON becomes a mail with exactly the
// fields it asked for, and no line more.

import { equal, ok } from 'node:assert/strict'
import { compose } from '../mime/compose.ts'
import { readFields } from '../mime/headers.ts'
import { readMail } from '../mime/reader.ts'
import { Refusal } from '../smtp/replies.ts'
import type { FoundBlob } from './blobs.ts'
import { composeDraft, readDraft } from './drafts.ts'
import { readEmailPatch } from './emailpatch.ts'
import { readEnvelope, readRecipient, readSender } from './envelopes.ts'
import { jmapDefaults } from './limits.ts'
import { SetRefusal } from './method.ts'
import { patchOf } from './patch.ts'

interface Target {
  name: string
  corpus: (Buffer | string)[]
  run(input: Buffer): void | Promise<void>
}

function objectOf(input: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(input.toString())
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function refusing<T>(deed: () => T): T | undefined {
  try {
    return deed()
  } catch (error) {
    ok(error instanceof SetRefusal || error instanceof Refusal, String(error))
    return undefined
  }
}

const blob = {
  type: 'application/pdf',
  size: async () => 300,
  async *stream() {
    yield Buffer.alloc(300, '\u00ff\r\n--x', 'latin1')
  },
} as unknown as FoundBlob

/** Lines are ASCII and short, the fields are those of the draft, and what is read is a mail of as many parts. */
export const drafts: Target = {
  name: 'jmap drafts',
  corpus: [
    '{"mailboxIds":{"F1":true},"subject":"a\\r\\nBcc: x@y","from":[{"name":"\\r\\nX: y","email":"a@b"}],"textBody":[{"partId":"1","type":"text/plain"}],"bodyValues":{"1":{"value":"x\\u0000\\ny"}}}',
    '{"mailboxIds":{"F1":true},"header:X-A:asRaw":" a\\r\\n b","header:X-B:asURLs":["https://x"],"header:X-C:asGroupedAddresses":[{"name":"g","addresses":[{"email":"a@b"}]}],"header:X-D:asDate":"2026-01-01T00:00:00+08:00","header:X-E:asMessageIds:all":[["a@b","c@d"]]}',
    '{"mailboxIds":{"F1":true},"bodyStructure":{"type":"multipart/mixed","subParts":[{"blobId":"U1","name":"\\u6a94\\"a","cid":"x","disposition":"inline","language":["en"],"location":"a"},{"partId":"1","header:X-P":" 1"},{"type":"message/rfc822","blobId":"U1"}]},"bodyValues":{"1":{"value":"\\u4f60"}}}',
    '{"mailboxIds":{"F1":true},"header:X-A:asText":"=?utf-8?Q?x?=","to":[{"email":"\\"a b\\"@c"},{"email":"@"},{"email":"a"}],"attachments":[{"blobId":"U1"}],"htmlBody":[{"partId":"h","type":"text/html"}],"bodyValues":{"h":{"value":""}}}',
  ],
  async run(input) {
    const object = objectOf(input)
    const draft = object && refusing(() => readDraft(object, (id) => id))
    if (!draft) return
    const blobs = new Map(draft.blobIds.map((id) => [id, blob]))
    const imprint = { messageId: 'x@uni.example', date: 'Thu, 01 Jan 1970 00:00:00 +0000' }
    const pieces: Buffer[] = []
    for await (const piece of compose(await composeDraft(draft, blobs, imprint))) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const { part } = readMail(bytes)
    const header = bytes.subarray(0, part.body)
    const lines = header.toString('latin1').split('\r\n')
    ok(lines.every((line) => line.length <= 998 && !/[\r\n\0]/.test(line)))
    const written = readFields(header).map(({ name }) => name.toLowerCase())
    const ours = ['date', 'message-id', 'mime-version', 'content-type', 'content-transfer-encoding']
    const also = ['content-disposition', 'content-id', 'content-language', 'content-location']
    const asked = new Set([...draft.fields, ...draft.root.fields].map(({ name }) => name))
    for (const name of written) ok(asked.has(name) || [...ours, ...also].includes(name), `nobody asked for ${name}`)
    equal(
      written.filter((name) => name === 'bcc').length,
      draft.fields.filter(({ name, text }) => name === 'bcc' && text !== '').length,
    )
    if (draft.root.parts && asked.has('content-type') === false) equal(part.parts.length, draft.root.parts.length)
  },
}

/** Nothing but refusals; what it says of keywords and mailboxes is what the patch says. */
export const emailPatches: Target = {
  name: 'jmap email patches',
  corpus: [
    '{"keywords/$seen":true,"mailboxIds":{"F1":true}}',
    '{"keywords":{"$flagged":true,"A":true},"subject":null}',
    '{"mailboxIds/F1":null,"mailboxIds/F2":true,"keywords/a b":true}',
  ],
  run(input) {
    const object = objectOf(input)
    const patch = object && refusing(() => readEmailPatch(patchOf(object), (id) => id))
    if (!patch) return
    const { keywords, mailboxIds } = patch.order
    const words = keywords ? ('set' in keywords ? keywords.set : [...keywords.add, ...keywords.remove]) : []
    ok(words.every((word) => /^[!-~]{1,255}$/.test(word) && word === word.toLowerCase()))
    const ids = mailboxIds ? ('set' in mailboxIds ? mailboxIds.set : [...mailboxIds.add, ...mailboxIds.remove]) : []
    ok(ids.every((id) => Number.isSafeInteger(id)))
  },
}

/** Nothing but refusals; no address brings a parameter along, and none has a line end. */
export const envelopes: Target = {
  name: 'jmap envelopes',
  corpus: [
    '{"mailFrom":{"email":"a@b.example","parameters":{"HOLDFOR":"10","RET":"HDRS","ENVID":"x+41"}},"rcptTo":[{"email":"c@d.example","parameters":{"NOTIFY":"SUCCESS,DELAY","ORCPT":"rfc822;c@d"}}]}',
    '{"mailFrom":{"email":""},"rcptTo":[{"email":"a@b> NOTIFY=NEVER"},{"email":"\\"a b\\"@c.example"},{"email":"\\u00fc@x.example"}]}',
    '{"mailFrom":{"email":"a@b","parameters":{"HOLDUNTIL":"2026-01-01T00:00:00Z","SMTPUTF8":null}},"rcptTo":[]}',
  ],
  run(input) {
    const object = objectOf(input)
    const envelope = object && refusing(() => readEnvelope(object))
    if (!envelope) return
    const now = Date.UTC(2026, 0, 1)
    const sender = refusing(() => readSender(envelope.mailFrom, now, jmapDefaults))
    if (sender?.holdUntil !== undefined) ok(sender.holdUntil <= now + jmapDefaults.holdMilliseconds)
    for (const address of envelope.rcptTo) {
      const recipient = refusing(() => readRecipient(address, jmapDefaults))
      ok(!recipient || !/[\r\n\0<>]/.test(recipient.address) || recipient.address.startsWith('"'))
      if (recipient && address.parameters === null) equal(recipient.notify, undefined)
    }
  },
}
