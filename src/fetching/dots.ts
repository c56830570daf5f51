// Takes a text out of a multi-line answer: it ends in CRLF.CRLF, and a dot that begins a line stands before another
// octet than CR LF only because it was doubled.                                                   RFC 1939 §3
//
// Invariants: what is given out, joined, is the text byte for byte (also its bare CRs and LFs), however the bytes were
// split; at most two bytes are held back; nothing is copied but these.

const CR = 13
const LF = 10
const DOT = 46

export class Undotted {
  /** What was heard after the end; undefined while the text goes on. */
  rest: Buffer | undefined
  #held: Buffer | undefined
  #lineStart = true

  /** The pieces of the text in these bytes. */
  read(bytes: Buffer): Buffer[] {
    const view = this.#held ? Buffer.concat([this.#held, bytes]) : bytes
    this.#held = undefined
    const pieces: Buffer[] = []
    let at = 0
    const give = (end: number): void => void (end > at && pieces.push(view.subarray(at, end)))
    for (;;) {
      if (this.#lineStart && view[at] === DOT) {
        const isCut = at + 1 === view.length || (view[at + 1] === CR && at + 2 === view.length)
        if (isCut) {
          this.#held = Buffer.from(view.subarray(at))
          return pieces
        }
        if (view[at + 1] === CR && view[at + 2] === LF) {
          this.rest = view.subarray(at + 3)
          return pieces
        }
        at++
      }
      if (at < view.length) this.#lineStart = false
      const found = view.indexOf('\r\n.', at, 'latin1')
      if (found < 0) break
      give(found + 2)
      at = found + 2
      this.#lineStart = true
    }
    if (view.length >= 2 + at && view[view.length - 2] === CR && view[view.length - 1] === LF) {
      give(view.length)
      this.#lineStart = true
    } else if (view.length > at && view[view.length - 1] === CR) {
      give(view.length - 1)
      this.#held = Buffer.from([CR])
    } else give(view.length)
    return pieces
  }
}
