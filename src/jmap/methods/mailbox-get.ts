// Mailbox/get                                                                    RFC 8621 §2.1

import { objectNumber } from '../../store/objectids.ts'
import { mailboxProperties, needsCounts, rightsOfMailbox, seenMailboxes, tellMailbox } from '../mailboxobjects.ts'
import { mailShareCapability, sharesOf } from '../mailboxshares.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'

const known: ReadonlySet<string> = new Set<string>([...mailboxProperties, 'shareWith'])

export const mailboxGet = method<GetArguments>({
  name: 'Mailbox/get',
  capability: mailCapability,
  read: (args, limits) => readGet(args, limits, (property) => known.has(property)),
  async run(call, { ids, properties }) {
    const scope = await mailScope(call)
    const all = await seenMailboxes(call)
    const isSharing = call.using.has(mailShareCapability)
    const byDefault: readonly string[] = isSharing ? [...mailboxProperties, 'shareWith'] : mailboxProperties
    const told: readonly string[] = properties ?? byDefault
    const shares = told.includes('shareWith') ? await sharesOf(call) : undefined
    const counts = needsCounts(told) ? await call.house.store.counts.of(scope) : undefined
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    const asked = ids ? resolveIds(call, ids).map((id) => [id, objectNumber('F', id)] as const) : undefined
    for (const [id, number] of asked ?? [...all.keys()].map((number) => ['', number] as const)) {
      const seen = number === undefined ? undefined : all.get(number)
      if (!seen) notFound.push(id)
      else {
        const object: Record<string, unknown> = tellMailbox(seen, all, counts?.get(seen.mailbox.id))
        if (shares) object['shareWith'] = shares(seen)
        if (isSharing) object['myRights'] = { ...rightsOfMailbox(seen), mayShare: call.own }
        list.push(properties ? Object.fromEntries(['id', ...told].map((name) => [name, object[name]])) : object)
      }
    }
    return { accountId: call.accountId, state: stateText(scope.state), list, notFound }
  },
})
