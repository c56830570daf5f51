// RETR n                                                                                       RFC 1939 §5
//
// The trace header lines and the stored bytes. Pipelined RETRs are answered together: one look-up, reads
// side by side, one piece said. A mail too large for that is streamed.

import type { MailRow } from '../../store/mails.ts'
import type { Said } from '../../wire/conversation.ts'
import { readNumber, type Command } from '../command.ts'
import { mailsOf, type Drop } from '../drop.ts'
import { finish, newLines, stuff } from '../lines.ts'
import { err } from '../replies.ts'
import { dropOf, messageOf, type Session } from '../session.ts'

const another = /RETR (\d{1,9})\r?\n/iy

export const retr: Command<number> = {
  verb: 'RETR',
  allowedIn: ['transaction'],
  read: readNumber,

  async *run(session, number) {
    const drop = dropOf(session)
    const messages = [messageOf(drop, number), ...pipelined(session, drop, drop.sizes[number - 1] ?? 0)]
    const mails = await mailsOf(session.store, drop, messages, session.limits.rowsAhead)
    if (mails.length === 1 && mails[0] && mails[0].size > session.limits.wholeRead) {
      yield* streamed(session, mails[0], drop.sizes[messages[0]!]!)
      return
    }
    const octets = messages.reduce((sum, message) => sum + drop.sizes[message]! + besideOctets, 0)
    // What is as long as `gather` leaves at once (conversation.ts), so a full page can be written over.
    const { gather, mailsAtOnce } = session.limits
    const page = Buffer.allocUnsafeSlow(Math.max(gather, Math.min(mailsAtOnce, octets)))
    let held = 0
    let at = 0
    for await (const found of bytesOf(session, mails)) {
      const out: Buffer[] = []
      for (const body of found) {
        const [mail, message] = [mails[at], messages[at]!]
        at++
        if (mail && body) answer(mail, body, drop.sizes[message]!, out)
        else out.push(Buffer.from(err(session.language, 'no-such-message', 'SYS/TEMP')))
      }
      // What was found is good until more is asked for, so it is copied; a full page leaves at once.
      for (const piece of out) {
        for (let from = 0; from < piece.length;) {
          if (held === page.length) {
            yield page
            held = 0
          }
          const copied = piece.copy(page, held, from)
          held += copied
          from += copied
        }
      }
    }
    yield page.subarray(0, held)
  },
}

const besideOctets = 100 // of an answer, beside the mail; more begins another page
const worthBatches = 8 // mails; a batch begins a thread

/** The mails' bytes, in lists. A mail whose bytes cannot be read costs the client that mail, not the session. */
async function* bytesOf(
  session: Session,
  mails: (MailRow | undefined)[],
): AsyncGenerator<(Buffer | undefined)[], void, void> {
  if (mails.length < worthBatches || mails.includes(undefined)) {
    yield Promise.all(mails.map((mail) => readWhole(session, mail)))
    return
  }
  const wanted = (mails as MailRow[]).map(({ blobRef: ref, size }) => ({ ref, size }))
  let at = 0
  for await (const batch of session.store.blobs.batches(wanted)) {
    const first = at
    at += batch.length
    yield batch.includes(undefined)
      ? Promise.all(batch.map(async (bytes, i) => bytes ?? readWhole(session, mails[first + i])))
      : batch
  }
}

/** The messages of the RETRs that have been heard behind this one, as far as they fit in one batch. */
function pipelined(session: Session, drop: Drop, firstSize: number): number[] {
  const { framer, limits } = session
  const messages: number[] = []
  let bytes = firstSize
  if (firstSize > limits.wholeRead) return messages
  while (messages.length + 1 < limits.batch && bytes < limits.batchBytes) {
    const match = framer.takeIf(another)
    if (!match) break
    const message = Number(match[1]) - 1
    const size = drop.sizes[message]
    if (size === undefined || drop.deleted[message] === 1 || size > limits.wholeRead) {
      framer.putBack(match[0].length) // it has its own turn
      break
    }
    messages.push(message)
    bytes += size
  }
  return messages
}

/** A mail whose bytes cannot be read costs the client that mail, not the session. */
async function readWhole(session: Session, mail: MailRow | undefined): Promise<Buffer | undefined> {
  if (!mail) return undefined
  try {
    return await session.store.blobs.read(mail.blobRef)
  } catch (error) {
    session.host.report?.(error)
    return undefined
  }
}

function answer(mail: MailRow, bytes: Buffer, size: number, out: Buffer[]): void {
  const lines = newLines()
  out.push(Buffer.from(`+OK ${size} octets\r\n`))
  if (mail.trace !== '') stuff(Buffer.from(mail.trace), lines, out)
  stuff(bytes, lines, out)
  finish(lines, out)
}

async function* streamed(session: Session, mail: MailRow, size: number): AsyncGenerator<Said, void, void> {
  const lines = newLines()
  const out: Buffer[] = [Buffer.from(`+OK ${size} octets\r\n`)]
  stuff(Buffer.from(mail.trace), lines, out)
  for await (const piece of session.store.blobs.stream(mail.blobRef)) {
    stuff(piece, lines, out)
    yield Buffer.concat(out)
    out.length = 0
  }
  finish(lines, out)
  yield Buffer.concat(out)
}
