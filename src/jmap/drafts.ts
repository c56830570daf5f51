// An email that is created: its properties read, and the mail that they make.                             RFC 8621 §4.6
//
// Reading is pure. Invariants:
//   what a property says stands in one place of the mail, or the email is refused with the property's name
//   parts are bounded in number and depth before anything is looked up

import { randomUUID } from 'node:crypto'
import { encodeText, writeParameterField, type Composed } from '../mime/compose.ts'
import { writeHeader } from '../mime/write.ts'
import { isAscii } from 'node:buffer'
import { isObject, isReference, readDate } from './arguments.ts'
import type { FoundBlob } from './blobs.ts'
import { isFieldProperty, readFields, sortFields, type DraftField } from './draftfields.ts'
import { readKeyword, readMailboxId, readNames, wrong } from './emailpatch.ts'
import { setError, SetRefusal } from './method.ts'
import { plainType } from './uploads.ts'

export interface Draft extends Filing {
  fields: DraftField[]
  root: DraftPart
  blobIds: string[] // of its parts, as the client named them
}

/** Where an email is to be, and what it is to be called there. */
export interface Filing {
  mailboxIds: number[]
  keywords: string[]
  receivedAt: number | undefined
}

export interface DraftPart {
  type: string // 'text/plain', 'multipart/mixed'; '' as the blob says
  fields: DraftField[] // header:...
  name: string | null
  charset: string | null
  disposition: string | null
  cid: string | null
  language: string[] | null
  location: string | null
  text?: string
  blobId?: string
  parts?: DraftPart[]
}

type Resolve = (id: string) => string | undefined
type Properties = Record<string, unknown>

const mostParts = 1_000
const mostDepth = 30

/** mailboxIds, keywords and receivedAt. Throws setError invalidProperties. */
export function readFiling(object: Properties, resolve: Resolve): Filing {
  const { mailboxIds, keywords, receivedAt } = object
  const boxes = readNames('mailboxIds', mailboxIds, (id) => readMailboxId(id, resolve))
  if (boxes.length === 0) throw wrong('mailboxIds', 'An email is in at least one mailbox')
  const at = receivedAt == null ? undefined : readDate(receivedAt)
  if (receivedAt != null && at === undefined) throw wrong('receivedAt', 'A date')
  return {
    mailboxIds: boxes,
    keywords: keywords === undefined ? [] : readNames('keywords', keywords, readKeyword),
    receivedAt: at,
  }
}

const filing = ['mailboxIds', 'keywords', 'receivedAt']
const bodies = ['bodyStructure', 'bodyValues', 'textBody', 'htmlBody', 'attachments']

/** Throws setError invalidProperties. */
export function readDraft(object: Properties, resolve: Resolve): Draft {
  const names = Object.keys(object)
  const odd = names.filter((name) => !filing.includes(name) && !bodies.includes(name) && !isFieldProperty(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'Not set by clients' })
  const reading: Reading = { values: readValues(object['bodyValues']), blobIds: [], parts: 0 }
  const fields = readFields(
    object,
    names.filter(isFieldProperty),
    (name) => !name.startsWith('content-') && name !== 'mime-version',
  )
  const root = readBody(object, reading)
  const twice = root.fields.find(({ name }) => fields.some((field) => field.name === name))
  if (twice) throw wrong('bodyStructure', `The field "${twice.name}" is set twice`)
  return { ...readFiling(object, resolve), fields, root, blobIds: reading.blobIds }
}

interface Reading {
  values: Map<string, string>
  blobIds: string[]
  parts: number
}

function readValues(value: unknown): Map<string, string> {
  const values = new Map<string, string>()
  if (value == null) return values
  if (!isObject(value)) throw wrong('bodyValues', 'Texts by part id')
  for (const [id, one] of Object.entries(value)) {
    const { value: text, isEncodingProblem = false, isTruncated = false } = isObject(one) ? one : {}
    if (typeof text !== 'string' || isEncodingProblem !== false || isTruncated !== false) {
      throw wrong('bodyValues', 'Whole texts only')
    }
    values.set(id, text)
  }
  return values
}

function readBody(object: Properties, reading: Reading): DraftPart {
  const { bodyStructure, textBody, htmlBody, attachments } = object
  if (bodyStructure != null) {
    const also = ['textBody', 'htmlBody', 'attachments'].filter((name) => object[name] != null)
    if (also.length > 0) throw setError('invalidProperties', { properties: also, description: 'Beside bodyStructure' })
    return readPart('bodyStructure', bodyStructure, reading, 1)
  }
  const text = readOnly('textBody', textBody, 'text/plain', reading)
  const html = readOnly('htmlBody', htmlBody, 'text/html', reading)
  const files = attachments == null ? [] : attachments
  if (!Array.isArray(files)) throw wrong('attachments', 'A list of parts')
  const parts = files.map((one) => readPart('attachments', one, reading, 1))
  for (const part of parts) part.disposition ??= part.cid === null ? 'attachment' : 'inline'
  return arranged(text, html, parts)
}

/** The one part of textBody or htmlBody; undefined when the property is not given. */
function readOnly(property: string, value: unknown, type: string, reading: Reading): DraftPart | undefined {
  if (value == null) return undefined
  if (!Array.isArray(value) || value.length !== 1) throw wrong(property, 'A list of one part')
  const part = readPart(property, value[0], reading, 1, type)
  if (part.type !== type) throw wrong(property, `Its type is ${type}`)
  return part
}

/** Text and HTML are alternatives, pictures shown in the HTML lie beside it, files come after.      RFC 2046 §5.1 */
function arranged(text: DraftPart | undefined, html: DraftPart | undefined, attachments: DraftPart[]): DraftPart {
  const isShown = ({ cid, disposition }: DraftPart): boolean =>
    html !== undefined && cid !== null && disposition === 'inline'
  const shown = attachments.filter(isShown)
  const files = attachments.filter((one) => !isShown(one))
  const related = html && shown.length > 0 ? multipart('related', [html, ...shown]) : html
  const body = text && related ? multipart('alternative', [text, related]) : (text ?? related)
  const first = body ?? { ...emptyPart('text/plain'), text: '' }
  return files.length === 0 ? first : multipart('mixed', [first, ...files])
}

function multipart(subtype: string, parts: DraftPart[]): DraftPart {
  return { ...emptyPart(`multipart/${subtype}`), parts }
}

function emptyPart(type: string): DraftPart {
  return { type, fields: [], name: null, charset: null, disposition: null, cid: null, language: null, location: null }
}

const partNames = [
  'partId',
  'blobId',
  'size',
  'name',
  'type',
  'charset',
  'disposition',
  'cid',
  'language',
  'location',
  'subParts',
]

function readPart(property: string, value: unknown, reading: Reading, depth: number, type = ''): DraftPart {
  const refuse = (why: string): Error => wrong(property, why)
  if (!isObject(value)) throw refuse('A part is an object')
  if (++reading.parts > mostParts || depth > mostDepth) throw refuse('Too many parts')
  const odd = Object.keys(value).find((name) => !partNames.includes(name) && !name.startsWith('header:'))
  if (odd !== undefined) throw refuse(`A part has no "${odd}"`)
  const fields = within(property, () =>
    readFields(
      value,
      Object.keys(value).filter((name) => name.startsWith('header:')),
      (name) => name !== 'content-transfer-encoding' && name !== 'mime-version',
    ),
  )
  const part: DraftPart = {
    ...emptyPart(readType(value['type'], refuse) || type),
    fields,
    ...readWords(value, refuse),
    language: readLanguages(value['language'], refuse),
  }
  readContent(part, value, reading, refuse, (inner) => readPart(property, inner, reading, depth + 1))
  const derived = Object.entries(derivedFields(part)).find(([name, text]) => text && has(fields, name))
  if (derived) throw refuse(`The field "${derived[0]}" is set twice`)
  return part
}

/** What is wrong inside of a part is wrong with the property of the email. */
function within<T>(property: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof SetRefusal)) throw error
    throw wrong(property, `${error.error.properties?.join(', ')}: ${error.message}`)
  }
}

type Refuse = (why: string) => Error

function readContent(
  part: DraftPart,
  value: Properties,
  reading: Reading,
  refuse: Refuse,
  inner: (one: unknown) => DraftPart,
): void {
  const { partId, blobId, subParts, size } = value
  if (part.type.startsWith('multipart/')) {
    if (partId != null || blobId != null) throw refuse('A multipart has parts, and nothing else')
    if (!Array.isArray(subParts) || subParts.length === 0) throw refuse('A multipart has parts')
    part.parts = subParts.map(inner)
    return
  }
  if (subParts != null && !(Array.isArray(subParts) && subParts.length === 0))
    throw refuse('Only a multipart has parts')
  if ((partId == null) === (blobId == null)) throw refuse('A part has either a partId or a blobId')
  if (partId != null) {
    const text = typeof partId === 'string' ? reading.values.get(partId) : undefined
    if (text === undefined) throw refuse('bodyValues has no such part')
    if (part.charset !== null || size != null) throw refuse('A text has no charset and no size before it is written')
    part.type ||= 'text/plain'
    if (!part.type.startsWith('text/')) throw refuse('A value is the body of a text')
    part.text = text
    return
  }
  if (!isReference(blobId)) throw refuse('That is no blobId')
  part.blobId = blobId
  reading.blobIds.push(blobId)
}

function readType(value: unknown, refuse: Refuse): string {
  if (value == null) return ''
  const type = typeof value === 'string' ? plainType(value) : ''
  if (type === '' || type !== (value as string).toLowerCase().trim()) throw refuse('A type is type/subtype')
  return type
}

type Words = Pick<DraftPart, 'name' | 'charset' | 'disposition' | 'cid' | 'location'>

const patterns: Record<keyof Words, RegExp> = {
  name: /^[^\x00-\x1f\x7f]{1,1000}$/u,
  charset: /^[A-Za-z0-9._:+-]{1,100}$/,
  disposition: /^[A-Za-z0-9-]{1,100}$/,
  cid: /^[!-;=?-~]{1,500}$/,
  location: /^[!-~]{1,900}$/,
}

function readWords(value: Properties, refuse: Refuse): Words {
  const words: Words = { name: null, charset: null, disposition: null, cid: null, location: null }
  for (const [name, pattern] of Object.entries(patterns) as [keyof Words, RegExp][]) {
    const text = value[name] ?? null
    if (text === null || (name === 'name' && text === '')) continue
    if (typeof text !== 'string' || !pattern.test(text)) throw refuse(`That is no ${name}`)
    words[name] = name === 'disposition' ? text.toLowerCase() : text
  }
  return words
}

function readLanguages(value: unknown, refuse: Refuse): string[] | null {
  if (value == null) return null
  const isTag = (one: unknown): one is string => typeof one === 'string' && /^[A-Za-z0-9-]{1,50}$/.test(one)
  if (!Array.isArray(value) || value.length > 50 || !value.every(isTag)) throw refuse('A list of language tags')
  return value.length > 0 ? value : null
}

function has(fields: readonly DraftField[], name: string): boolean {
  return fields.some((field) => field.name === name)
}

// -- writing

/** The fields that the properties of a part make, by name; '' where there is none. */
function derivedFields(part: DraftPart): Record<string, string> {
  const { type, disposition, name, cid, language, location } = part
  return {
    // Its own Content-Type says all there is to say.
    'content-type': type === '' && has(part.fields, 'content-type') ? '' : typeField(part, type, undefined),
    'content-disposition':
      disposition === null
        ? ''
        : writeParameterField('Content-Disposition', disposition, name === null ? [] : [['filename', name]]),
    'content-id': cid === null ? '' : `Content-ID: <${cid}>\r\n`,
    'content-language': language === null ? '' : writeHeader('Content-Language', language.join(', ')),
    'content-location': location === null ? '' : `Content-Location: ${location}\r\n`,
  }
}

function typeField(part: DraftPart, type: string, boundary: string | undefined): string {
  const parameters: [string, string][] = []
  if (part.text !== undefined) parameters.push(['charset', 'utf-8'])
  else if (part.charset !== null) parameters.push(['charset', part.charset])
  if (boundary !== undefined) parameters.push(['boundary', boundary])
  if (part.name !== null && part.disposition === null) parameters.push(['name', part.name])
  return writeParameterField('Content-Type', type || 'application/octet-stream', parameters)
}

/** What a mail says that its draft does not. */
export interface Imprint {
  messageId: string // without brackets
  date: string // as RFC 5322 writes it
}

/** The mail. `blobs` has all of draft.blobIds. Parts are read as they are written. */
export async function composeDraft(
  { fields, root }: Draft,
  blobs: ReadonlyMap<string, FoundBlob>,
  { messageId, date }: Imprint,
): Promise<Composed> {
  const own = [...fields]
  if (!has(own, 'date')) own.push({ name: 'date', text: `Date: ${date}\r\n` })
  if (!has(own, 'message-id')) own.push({ name: 'message-id', text: `Message-ID: <${messageId}>\r\n` })
  const header = sortFields(own).map(({ text }) => text)
  return composePart(root, blobs, `${header.join('')}MIME-Version: 1.0\r\n`)
}

async function composePart(part: DraftPart, blobs: ReadonlyMap<string, FoundBlob>, front = ''): Promise<Composed> {
  const { 'content-type': _type, ...more } = derivedFields(part)
  const blob = part.blobId === undefined ? undefined : blobs.get(part.blobId)
  const type = part.type || blob?.type || ''
  const isGiven = has(part.fields, 'content-type')
  const head = (encoding: string, boundary?: string): string =>
    front +
    (isGiven ? '' : typeField(part, type, boundary)) +
    (encoding === '7bit' ? '' : `Content-Transfer-Encoding: ${encoding}\r\n`) +
    Object.values(more).join('') +
    part.fields.map(({ text }) => text).join('')
  if (part.parts) {
    const boundary = `=_${randomUUID()}` // '=_' is in no quoted-printable and in no base64 (RFC 2045 §6.7)
    const parts: Composed[] = []
    for (const inner of part.parts) parts.push(await composePart(inner, blobs))
    return { is: 'multipart', header: head('7bit', boundary), boundary, parts }
  }
  if (part.text !== undefined) {
    const { encoding, body } = encodeText(part.text)
    return { is: 'text', header: head(encoding), body }
  }
  const pieces = (): AsyncIterable<Buffer> => blob!.stream()
  // A mail inside a mail is not encoded (RFC 2046 §5.2.1).
  if (!type.startsWith('message/')) return { is: 'bytes', header: head('base64'), encoding: 'base64', pieces }
  return { is: 'bytes', header: head((await isAllAscii(pieces())) ? '7bit' : '8bit'), encoding: 'none', pieces }
}

async function isAllAscii(pieces: AsyncIterable<Buffer>): Promise<boolean> {
  for await (const piece of pieces) if (!isAscii(piece)) return false
  return true
}
