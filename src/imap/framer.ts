// Cuts what a client sends into commands. Knows lines and literals, nothing of their meaning.
// RFC 9051 §2.2, §4.3; RFC 7888 (non-synchronizing literals); RFC 3516 (literal8).
//
// Invariants:
//   never holds more than `limit` octets of one command and the last piece pushed
//   the size of a literal is shown to the caller before an octet of it is awaited
//   every octet is looked at once, however the bytes are cut
//   a command that is too long is forgotten up to its end, and the next one is read

/** What was cut. Text is one character an octet (latin1). */
export type Cut =
  /** A whole command without its last CRLF; gathered literals stand in it behind their "{n}CRLF". */
  | { is: 'command'; text: string }
  /** A literal is announced: answer with gather(), pass(), skip() or forget(). `text` ends with "{n}CRLF". */
  | { is: 'literal'; size: number; waits: boolean }
  /** Octets of a passed literal; after the last one the text of the command begins anew. */
  | { is: 'piece'; bytes: Buffer; last: boolean }
  /** A command was longer than the limit, or was skipped; `text` is its beginning. */
  | { is: 'skipped'; text: string; tooLong: boolean }
  /** More was skipped than `swallow`: only closing helps. */
  | { is: 'endless' }

const nothing = Buffer.alloc(0)
const announced = /~?\{(\d{1,15})(\+?)\}\r?\n$/
const beginning = 200
const piecesHeld = 256

export class Framer {
  /** Octets of one command; may be changed between commands. */
  limit: number
  /** Octets of refused literals in one command that are read past. */
  swallow: number
  #swallowed = 0
  #rest: Buffer = nothing
  #line: Buffer[] = [] // the unfinished line
  #before: string[] = [] // finished lines and gathered literals of this command
  #length = 0 // octets of both
  #left = 0 // octets of a literal still to come
  #size = 0 // of the literal the caller is asked about
  #literal: 'none' | 'asked' | 'gather' | 'pass' | 'skip' = 'none'
  #waits = false // for our go-ahead
  #streaming = false // a literal of this command was passed
  #skipped: { text: string; tooLong: boolean } | undefined

  constructor(limit: number, swallow: number) {
    this.limit = limit
    this.swallow = swallow
  }

  /** Octets that the command being cut may still have. */
  get room(): number {
    return this.limit - this.#length
  }

  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
  }

  /** True when octets wait that next() has not looked at. */
  get pending(): boolean {
    return this.#rest.length > 0
  }

  /** Literals announced so far in the command being cut. */
  literals = 0

  /** How the command being cut begins. */
  beginning(): string {
    return (this.#before[0] ?? '').slice(0, beginning)
  }

  /** The command's text so far, when a literal is announced. */
  text(): string {
    return this.#before.join('')
  }

  /** The next thing cut; undefined: more bytes are needed (or an answer about a literal). */
  next(): Cut | undefined {
    for (;;) {
      if (this.#literal === 'asked') return undefined
      if (this.#literal !== 'none') {
        const cut = this.#insideLiteral()
        if (cut === undefined && this.#left > 0) return undefined
        if (cut) return cut
        continue
      }
      const end = this.#rest.indexOf(10)
      if (end < 0) {
        this.#keep(this.#rest)
        this.#rest = nothing
        return undefined
      }
      this.#keep(this.#take(end + 1))
      const cut = this.#endOfLine()
      if (cut) return cut
    }
  }

  /** The literal becomes part of the command's text. */
  gather(): void {
    this.#answer('gather')
  }

  /** The literal is handed on in pieces; the text so far is forgotten. */
  pass(): void {
    this.#before = []
    this.#length = 0
    this.#streaming = true
    this.#answer('pass')
  }

  /** The literal and the rest of the command are read and forgotten; then { is: 'skipped' }. */
  skip(tooLong = false): void {
    this.#skipped = { text: this.text().slice(0, beginning), tooLong }
    this.#before = []
    this.#length = 0
    this.#answer('skip')
  }

  /** The command ends here: the client waits for a go-ahead that it will not get. */
  forget(): void {
    this.#reset()
  }

  /** What is left of a command whose literals were passed (or asked about) is of no use to anybody. */
  drop(): void {
    if (this.#literal === 'asked' && this.#waits) return this.forget()
    if (this.#literal === 'asked') return this.skip()
    if (!this.#streaming) return
    this.#skipped = { text: '', tooLong: false }
    if (this.#literal === 'pass') this.#literal = 'skip'
  }

  #answer(how: 'gather' | 'pass' | 'skip'): void {
    if (this.#literal !== 'asked') throw new Error('no literal was announced')
    this.#literal = how
    this.#left = this.#size
  }

  #insideLiteral(): Cut | undefined {
    const bytes = this.#take(Math.min(this.#left, this.#rest.length))
    if (bytes.length === 0 && this.#left > 0) return undefined
    this.#left -= bytes.length
    if (this.#literal === 'skip' && (this.#swallowed += bytes.length) > this.swallow) return { is: 'endless' }
    const how = this.#literal
    if (this.#left === 0) this.#literal = 'none'
    if (how === 'gather') {
      this.#before.push(bytes.toString('latin1'))
      this.#length += bytes.length
    }
    return how === 'pass' ? { is: 'piece', bytes, last: this.#left === 0 } : undefined
  }

  #endOfLine(): Cut | undefined {
    const line =
      this.#line.length === 1 ? this.#line[0]!.toString('latin1') : Buffer.concat(this.#line).toString('latin1')
    this.#line = []
    const literal =
      line.charCodeAt(line.length - 2) === 125 || line.charCodeAt(line.length - 3) === 125 ? announced.exec(line) : null
    if (this.#skipped) return this.#endOfSkippedLine(literal)
    this.#before.push(line)
    if (literal) {
      this.#size = Number(literal[1])
      this.#literal = 'asked'
      this.#waits = literal[2] === ''
      this.literals++
      return { is: 'literal', size: this.#size, waits: this.#waits }
    }
    const text = this.#before.length === 1 ? line : this.text()
    this.#reset()
    return { is: 'command', text: text.slice(0, text.endsWith('\r\n') ? -2 : -1) }
  }

  // A client that sent "{n+}" goes on without waiting, so its octets must be read past. One that sent "{n}"
  // waits, and stops when it hears the refusal.
  #endOfSkippedLine(literal: RegExpExecArray | null): Cut | undefined {
    this.#length = 0
    if (literal && literal[2] === '+') {
      this.#size = Number(literal[1])
      this.#left = this.#size
      this.#literal = 'skip'
      return undefined
    }
    const skipped = this.#skipped!
    this.#reset()
    return { is: 'skipped', ...skipped }
  }

  #take(length: number): Buffer {
    const bytes = this.#rest.subarray(0, length)
    this.#rest = length === this.#rest.length ? nothing : this.#rest.subarray(length)
    return bytes
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#line.push(bytes)
    this.#length += bytes.length
    // A Buffer weighs more than a byte: who speaks byte by byte fills no memory with them.
    if (this.#line.length >= piecesHeld) this.#line = [Buffer.concat(this.#line)]
    if (this.#length <= this.limit) return
    // Only the end of the line matters from here on: it may announce a literal.
    const line = Buffer.concat(this.#line)
    this.#skipped ??= { text: (this.text() + line.toString('latin1', 0, beginning)).slice(0, beginning), tooLong: true }
    this.#before = []
    this.#line = [Buffer.from(line.subarray(-32))]
    this.#length = this.#line[0]!.length
  }

  #reset(): void {
    this.#before = []
    this.#length = 0
    this.#literal = 'none'
    this.#left = 0
    this.#skipped = undefined
    this.#swallowed = 0
    this.#streaming = false
    this.literals = 0
  }
}
