// A queued mail as it leaves: header lines of this copy, its trace, and the stored bytes.
//
// Signatures are made when it leaves, over the bytes that leave (RFC 6376 §5.3: as late as possible).

import { withoutMailboxLines } from '../mail/trace.ts'
import { bodyOf } from '../mailauth/sign.ts'
import type { Outgoing } from '../smtp/outgoing.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import type { QueueMail } from './entries.ts'
import type { Fresh } from './fresh.ts'
import type { QueueHouse } from './port.ts'

const inMemory = 262_144 // a mail up to this size is read once

export type Content = Pick<Outgoing, 'size' | 'body' | 'smtputf8' | 'content'>

/** The bytes to send, without its recipients; undefined when the mail is gone. `fresh`: it is in memory still. */
export async function contentOf(house: QueueHouse, mail: QueueMail, fresh?: Fresh): Promise<Content | undefined> {
  const { blobs } = house.store
  const row = fresh?.row ?? (await house.store.mails.one(mail.mailId))
  if (!row) return undefined
  const stored = fresh?.bytes ?? (row.size <= inMemory ? await blobs.read(row.blobRef) : undefined)
  const stream = async function* (): AsyncGenerator<Buffer> {
    if (stored) yield stored
    else yield* blobs.stream(row.blobRef)
  }
  const trace = withoutMailboxLines(row.trace)
  const signature = mail.sign ? await signatureOf(house, row, trace, stored, stream) : ''
  const front = Buffer.from(signature + mail.prefix + trace)
  return {
    size: front.length + row.size,
    body: mail.body === '7BIT' ? '7BIT' : '8BITMIME',
    smtputf8: mail.smtputf8,
    async *content() {
      if (stored && front.length + stored.length <= 65_536) yield Buffer.concat([front, stored])
      else {
        yield front
        yield* stream()
      }
    },
  }
}

/** Signed by the domain of From, or by the one above it that has keys. */
async function signatureOf(
  { mailauth, store }: QueueHouse,
  row: MailRow,
  trace: string,
  stored: Buffer | undefined,
  stream: () => AsyncIterable<Buffer>,
): Promise<string> {
  const tree = treeOf(row)
  const host = tree.headers.from[0]?.host.toLowerCase()
  if (!host) return ''
  const end = Math.max(0, tree.part.body - 2)
  const block = stored ? stored.subarray(0, end) : await store.blobs.read(row.blobRef, 0, end)
  const headerBlock = Buffer.concat([Buffer.from(trace), block])
  for (let domain = host; domain.includes('.'); domain = domain.slice(domain.indexOf('.') + 1)) {
    const signature = await mailauth.sign(domain, { headerBlock, body: bodyOf(block, stream()) })
    if (signature !== '') return signature
  }
  return ''
}
