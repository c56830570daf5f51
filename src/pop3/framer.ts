// Cuts what is heard into lines. Half of the door that never waits.
//
// Invariants: what is kept is one unfinished line and what was pushed last; a line that is too long costs
// the client that line; after forget() nothing heard before is given out.

export type Line = { text: string } | { tooLong: true }

export class Framer {
  /** Octets a line may have, without its end. */
  limit: number
  private text = '' // octets, one character each
  private at = 0
  private skipped = 0 // of a line that is too long

  constructor(limit: number) {
    this.limit = limit
  }

  push(bytes: Buffer): void {
    this.text = this.text.slice(this.at) + bytes.toString('latin1')
    this.at = 0
  }

  /** The next whole line without its CRLF (a bare LF does). */
  next(): Line | undefined {
    const end = this.text.indexOf('\n', this.at)
    if (end === -1) {
      this.shorten()
      return undefined
    }
    const length = end - this.at
    const tooLong = this.skipped > 0 || length > this.limit + 1
    const text = tooLong ? '' : this.text.slice(this.at, this.text[end - 1] === '\r' && length > 0 ? end - 1 : end)
    this.at = end + 1
    this.skipped = 0
    return tooLong ? { tooLong: true } : { text }
  }

  /** Takes the next line if it is whole and `pattern` (sticky) matches from its start; gives the match. */
  takeIf(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const match = pattern.exec(this.text)
    if (!match) return undefined
    this.at = pattern.lastIndex
    return match
  }

  /** Undoes takeIf: the last `length` octets taken are to come again. */
  putBack(length: number): void {
    this.at -= length
  }

  /** Octets passed over of a line that has not ended yet. */
  get swallowed(): number {
    return this.skipped
  }

  /** What was heard and not yet taken never was. */
  forget(): void {
    this.text = ''
    this.at = 0
    this.skipped = 0
  }

  private shorten(): void {
    const rest = this.text.length - this.at
    if (this.skipped === 0 && rest <= this.limit + 1) return
    this.skipped += rest
    this.text = ''
    this.at = 0
  }
}
