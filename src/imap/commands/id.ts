// ID (NIL / (field value ...))                              RFC 2971
//
// What the client says of itself is read, bounded and forgotten: it proves nothing.

import { bad, done } from '../answers.ts'
import { anyState, type Command } from '../command.ts'
import { quote } from '../say.ts'

const mostFields = 30

export const id: Command<undefined> = {
  verb: 'ID',
  allowedIn: anyState,

  read(scan) {
    scan.space()
    if (scan.nil()) return undefined
    let fields = 0
    scan.list(() => {
      scan.string('a field name')
      scan.space()
      scan.nstring()
      if (++fields > mostFields) throw bad('Too many fields')
    }, true)
    return undefined
  },

  async *run(session) {
    // The version is for those who signed in (a stranger learns only the name).
    const version = session.person ? ` "version" ${quote(session.host.options.version)}` : ''
    yield `* ID ("name" "Postern"${version})\r\n`
    return done('Pleased to meet you')
  },
}
