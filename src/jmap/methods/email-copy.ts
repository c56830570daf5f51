// Email/copy                                                                     RFC 8621 §4.7, RFC 8620 §5.4
//
// Copies emails from one account to another. Both then point at one mail: nothing is written twice, and the id
// is the same in both.

import { addEmail, type AddedEmail } from '../../store/emailadd.ts'
import { emailsOf, type Scope } from '../../store/emails.ts'
import { objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { noteActs } from '../acts.ts'
import { invalid, isId, isObject, isReference, readFlag, readObject, readText, type Arguments } from '../arguments.ts'
import { readFiling } from '../drafts.ts'
import { keywordsOf } from '../emailobjects.ts'
import { wrong } from '../emailpatch.ts'
import { emailErrorOf, readableRights, tellAdded } from '../emailwriting.ts'
import { mailCapability, mailScope } from '../mailscope.ts'
import { method, MethodError, setError, SetRefusal, type Call, type Response } from '../method.ts'
import { accountsOf } from '../session.ts'
import { resolveId, SetResults } from '../standard.ts'
import { expectedState, openStates } from '../states.ts'
import { emailSet } from './email-set.ts'

interface Asked {
  fromAccountId: string
  ifFromInState: string | null
  ifInState: string | null
  create: [string, Arguments][]
  destroyOriginal: boolean
  destroyFromIfInState: string | null
}

export const emailCopy = method<Asked>({
  name: 'Email/copy',
  capability: mailCapability,
  read(args, limits) {
    const create = Object.entries(readObject(args, 'create', {}))
    if (create.length > limits.maxObjectsInSet)
      throw new MethodError('requestTooLarge', `At most ${limits.maxObjectsInSet} objects`)
    if (!create.every((pair): pair is [string, Arguments] => isId(pair[0]) && isObject(pair[1])))
      throw invalid('create', 'objects under creation ids')
    if (args['fromAccountId'] === args['accountId']) throw invalid('fromAccountId', 'another account')
    return {
      fromAccountId: readText(args, 'fromAccountId'),
      ifFromInState: readText(args, 'ifFromInState', null),
      ifInState: readText(args, 'ifInState', null),
      create,
      destroyOriginal: readFlag(args, 'onSuccessDestroyOriginal', false),
      destroyFromIfInState: readText(args, 'destroyFromIfInState', null),
    }
  },
  async run(call, asked) {
    const { fromAccountId } = asked
    const from = await fromCall(call, fromAccountId)
    const source = await mailScope(from)
    expectedState(asked.ifFromInState, source.state)
    const { state } = await mailScope(call)
    expectedState(asked.ifInState, state)
    const states = openStates(state)
    const results = new SetResults()
    const originals: string[] = []
    await results.each(
      call,
      { ifInState: null, create: asked.create, update: [], destroy: [] },
      {
        async create(object) {
          const copied = tellAdded(await copyOne(call, source, object), states)
          const ids = [String(copied['id'])]
          originals.push(...ids)
          await noteActs(from, [{ act: 'copy', ids }])
          await noteActs(call, [{ act: 'add', ids }])
          return copied
        },
        update: () => Promise.resolve(null),
        destroy: () => Promise.resolve(),
      },
    )
    const { oldState, newState, created, notCreated } = results.answer(call.accountId, states.old, states.new)
    const answer = { fromAccountId, accountId: call.accountId, oldState, newState, created, notCreated }
    if (!asked.destroyOriginal || originals.length === 0) return answer
    return [['Email/copy', answer], await destroyOriginals(from, originals, asked.destroyFromIfInState)]
  },
})

/** The same call for the account that is copied from. */
async function fromCall(call: Call, fromAccountId: string): Promise<Call> {
  const account = objectNumber('A', fromAccountId)
  if (account === undefined || !(await accountsOf(call.house, call.user)).includes(account)) {
    throw new MethodError('fromAccountNotFound')
  }
  return { ...call, accountId: fromAccountId, account, own: account === call.user.id }
}

const known = ['id', 'mailboxIds', 'keywords', 'receivedAt']

async function copyOne(call: Call, source: Scope, object: Arguments): Promise<AddedEmail> {
  const odd = Object.keys(object).filter((name) => !known.includes(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'It never changes' })
  const { store } = call.house
  const id = isReference(object['id']) ? objectNumber('M', resolveId(call, object['id']) ?? '') : undefined
  if (id === undefined) throw wrong('id', 'There is no such email')
  const email = (await emailsOf(store.db, source, [id])).get(id)
  const row = email && (await store.mails.one(id))
  if (!email || !row) throw setError('notFound')
  const filing = readFiling(object, (box) => resolveId(call, box))
  const keywords = object['keywords'] === undefined ? Object.keys(keywordsOf(email)) : filing.keywords
  const copy = {
    mail: { row, of: source.accountId },
    mailboxIds: filing.mailboxIds,
    keywords,
    receivedAt: filing.receivedAt ?? email.receivedAt,
  }
  try {
    return await addEmail(store, call.account, copy, await readableRights(call))
  } catch (error) {
    throw error instanceof Trouble ? new SetRefusal(emailErrorOf(error)) : error
  }
}

/** RFC 8620 §5.4: as if the client had asked for it next. What fails there is that answer's. */
async function destroyOriginals(from: Call, ids: string[], ifInState: string | null): Promise<Response> {
  try {
    const args = emailSet.read({ destroy: ids, ifInState }, from.house.limits)
    return ['Email/set', (await emailSet.run(from, args)) as Arguments]
  } catch (error) {
    if (!(error instanceof MethodError)) throw error
    return ['error', { type: error.type, ...error.details }]
  }
}
