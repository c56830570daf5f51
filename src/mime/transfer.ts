// Content-Transfer-Encoding undone.                                                  RFC 2045 §6.7, §6.8
//
// Promises: never throws; linear; what breaks the encoding's rules is read as it was meant: white space and
// rubbish in base64 are passed over, padding in the middle ends a run and not the text, a '=' in
// quoted-printable that starts no hex pair stands for itself.

const EQUALS = 61
const LF = 10

/** The decoded bytes; undefined when the encoding is unknown. 7bit, 8bit and binary come back as they are. */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Buffer | undefined {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return input
    case 'base64':
      return decodeBase64(input)
    case 'quoted-printable':
      return decodeQuotedPrintable(input)
    default:
      return undefined
  }
}

/** Node's decoder stops at the first padding; mails joined from several texts go on after it. */
function decodeBase64(bytes: Buffer): Buffer {
  const padding = bytes.indexOf(EQUALS)
  if (padding === -1 || !/[A-Za-z0-9+/]/.test(bytes.toString('latin1', padding, padding + 100))) {
    return Buffer.from(bytes.toString('latin1'), 'base64')
  }
  const runs = bytes.toString('latin1').split(/=[=\s]*/)
  return Buffer.concat(runs.map((run) => Buffer.from(run, 'base64')))
}

function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length)
  let length = 0
  let from = 0
  while (from < bytes.length) {
    const lineFeed = bytes.indexOf(LF, from)
    const next = lineFeed === -1 ? bytes.length : lineFeed + 1
    let end = lineFeed === -1 ? next : lineFeed > from && bytes[lineFeed - 1] === 13 ? lineFeed - 1 : lineFeed
    const lineEnd = end
    // White space at a line's end was added on the way, RFC 2045 §6.7 (3).
    while (end > from && (bytes[end - 1] === 32 || bytes[end - 1] === 9)) end--
    const soft = end > from && bytes[end - 1] === EQUALS
    length = decodeLine(bytes, from, soft ? end - 1 : end, out, length)
    if (!soft) length += bytes.copy(out, length, lineEnd, next)
    from = next
  }
  return out.subarray(0, length)
}

function decodeLine(bytes: Buffer, from: number, to: number, out: Buffer, length: number): number {
  for (let i = from; i < to; i++) {
    const c = bytes[i]!
    if (c === EQUALS && i + 2 < to) {
      const value = (hexValue[bytes[i + 1]!]! << 4) | hexValue[bytes[i + 2]!]!
      if (value < 256) {
        out[length++] = value
        i += 2
        continue
      }
    }
    out[length++] = c
  }
  return length
}

const bad = 0x1000
const hexValue = new Uint16Array(256).fill(bad)
for (let digit = 0; digit < 16; digit++) {
  hexValue[digit.toString(16).charCodeAt(0)] = digit
  hexValue[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}
