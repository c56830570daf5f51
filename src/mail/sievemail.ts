// A mail as a Sieve script sees it: answers the port of src/sieve from the tree of src/mime.
//
// Promises: never throws; nothing is decoded before it is asked for, and of a body no more than the limit needs. Header
// blocks of inner parts are read beforehand, and only when a script may ask for them.

import { decodeCharset } from '../mime/charset.ts'
import { readAddresses, readFields, decodeText, type Field } from '../mime/headers.ts'
import { mimeLimits } from '../mime/limits.ts'
import type { Part } from '../mime/mime.ts'
import { readStructured } from '../mime/parameters.ts'
import { charsetOf, htmlToText } from '../mime/text.ts'
import { decodeTransfer } from '../mime/transfer.ts'
import { unicodeOf } from '../mime/words.ts'
import type { SieveEnvelope, SieveField, SieveMail, SievePart } from '../sieve/mail.ts'
import type { Mail } from './mail.ts'

type Source = Pick<Mail, 'tree' | 'headerBlock' | 'size' | 'read'>

/**
 * The mail for one recipient. `requires`: what the script requires (Program.requires); inner headers are read
 * when it, or a script it includes, can look at them. At most `partLimit` of them.
 */
export async function sieveMail(
  mail: Source,
  envelope: SieveEnvelope,
  requires: ReadonlySet<string>,
  partLimit = 1000,
): Promise<SieveMail> {
  const { tree, size, headerBlock } = mail
  const deep = ['mime', 'foreverypart', 'include', 'body'].some((extension) => requires.has(extension))
  const blocks = new Map<Part, Buffer>([[tree.part, headerBlock]])
  if (deep) await readBlocks(tree.part, mail, blocks, partLimit)
  return {
    size,
    envelope,
    root: sievePart(tree.part, mail, blocks, headerBlock.length < size),
    addresses: (written) =>
      readAddresses(written).flatMap(({ mailbox, host, group }) => (group ? [] : [{ local: mailbox, domain: host }])),
    structured(written) {
      const { value, parameters } = readStructured(written, mimeLimits.parameters)
      return { value: value.toLowerCase(), parameters }
    },
  }
}

function innerParts(part: Part): Part[] {
  return part.message ? [part.message.part] : part.parts
}

async function readBlocks(root: Part, mail: Source, blocks: Map<Part, Buffer>, limit: number): Promise<void> {
  const waiting = [...innerParts(root)]
  while (waiting.length > 0 && blocks.size < limit) {
    const part = waiting.pop()!
    blocks.set(part, await mail.read(part.start, Math.min(part.body, part.start + mimeLimits.headerBlock)))
    waiting.push(...innerParts(part))
  }
}

/** `hasBody`: there is an empty line after the header. */
function sievePart(part: Part, mail: Source, blocks: Map<Part, Buffer>, hasBody = true): SievePart {
  let fields: SieveField[] | undefined
  let parts: SievePart[] | undefined
  let type: string | undefined
  const bytes = (limit: number): Promise<Buffer> => mail.read(part.body, Math.min(part.end, part.body + limit))
  const content = async (limit: number): Promise<string | undefined> => {
    if (!hasBody) return undefined
    if (part.message) return innerHeader(part.message.part, mail, limit)
    if (part.type === 'multipart') return around(part, (await bytes(limit)).toString('utf8'))
    const read = await bytes(limit * 4)
    const decoded = decodeTransfer(read, part.encoding)
    if (!decoded) return undefined // in an encoding nobody knows, RFC 2045 §6.4
    const text =
      part.type === 'text' || htmlTypes.has(`${part.type}/${part.subtype}`)
        ? decodeCharset(decoded, charsetOf(part))
        : decoded.toString('utf8')
    return text.slice(0, limit)
  }
  return {
    get type() {
      return (type ??= typeOf(part, this.fields))
    },
    get fields() {
      return (fields ??= readFields(blocks.get(part) ?? Buffer.alloc(0)).map(sieveField))
    },
    get parts() {
      return (parts ??= innerParts(part).map((inner) => sievePart(inner, mail, blocks)))
    },
    raw: async (limit) => (hasBody ? (await bytes(limit)).toString('utf8') : undefined),
    content,
    async text(limit) {
      const html = htmlTypes.has(this.type)
      if (!html && !/^text\/[^/]+$/.test(this.type)) return undefined
      const text = await content(html ? limit * 10 : limit)
      const plain = text !== undefined && html ? htmlToText(text).replace(/\r?\n/g, '\r\n') : text
      return plain?.slice(0, limit)
    },
  }
}

const htmlTypes = new Set(['text/html', 'application/xhtml+xml'])

/** The type as it is written, even when it is none that the reader could use: RFC 5173 §5.2 compares it. */
function typeOf(part: Part, fields: readonly SieveField[]): string {
  const written = fields.find(({ name }) => name.toLowerCase() === 'content-type')?.written
  const value = written === undefined ? '' : readStructured(written, 0).value.toLowerCase()
  return value.split('/').length > 2 ? value : `${part.type}/${part.subtype}`
}

/** RFC 5173 §5.2: of a message/rfc822 the header of the mail in it is compared, without the empty line. */
async function innerHeader(inner: Part, mail: Source, limit: number): Promise<string> {
  const bytes = await mail.read(inner.start, Math.min(inner.body, inner.start + limit))
  return bytes.toString('utf8').replace(/(\r?\n)\r?\n$/, '$1')
}

function sieveField({ name, value, raw }: Field): SieveField {
  let written: string | undefined
  let text: string | undefined
  return {
    name,
    size: raw.length,
    get written() {
      return (written ??= unicodeOf(value))
    },
    get text() {
      return (text ??= decodeText(value))
    },
  }
}

/** What stands before the first and after the last part of a multipart, delimiters not. */
function around(part: Part, body: string): string {
  const boundary = part.parameters.find(([name]) => name === 'boundary')?.[1]
  if (boundary === undefined) return body
  const first = body.startsWith(`--${boundary}`) ? 0 : body.indexOf(`\n--${boundary}`) + 1
  const close = body.lastIndexOf(`\n--${boundary}--`)
  const after = close === -1 ? '' : body.slice(close + boundary.length + 5)
  return body.slice(0, first) + after
}
