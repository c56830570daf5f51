// Cuts what is heard into commands: a line, or several with literals between.                    RFC 5804 §1.2, §4
//
// Invariants: what is kept is one unfinished command, within its limits; a command that is too long costs the client that
// command: its literals are passed over, so that nothing in them is taken for a command; after forget() nothing heard
// before is given out.

import type { ManageSieveLimits } from './limits.ts'

/** Lines (octets, one character each, without their ends) and the literals that follow all but the last. */
export type Frame = { lines: string[]; literals: Buffer[] } | { tooLong: true }

const LF = 10
const CR = 13
const marker = /\{(\d{1,15})\+\}$/

export class Framer {
  /** Octets a literal may have; it grows when somebody signed in. */
  literal: number
  /** Octets passed over of what is too long. */
  swallowed = 0
  private limits: ManageSieveLimits
  private pieces: Buffer[] = [] // heard and not taken
  private size = 0
  private lines: string[] = []
  private literals: Buffer[] = []
  private wanted: number | undefined // octets of the literal that is coming
  private skip = 0 // octets of a literal that is passed over
  private broken = false // this command is too long

  constructor(limits: ManageSieveLimits) {
    this.limits = limits
    this.literal = limits.literalBeforeLogin
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.pieces.push(bytes)
    this.size += bytes.length
  }

  /** The next whole command. */
  next(): Frame | undefined {
    for (;;) {
      if (this.skip > 0 && !this.pass()) return undefined
      if (this.wanted !== undefined && !this.takeLiteral(this.wanted)) return undefined
      const line = this.takeLine()
      if (line === undefined) return undefined
      const found = marker.exec(line)
      this.add(line)
      if (!found) return this.finish()
      const length = Number(found[1])
      if (this.broken || length > this.literal || this.literals.length >= this.limits.arguments) {
        this.broken = true
        this.skip = length
      } else this.wanted = length
    }
  }

  /** What was heard and not yet taken never was. */
  forget(): void {
    this.pieces = []
    this.size = 0
    this.swallowed = 0
    this.skip = 0
    this.wanted = undefined
    this.finish()
  }

  private finish(): Frame {
    const { lines, literals, broken } = this
    this.lines = []
    this.literals = []
    this.broken = false
    this.swallowed = 0
    return broken ? { tooLong: true } : { lines, literals }
  }

  private add(line: string): void {
    if (this.broken) this.swallowed += line.length
    else this.lines.push(line)
  }

  private takeLine(): string | undefined {
    const bytes = this.whole()
    const end = bytes.indexOf(LF)
    if (end === -1) {
      if (bytes.length <= this.limits.line && !this.broken) return undefined
      // What a line ends with says whether a literal follows: its last octets stay.
      const keep = Math.min(bytes.length, 32)
      this.broken ||= bytes.length > this.limits.line
      if (bytes.length > this.limits.line) {
        this.swallowed += bytes.length - keep
        this.hold(bytes.subarray(bytes.length - keep))
      }
      return undefined
    }
    if (end > this.limits.line) this.broken = true
    const length = end > 0 && bytes[end - 1] === CR ? end - 1 : end
    const from = length > this.limits.line ? length - 32 : 0
    const line = bytes.toString('latin1', from, length)
    this.hold(bytes.subarray(end + 1))
    return line
  }

  private takeLiteral(length: number): boolean {
    if (this.size < length) return false
    const bytes = this.whole()
    this.literals.push(Buffer.from(bytes.subarray(0, length)))
    this.hold(bytes.subarray(length))
    this.wanted = undefined
    return true
  }

  private pass(): boolean {
    const passed = Math.min(this.skip, this.size)
    this.swallowed += passed
    this.skip -= passed
    this.hold(this.whole().subarray(passed))
    return this.skip === 0
  }

  private whole(): Buffer {
    if (this.pieces.length !== 1) this.pieces = [Buffer.concat(this.pieces)]
    return this.pieces[0]!
  }

  private hold(bytes: Buffer): void {
    this.pieces = [bytes]
    this.size = bytes.length
  }
}
