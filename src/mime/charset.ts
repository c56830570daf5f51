// Bytes in a charset, as declared, become Unicode.                          WHATWG Encoding, RFC 2978 names
//
// Promises: never throws; linear; bytes that do not fit the declared charset are read as what they are:
// UTF-8 when they are valid UTF-8, else by guess (detect.ts), else as declared with U+FFFD for the misfits.
// The declared name is taken as browsers take it: gb2312 means gb18030, iso-8859-1 windows-1252,
// ks_c_5601-1987 windows-949, and a few more that only mail knows.

import { isAscii, isUtf8 } from 'node:buffer'
import { normalizeEncoding, TextDecoder } from '@exodus/bytes/encoding.js'
import { guessCharset } from './detect.ts'
import { decodeEucTw } from './euctw.ts'
import { decodeHz, decodeIso2022Cn, decodeIso2022Kr, decodeUtf32, decodeUtf7 } from './retired.ts'

/** Charsets the web has dropped and old mail has not. */
const own: Record<string, (bytes: Buffer) => string> = {
  'utf-7': decodeUtf7,
  'hz-gb-2312': decodeHz,
  'iso-2022-kr': decodeIso2022Kr,
  'iso-2022-cn': decodeIso2022Cn,
  'euc-tw': decodeEucTw,
  'utf-32le': (bytes) => decodeUtf32(bytes, false),
  'utf-32be': (bytes) => decodeUtf32(bytes, true),
}

/** Names the web does not know. */
const aliases: Record<string, string> = {
  cp936: 'gbk',
  ms936: 'gbk',
  'windows-936': 'gbk',
  'gb18030-2000': 'gb18030',
  'gb18030-2022': 'gb18030',
  'gb-2312': 'gb18030',
  cp950: 'big5',
  ms950: 'big5',
  'windows-950': 'big5',
  'big5-eten': 'big5',
  'big5-tw': 'big5',
  'big5-uao': 'big5',
  'big5-hkscs:2004': 'big5',
  cp932: 'shift_jis',
  ms932: 'shift_jis',
  cp943: 'shift_jis',
  cp949: 'euc-kr',
  ms949: 'euc-kr',
  uhc: 'euc-kr',
  ks_c_5601: 'euc-kr',
  'ksc5601-1987': 'euc-kr',
  'ksc_5601-1987': 'euc-kr',
  johab: 'euc-kr',
  eucjp: 'euc-jp',
  euckr: 'euc-kr',
  euctw: 'euc-tw',
  cns11643: 'euc-tw',
  'x-euc-tw': 'euc-tw',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-3': 'iso-2022-jp',
  'iso-2022-jp-2004': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  'iso-2022-cn-ext': 'iso-2022-cn',
  hz: 'hz-gb-2312',
  utf7: 'utf-7',
  'unicode-1-1-utf-7': 'utf-7',
  csutf7: 'utf-7',
  utf8mb4: 'utf-8',
  utf_8: 'utf-8',
  cp65001: 'utf-8',
  'utf-32': 'utf-32le',
  utf32: 'utf-32le',
  'latin-1': 'windows-1252',
  iso8859_1: 'windows-1252',
  'iso-8859-1-windows-3.1-latin-1': 'windows-1252',
  windows1250: 'windows-1250',
  windows1251: 'windows-1251',
  windows1252: 'windows-1252',
  koi8r: 'koi8-r',
  macroman: 'macintosh',
}

/** Says nothing about bytes above 127. */
const saysNothing = new Set([
  '',
  'us-ascii',
  'ascii',
  'ansi_x3.4-1968',
  'iso646-us',
  'us',
  'x-user-defined',
  'replacement',
])

/** Bytes below 128 do not stand for ASCII, or not always. */
const notAscii = new Set([
  'utf-7',
  'hz-gb-2312',
  'iso-2022-kr',
  'iso-2022-cn',
  'iso-2022-jp',
  'utf-16le',
  'utf-16be',
  'utf-32le',
  'utf-32be',
])

const multiByte = new Set(['big5', 'gbk', 'gb18030', 'shift_jis', 'euc-jp', 'euc-kr', 'euc-tw'])

/** The house's name for a declared charset; '' when it is unknown or says nothing. */
export function charsetName(declared: string): string {
  const label = declared
    .trim()
    .replace(/^["']|["']$/g, '')
    .split('*', 1)[0]!
    .toLowerCase()
  if (saysNothing.has(label)) return ''
  const name = aliases[label] ?? (label in own ? label : (normalizeEncoding(label) ?? ''))
  if (name === 'replacement') return label in own ? label : ''
  return saysNothing.has(name) ? '' : name
}

/** Decodes bytes declared to be in `charset`, '' for undeclared. Never throws. */
export function decodeCharset(input: Uint8Array, charset: string): string {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const name = charsetName(charset)
  if (isAscii(bytes) && !notAscii.has(name)) {
    return bytes.includes(0x1b) ? decodeGuessed(bytes) : bytes.toString('latin1')
  }
  if (name === '') return decodeGuessed(bytes)
  if (notAscii.has(name)) return decodeAs(bytes, name)
  const utf8 = readsAsUtf8(bytes)
  if (name === 'utf-8') return utf8 ? decodeAs(bytes, name) : decodeBroken(bytes)
  // Two bytes of Big5 may be UTF-8 by chance; three in a row that are, are.
  if (utf8 && (!multiByte.has(name) || threeBytes.test(bytes.toString('latin1', 0, 4096)))) {
    return decodeAs(bytes, 'utf-8')
  }
  return multiByte.has(name) ? decodeMulti(bytes, name) : decodeSingle(bytes, name)
}

const threeBytes = /[\xe0-\xf4][\x80-\xbf]{2}/

/** As declared, unless much of it does not fit and something else does. */
function decodeMulti(bytes: Buffer, name: string): string {
  const text = decodeAs(bytes, name)
  if (!text.includes('\ufffd')) return text
  const guess = guessCharset(bytes, decodeAs)
  if (!multiByte.has(guess) && misfits(text) * 4 < bytes.length) return text
  const other = decodeAs(bytes, guess)
  return misfits(other) < misfits(text) ? other : text
}

/** Decodes by a name that charsetName gave. */
export function decodeAs(bytes: Buffer, name: string): string {
  if (name === 'utf-8')
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
      ? bytes.toString('utf8', 3)
      : bytes.toString('utf8')
  const ours = own[name]
  return ours ? ours(bytes) : decoderFor(name).decode(bytes)
}

const decoders = new Map<string, InstanceType<typeof TextDecoder>>()

function decoderFor(name: string): InstanceType<typeof TextDecoder> {
  let decoder = decoders.get(name)
  if (!decoder) decoders.set(name, (decoder = new TextDecoder(name)))
  return decoder
}

function decodeGuessed(bytes: Buffer): string {
  return readsAsUtf8(bytes) && !bytes.includes(0x1b)
    ? decodeAs(bytes, 'utf-8')
    : decodeAs(bytes, guessCharset(bytes, decodeAs))
}

/** Said to be UTF-8 and is not: a little damage stays damage, text that is nearly all misfits is something else. */
function decodeBroken(bytes: Buffer): string {
  const text = decodeAs(bytes, 'utf-8')
  const sample = text.slice(0, 65_536)
  const bad = misfits(sample)
  const good = sample.match(/[^\x00-\x7f\ufffd]/g)?.length ?? 0
  return bad <= good ? text : decodeGuessed(bytes)
}

/**
 * Western text said and Chinese written: the bytes above 127 stand thick, which they never do in Latin
 * script. Greek, Cyrillic and the like are believed.
 */
function decodeSingle(bytes: Buffer, name: string): string {
  if (name !== 'windows-1252' && name !== 'iso-8859-15') return decodeAs(bytes, name)
  const sample = bytes.subarray(0, 4096).toString('latin1')
  const high = sample.match(/[\x80-\xff]/g)?.length ?? 0
  const paired = sample.match(/[\x81-\xfe][\x40-\x7e\x80-\xfe]/g)?.length ?? 0
  const letters = sample.match(/[A-Za-z\x80-\xff]/g)?.length ?? 1
  const thick = high > 3 && high / letters > 0.4 && paired >= high / 3
  return thick ? decodeGuessed(bytes) : decodeAs(bytes, name)
}

function misfits(text: string): number {
  let count = 0
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', at + 1)) count++
  return count
}

/** Valid UTF-8, but for a character cut at the end; one byte alone behind ASCII is no cut character. */
function readsAsUtf8(bytes: Buffer): boolean {
  const torn = tornAtEnd(bytes)
  if (torn === 0) return isUtf8(bytes)
  const whole = bytes.subarray(0, bytes.length - torn)
  return isUtf8(whole) && (torn > 1 || !isAscii(whole))
}

/** How many bytes at the end begin a UTF-8 character and do not end it. */
function tornAtEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const c = bytes[bytes.length - back]!
    if (c < 0x80) return 0
    if (c >= 0xc0) return back < (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}
