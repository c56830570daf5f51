// Takes the bytes of a mail out of DATA or BDAT.                RFC 5321 §4.1.1.4, §4.5.2, RFC 3030 §2
//
// Never waits. Only CRLF.CRLF ends DATA; a bare CR, a bare LF or a NUL is found wherever it stands,
// and under 'refuse' nothing more of such a mail is given out (SMTP smuggling, CVE-2023-51764). Under
// 'repair' a bare LF becomes CRLF and a bare CR is dropped, in the content only: what ends the mail
// is still CRLF.CRLF of the bytes as they came.
//
// Invariants: what is given out, joined, is the mail byte for byte, however the bytes were split; at
// most two bytes are held back; no copy unless a dot is taken out or a line end repaired.

export type BareLines = 'refuse' | 'repair'

const CR = 13
const LF = 10
const DOT = 46
const CRLF = Buffer.from('\r\n')
const nothing = Buffer.alloc(0)

// One look at the bytes at a time, so that a large piece costs a small string.
const windowSize = 64 * 1024

export class Content {
  /** DATA only: the end of the mail was read. */
  ended = false
  /** What this mail is refused for. A repaired bare CR or LF is none. */
  fault: 'bare' | 'nul' | undefined
  #dots: boolean
  #repair: boolean
  #lineStart = true
  #held: Buffer = nothing // '\r', '.' or '.\r' at the end of what was read

  constructor(form: 'dots' | 'plain', bare: BareLines) {
    this.#dots = form === 'dots'
    this.#repair = bare === 'repair'
  }

  /** How many bytes the last read() took. */
  taken = 0

  /** Reads bytes from `at`, at most one window; gives back the part of the mail in them. See `taken`. */
  read(bytes: Buffer, at: number): Buffer {
    const held = this.#held
    let view = at === 0 && bytes.length <= windowSize ? bytes : bytes.subarray(at, at + windowSize)
    if (held.length > 0) view = Buffer.concat([held, view])
    this.#held = nothing
    return this.#scan(view, held.length)
  }

  /** BDAT only: no more bytes will come. */
  end(): void {
    if (this.#held.length > 0) this.fault ??= this.#repair ? undefined : 'bare'
    this.#held = nothing
  }

  #scan(view: Buffer, before: number): Buffer {
    const text = view.toString('latin1')
    const length = text.length
    let cut: Buffer[] | undefined // pieces before `from`, once something was taken out
    let from = 0
    let pos = 0
    let end = length // of the content
    let used = length
    let lineStart = this.#lineStart
    let cr = text.indexOf('\r')
    let lf = text.indexOf('\n')

    while (pos < length) {
      if (lineStart && this.#dots && text.charCodeAt(pos) === DOT) {
        const next = text.charCodeAt(pos + 1)
        if (pos + 1 === length || (next === CR && pos + 2 === length)) {
          this.#held = Buffer.from(view.subarray(pos))
          end = pos
          break
        }
        if (next === CR && text.charCodeAt(pos + 2) === LF) {
          this.ended = true
          end = pos
          used = pos + 3
          break
        }
        // RFC 5321 §4.5.2: a first dot that does not end the mail was added by the client.
        cut ??= []
        if (pos > from) cut.push(view.subarray(from, pos))
        from = ++pos
      }
      lineStart = false
      if (cr >= 0 && cr < pos) cr = text.indexOf('\r', pos)
      if (lf >= 0 && lf < pos) lf = text.indexOf('\n', pos)
      if (cr >= 0 && lf === cr + 1) {
        pos = lf + 1
        lineStart = true
      } else if (cr >= 0 && (lf < 0 || cr < lf)) {
        if (cr === length - 1) {
          this.#held = Buffer.from(view.subarray(cr))
          end = cr
          break
        }
        cut = this.#bare(cut, view, from, cr, nothing)
        from = pos = cr + 1
      } else if (lf >= 0) {
        cut = this.#bare(cut, view, from, lf, CRLF)
        from = pos = lf + 1
      } else break
    }

    this.#lineStart = lineStart
    this.taken = used - before
    const nul = text.indexOf('\0')
    if (nul >= 0 && nul < end) this.fault = 'nul' // whichever is met first, so that a split changes nothing
    if (this.fault !== undefined) return nothing
    if (cut === undefined) return end === length ? view : view.subarray(0, end)
    if (end > from) cut.push(view.subarray(from, end))
    return cut.length === 1 ? cut[0]! : Buffer.concat(cut)
  }

  #bare(cut: Buffer[] | undefined, view: Buffer, from: number, at: number, instead: Buffer): Buffer[] | undefined {
    if (!this.#repair) {
      this.fault ??= 'bare'
      return cut
    }
    cut ??= []
    if (at > from) cut.push(view.subarray(from, at))
    if (instead.length > 0) cut.push(instead)
    return cut
  }
}
