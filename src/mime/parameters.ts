// Structured fields with parameters: Content-Type, Content-Disposition.      RFC 2045 §5.1, RFC 2231
//
// Promises: never throws, linear, names in lower case and each once (the first wins).
// Values may be continued (*0, *1, ...), encoded (*) or both, in any order; RFC 2047 words inside quotes,
// which no RFC allows and most mailers write, are decoded too. name* beats name (RFC 6266 §4.3 says the same).

import { decodeCharset } from './charset.ts'
import { decodeWords } from './words.ts'

export interface Structured {
  value: string // what stands before the first ';', without comments
  parameters: [string, string][] // decoded
  boundary: string // as it stands, '' if none: it is compared with bytes
  tooMany: boolean
}

interface Raw {
  name: string
  value: string
}

/** Takes a structured field's value (Unicode, unfolded) apart; reads at most `limit` parameters. */
export function readStructured(text: string, limit: number): Structured {
  const semicolon = text.indexOf(';')
  if (semicolon === -1) return { value: withoutComments(text), parameters: [], boundary: '', tooMany: false }
  const value = withoutComments(text.slice(0, semicolon))
  const { raws, tooMany } = readRaws(text, semicolon + 1, limit)
  if (raws.length === 1 && !raws[0]!.name.includes('*')) {
    const { name, value: only } = raws[0]!
    return { value, parameters: [[name, plainValue(name, only)]], boundary: name === 'boundary' ? only : '', tooMany }
  }
  const joined = joinSegments(raws)
  const parameters: [string, string][] = []
  let boundary = ''
  for (const [name, segments] of joined) {
    if (name === 'boundary') boundary = segmentOctets(segments)
    parameters.push([name, decodeSegments(name, segments)])
  }
  return { value, parameters, boundary, tooMany }
}

function withoutComments(text: string): string {
  const bare = text.trim()
  if (!bare.includes('(')) return bare
  let out = ''
  let depth = 0
  for (let i = 0; i < bare.length; i++) {
    const c = bare[i]!
    if (c === '\\' && depth > 0) i++
    else if (c === '(') depth++
    else if (c === ')' && depth > 0) depth--
    else if (depth === 0) out += c
  }
  return out.trim()
}

const attribute = /[\s;]*([^\s=;"()]*)[ \t\r\n]*/y
const bareValue = /[^;\r\n]*/y
const quotedRun = /[^"\\]+/y

/** name=value pairs as they stand; values unquoted. Bare values end at ';', so they may hold spaces. */
function readRaws(text: string, from: number, limit: number): { raws: Raw[]; tooMany: boolean } {
  const raws: Raw[] = []
  let at = from
  while (at < text.length) {
    if (raws.length >= limit) return { raws, tooMany: true }
    attribute.lastIndex = at
    const name = attribute.exec(text)?.[1] ?? ''
    at = attribute.lastIndex
    if (text[at] === '(') at = skipComment(text, at)
    if (text[at] !== '=') {
      // Not a parameter: on to the next ';'.
      const next = text.indexOf(';', at)
      if (next === -1) break
      at = next + 1
      continue
    }
    at++
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r' || text[at] === '\n') at++
    let value: string
    if (text[at] === '"') {
      ;[value, at] = readQuoted(text, at + 1)
      const next = text.indexOf(';', at)
      at = next === -1 ? text.length : next + 1
    } else {
      bareValue.lastIndex = at
      value = bareValue.exec(text)![0]
      at = bareValue.lastIndex + 1
      if (value.includes('(')) value = withoutComments(value)
      value = value.trimEnd()
    }
    if (name !== '') raws.push({ name: name.toLowerCase(), value })
  }
  return { raws, tooMany: false }
}

function skipComment(text: string, at: number): number {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    const c = text[i]
    if (c === '\\') i++
    else if (c === '(') depth++
    else if (c === ')' && --depth === 0) return i + 1
  }
  return text.length
}

/** The text of a quoted string whose opening quote lies before `at`, and where it ends. RFC 5322 §3.2.4. */
export function readQuoted(text: string, at: number): [string, number] {
  let out = ''
  while (at < text.length) {
    quotedRun.lastIndex = at
    const run = quotedRun.exec(text)
    if (run) {
      out += run[0]
      at = quotedRun.lastIndex
    }
    if (text[at] === '"') return [out, at + 1]
    if (text[at] === '\\') {
      out += text[at + 1] ?? ''
      at += 2
    }
  }
  return [out, at]
}

interface Segment {
  index: number // -1: name=, -2: name*=
  encoded: boolean
  value: string
}

const segmentName = /^([^*]+)(?:\*(\d{1,6}))?(\*?)$/

function joinSegments(raws: Raw[]): Map<string, Segment[]> {
  const joined = new Map<string, Segment[]>()
  for (const { name, value } of raws) {
    const shape = name.includes('*') ? segmentName.exec(name) : undefined
    const base = shape ? shape[1]! : name
    const encoded = shape?.[3] === '*'
    const index = shape?.[2] !== undefined ? Number(shape[2]) : encoded ? -2 : -1
    const segments = joined.get(base)
    if (segments) segments.push({ index, encoded, value })
    else joined.set(base, [{ index, encoded, value }])
  }
  return joined
}

/** The segments that count, in order: name* or name*0.. if there are any, else name. */
function chosen(segments: Segment[]): Segment[] {
  const whole = segments.find(({ index }) => index === -2)
  if (whole) return [whole]
  const numbered = segments.filter(({ index }) => index >= 0).sort((a, b) => a.index - b.index)
  if (numbered[0]?.index !== 0) return segments.filter(({ index }) => index === -1).slice(0, 1)
  const run: Segment[] = []
  for (const segment of numbered) if (segment.index === run.length) run.push(segment)
  return run
}

function segmentOctets(segments: Segment[]): string {
  return chosen(segments)
    .map(({ encoded, value }, i) => {
      const octets = wide.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
      return encoded ? percent(i === 0 ? afterLanguage(octets).text : octets) : octets
    })
    .join('')
}

const wide = /[^\x00-\xff]/

function decodeSegments(name: string, segments: Segment[]): string {
  const run = chosen(segments)
  const first = run[0]
  if (!first) return ''
  if (!run.some(({ encoded }) => encoded)) return plainValue(name, run.map(({ value }) => value).join(''))
  // The charset stands in the first segment only and counts for all, RFC 2231 §4.1.
  const { charset } = first.encoded ? afterLanguage(first.value) : { charset: '' }
  return decodeCharset(Buffer.from(segmentOctets(run), 'latin1'), charset).replace(/[\r\n\0]+/g, ' ')
}

/** charset'language'text; a value without the quotes is all text. */
function afterLanguage(value: string): { charset: string; text: string } {
  const one = value.indexOf("'")
  const two = one === -1 ? -1 : value.indexOf("'", one + 1)
  if (two === -1) return { charset: '', text: value }
  return { charset: value.slice(0, one).toLowerCase(), text: value.slice(two + 1) }
}

function percent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

const neverWords = new Set(['boundary', 'charset', 'protocol', 'micalg', 'type', 'start', 'format', 'delsp'])

function plainValue(name: string, text: string): string {
  return neverWords.has(name) ? text : decodeWords(text)
}
