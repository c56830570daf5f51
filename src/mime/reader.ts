// A mail's bytes, in pieces as they come, become a tree of parts with offsets.     RFC 5322, RFC 2045, RFC 2046
//
// One pass; a body is only searched, never copied or decoded. What is kept between two pieces is the header
// block being read (bounded) and less than one line.
// Promises: never throws, whatever the bytes; time linear in them; memory bounded by limits.ts.
// Line ends are CRLF or bare LF. A header ends at its first empty line, as every other reader of the mail
// (DKIM, IMAP's BODY[HEADER]) sees it; lines in it that are no field are passed over.
//
// A delimiter line is "--", an open boundary, perhaps "--", white space (RFC 2046 §5.1.1). It is looked up
// whole, so boundaries that begin alike are told apart at no cost. The innermost of equal ones counts.

import { mimeLimits, type MimeLimits } from './limits.ts'
import type { MailHeaders, Part, Tree } from './mime.ts'
import { newPart, readPartHeader, type Parsing } from './part.ts'
import { rawReader } from './raw.ts'

const LF = 10
const CR = 13
const DASH = 45
const dashes = Buffer.from('\n--')
const nothing = Buffer.alloc(0)

/** A part whose end has not been seen. */
interface Open {
  part: Part
  boundary: string // '' unless an open multipart
  outer: Open | undefined // the next open multipart with the same boundary
  digest: boolean // its parts are messages by default
  lineFeeds: number // seen before the body
  level: number // its place in the stack
}

/** Reads one mail. push() the bytes in order, then end() once. */
export class MimeReader {
  private readonly limits: MimeLimits
  private readonly flaws = new Set<string>()
  private readonly parsing: Parsing
  private readonly stack: Open[] = []
  private readonly boundaries = new Map<string, Open>()
  private readonly root: Part
  private headers: MailHeaders | undefined
  private parts = 1

  private base = 0 // offset in the mail of the first byte of the piece being read
  private tail = nothing // an unfinished line of the last pieces
  private atLineStart = true
  private before1 = 0 // the byte before the piece
  private before2 = 0 // and the one before that
  private lineFeeds = 0 // seen so far
  private inHeader = true
  private block: Buffer[] = [] // of the header being read, from earlier pieces
  private blockSize = 0
  private nulSeen = false

  constructor(limits: Partial<MimeLimits> = {}) {
    this.limits = { ...mimeLimits, ...limits }
    this.parsing = { limits: this.limits, flaws: this.flaws, unicode: rawReader(this.limits.guesses) }
    this.root = newPart(0)
    this.open(this.root)
  }

  /** Takes the next bytes. They may be reused by the caller afterwards. */
  push(bytes: Uint8Array): void {
    let piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (!this.nulSeen && piece.includes(0)) {
      this.nulSeen = true
      this.flaws.add('nul')
    }
    if (this.tail.length > 0) {
      const lineEnd = piece.indexOf(LF) + 1 || piece.length
      const line = Buffer.concat([this.tail, piece.subarray(0, lineEnd)])
      piece = piece.subarray(lineEnd)
      this.tail = nothing
      this.scan(line)
    }
    if (piece.length > 0) this.scan(piece)
  }

  /** The tree. The reader is spent. */
  end(): Tree {
    const rest = this.tail
    if (rest.length > 0) {
      // The last line has no line end, but it may be the closing delimiter all the same.
      this.tail = nothing
      const delimiter = this.delimiterAt(rest, 0, rest.length)
      if (delimiter) {
        this.endHeaders(this.endBefore(rest, 0), nothing)
        this.delimiterMet(delimiter, rest, 0, rest.length)
      } else if (this.inHeader) this.keepHeader(rest)
      this.base += rest.length
    }
    const size = this.base
    this.endHeaders(size, nothing)
    this.closeTo(0, size, this.lineFeeds)
    this.close(this.stack.pop()!, size, this.lineFeeds)
    return { size, headers: this.headers!, part: this.root, flaws: [...this.flaws].sort() }
  }

  private scan(piece: Buffer): void {
    let at = 0
    while (at < piece.length) at = this.inHeader ? this.scanHeader(piece, at) : this.scanBody(piece, at)
    const taken = piece.length - this.tail.length
    if (taken === 0) return
    this.base += taken
    this.before2 = taken > 1 ? piece[taken - 2]! : this.before1
    this.before1 = piece[taken - 1]!
  }

  /** Header lines from `at` on; gives where it stopped: after the header or at the piece's end. */
  private scanHeader(piece: Buffer, at: number): number {
    const from = at
    while (at < piece.length) {
      const lineFeed = piece.indexOf(LF, at)
      if (lineFeed === -1) {
        if (this.atLineStart && piece.length - at <= this.limits.delimiterLine) {
          this.keepHeader(piece.subarray(from, at))
          this.tail = Buffer.from(piece.subarray(at))
        } else {
          this.keepHeader(piece.subarray(from))
          this.atLineStart = false
        }
        return piece.length
      }
      const end = lineFeed + 1
      if (this.atLineStart) {
        if (lineFeed === at || (lineFeed === at + 1 && piece[at] === CR)) {
          if (lineFeed === at) this.flaws.add('bare-lf')
          this.lineFeeds++
          this.endHeader(this.base + end, piece.subarray(from, at))
          return end
        }
        const delimiter = this.delimiterAt(piece, at, end)
        if (delimiter) {
          this.lineFeeds++
          this.endHeaders(this.endBefore(piece, at), piece.subarray(from, at))
          this.delimiterMet(delimiter, piece, at, end)
          return end
        }
      }
      this.atLineStart = true
      this.lineFeeds++
      at = end
    }
    this.keepHeader(piece.subarray(from))
    return piece.length
  }

  /** Body bytes from `at` on, up to the next delimiter or the piece's end. */
  private scanBody(piece: Buffer, at: number): number {
    if (this.boundaries.size === 0) {
      this.lineFeeds += countLineFeeds(piece, at, piece.length)
      this.atLineStart = piece[piece.length - 1] === LF
      return piece.length
    }
    while (at < piece.length) {
      if (this.atLineStart && piece[at] === DASH) {
        const lineFeed = piece.indexOf(LF, at)
        if (lineFeed === -1 && piece.length - at <= this.limits.delimiterLine) return this.keepTail(piece, at)
        const end = lineFeed === -1 ? piece.length : lineFeed + 1
        const delimiter = lineFeed === -1 ? undefined : this.delimiterAt(piece, at, end)
        if (delimiter) {
          this.lineFeeds++
          this.delimiterMet(delimiter, piece, at, end)
          return end
        }
      }
      const next = piece.indexOf(dashes, at)
      if (next !== -1) {
        this.lineFeeds += countLineFeeds(piece, at, next + 1)
        at = next + 1
        this.atLineStart = true
        continue
      }
      this.lineFeeds += countLineFeeds(piece, at, piece.length)
      const last = piece.length - 1
      this.atLineStart = piece[last] === LF
      // "\n-" at the end of a piece may begin a delimiter.
      if (piece[last] === DASH && last > at && piece[last - 1] === LF) {
        this.atLineStart = true
        return this.keepTail(piece, last)
      }
      return piece.length
    }
    return at
  }

  private keepTail(piece: Buffer, at: number): number {
    this.tail = Buffer.from(piece.subarray(at))
    return piece.length
  }

  private keepHeader(lines: Buffer): void {
    const room = this.limits.headerBlock - this.blockSize
    if (lines.length > room) this.flaws.add('header-block-too-long')
    if (lines.length === 0 || room <= 0) return
    const kept = Buffer.from(lines.subarray(0, room)) // a copy: the piece is the caller's
    this.block.push(kept)
    this.blockSize += kept.length
  }

  /** The header ends here and no body follows; a message that would have begun in it is empty. */
  private endHeaders(at: number, lines: Buffer): void {
    if (!this.inHeader) return
    this.endHeader(at, lines)
    if (this.inHeader) this.endHeader(at, nothing)
  }

  /** The header of the innermost part is complete; its body begins at `body`. `lines` are those not yet kept. */
  private endHeader(body: number, lines: Buffer): void {
    const room = this.limits.headerBlock - this.blockSize
    if (lines.length > room) this.flaws.add('header-block-too-long')
    const rest = lines.subarray(0, Math.max(0, room))
    const block = this.block.length === 0 ? rest : Buffer.concat([...this.block, rest])
    this.block = []
    this.blockSize = 0
    this.inHeader = false
    this.atLineStart = true

    const open = this.stack[this.stack.length - 1]!
    open.part.body = Math.max(open.part.start, body)
    open.lineFeeds = this.lineFeeds
    const holder = this.stack[this.stack.length - 2]
    const isMail = holder === undefined || holder.part.type === 'message'
    const read = readPartHeader(open.part, block.toString('latin1'), this.parsing, {
      isMail,
      inDigest: holder?.digest ?? false,
    })
    if (read.headers && holder) holder.part.message = { headers: read.headers, part: open.part }
    else if (read.headers) this.headers = read.headers

    if (read.boundary !== '') this.openMultipart(open, read.boundary)
    else if (read.isMessage) this.openMessage(open.part.body)
  }

  private openMultipart(open: Open, boundary: string): void {
    if (this.stack.length >= this.limits.depth) {
      this.flaws.add('too-deep')
      return
    }
    open.boundary = boundary
    open.digest = open.part.subtype === 'digest'
    open.outer = this.boundaries.get(boundary)
    this.boundaries.set(boundary, open)
  }

  private openMessage(body: number): void {
    if (this.stack.length >= this.limits.depth) this.flaws.add('too-deep')
    else if (this.parts >= this.limits.parts) this.flaws.add('too-many-parts')
    else {
      this.parts++
      this.open(newPart(body))
      this.inHeader = true
    }
  }

  private open(part: Part): void {
    const level = this.stack.length
    this.stack.push({ part, boundary: '', outer: undefined, digest: false, lineFeeds: this.lineFeeds, level })
  }

  /** Which open multipart the line at..end delimits. */
  private delimiterAt(piece: Buffer, at: number, end: number): { open: Open; closing: boolean } | undefined {
    if (piece[at] !== DASH || piece[at + 1] !== DASH) return undefined
    if (this.boundaries.size === 0 || end - at > this.limits.delimiterLine) return undefined
    let stop = end
    while (stop > at + 2 && isBlank(piece[stop - 1]!)) stop--
    const text = piece.toString('latin1', at + 2, stop)
    const opening = this.boundaries.get(text)
    const closing = text.endsWith('--') ? this.boundaries.get(text.slice(0, -2).trimEnd()) : undefined
    if (opening && (!closing || opening.level >= closing.level)) return { open: opening, closing: false }
    return closing && { open: closing, closing: true }
  }

  /** Where what stands before the delimiter at `at` ends: the line end there belongs to it. RFC 2046 §5.1.1. */
  private endBefore(piece: Buffer, at: number): number {
    const beforeLineFeed = at > 1 ? piece[at - 2] : at === 1 ? this.before1 : this.before2
    return this.base + at - (beforeLineFeed === CR ? 2 : 1)
  }

  private delimiterMet(met: { open: Open; closing: boolean }, piece: Buffer, at: number, end: number): void {
    const { open, closing } = met
    const partEnd = this.endBefore(piece, at)
    const ownLineFeed = piece[end - 1] === LF ? 1 : 0
    this.closeTo(open.level, partEnd, this.lineFeeds - ownLineFeed - 1)
    this.atLineStart = true
    if (closing) {
      this.forget(open)
      return
    }
    if (this.parts >= this.limits.parts) {
      this.flaws.add('too-many-parts')
      return
    }
    this.parts++
    const part = newPart(this.base + end)
    open.part.parts.push(part)
    this.open(part)
    this.inHeader = true
  }

  /**
   * Closes everything inside the open part at `level`, innermost first. An empty body ends after the empty line
   * above it, even when the delimiter claims that line's end; what holds it ends no earlier.
   */
  private closeTo(level: number, end: number, lineFeeds: number): void {
    let innerEnd = end
    while (this.stack.length > level + 1) {
      const open = this.stack.pop()!
      this.close(open, innerEnd, lineFeeds)
      innerEnd = open.part.end
    }
  }

  private close(open: Open, end: number, lineFeeds: number): void {
    const { part } = open
    part.end = Math.max(part.body, end)
    part.lines = Math.max(0, lineFeeds - open.lineFeeds)
    if (open.boundary === '') return
    this.flaws.add('no-closing-boundary')
    this.forget(open)
  }

  /** From here on the boundary of this multipart means nothing: what follows is its epilogue. */
  private forget(open: Open): void {
    if (open.outer) this.boundaries.set(open.boundary, open.outer)
    else this.boundaries.delete(open.boundary)
    open.boundary = ''
  }
}

/** Reads a whole mail that lies in memory. */
export function readMail(bytes: Uint8Array, limits?: Partial<MimeLimits>): Tree {
  const reader = new MimeReader(limits)
  reader.push(bytes)
  return reader.end()
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9 || c === CR || c === LF
}

function countLineFeeds(bytes: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) count++
  return count
}
