// A part's transfer encoding undone as its bytes come: attachments are never whole in memory.
// RFC 2045 §6.7, §6.8; what breaks the rules is read as mime/transfer.ts reads it.

import { decodeTransfer } from '../mime/transfer.ts'

type Pieces = AsyncIterable<Buffer>

/** Whether the bytes stand for themselves: 7bit, 8bit, binary, and encodings nobody knows (RFC 8621 §4.1.4). */
export function isPlain(encoding: string): boolean {
  return encoding !== 'base64' && encoding !== 'quoted-printable'
}

export function decodePieces(pieces: Pieces, encoding: string): Pieces {
  if (encoding === 'base64') return decodeBase64(pieces)
  return encoding === 'quoted-printable' ? decodeQuoted(pieces) : pieces
}

async function* decodeBase64(pieces: Pieces): AsyncGenerator<Buffer, void, void> {
  let left = '' // fewer than four letters that wait for the rest of their group
  for await (const piece of pieces) {
    const runs = (left + piece.toString('latin1').replace(/[^A-Za-z0-9+/=_-]+/g, '')).split(/=+/)
    // Padding ends a group, and a new text may follow it. Both alphabets are read, as everywhere (RFC 4648 §4, §5).
    for (const run of runs.slice(0, -1)) if (run !== '') yield Buffer.from(run, 'base64')
    const last = runs.at(-1) as string
    const whole = last.length - (last.length % 4)
    left = last.slice(whole)
    if (whole > 0) yield Buffer.from(last.slice(0, whole), 'base64')
  }
  if (left !== '') yield Buffer.from(left, 'base64')
}

const longestLine = 64 << 10 // a line without an end is cut there, but never inside an =XX

async function* decodeQuoted(pieces: Pieces): AsyncGenerator<Buffer, void, void> {
  let left: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const bytes = left.length === 0 ? piece : Buffer.concat([left, piece])
    let cut = bytes.lastIndexOf(10) + 1
    if (cut === 0 && bytes.length > longestLine) {
      const equals = bytes.indexOf(61, bytes.length - 3)
      cut = equals === -1 ? bytes.length - 1 : equals
      // White space at the cut is no white space at a line's end.
      while (cut > 0 && (bytes[cut - 1] === 32 || bytes[cut - 1] === 9)) cut--
      if (cut === 0) cut = bytes.length
    }
    left = bytes.subarray(cut)
    if (cut > 0) yield decodeTransfer(bytes.subarray(0, cut), 'quoted-printable') as Buffer
  }
  if (left.length > 0) yield decodeTransfer(left, 'quoted-printable') as Buffer
}
