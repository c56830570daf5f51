// The SHA-256 of a body in 'relaxed' canonical form, as the body streams by.          RFC 6376 §3.4.4
//
// White space at line ends goes, other runs of it become one space, empty lines at the end go; a body
// that is not empty ends with CRLF.
//
// Invariants: any cutting of the body into pieces gives the same hash; work is linear, memory is one piece.
// A piece that is canonical already, as most are, is hashed as it is, without a copy.

import { createHash } from 'node:crypto'

export interface BodyHash {
  update(piece: Uint8Array): void
  /** The hash in base64; the end. */
  digest(): string
}

export function relaxedBodyHash(): BodyHash {
  const hash = createHash('sha256')
  let held = '' // white space and CR at the end of what came, whose meaning the next octet decides
  let lines = 0 // CRLFs seen after the last octet that was hashed
  let empty = true // nothing hashed yet

  function update(piece: Uint8Array): void {
    if (piece.length === 0) return
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    if (held === '' && isCanonical(bytes)) return take(bytes)
    const text = held + bytes.toString('latin1')
    const end = endOfDecided(text)
    held = heldFrom(text, end)
    take(Buffer.from(text.slice(0, end).replace(messy, relaxRun), 'latin1'))
  }

  /** Hashes canonical octets, but for the CRLFs at their end, which may turn out to be the end of all. */
  function take(bytes: Buffer): void {
    let end = bytes.length
    while (end >= 2 && bytes[end - 1] === 10 && bytes[end - 2] === 13) end -= 2
    if (end > 0) {
      writeLines()
      hash.update(end === bytes.length ? bytes : bytes.subarray(0, end))
      empty = false
    }
    lines += (bytes.length - end) / 2
  }

  function writeLines(): void {
    for (; lines > 0; lines -= Math.min(lines, block.length / 2)) hash.update(block.subarray(0, lines * 2))
  }

  function digest(): string {
    if (held.endsWith('\r')) take(Buffer.from(held, 'latin1')) // a bare CR is an octet like others
    if (!empty) hash.update('\r\n')
    return hash.digest('base64')
  }

  return { update, digest }
}

const block = Buffer.from('\r\n'.repeat(8192))

/** A run of white space that does not stay as it is; each octet is looked at a bounded number of times. */
const messy = /[ \t]+\r\n|[ \t]{2,}|\t/g

function relaxRun(run: string): string {
  return run.endsWith('\n') ? '\r\n' : ' '
}

/** True when nothing needs to change and the end decides nothing of what follows. Native searches only. */
function isCanonical(bytes: Buffer): boolean {
  const last = bytes[bytes.length - 1]
  if (last === 32 || last === 9 || last === 13) return false
  return !bytes.includes('  ') && !bytes.includes(9) && !bytes.includes(' \r\n')
}

/** Where the white space (and CR) at the end of the text begins. */
function endOfDecided(text: string): number {
  let end = text.length
  if (text.charCodeAt(end - 1) === 13) end--
  for (let c = text.charCodeAt(end - 1); c === 32 || c === 9; c = text.charCodeAt(end - 1)) end--
  return end
}

function heldFrom(text: string, end: number): string {
  if (end === text.length) return ''
  const carriageReturn = text.endsWith('\r') ? '\r' : ''
  return (text.length - end > carriageReturn.length ? ' ' : '') + carriageReturn
}
