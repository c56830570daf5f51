// Charsets the web has dropped: UTF-7 (RFC 2152), HZ (RFC 1843), ISO-2022-KR (RFC 1557),
// ISO-2022-CN (RFC 1922), UTF-32. The shifted ones are turned into their EUC form and decoded as that.
//
// Promises: never throws; linear.

import { TextDecoder } from '@exodus/bytes/encoding.js'
import { decodeEucTw } from './euctw.ts'

const gb = new TextDecoder('gb18030')
const korean = new TextDecoder('euc-kr')

export function decodeUtf7(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/\+([A-Za-z0-9+/]*)-?/g, (whole, run: string) => {
    if (run === '') return whole === '+-' ? '+' : whole
    const units = Buffer.from(run, 'base64')
    return units
      .subarray(0, units.length & ~1)
      .swap16()
      .toString('utf16le')
  })
}

/** ~{ shifts to GB 2312 in seven bits, ~} back, ~~ is a tilde, ~ at a line end joins lines. */
export function decodeHz(bytes: Buffer): string {
  const text = bytes.toString('latin1')
  return text.replace(/~\{((?:(?!~\})[^\n])*)(?:~\})?|~~|~\r?\n/g, (whole, run: string | undefined) => {
    if (run === undefined) return whole === '~~' ? '~' : ''
    return gb.decode(raised(run))
  })
}

/** SO shifts to KS X 1001, SI back. */
export function decodeIso2022Kr(bytes: Buffer): string {
  const text = bytes.toString('latin1').replaceAll('\x1b$)C', '')
  return text.replace(/\x0e([^\x0f\n]*)\x0f?|\x0f/g, (_, run: string | undefined) =>
    run === undefined ? '' : korean.decode(raised(run)),
  )
}

/** SO shifts to the set named last (GB 2312 or CNS plane 1), ESC N takes one character of CNS plane 2. */
export function decodeIso2022Cn(bytes: Buffer): string {
  let taiwan = false
  let shifted = false
  const pattern =
    /\x1b\$\)([AEG])|\x1b\$\*H|\x1b\$\+[I-M]|\x1bN([\x21-\x7e]{2})|\x1bO..|[\x0e\x0f]|[^\x1b\x0e\x0f\n]+|\n|\x1b/g
  return bytes.toString('latin1').replace(pattern, (run, set: string | undefined, second: string | undefined) => {
    if (set !== undefined) taiwan = set === 'G'
    else if (second !== undefined) return decodeEucTw(Buffer.concat([Buffer.from([0x8e, 0xa2]), raised(second)]))
    else if (run === '\x0e' || run === '\x0f') shifted = run === '\x0e'
    else if (run === '\n') {
      shifted = false
      return run
    } else if (run[0] !== '\x1b') {
      if (!shifted) return run
      return taiwan ? decodeEucTw(raised(run)) : gb.decode(raised(run))
    }
    return ''
  })
}

function raised(run: string): Buffer {
  const bytes = Buffer.from(run, 'latin1')
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 0x20) bytes[i]! |= 0x80
  return bytes
}

export function decodeUtf32(bytes: Buffer, bigEndian: boolean): string {
  const marked = bytes.length >= 4
  const little = marked && bytes.readUInt32LE(0) === 0xfeff
  const big = marked && bytes.readUInt32BE(0) === 0xfeff
  const reversed = big || (bigEndian && !little)
  const out: string[] = []
  for (let i = little || big ? 4 : 0; i + 3 < bytes.length; i += 4) {
    const code = reversed ? bytes.readUInt32BE(i) : bytes.readUInt32LE(i)
    out.push(code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code))
  }
  return out.join('')
}
