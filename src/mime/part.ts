// One part's header block becomes the part's facts.                 RFC 2045 §5-§8, RFC 2183, RFC 3282, RFC 2557
//
// Promises: never throws; linear. Of a field that may stand once the first counts, as everywhere in the house
// (what is checked is what is shown), and the second is noted in the flaws. To, Cc and Bcc are read together.

import { eachField, mailHeaders, unfold, type HeaderValues } from './headers.ts'
import type { MimeLimits } from './limits.ts'
import type { MailHeaders, Part } from './mime.ts'
import { readStructured } from './parameters.ts'
import type { RawReader } from './raw.ts'
import { decodeWords } from './words.ts'

/** What reading one mail needs everywhere. */
export interface Parsing {
  limits: MimeLimits
  flaws: Set<string>
  unicode: RawReader
}

export interface PartHeader {
  boundary: string // octets; '' unless it is a multipart that can be taken apart
  isMessage: boolean // its body is a mail that can be read in place
  headers?: MailHeaders // asked for by isMail
}

export function newPart(start: number): Part {
  return {
    start,
    body: start,
    end: start,
    lines: 0,
    type: 'text',
    subtype: 'plain',
    parameters: [],
    encoding: '7bit',
    id: '',
    description: '',
    md5: '',
    disposition: '',
    dispositionParameters: [],
    language: [],
    location: '',
    parts: [],
  }
}

type Values = Map<string, string>

const contentFields = new Set([
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'content-md5',
  'content-disposition',
  'content-language',
  'content-location',
])
const joinedFields = new Set(['to', 'cc', 'bcc'])
const mailFields = new Set([
  ...contentFields,
  ...joinedFields,
  'date',
  'subject',
  'from',
  'sender',
  'reply-to',
  'in-reply-to',
  'message-id',
  'references',
])

/** Reads `block` (octets, the empty line not in it) into `part`. */
export function readPartHeader(
  part: Part,
  block: string,
  parsing: Parsing,
  place: { isMail: boolean; inDigest: boolean },
): PartHeader {
  const values = wantedValues(block, place.isMail ? mailFields : contentFields, parsing)
  const boundary = readContentType(part, values.get('content-type'), parsing, place.inDigest)
  const hint = part.parameters.find(([name]) => name === 'charset')?.[1] ?? ''
  const unicode = (octets: string): string => parsing.unicode(octets, hint)

  readContentFields(part, values, parsing, unicode)
  const headers = place.isMail ? mailHeaders(Object.fromEntries(values) as HeaderValues, unicode) : undefined

  const encoded = /^(?:base64|quoted-printable|x-uu)/.test(part.encoding)
  if (boundary !== '' && encoded) parsing.flaws.add('encoded-multipart')
  const isMessage = part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global') && !encoded
  return { boundary, isMessage, headers }
}

function wantedValues(block: string, wanted: Set<string>, { limits, flaws }: Parsing): Values {
  const values: Values = new Map()
  const field = (start: number, colon: number, end: number): void => {
    if (end - start > limits.header) flaws.add('header-too-long')
    if (colon - start > 40) return
    const name = block.slice(start, colon).trimEnd().toLowerCase()
    if (!wanted.has(name)) return
    const value = unfold(block.slice(colon + 1, Math.min(end, start + limits.header))).trim()
    const earlier = values.get(name)
    if (earlier === undefined) values.set(name, value)
    else if (joinedFields.has(name)) values.set(name, `${earlier}, ${value}`)
    else flaws.add(`duplicate-${name}`)
  }
  eachField(block, field, () => flaws.add('bad-header-line'))
  return values
}

/** Fills type, subtype and parameters; gives the boundary of a multipart. RFC 2045 §5, RFC 2046 §5.1.5. */
function readContentType(part: Part, octets: string | undefined, parsing: Parsing, inDigest: boolean): string {
  const { limits, flaws, unicode } = parsing
  if (octets === undefined) {
    if (inDigest) [part.type, part.subtype] = ['message', 'rfc822']
    return ''
  }
  const text = unicode(octets, '')
  const { value, parameters, boundary: asRead, tooMany } = readStructured(text, limits.parameters)
  if (tooMany) flaws.add('too-many-parameters')
  const shape = /^([^\s/;,"]+)[ \t]*\/[ \t]*([^\s/;,"]+)/.exec(value)
  part.parameters = parameters
  if (!shape) {
    // What cannot be read is plain text, RFC 2045 §5.2.
    flaws.add('bad-content-type')
    return ''
  }
  part.type = shape[1]!.toLowerCase()
  part.subtype = shape[2]!.toLowerCase()
  if (part.type !== 'multipart') return ''
  const boundary = (text === octets ? asRead : readStructured(octets, limits.parameters).boundary).trimEnd()
  if (boundary === '') flaws.add('no-boundary')
  else if (boundary.length > limits.boundary) flaws.add('boundary-too-long')
  else return boundary
  return ''
}

function readContentFields(part: Part, values: Values, parsing: Parsing, unicode: (octets: string) => string): void {
  const text = (name: string): string => {
    const value = values.get(name)
    return value === undefined ? '' : unicode(value)
  }
  const encoding = values.get('content-transfer-encoding')
  if (encoding !== undefined)
    part.encoding = readStructured(encoding, 0).value.replace(/"/g, '').toLowerCase() || '7bit'
  part.id = text('content-id')
  part.description = decodeWords(text('content-description'))
  part.md5 = text('content-md5')
  part.location = text('content-location').replace(/\s+/g, '')
  const language = text('content-language')
  if (language !== '') part.language = language.split(/[\s,]+/).filter((tag) => tag !== '')

  const disposition = text('content-disposition')
  if (disposition === '') return
  const { value, parameters, tooMany } = readStructured(disposition, parsing.limits.parameters)
  if (tooMany) parsing.flaws.add('too-many-parameters')
  part.disposition = value.replace(/"/g, '').toLowerCase()
  part.dispositionParameters = parameters
}
