// STAT, LIST [n], UIDL [n]                                                                     RFC 1939 §5, §7
//
// All from what was read when the mailbox was opened; sizes are columns, no mail is touched.

import { readNothing, readOptionalNumber, type Command } from '../command.ts'
import { uniqueId, type Drop } from '../drop.ts'
import { ok } from '../replies.ts'
import { dropOf, messageOf, type Session } from '../session.ts'

export const stat: Command<undefined> = {
  verb: 'STAT',
  allowedIn: ['transaction'],
  read: readNothing,

  run(session) {
    const { left, octets } = dropOf(session)
    return `+OK ${left} ${octets}\r\n`
  },
}

export const list = listing('LIST', (drop, message) => `${drop.sizes[message]}`)
export const uidl = listing('UIDL', uniqueId)

function listing(verb: string, fact: (drop: Drop, message: number) => string): Command<number | undefined> {
  return {
    verb,
    allowedIn: ['transaction'],
    read: readOptionalNumber,

    run(session, number) {
      if (number === undefined) return allOf(session, fact)
      const drop = dropOf(session)
      return `+OK ${number} ${fact(drop, messageOf(drop, number))}\r\n`
    },
  }
}

async function* allOf(session: Session, fact: (drop: Drop, message: number) => string): AsyncGenerator<string> {
  const drop = dropOf(session)
  let said = ok(session.language, 'list')
  for (let message = 0; message < drop.uids.length; message++) {
    if (drop.deleted[message] === 1) continue
    said += `${message + 1} ${fact(drop, message)}\r\n`
    if (said.length < session.limits.gather) continue
    yield said
    said = ''
  }
  yield `${said}.\r\n`
}
