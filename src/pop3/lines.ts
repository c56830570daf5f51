// A multi-line answer from a mail's bytes: dots doubled, every line ended by CRLF.            RFC 1939 §3
//
// Mails that came by SMTP have CRLF only. One that was put in by other ways may have bare LFs: they are sent
// as CRLF, since a client that ends lines at LF would else take the mail's "\n.\n" for the end of the answer
// and what follows for answers of ours.

const LF = 10
const CR = 13
const DOT = 46
const dot = Buffer.from('.')
const crlf = Buffer.from('\r\n')
const end = Buffer.from('.\r\n')

/** Where a mail's bytes are in their lines, from one piece to the next. */
export interface LineState {
  atStart: boolean // of a line
  afterCr: boolean
}

export function newLines(): LineState {
  return { atStart: true, afterCr: false }
}

/** Puts a piece, as it must be sent, at the end of `out`; slices, no copies. */
export function stuff(piece: Buffer, state: LineState, out: Buffer[]): void {
  if (piece.length === 0) return
  let from = 0
  if (state.atStart && piece[0] === DOT) out.push(dot)
  for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, at + 1)) {
    const hasCr = at > 0 ? piece[at - 1] === CR : state.afterCr
    const dotFollows = piece[at + 1] === DOT
    if (hasCr && !dotFollows) continue
    out.push(piece.subarray(from, hasCr ? at + 1 : at))
    if (!hasCr) out.push(crlf)
    if (dotFollows) out.push(dot)
    from = at + 1
  }
  if (from < piece.length) out.push(from === 0 ? piece : piece.subarray(from))
  state.atStart = piece[piece.length - 1] === LF
  state.afterCr = piece[piece.length - 1] === CR
}

/** Ends the answer; a last line without its end gets one. */
export function finish(state: LineState, out: Buffer[]): void {
  // A CR alone at the end is text; the CRLF behind it makes the line's end clear.
  if (!state.atStart) out.push(crlf)
  out.push(end)
}
