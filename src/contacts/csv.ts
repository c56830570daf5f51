// Tables of text: commas, semicolons or tabs, quoted cells, as RFC 4180 says and as spreadsheets write them.
//
// Promises: reading never throws, is linear and bounded (limits.ts); what writeTable wrote readTable reads as the same
// cells, but for the mark before a cell that a spreadsheet would compute.

import { contactLimits } from './limits.ts'

export interface Table {
  separator: ',' | ';' | '\t'
  rows: string[][] // without rows of nothing but blanks
  isCut: boolean // there were more rows, or longer cells, than are taken
}

/** A whole file as text, in whatever charset: with the name of what was found. Never throws. */
export function decodeFile(
  bytes: Buffer,
  decode: (bytes: Buffer, charset: string) => string,
  detect: (bytes: Buffer) => string,
  asked = '',
): { text: string; charset: string } {
  const marked = charsetOfMark(bytes)
  const charset = asked !== '' ? asked : (marked ?? unmarkedUtf16(bytes) ?? detect(bytes))
  return { text: decode(bytes, charset).replace(/^\ufeff/, ''), charset }
}

function charsetOfMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
}

/** Zeros in every other byte of the beginning, as ASCII in UTF-16 has them. */
function unmarkedUtf16(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 1000)
  const even = start.filter((byte, at) => byte === 0 && at % 2 === 0).length
  const odd = start.filter((byte, at) => byte === 0 && at % 2 === 1).length
  if (even + odd < start.length / 8) return undefined
  return odd > even ? 'utf-16le' : 'utf-16be'
}

export function readTable(text: string, separator = separatorOf(text)): Table {
  const rows: string[][] = []
  let row: string[] = []
  let isCut = false
  let at = 0
  const push = (cell: string): void => {
    if (row.length >= contactLimits.columns) return void (isCut = true)
    if (cell.length > contactLimits.cell) isCut = true
    row.push(cell.slice(0, contactLimits.cell))
  }
  const end = (): void => {
    if (row.some((cell) => cell.trim() !== '')) rows.push(row)
    row = []
  }
  // "sep=;" in the first line is for Excel alone.
  const hint = /^sep=.(?:\r\n|\n|\r)/.exec(text)
  if (hint) at = hint[0].length
  const plain = new RegExp(`[^${separator === '\t' ? '\\t' : separator}\\r\\n]*`, 'y')
  while (at <= text.length) {
    if (rows.length > contactLimits.fileCards) {
      isCut = true
      break
    }
    if (text[at] === '"') {
      const quoted = readQuoted(text, at)
      at = quoted.end
      plain.lastIndex = at // what stands behind the closing quote belongs to the cell
      const rest = plain.exec(text)?.[0] ?? ''
      at += rest.length
      push(quoted.cell + rest)
    } else {
      plain.lastIndex = at
      const cell = plain.exec(text)?.[0] ?? ''
      at += cell.length
      push(cell)
    }
    if (text[at] === separator) {
      at++
      continue
    }
    end()
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1
  }
  return { separator, rows, isCut }
}

/** `from` is at the opening quote; one that never closes takes what is left. */
function readQuoted(text: string, from: number): { cell: string; end: number } {
  const parts: string[] = []
  let at = from + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return { cell: parts.join('') + text.slice(at), end: text.length }
    parts.push(text.slice(at, quote))
    if (text[quote + 1] !== '"') return { cell: parts.join(''), end: quote + 1 }
    parts.push('"')
    at = quote + 2
  }
}

/** What stands most often in the first line, outside of quotes. */
export function separatorOf(text: string): Table['separator'] {
  const hint = /^sep=([,;\t])/.exec(text)?.[1]
  if (hint) return hint as Table['separator']
  const line = /^(?:"[^"]*"|[^"\r\n])*/.exec(text.slice(0, 20_000))?.[0] ?? ''
  const bare = line.replace(/"[^"]*"/g, '')
  const count = (separator: string): number => bare.split(separator).length
  const [best] = ([',', ';', '\t'] as const).toSorted((a, b) => count(b) - count(a))
  return best ?? ','
}

/**
 * A table for spreadsheets: with the mark of UTF-8, which Excel wants, CRLF, and no cell that would be computed when
 * it is opened (formula injection): such a cell begins with an apostrophe.
 */
export function writeTable(rows: readonly (readonly string[])[]): string {
  return `\ufeff${rows.map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')}`
}

function writeCell(value: string): string {
  const isNumber = /^[+-]?[\d\s().-]+$/.test(value) // telephones stay as they are: nothing in them is computed but a sum
  const isFormula = /^\s*[=+\-@|%]/.test(value) || /^[\t\r\n]/.test(value)
  const safe = isFormula && !(isNumber && value.startsWith('+')) ? `'${value}` : value
  return /[",;\t\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
