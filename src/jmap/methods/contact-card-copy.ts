// ContactCard/copy                                                               RFC 9610 §3.6, RFC 8620 §5.4
//
// Only between accounts; what it destroys afterwards is answered as ContactCard/set does.

import { accountsOf } from '../session.ts'
import { objectNumber } from '../../store/objectids.ts'
import { invalid, readFlag, readObject, readText } from '../arguments.ts'
import { booksOf, contactsCapability, contactState, findContact, tellContact, tellContacts } from '../contactobjects.ts'
import { method, MethodError, setError, type Call } from '../method.ts'
import { checkState, readSet, SetResults, type SetArguments } from '../standard.ts'
import { createContact, destroyContact } from './contact-card-set.ts'

interface Asked {
  fromAccountId: string
  ifFromInState: string | null
  destroyFromIfInState: string | null
  destroysOriginal: boolean
  set: SetArguments
}

export const contactCardCopy = method<Asked>({
  name: 'ContactCard/copy',
  capability: contactsCapability,
  read(args, limits) {
    const fromAccountId = readText(args, 'fromAccountId')
    if (fromAccountId === args['accountId']) throw invalid('fromAccountId', 'another account')
    const create = readObject(args, 'create', {})
    const set = readSet({ create, ifInState: args['ifInState'] }, limits)
    return {
      fromAccountId,
      ifFromInState: readText(args, 'ifFromInState', null),
      destroyFromIfInState: readText(args, 'destroyFromIfInState', null),
      destroysOriginal: readFlag(args, 'onSuccessDestroyOriginal', false),
      set,
    }
  },
  async run(call, { fromAccountId, ifFromInState, destroyFromIfInState, destroysOriginal, set }) {
    const number = objectNumber('A', fromAccountId)
    const visible = await accountsOf(call.house, call.user)
    if (number === undefined || !visible.includes(number)) throw new MethodError('fromAccountNotFound')
    const from: Call = { ...call, accountId: fromAccountId, account: number, own: number === call.user.id }
    const [here, there] = [await booksOf(call), await booksOf(from)]
    checkState(set.ifInState, contactState(here))
    checkState(ifFromInState, contactState(there))
    const results = new SetResults()
    const copied: string[] = []
    await results.each(call, set, {
      async create(object) {
        const { id, ...said } = object
        if (typeof id !== 'string') throw setError('invalidProperties', { properties: ['id'] })
        const { contact } = await findContact(from, there, id)
        const { created: _created, updated: _updated, ...card } = tellContact(contact, null)
        const made = await createContact(call, here, { ...card, ...said })
        copied.push(id)
        return made
      },
      update: () => Promise.reject(setError('forbidden')),
      destroy: () => Promise.reject(setError('forbidden')),
    })
    const after = contactState(await tellContacts(call, 'ContactCard'))
    const { created, notCreated, oldState, newState } = results.answer(call.accountId, contactState(here), after)
    const answer = { fromAccountId, accountId: call.accountId, oldState, newState, created, notCreated }
    if (!destroysOriginal || copied.length === 0) return answer
    return [['ContactCard/copy', answer], await destroyOriginals(from, copied, destroyFromIfInState)]
  },
})

async function destroyOriginals(
  from: Call,
  ids: string[],
  ifInState: string | null,
): Promise<[string, Record<string, unknown>]> {
  const books = await booksOf(from)
  const before = contactState(books)
  if (ifInState !== null && ifInState !== before) return ['error', { type: 'stateMismatch' }]
  const results = new SetResults()
  await results.each(
    from,
    { ifInState: null, create: [], update: [], destroy: ids },
    {
      create: () => Promise.reject(setError('forbidden')),
      update: () => Promise.reject(setError('forbidden')),
      destroy: (id) => destroyContact(from, books, id),
    },
  )
  const after = contactState(await tellContacts(from, 'ContactCard'))
  return ['ContactCard/set', results.answer(from.accountId, before, after)]
}
