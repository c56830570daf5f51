// Makes the bytes of a mail ready for DATA: a dot is doubled at the start of a line, and the end is
// CRLF.CRLF.                                                                    RFC 5321 §4.5.2
//
// Invariant: Content ('dots') gives back what went in, with a CRLF added where the last one was missing.
// Nothing is copied but pieces with a dot to double.

const CR = 13
const LF = 10
const DOT = 46
const dot = Buffer.from('.')

export class Stuffing {
  #before: 'line' | 'cr' | 'text' = 'line' // what the last piece ended in: CRLF (or nothing yet), CR, else

  /** The piece as it goes on the wire. */
  stuff(piece: Buffer): Buffer {
    if (piece.length === 0) return piece
    const before = this.#before
    this.#before = endOf(piece, before)
    const cut: Buffer[] = []
    let from = 0
    const double = (at: number): void => {
      cut.push(piece.subarray(from, at), dot)
      from = at
    }
    if (before === 'line' && piece[0] === DOT) double(0)
    else if (before === 'cr' && piece[0] === LF && piece[1] === DOT) double(1)
    for (let at = piece.indexOf('\r\n.'); at >= 0; at = piece.indexOf('\r\n.', at + 3)) double(at + 2)
    if (cut.length === 0) return piece
    cut.push(piece.subarray(from))
    return Buffer.concat(cut)
  }

  /** What ends the mail. */
  end(): string {
    return this.#before === 'line' ? '.\r\n' : '\r\n.\r\n'
  }
}

function endOf(piece: Buffer, before: 'line' | 'cr' | 'text'): 'line' | 'cr' | 'text' {
  const last = piece[piece.length - 1]
  if (last === CR) return 'cr'
  if (last !== LF) return 'text'
  const isAfterCr = piece.length === 1 ? before === 'cr' : piece[piece.length - 2] === CR
  return isAfterCr ? 'line' : 'text'
}
