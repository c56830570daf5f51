// Strings of a script: encoded characters and variables in them.             RFC 5228 §2.4.2.4, RFC 5229 §3
//
// Octets that are no UTF-8, written as ${hex:ff}, are kept as the lone surrogates U+DC80 to U+DCFF: whoever needs
// real text asks isWellFormed().

import { isUtf8 } from 'node:buffer'
import type { SieveLimits } from './limits.ts'

/** A string as the script wrote it: constant, or made of pieces when it is used. */
export type Text = string | Piece[]
export type Piece = string | { variable: string } | { match: number }

const encoded = /\$\{(hex|unicode):([\t\r\n ]*[0-9a-f]+(?:[\t\r\n ]+[0-9a-f]+)*[\t\r\n ]*)\}/gi
const reference = /\$\{([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*|[0-9]+)\}/gi

/** Undoes ${hex:} and ${unicode:}; tells `bad` of characters that do not exist. */
export function decodeCharacters(text: string, bad: (text: string) => void): string {
  if (!text.includes('${')) return text
  let octets = false
  const decoded = text.replace(encoded, (whole: string, kind: string, digits: string) => {
    const words = digits.trim().split(/\s+/)
    if (kind.toLowerCase() === 'hex') {
      if (words.some((word) => word.length > 2)) return whole
      octets = true
      return words.map((word) => String.fromCharCode(0xdc00 + parseInt(word, 16))).join('')
    }
    const points = words.map((word) => parseInt(word, 16))
    if (points.some((point) => point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))) {
      bad(whole.slice(0, 40))
      return ''
    }
    return String.fromCodePoint(...points)
  })
  return octets ? joinOctets(decoded) : decoded
}

/** Runs of octets (as U+DC00 + octet) become the characters they encode. */
function joinOctets(text: string): string {
  return text.replace(/(?<![\ud800-\udbff])[\udc00-\udcff]+/g, (run) => {
    const bytes = Buffer.from(Array.from(run, (c) => c.charCodeAt(0) - 0xdc00))
    return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1').replace(/[\x80-\xff]/g, strayOctet)
  })
}

function strayOctet(c: string): string {
  return String.fromCharCode(0xdc00 + c.charCodeAt(0))
}

/** Finds the variables; what is no reference stands for itself. */
export function readText(text: string, limits: SieveLimits, badName: (name: string) => void): Text {
  if (!text.includes('${')) return text
  const pieces: Piece[] = []
  let from = 0
  for (const match of text.matchAll(reference)) {
    if (match.index > from) pieces.push(text.slice(from, match.index))
    from = match.index + match[0].length
    const name = match[1]!.toLowerCase()
    if (/^[0-9]/.test(name)) {
      if (Number(name) > limits.matchValues) badName(name)
      pieces.push({ match: Number(name) })
      continue
    }
    if (name.length > limits.variableName || (name.includes('.') && !/^global\.[^.]+$/.test(name))) badName(name)
    pieces.push({ variable: name })
  }
  if (from === 0) return text
  if (from < text.length) pieces.push(text.slice(from))
  return pieces.length === 0 ? '' : pieces
}

/** A variable's name without a namespace. RFC 5229 §3. */
export function isVariableName(name: string, limits: SieveLimits): boolean {
  return /^[a-z_][a-z0-9_]*$/i.test(name) && name.length <= limits.variableName
}
