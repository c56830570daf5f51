// NAMESPACE                                                 RFC 9051 §6.3.10, RFC 2342

import { done } from '../answers.ts'
import { afterLogin, nothing, type Command } from '../command.ts'
import { othersNamespace } from '../names.ts'

export const namespace: Command<undefined> = {
  verb: 'NAMESPACE',
  allowedIn: afterLogin,
  read: nothing,

  async *run() {
    yield `* NAMESPACE (("" "/")) (("${othersNamespace}/" "/")) NIL\r\n`
    return done('Those are the namespaces')
  },
}
