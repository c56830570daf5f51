// A mail as a Sieve script changed it: other header fields, other parts, or enclosed in a new mail.
//                                                                             RFC 5293, RFC 5703 §5 and §6
//
// Pure: the new mail is told as pieces, bytes of ours and ranges of the mail as it came, so that no body is copied here.
// Invariants: nothing a script wrote can end a header line of ours; what it leaves alone comes out byte by byte.

import { randomBytes } from 'node:crypto'
import { readFields, type Field } from '../mime/headers.ts'
import type { Part } from '../mime/mime.ts'
import { quotedPrintable, writeAddressHeader, writeHeader } from '../mime/write.ts'
import { readAddresses } from '../mime/headers.ts'
import type { Enclosure, HeaderLine, NewBody, ReplacedPart } from '../sieve/actions.ts'
import { mailDate } from './date.ts'
import type { Mail } from './mail.ts'

export type Piece = Buffer | { from: number; to: number }

export interface Editing {
  header?: HeaderLine[] // undefined: as it came
  body?: NewBody
  at: number // milliseconds: Date of a mail made here
  from: string // the person: From of a mail made here
}

/** The pieces of the edited mail, in order. */
export function editedMail(mail: Pick<Mail, 'tree' | 'headerBlock' | 'size'>, editing: Editing): Piece[] {
  const { headerBlock, size, tree } = mail
  const { header, body } = editing
  const original = readFields(headerBlock)
  let fields = header ? header.map((line) => editedField(original, line)) : original.map(({ raw }) => raw)
  let rest: Piece[] = header || body ? [{ from: headerBlock.length, to: size }] : []
  if (!header && !body) return [{ from: 0, to: size }]
  const whole = body?.replaced.find(({ part }) => part.length === 0)
  if (whole) {
    const made = entityOf(whole)
    const kept = fields.filter((field) => !contentField.test(field.toString('latin1', 0, 13)))
    fields = [...withNames(kept, whole), ...made.fields]
    rest = [Buffer.from(`\r\n${made.body}`)]
  } else if (body && body.replaced.length > 0) {
    rest = replacedParts(tree.part, body.replaced, { from: headerBlock.length, to: size })
  }
  let pieces: Piece[] = [...fields, ...rest]
  for (const enclosure of body?.enclosed ?? []) {
    const enclosed = enclose(enclosure, fields, pieces, editing)
    fields = enclosed.fields
    pieces = enclosed.pieces
  }
  return pieces
}

function editedField(original: Field[], line: HeaderLine): Buffer {
  if (typeof line === 'number') return original[line]?.raw ?? Buffer.alloc(0)
  return Buffer.from(writeHeader(line.name, line.value))
}

const contentField = /^(content-|mime-version)/i

interface Entity {
  fields: Buffer[] // of MIME only
  body: string
}

const mimeField = /^content-[a-z-]{1,100}:[\t\x20-\x7e]{0,800}(\r\n[\t ][\t\x20-\x7e]{0,990})*$/i

/** What a script wrote, as a MIME entity: text, or header and body when it says so. */
function entityOf({ content, mime }: Pick<ReplacedPart, 'content' | 'mime'>): Entity {
  const lines = content.replace(/\r?\n|\r/g, '\r\n')
  const blank = lines.startsWith('\r\n') ? 0 : lines.indexOf('\r\n\r\n')
  if (!mime || blank === -1) {
    const fields = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable']
    return { fields: written(fields), body: `${quotedPrintable(content)}\r\n` }
  }
  const kept = lines
    .slice(0, blank)
    .split(/\r\n(?![ \t])/)
    .filter((field) => mimeField.test(field))
  return { fields: written(kept), body: `${lines.slice(blank).replace(/^(\r\n){1,2}/, '')}\r\n` }
}

function written(fields: string[]): Buffer[] {
  return ['MIME-Version: 1.0', ...fields].map((field) => Buffer.from(`${field}\r\n`))
}

function nameOf(field: Buffer): string {
  return field
    .subarray(0, Math.max(field.indexOf(':'), 0))
    .toString('latin1')
    .trim()
    .toLowerCase()
}

/** RFC 5703 §5: another Subject and From of a mail that is replaced whole; the old From stays to be seen. */
function withNames(fields: Buffer[], { subject, from }: ReplacedPart): Buffer[] {
  let kept = fields
  if (subject !== undefined) {
    kept = kept.filter((field) => nameOf(field) !== 'subject')
    kept.push(Buffer.from(writeHeader('Subject', subject)))
  }
  if (from !== undefined) {
    kept = kept.map((field) =>
      nameOf(field) === 'from'
        ? Buffer.concat([Buffer.from('Original-From'), field.subarray(field.indexOf(':'))])
        : field,
    )
    kept.push(Buffer.from(writeAddressHeader('From', readAddresses(from))))
  }
  return kept
}

/** The ranges of the body with some parts in it replaced. */
function replacedParts(root: Part, replaced: ReplacedPart[], { from, to }: { from: number; to: number }): Piece[] {
  const places = replaced
    .flatMap((one) => {
      const part = partAt(root, one.part)
      return part && part.start >= from ? [{ part, one }] : []
    })
    .sort((a, b) => a.part.start - b.part.start)
  const pieces: Piece[] = []
  let at = from
  for (const { part, one } of places) {
    if (part.start < at) continue // inside of one that is replaced already
    const { fields, body } = entityOf(one)
    pieces.push({ from: at, to: part.start }, ...fields.slice(1), Buffer.from(`\r\n${body.replace(/\r\n$/, '')}`))
    at = part.end
  }
  return [...pieces, { from: at, to }]
}

function partAt(root: Part, path: number[]): Part | undefined {
  let part: Part | undefined = root
  for (const index of path) part = part?.message ? (index === 0 ? part.message.part : undefined) : part?.parts[index]
  return part
}

/** RFC 5703 §6: a new mail with the text first and the old mail behind it. */
function enclose(
  { content, subject, headers }: Enclosure,
  fields: Buffer[],
  inner: Piece[],
  { at, from }: Editing,
): { fields: Buffer[]; pieces: Piece[] } {
  const copied = new Set(headers.map((name) => name.toLowerCase()))
  const kept = fields.filter((field) => copied.has(nameOf(field)) && !contentField.test(nameOf(field)))
  const has = (name: string): boolean => kept.some((field) => nameOf(field) === name)
  const old = fields.find((field) => nameOf(field) === 'subject')
  const boundary = `=_${randomBytes(18).toString('hex')}`
  const made = [
    ...(has('date') ? [] : [writeHeader('Date', mailDate(at))]),
    ...(has('from') ? [] : [writeAddressHeader('From', readAddresses(from))]),
    ...(subject === undefined ? [] : [writeHeader('Subject', subject)]),
    'MIME-Version: 1.0\r\n',
    `Content-Type: multipart/mixed; boundary="${boundary}"\r\n`,
  ].map((line) => Buffer.from(line))
  const unnamed = subject === undefined && !has('subject') && old ? [old] : []
  const all = [...kept.filter((field) => subject === undefined || nameOf(field) !== 'subject'), ...unnamed, ...made]
  const text = entityOf({ content, mime: false })
  const front = Buffer.concat([
    Buffer.from(`\r\n--${boundary}\r\n`),
    ...text.fields.slice(1),
    Buffer.from(
      `\r\n${text.body}--${boundary}\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n`,
    ),
  ])
  return { fields: all, pieces: [...all, front, ...inner, Buffer.from(`\r\n--${boundary}--\r\n`)] }
}
