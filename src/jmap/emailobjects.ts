// Email objects: a mail, and what the account knows of it, as JMAP tells it.                            RFC 8621 §4.1
//
// Invariants:
//   what a list shows (metadata, addresses, subject, dates, preview, hasAttachment) is told without reading the mail
//   one answer is bounded: past the limit the whole call is refused

import { readFields, type Field } from '../mime/headers.ts'
import type { Address, Part, Tree } from '../mime/mime.ts'
import { flagBits } from '../store/flags.ts'
import type { Email } from '../store/emails.ts'
import { blobId, objectId } from '../store/objectids.ts'
import { invalid, readCount, readFlag, readTexts, utcDate, type Arguments } from './arguments.ts'
import {
  bodyOf,
  bodyValue,
  partId,
  partProperties,
  sortBody,
  tellPart,
  type Body,
  type BodyPart,
  type BodyValue,
  type ReadBytes,
  type Telling,
} from './emailbody.ts'
import {
  allHeaders,
  dateText,
  emailAddresses,
  headerValue,
  messageIds,
  readHeaderProperty,
  withoutBrackets,
  type HeaderProperty,
} from './headerforms.ts'
import { MethodError } from './method.ts'

/** What of an email is to be told. */
export interface Wanted {
  properties: (string | HeaderProperty)[]
  bodyProperties: (string | HeaderProperty)[]
  values: { text: boolean; html: boolean; all: boolean; most: number } // bodyValues; most: bytes of each
}

/** A mail to be told: one of an account, or one inside a blob. */
export interface EmailSource {
  email: Email | undefined // undefined: it is in no account
  mailId: number | undefined
  blobId: string
  tree: Tree // whose offsets `read` counts in
  trace: string // header lines in front of the mail
  read: ReadBytes
  partBlobId(path: number[]): string | null
  hasAttachment: boolean
  preview: () => Promise<string>
}

const bodyDefaults = [
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
]
const largestValue = 4 << 20 // bytes of one body value

export const parsedDefaults: readonly string[] = [
  'messageId',
  'inReplyTo',
  'references',
  'sender',
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'sentAt',
  'hasAttachment',
  'preview',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
]

export const emailDefaults: readonly string[] = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'size',
  'receivedAt',
  ...parsedDefaults,
]

/** Whether Email/get knows a property. */
export function isEmailProperty(property: string): boolean {
  return Object.hasOwn(teller, property) || readHeaderProperty(property) !== undefined
}

/** The arguments that Email/get and Email/parse share (RFC 8621 §4.2). Throws MethodError invalidArguments. */
export function readWanted(args: Arguments, properties: readonly string[] | null, defaults: readonly string[]): Wanted {
  const toProperty = (property: string): string | HeaderProperty => readHeaderProperty(property) ?? property
  const bodyProperties = readTexts(args, 'bodyProperties', bodyDefaults).map(toProperty)
  if (bodyProperties.some((one) => typeof one === 'string' && !partProperties.includes(one)))
    throw invalid('bodyProperties', 'a list of properties of EmailBodyPart')
  const most = readCount(args, 'maxBodyValueBytes', 0)
  return {
    properties: [...new Set(properties ?? defaults)].map(toProperty),
    bodyProperties,
    values: {
      text: readFlag(args, 'fetchTextBodyValues', false),
      html: readFlag(args, 'fetchHTMLBodyValues', false),
      all: readFlag(args, 'fetchAllBodyValues', false),
      most: most === 0 ? largestValue : Math.min(most, largestValue),
    },
  }
}

/** What is left of an answer: `take` throws MethodError requestTooLarge when it is too much. */
export class Budget {
  #left: number

  constructor(bytes: number) {
    this.#left = bytes
  }

  take(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) throw new MethodError('requestTooLarge', 'The answer is too large: ask for fewer or less')
  }
}

/** One email while it is told: what several properties need is made once. */
interface Told {
  source: EmailSource
  wanted: Wanted
  budget: Budget
  root(): BodyPart
  body(): Body
  header(part: Part): Promise<Field[]>
  telling(): Telling
}

type Teller = (told: Told) => unknown

/** The object, with the properties wanted. Throws MethodError requestTooLarge. */
export async function tellEmail(source: EmailSource, wanted: Wanted, budget: Budget): Promise<Arguments> {
  const told = beginTelling(source, wanted, budget)
  const object: Arguments = {}
  if (source.email) object['id'] = objectId('M', source.email.id)
  for (const property of wanted.properties) {
    if (typeof property === 'string') object[property] = await teller[property]!(told)
    else object[property.property] = headerValue(await told.header(source.tree.part), property)
  }
  return object
}

function beginTelling(source: EmailSource, wanted: Wanted, budget: Budget): Told {
  const { tree, trace, read } = source
  let root: BodyPart | undefined
  let body: Body | undefined
  const headers = new Map<Part, Promise<Field[]>>()
  const readHeader = async (part: Part): Promise<Field[]> => {
    const block = await read(part.start, part.body)
    budget.take(block.length)
    return readFields(part === tree.part && trace !== '' ? Buffer.concat([Buffer.from(trace), block]) : block)
  }
  const told: Told = {
    source,
    wanted,
    budget,
    root: () => (root ??= bodyOf(tree)),
    body: () => (body ??= sortBody(told.root())),
    header(part) {
      const known = headers.get(part) ?? readHeader(part)
      headers.set(part, known)
      return known
    },
    telling: () => ({ properties: wanted.bodyProperties, read, header: told.header, blobId: source.partBlobId }),
  }
  return told
}

const addresses =
  (field: 'from' | 'sender' | 'replyTo' | 'to' | 'cc' | 'bcc'): Teller =>
  ({ source }) => {
    const list: Address[] = source.tree.headers[field]
    return list.length > 0 ? emailAddresses(list) : null
  }

const parts =
  (which: keyof Body): Teller =>
  async (told) => {
    const telling = told.telling()
    const list: Arguments[] = []
    for (const one of told.body()[which]) {
      told.budget.take(200)
      list.push(
        await tellPart(one, { ...telling, properties: telling.properties.filter((name) => name !== 'subParts') }),
      )
    }
    return list
  }

const teller: Record<string, Teller> = {
  id: ({ source }) => (source.email ? objectId('M', source.email.id) : null),
  blobId: ({ source }) => source.blobId,
  threadId: ({ source }) => (source.email ? objectId('T', source.email.thread) : null),
  mailboxIds: ({ source }) =>
    source.email ? Object.fromEntries(source.email.mailboxIds.map((id) => [objectId('F', id), true])) : null,
  keywords: ({ source }) => (source.email ? keywordsOf(source.email) : null),
  size: ({ source }) => source.email?.size ?? Buffer.byteLength(source.trace) + source.tree.size,
  receivedAt: ({ source }) => (source.email ? utcDate(source.email.receivedAt) : null),
  headers: async ({ source, header }) => allHeaders(await header(source.tree.part)),
  messageId: ({ source }) => messageIds(source.tree.headers.messageId),
  inReplyTo: ({ source }) => messageIds(source.tree.headers.inReplyTo),
  references: ({ source }) => {
    const { references } = source.tree.headers
    return references.length > 0 ? references.map(withoutBrackets) : null
  },
  sender: addresses('sender'),
  from: addresses('from'),
  to: addresses('to'),
  cc: addresses('cc'),
  bcc: addresses('bcc'),
  replyTo: addresses('replyTo'),
  subject: ({ source }) => source.tree.headers.subject.normalize('NFC').trim() || null,
  sentAt: ({ source }) => dateText(source.tree.headers.dateText, source.tree.headers.date),
  bodyStructure: async (told) => {
    const count = (one: BodyPart): number => one.children.reduce((sum, child) => sum + count(child), 1)
    told.budget.take(count(told.root()) * 200)
    const telling = told.telling()
    // A tree without its branches would tell nothing of a multipart.
    return tellPart(told.root(), { ...telling, properties: [...new Set([...telling.properties, 'subParts'])] })
  },
  bodyValues: tellValues,
  textBody: parts('text'),
  htmlBody: parts('html'),
  attachments: parts('attachments'),
  hasAttachment: ({ source }) => source.hasAttachment,
  preview: ({ source }) => source.preview(),
}

/** RFC 8621 §4.1.1: system keywords as JMAP spells them. \Deleted is not shown. */
export function keywordsOf({ flags, keywords }: Pick<Email, 'flags' | 'keywords'>): Record<string, true> {
  const system = (['seen', 'answered', 'flagged', 'draft'] as const).filter((name) => flags & flagBits[name])
  const names = [...system.map((name) => `$${name}`), ...keywords]
  return Object.fromEntries(names.map((name) => [name, true as const]))
}

async function tellValues({ source, wanted, root, body, budget }: Told): Promise<Record<string, BodyValue>> {
  const { text, html, all, most } = wanted.values
  const chosen = new Set<BodyPart>()
  const add = (list: readonly BodyPart[]): void => {
    for (const one of list) if (one.part.type === 'text') chosen.add(one)
  }
  const addAll = (one: BodyPart): void => {
    add([one])
    for (const child of one.children) addAll(child)
  }
  if (text) add(body().text)
  if (html) add(body().html)
  if (all) addAll(root())
  const told: Record<string, BodyValue> = {}
  for (const one of chosen) {
    const value = await bodyValue(one, source.read, most)
    budget.take(value.value.length)
    told[partId(one)!] = value
  }
  return told
}

/** Blob ids of the parts of a stored mail, or of a mail that lies at `path` in it. */
export function partBlobIds(mailId: number, path: readonly number[] = []): (inner: number[]) => string {
  return (inner) => blobId({ is: 'part', mailId, path: [...path, ...inner] })
}
