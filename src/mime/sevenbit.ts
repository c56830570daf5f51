// A mail for a host that takes seven bits only, or no UTF-8 in header fields.         RFC 6152 §3, RFC 2045 §6
//
// The mail is not copied: a recoding is a list of places that change, and what lies between them stays as it is.
// Invariants:
//   what is signed or encrypted inside (RFC 1847) is never touched: then there is no recoding
//   decoded, every part is what it was
//   a recoding gives the same bytes each time it is read

import { isAscii } from 'node:buffer'
import { asciiFields } from './ascii.ts'
import type { Part, Tree } from './mime.ts'
import { base64Lines, quotedLines } from './write.ts'

/** The bytes of a mail from `start` to `end`, in pieces. */
export type Source = (start: number, end: number) => AsyncIterable<Buffer>

export interface Wanted {
  sevenBit: boolean // bodies too; header fields become ASCII in any case
}

/** Places in order, none over another. */
export type Recoding = Change[]

interface Change {
  start: number
  end: number
  bytes?: Buffer // instead of those that are there
  encoding?: 'base64' | 'quoted-printable'
}

class Impossible extends Error {}

/** What has to change; empty when nothing has. undefined when it cannot be done. */
export async function recodingOf(tree: Tree, source: Source, wanted: Wanted): Promise<Recoding | undefined> {
  const changes: Recoding = []
  try {
    await recodeMail(tree.part, { source, wanted, changes })
  } catch (error) {
    if (error instanceof Impossible) return undefined
    throw error
  }
  return changes
}

/** The mail of `size` bytes with its changes. */
export async function* recoded(recoding: Recoding, size: number, source: Source): AsyncGenerator<Buffer> {
  let at = 0
  for (const { start, end, bytes, encoding } of recoding) {
    if (start > at) yield* source(at, start)
    if (bytes) yield bytes
    if (encoding === 'base64') yield* inBase64(source(start, end))
    if (encoding === 'quoted-printable') yield* inQuotedPrintable(source(start, end))
    at = end
  }
  if (at < size) yield* source(at, size)
}

interface Work {
  source: Source
  wanted: Wanted
  changes: Recoding
}

const sealed = new Set(['signed', 'encrypted'])
const plainEncodings = new Set(['', '7bit', '8bit', 'binary'])

async function recodeMail(part: Part, work: Work): Promise<void> {
  const isMime = (block: string): boolean => /^mime-version[ \t]*:/im.test(block)
  await recodePart(part, work, (block) => (isMime(block) ? '' : 'MIME-Version: 1.0\r\n'))
}

/** `first` gives a line that the part needs when its encoding is said. */
async function recodePart(part: Part, work: Work, first: (block: string) => string = () => ''): Promise<void> {
  const { source, changes } = work
  const block = await collect(source(part.start, part.body))
  const place = changes.push({ start: part.start, end: part.body }) - 1
  const encoding = await recodeBody(part, work)
  const fields = asciiFields(block)
  if (!fields) throw new Impossible()
  if (encoding === undefined && fields === block) {
    changes.splice(place, 1)
    return
  }
  changes[place]!.bytes = encoding === undefined ? fields : withEncoding(fields, encoding, first)
}

/** The encoding that the part's header has to name now; undefined: what it names is right. */
async function recodeBody(part: Part, work: Work): Promise<string | undefined> {
  const { source, wanted, changes } = work
  if (part.type === 'multipart' && sealed.has(part.subtype)) {
    if (wanted.sevenBit && (await countEightBit(source(part.body, part.end))) > 0) throw new Impossible()
    return undefined
  }
  const inside = part.message ? [part.message.part] : part.parts
  if (inside.length > 0) {
    if (part.message && !wanted.sevenBit) return undefined
    let at = part.body
    for (const child of inside) {
      await mustBeAscii(at, child.start, work)
      await (part.message ? recodeMail(child, work) : recodePart(child, work))
      at = child.end
    }
    await mustBeAscii(at, part.end, work)
    return wanted.sevenBit && part.encoding !== '7bit' && plainEncodings.has(part.encoding) ? '7bit' : undefined
  }
  if (!wanted.sevenBit) return undefined
  const eightBit = await countEightBit(source(part.body, part.end))
  if (eightBit === 0) return undefined
  const isWhole = part.type === 'multipart' || part.type === 'message' // RFC 2046 §5.2.1: never encoded
  if (isWhole || !plainEncodings.has(part.encoding)) throw new Impossible()
  // Quoted-printable costs three bytes for each of them, base64 a third of all.
  const isReadable = part.type === 'text' && eightBit * 6 < part.end - part.body
  const encoding = isReadable ? 'quoted-printable' : 'base64'
  changes.push({ start: part.body, end: part.end, encoding })
  return encoding
}

/** What lies between the parts of a multipart belongs to nobody and is not rewritten. */
async function mustBeAscii(start: number, end: number, { source, wanted }: Work): Promise<void> {
  if (wanted.sevenBit && start < end && (await countEightBit(source(start, end))) > 0) throw new Impossible()
}

function withEncoding(fields: Buffer, encoding: string, first: (block: string) => string): Buffer {
  const block = fields.toString('latin1')
  const others = block.replace(/^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*/gim, '')
  // RFC 1428 §3: of text that never said what it is, nobody knows.
  const type = /^content-type[ \t]*:/im.test(block) ? '' : 'Content-Type: text/plain; charset=unknown-8bit\r\n'
  const isEncoded = encoding !== '7bit'
  return Buffer.from(
    `${first(block)}${isEncoded ? type : ''}Content-Transfer-Encoding: ${encoding}\r\n${others}`,
    'latin1',
  )
}

async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(piece)
  return all.length === 1 ? all[0]! : Buffer.concat(all)
}

async function countEightBit(pieces: AsyncIterable<Buffer>): Promise<number> {
  let count = 0
  for await (const piece of pieces) {
    if (!isAscii(piece)) count += piece.toString('latin1').replace(/[\x00-\x7f]+/g, '').length
  }
  return count
}

const lineBytes = 57 // of base64: 76 characters

async function* inBase64(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = bytes.length - (bytes.length % lineBytes)
    if (whole > 0) yield Buffer.from(base64Lines(bytes.subarray(0, whole)), 'latin1')
    rest = bytes.subarray(whole)
  }
  if (rest.length > 0) yield Buffer.from(base64Lines(rest), 'latin1')
}

const longestLine = 65_536 // held back while its end has not come; a longer one is cut by a soft line break

async function* inQuotedPrintable(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = bytes.lastIndexOf('\n') + 1
    if (whole > 0) yield Buffer.from(quotedLines(bytes.subarray(0, whole)), 'latin1')
    rest = bytes.subarray(whole)
    if (rest.length > longestLine) {
      const end = rest.at(-1) === 13 ? rest.length - 1 : rest.length // its LF may follow
      yield Buffer.from(`${quotedLines(rest.subarray(0, end))}=\r\n`, 'latin1')
      rest = rest.subarray(end)
    }
  }
  if (rest.length > 0) yield Buffer.from(quotedLines(rest), 'latin1')
}
