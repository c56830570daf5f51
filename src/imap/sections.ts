// Parts of a mail by section: BODY[2.MIME]<0.100>, BINARY[1], RFC822.HEADER. The grammar, and what each names:
// ranges of the stored bytes and texts of our own. RFC 9051 §6.4.5, §9 section; RFC 3516.
//
// Pure: says where the bytes lie; body.ts reads them.
// The trace lines we keep beside a mail stand in front of its first header.

import { eachField } from '../mime/headers.ts'
import type { Part, Tree } from '../mime/mime.ts'
import { findPart } from '../mime/section.ts'
import { bad } from './answers.ts'
import type { Scanner } from './scanner.ts'
import { astring } from './say.ts'

export interface Section {
  is: 'section'
  /** What the answer is called: 'BODY[1.MIME]<0>', 'RFC822'. */
  label: string
  path: number[]
  what: 'all' | 'header' | 'text' | 'mime' | 'fields' | 'fields-not'
  fields: string[] // in lower case
  partial: { from: number; count: number } | undefined
  peek: boolean
  binary: 'no' | 'decoded' | 'size'
}

const longestPath = 100

/** The rest of a section after "BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK" or "BINARY.SIZE". */
export function readSection(scan: Scanner, peek: boolean, binary: Section['binary']): Section {
  const section: Section = {
    is: 'section',
    label: '',
    path: [],
    what: 'all',
    fields: [],
    partial: undefined,
    peek,
    binary,
  }
  scan.expect('[')
  let text = ''
  if (scan.peek() !== ']') {
    section.path = readPath(scan)
    text = section.path.join('.')
    const more = section.path.length === 0 || scan.accept('.')
    if (more && binary !== 'no') scan.fail('"]"')
    if (more) text += (text === '' ? '' : '.') + readSectionText(scan, section)
  }
  scan.expect(']')
  if (binary !== 'size') section.partial = readPartial(scan)
  const name = binary === 'no' ? 'BODY' : binary === 'size' ? 'BINARY.SIZE' : 'BINARY'
  section.label = `${name}[${text}]${section.partial ? `<${section.partial.from}>` : ''}`
  return section
}

// section-part = nz-number *("." nz-number)
function readPath(scan: Scanner): number[] {
  const path: number[] = []
  while (/\d/.test(scan.peek())) {
    path.push(scan.nzNumber('a part number'))
    if (path.length > longestPath) throw bad('The section goes too deep', 'LIMIT')
    // The dot before a word is left for the caller.
    if (!/^\.\d$/.test(scan.text.substr(scan.at, 2))) break
    scan.expect('.')
  }
  return path
}

// section-text = section-msgtext / "MIME"; section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
function readSectionText(scan: Scanner, section: Section): string {
  const word = scan.word(['HEADER.FIELDS.NOT', 'HEADER.FIELDS', 'HEADER', 'TEXT', 'MIME'], 'HEADER, TEXT or MIME')
  if (word === 'TEXT' || word === 'HEADER') {
    section.what = word === 'TEXT' ? 'text' : 'header'
    return word
  }
  if (word === 'MIME') {
    if (section.path.length === 0) scan.fail('a part number before MIME')
    section.what = 'mime'
    return word
  }
  section.what = word === 'HEADER.FIELDS' ? 'fields' : 'fields-not'
  scan.space()
  const names = scan.list(() => scan.astring('a header name'))
  section.fields = names.map((name) => name.toLowerCase())
  return `${word} (${names.map((name) => astring(name)).join(' ')})`
}

// partial = "<" number64 "." nz-number64 ">"
function readPartial(scan: Scanner): Section['partial'] {
  if (!scan.accept('<')) return undefined
  const from = scan.number()
  scan.expect('.')
  const count = scan.nzNumber()
  scan.expect('>')
  return { from, count }
}

/** Bytes that are here already, or a range of the stored mail. */
export type Slice = Buffer | { start: number; end: number }

/** What a section names: slices in order, or a header block to be filtered first; undefined: no such part. */
export type Found = { slices: Slice[] } | { filter: { trace: Buffer; start: number; end: number } } | undefined

/** `size` is that of the stored bytes; the structure is only unpacked when the section needs it. */
export function findSection(
  { size, trace }: { size: number; trace: string },
  treeOf: () => Tree,
  section: Section,
): Found {
  const top = section.path.length === 0
  if (top && section.what === 'all') {
    const whole = { start: 0, end: size }
    return { slices: trace === '' ? [whole] : [Buffer.from(trace), whole] }
  }
  const tree = treeOf()
  const found = top ? tree.part : findPart(tree, section.path)
  if (!found) return undefined
  const front = top && trace !== '' ? [Buffer.from(trace)] : []
  if (section.what === 'all') return { slices: [bodyOf(found)] }
  if (section.what === 'mime') return { slices: [{ start: found.start, end: found.body }] }
  // HEADER and TEXT below the top are those of an embedded mail (RFC 9051 §6.4.5).
  const mail = top ? found : found.message?.part
  if (!mail) return undefined
  if (section.what === 'text') return { slices: [{ start: mail.body, end: top ? tree.size : mail.end }] }
  if (section.what === 'header') return { slices: [...front, { start: mail.start, end: mail.body }] }
  return { filter: { trace: Buffer.from(top ? trace : ''), start: mail.start, end: mail.body } }
}

function bodyOf(part: Part): Slice {
  return { start: part.body, end: part.end }
}

/** The fields of a header block that are (or are not) named, and the empty line that ends them. */
export function filterFields(block: Buffer, section: Section): Buffer {
  const wanted = section.what === 'fields'
  const names = new Set(section.fields)
  const text = block.toString('latin1')
  let kept = ''
  eachField(text, (start, colon, end) => {
    if (names.has(text.slice(start, colon).trimEnd().toLowerCase()) !== wanted) return
    kept += text.slice(start, end)
    if (text.charCodeAt(end - 1) !== 10) kept += '\r\n'
  })
  return Buffer.from(`${kept}\r\n`, 'latin1')
}

export function sliceSize(slice: Slice): number {
  return Buffer.isBuffer(slice) ? slice.length : slice.end - slice.start
}

/** `count` octets of the slices from octet `from` on; fewer at the end. */
export function cutSlices(slices: Slice[], partial: Section['partial']): Slice[] {
  if (!partial) return slices
  const cut: Slice[] = []
  let { from, count } = partial
  for (const slice of slices) {
    const size = sliceSize(slice)
    const skipped = Math.min(from, size)
    const taken = Math.min(count, size - skipped)
    from -= skipped
    count -= taken
    if (taken === 0) continue
    if (Buffer.isBuffer(slice)) cut.push(slice.subarray(skipped, skipped + taken))
    else cut.push({ start: slice.start + skipped, end: slice.start + skipped + taken })
  }
  return cut
}
