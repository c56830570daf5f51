// Mailbox/queryChanges                                                           RFC 8621 §2.4
//
// Lists of mailboxes are short: whoever has an old one asks for a new one. Only "nothing has changed" is told.

import { readText } from '../arguments.ts'
import { listedMailboxes, readMailboxQuery, type MailboxQuery } from '../mailboxlists.ts'
import { mailCapability, mailScope, stateText, tooOld } from '../mailscope.ts'
import { method } from '../method.ts'

interface Asked {
  query: MailboxQuery
  since: string
}

export const mailboxQueryChanges = method<Asked>({
  name: 'Mailbox/queryChanges',
  capability: mailCapability,
  read: (args) => ({ query: readMailboxQuery(args), since: readText(args, 'sinceQueryState') }),
  async run(call, { query, since }) {
    const { state } = await mailScope(call)
    if (since !== stateText(state)) throw tooOld()
    return {
      accountId: call.accountId,
      oldQueryState: since,
      newQueryState: since,
      ...(query.calculateTotal ? { total: (await listedMailboxes(call, query)).length } : {}),
      removed: [],
      added: [],
    }
  },
})
