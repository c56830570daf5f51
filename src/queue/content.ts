// A queued mail as it leaves: header lines of this copy, its trace, and the stored bytes; recoded where the peer
// could not take it otherwise.                                                        RFC 6152 §3, RFC 6531 §3.7
//
// Signatures are made when it leaves, over the bytes that leave (RFC 6376 §5.3: as late as possible). A mail that
// somebody else has signed is recoded only if it could not leave at all otherwise.

import { isAscii } from 'node:buffer'
import { withoutMailboxLines } from '../mail/trace.ts'
import { bodyOf } from '../mailauth/sign.ts'
import { asciiFields } from '../mime/ascii.ts'
import { recoded, recodingOf, type Source } from '../mime/sevenbit.ts'
import type { Lacks, Outgoing } from '../smtp/outgoing.ts'
import { treeOf, type MailRow } from '../store/mails.ts'
import type { QueueMail } from './entries.ts'
import type { Fresh } from './fresh.ts'
import type { QueueHouse } from './port.ts'

const inMemory = 262_144 // a mail up to this size is read once
const joined = 65_536 // up to this size the front and the mail are written as one

export type Content = Pick<Outgoing, 'size' | 'body' | 'smtputf8' | 'content' | 'fitted'>

/** The bytes to send, without its recipients; undefined when the mail is gone. `fresh`: it is in memory still. */
export async function contentOf(house: QueueHouse, mail: QueueMail, fresh?: Fresh): Promise<Content | undefined> {
  const { blobs } = house.store
  const row = fresh?.row ?? (await house.store.mails.one(mail.mailId))
  if (!row) return undefined
  const stored = fresh?.bytes ?? (row.size <= inMemory ? await blobs.read(row.blobRef) : undefined)
  async function* source(start: number, end: number): AsyncGenerator<Buffer> {
    if (stored) yield stored.subarray(start, end)
    else yield* blobs.stream(row!.blobRef, start, end)
  }
  const as = { mail, row, trace: withoutMailboxLines(row.trace), source }
  const { smtputf8 } = mail
  const body = mail.body === '7BIT' ? '7BIT' : '8BITMIME'
  const content = await frontOf(house, as, mail.prefix, {
    size: row.size,
    header: () => headerOf(as),
    bytes: () => source(0, row.size),
  })
  return { ...content, body, smtputf8, fitted: (lacks) => fittedTo(lacks, house, as, body) }
}

interface Leaving {
  mail: QueueMail
  row: MailRow
  trace: string
  source: Source
}

/** A mail from its own first header field on. */
interface Whole {
  size: number
  header(): Promise<Buffer> // its header block, without the empty line
  bytes(): AsyncIterable<Buffer>
}

/** The mail with what stands in front of it. */
async function frontOf(
  house: QueueHouse,
  { mail, row, trace }: Leaving,
  prefix: string,
  whole: Whole,
): Promise<Pick<Content, 'size' | 'content'>> {
  const signature = mail.sign ? await signatureOf(house, row, trace, whole) : ''
  const front = Buffer.from(signature + prefix + trace)
  const size = front.length + whole.size
  return {
    size,
    async *content() {
      if (size > joined) {
        yield front
        yield* whole.bytes()
        return
      }
      const pieces: Buffer[] = [front]
      for await (const piece of whole.bytes()) pieces.push(piece)
      yield Buffer.concat(pieces)
    },
  }
}

/** Signed by the domain of From, or by the one above it that has keys. */
async function signatureOf({ mailauth }: QueueHouse, row: MailRow, trace: string, whole: Whole): Promise<string> {
  const host = treeOf(row).headers.from[0]?.host.toLowerCase()
  if (!host) return ''
  const block = await whole.header()
  const headerBlock = Buffer.concat([Buffer.from(trace), block])
  for (let domain = host; domain.includes('.'); domain = domain.slice(domain.indexOf('.') + 1)) {
    const signature = await mailauth.sign(domain, { headerBlock, body: bodyOf(block, whole.bytes()) })
    if (signature !== '') return signature
  }
  return ''
}

async function headerOf({ row, source }: Leaving): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of source(0, Math.max(0, treeOf(row).part.body - 2))) pieces.push(piece)
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** The mail for a peer that lacks something; undefined: it goes, or does not go, as it is. */
async function fittedTo(
  lacks: Lacks,
  house: QueueHouse,
  as: Leaving,
  body: Content['body'],
): Promise<Omit<Content, 'fitted'> | undefined> {
  const { mail, row, source } = as
  const tree = treeOf(row)
  const needsAscii = lacks.smtputf8 && mail.smtputf8
  const block = await headerOf(as)
  const isNeeded = needsAscii || lacks.eightBit || !isAscii(block)
  if (!isNeeded || (!needsAscii && !mayBeRecoded(mail, block))) return undefined
  const sevenBit = lacks.eightBit
  // A signed part keeps a mail from being seven bits, not its header from being ASCII.
  const recoding =
    (await recodingOf(tree, source, { sevenBit })) ??
    (needsAscii ? await recodingOf(tree, source, { sevenBit: false }) : undefined)
  const prefix = asciiFields(Buffer.from(mail.prefix))
  const trace = asciiFields(Buffer.from(as.trace))
  if (!recoding || !prefix || !trace) return undefined
  if (recoding.length === 0 && !needsAscii) return undefined

  const bytes = (): AsyncIterable<Buffer> => recoded(recoding, row.size, source)
  let size = 0
  let isSevenBit = true
  for await (const piece of bytes()) {
    size += piece.length
    isSevenBit &&= isAscii(piece)
  }
  const leaving = { ...as, trace: trace.toString() }
  const top = recoding[0]?.start === 0 ? recoding[0].bytes : undefined
  const header = async (): Promise<Buffer> => top?.subarray(0, -2) ?? block
  const content = await frontOf(house, leaving, prefix.toString(), { size, header, bytes })
  return { ...content, body: isSevenBit ? '7BIT' : body, smtputf8: false }
}

/** Nobody but us has signed it: changing it breaks nothing. A forward is sealed, and mostly signed. */
function mayBeRecoded({ prefix, sign }: QueueMail, block: Buffer): boolean {
  if (prefix !== '') return false
  return sign || !/^(?:dkim-signature|arc-seal)[ \t]*:/im.test(block.toString('latin1'))
}
