// Email/import                                                                   RFC 8621 §4.8
//
// Makes emails of blobs: of mails that were uploaded, or that are attached to others.

import { noteActs } from '../acts.ts'
import { invalid, isId, isObject, isReference, readObject, readText, type Arguments } from '../arguments.ts'
import { readFiling } from '../drafts.ts'
import { wrong } from '../emailpatch.ts'
import { importEmail, tellAdded } from '../emailwriting.ts'
import { mailCapability, mailScope } from '../mailscope.ts'
import { method, MethodError, setError, type Call } from '../method.ts'
import { resolveId, SetResults } from '../standard.ts'
import { expectedState, openStates } from '../states.ts'

interface Asked {
  ifInState: string | null
  emails: [string, Arguments][]
}

export const emailImport = method<Asked>({
  name: 'Email/import',
  capability: mailCapability,
  read(args, limits) {
    const emails = Object.entries(readObject(args, 'emails', {}))
    if (emails.length > limits.maxObjectsInSet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} objects`)
    if (!emails.every((pair): pair is [string, Arguments] => isId(pair[0]) && isObject(pair[1])))
      throw invalid('emails', 'objects under creation ids')
    return { ifInState: readText(args, 'ifInState', null), emails }
  },
  async run(call, { ifInState, emails }) {
    const { state } = await mailScope(call)
    expectedState(ifInState, state)
    const states = openStates(state)
    const results = new SetResults()
    await results.each(
      call,
      { ifInState, create: emails, update: [], destroy: [] },
      {
        async create(object) {
          const told = tellAdded(await importOne(call, object), states)
          await noteActs(call, [{ act: 'add', ids: [String(told['id'])] }])
          return told
        },
        update: () => Promise.resolve(null),
        destroy: () => Promise.resolve(),
      },
    )
    const { oldState, newState, created, notCreated } = results.answer(call.accountId, states.old, states.new)
    return { accountId: call.accountId, oldState, newState, created, notCreated }
  },
})

const known = ['blobId', 'mailboxIds', 'keywords', 'receivedAt']

function importOne(call: Call, object: Arguments): ReturnType<typeof importEmail> {
  const odd = Object.keys(object).filter((name) => !known.includes(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'There is no such property' })
  const { blobId } = object
  if (!isReference(blobId)) throw wrong('blobId', 'That is no blobId')
  return importEmail(
    call,
    blobId,
    readFiling(object, (id) => resolveId(call, id)),
  )
}
