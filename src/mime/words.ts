// Header text: encoded words and raw 8 bit text become Unicode.          RFC 2047, RFC 2231 §5, RFC 6532
//
// Raw 8 bit text is decoded first, for a whole value at once: a guess is better on more bytes, and the
// second byte of a Big5 character may look like '\\', '@' or '|'. What follows works on Unicode.
// Promises: never throws; linear in the text; no CR, LF or NUL in what comes out.
// What the world sends and the RFC forbids is read as it was meant: words that split a character (joined
// before decoding when the charset agrees), words without space around, inside quotes, with spaces in
// them, base64 without padding or cut in the middle of four.

import { isUtf8 } from 'node:buffer'
import { decodeCharset } from './charset.ts'

const eightBit = /[\x80-\xff]/
const wide = /[^\x00-\xff]/
const lineControls = /[\r\n\0]/

/**
 * Decodes a field's value (unfolded or not) to one line of Unicode. `hint` is the charset that raw 8 bit
 * text most likely has, that of the body, say.
 */
export function decodeText(value: Uint8Array | string, hint = ''): string {
  return decodeWords(unicodeOf(value, hint))
}

/** The value as Unicode, encoded words untouched. */
export function unicodeOf(value: Uint8Array | string, hint = ''): string {
  if (typeof value === 'string') return value
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const octets = bytes.toString('latin1')
  return eightBit.test(octets) ? decodeRaw(bytes, hint) : octets
}

/** Raw 8 bit header text: UTF-8 where it can be (RFC 6532), else by hint, else by guess. */
export function decodeRaw(bytes: Buffer, hint = ''): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : decodeCharset(bytes, hint)
}

/** Puts a value on one line: folds opened, other line breaks and NULs turned into spaces. */
function onOneLine(text: string): string {
  return lineControls.test(text) ? text.replace(/\r?\n(?=[ \t])/g, '').replace(/[\r\n\0]+/g, ' ') : text
}

interface Word {
  charset: string
  encoding: 'b' | 'q'
  text: string
  end: number // one past '?='
}

/** Decodes the encoded words in Unicode text. */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return onOneLine(text)
  let out = ''
  let from = 0 // first character not yet in `out`
  let pending: Word[] = [] // words that lie side by side in one charset
  let at = text.indexOf('=?')
  while (at !== -1) {
    const word = readWord(text, at)
    if (!word) {
      at = text.indexOf('=?', at + 2)
      continue
    }
    const between = text.slice(from, at)
    const adjacent = pending.length > 0 && /^[ \t\r\n]*$/.test(between)
    if (!adjacent || pending[0]!.charset !== word.charset) {
      out += decodeJoined(pending)
      pending = []
    }
    if (!adjacent) out += between // white space between two words is not of the text, RFC 2047 §6.2
    pending.push(word)
    from = word.end
    at = text.indexOf('=?', from)
  }
  return onOneLine(out + decodeJoined(pending) + text.slice(from))
}

const wordHead = /=\?([^?\s]{0,64})\?([BbQq])\?/y

function beginsWord(text: string, at: number): boolean {
  wordHead.lastIndex = at
  return wordHead.test(text)
}

function readWord(text: string, at: number): Word | undefined {
  wordHead.lastIndex = at
  const head = wordHead.exec(text)
  if (!head) return undefined
  const start = wordHead.lastIndex
  const end = text.indexOf('?', start)
  if (end === -1) return undefined
  const encoding = head[2]!.toLowerCase() as 'b' | 'q'
  let close = end
  // A raw '?' inside a Q word is forbidden, and common; a word that begins inside another ends it.
  for (;;) {
    if (text[close - 1] === '=' && beginsWord(text, close - 1)) return undefined
    if (text[close + 1] === '=' || encoding === 'b' || close - start > 1000) break
    close = text.indexOf('?', close + 1)
    if (close === -1) return undefined
  }
  if (text[close + 1] !== '=') return undefined
  const charset = head[1]!.split('*', 1)[0]!.toLowerCase() // '*' and a language: RFC 2231 §5
  return { charset, encoding, text: text.slice(start, close), end: close + 2 }
}

/** Decodes words of one charset as one text. Base64 that looks cut is joined before decoding if that reads better. */
function decodeJoined(words: Word[]): string {
  if (words.length === 0) return ''
  const { charset } = words[0]!
  const text = decodeCharset(wordBytes(words), charset)
  // A character over is never the end of base64.
  const surely = words.some((word) => isCut(word) && word.text.length % 4 === 1)
  if (!surely && (!text.includes('\ufffd') || !words.some(isCut))) return text
  const joined: Word[] = []
  for (const word of words) {
    const last = joined[joined.length - 1]
    if (last && isCut(last) && word.encoding === 'b')
      joined[joined.length - 1] = { ...last, text: last.text + word.text }
    else joined.push(word)
  }
  const other = decodeCharset(wordBytes(joined), charset)
  return other.includes('\ufffd') ? text : other
}

function isCut({ encoding, text }: Word): boolean {
  return encoding === 'b' && text.length % 4 !== 0 && !text.endsWith('=')
}

function wordBytes(words: Word[]): Buffer {
  const pieces = words.map(({ encoding, text }) => (encoding === 'q' ? decodeQ(text) : Buffer.from(text, 'base64')))
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** RFC 2047 §4.2; a '=' that starts no hex pair stands for itself. */
function decodeQ(text: string): Buffer {
  const octets = wide.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
  const spaced = octets.replaceAll('_', ' ')
  return Buffer.from(spaced.replace(/=([0-9A-Fa-f]{2})/g, fromHex), 'latin1')
}

function fromHex(_: string, hex: string): string {
  return String.fromCharCode(parseInt(hex, 16))
}
