// TOP n lines                                                                                  RFC 1939 §7
//
// The header, the empty line and as many lines of the body; no more of the mail is read than that needs.

import { treeOf } from '../../store/mails.ts'
import type { Said } from '../../wire/conversation.ts'
import { readNumber, type Command } from '../command.ts'
import { mailsOf } from '../drop.ts'
import { finish, newLines, stuff } from '../lines.ts'
import { ok, Refusal } from '../replies.ts'
import { dropOf, messageOf, type Session } from '../session.ts'

interface Top {
  number: number
  lines: number
}

const LF = 10

export const top: Command<Top> = {
  verb: 'TOP',
  allowedIn: ['transaction'],

  read(argument) {
    const [number, lines, more] = (argument ?? '').trim().split(/ +/)
    if (lines === undefined || more !== undefined || !/^\d{1,10}$/.test(lines)) throw new Refusal('lines-expected')
    return { number: readNumber(number), lines: Number(lines) }
  },

  async *run(session, { number, lines: wanted }): AsyncGenerator<Said, void, void> {
    const drop = dropOf(session)
    const [mail] = await mailsOf(session.store, drop, [messageOf(drop, number)], session.limits.rowsAhead)
    if (!mail) throw new Refusal('no-such-message', 'SYS/TEMP')
    const bodyStart = treeOf(mail).part.body
    const lines = newLines()
    const out: Buffer[] = [Buffer.from(ok(session.language, 'top'))]
    stuff(Buffer.from(mail.trace), lines, out)

    let offset = 0
    let left = wanted
    for await (const piece of piecesOf(session, mail.blobRef, wanted === 0 ? bodyStart : mail.size)) {
      const headerPart = Math.min(piece.length, Math.max(0, bodyStart - offset))
      const cut = cutAfter(piece, headerPart, left)
      left = cut.left
      stuff(piece.subarray(0, cut.end), lines, out)
      yield Buffer.concat(out)
      out.length = 0
      offset += piece.length
      if (cut.end < piece.length || (left === 0 && offset >= bodyStart)) break
    }
    finish(lines, out)
    yield Buffer.concat(out)
  },
}

/** Where `lines` line ends after `from` are over, and how many of them are still to come after the piece. */
function cutAfter(piece: Buffer, from: number, lines: number): { end: number; left: number } {
  if (lines === 0) return { end: from, left: 0 }
  let left = lines
  for (let at = piece.indexOf(LF, from); at !== -1 && left > 0; at = piece.indexOf(LF, at + 1)) {
    if (--left === 0) return { end: at + 1, left }
  }
  return { end: piece.length, left }
}

async function* piecesOf(session: Session, ref: string, end: number): AsyncGenerator<Buffer, void, void> {
  const { blobs } = session.store
  if (end === 0) return
  if (end <= session.limits.wholeRead) yield await blobs.read(ref, 0, end)
  else yield* blobs.stream(ref, 0, end)
}
