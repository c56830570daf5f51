// BDAT size [LAST]                                             RFC 3030 §2
//
// That many bytes of the mail follow at once, without 354 and without dots. They come even when the
// command is refused, and are swallowed before the reply. A refused chunk ends the mail.

import { Arrival, replyTo, tooLarge } from '../arrival.ts'
import { always, type Command, type Deed, type Session } from '../command.ts'
import { reply, type Reply } from '../replies.ts'
import { noRecipients } from './data.ts'

interface Request {
  size: number // bytes; undefined when it cannot be known where the chunk ends
  isLast: boolean
}

export const bdat: Command<Request | undefined> = {
  verb: 'BDAT',
  allowedIn: always,

  read(argument) {
    const found = /^(\d{1,20})( +LAST)? *$/i.exec(argument)
    return found ? { size: Number(found[1]), isLast: found[2] !== undefined } : undefined
  },

  async run(session, request) {
    // What follows would be taken for commands.
    if (!request) return { reply: reply(501, '5.5.4', 'Syntax: BDAT size [LAST]'), next: 'close' }
    const { size, isLast } = request
    if (size > session.limits.swallowed) return { reply: tooLarge(session.limits.size), next: 'close' }

    session.chunks ??= await openArrival(session)
    const arrival = session.chunks
    arrival.openChunk(size, isLast)
    return { next: { arrival } } satisfies Deed
  },
}

async function openArrival(session: Session): Promise<Arrival> {
  const refused = async (refusal: Reply): Promise<Arrival> => {
    const arrival = new Arrival(session, undefined, 'chunks')
    await arrival.refuse(refusal)
    return arrival
  }
  if (session.state !== 'mail' && session.state !== 'rcpt')
    return refused(reply(503, '5.5.1', 'Say MAIL and RCPT first'))
  if (session.envelope.recipients.length === 0) return refused(noRecipients)
  try {
    const arrival = new Arrival(session, await session.intake.message(session.envelope), 'chunks')
    session.state = 'chunks'
    return arrival
  } catch (error) {
    return refused(replyTo(error, session))
  }
}
