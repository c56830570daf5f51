// Identity/set                                                                   RFC 8621 §6.3

import { changeIdentity, createIdentity, deleteIdentity } from '../../directory/identities.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { wrong } from '../emailpatch.ts'
import {
  identitiesOf,
  identityProperties,
  readIdentity,
  submissionCapability,
  tellIdentity,
} from '../identityobjects.ts'
import { method, setError, type Call } from '../method.ts'
import { applyPatch, touched, type Patch } from '../patch.ts'
import { checkState, readSet, SetResults, type SetArguments } from '../standard.ts'

export const identitySet = method<SetArguments>({
  name: 'Identity/set',
  capability: submissionCapability,
  read: readSet,
  async run(call, asked) {
    const { state } = await identitiesOf(call)
    checkState(asked.ifInState, state)
    const results = new SetResults()
    await results.each(call, asked, {
      create: (object) => create(call, object),
      update: (id, patch) => update(call, id, patch),
      destroy: (id) => destroy(call, id),
    })
    const after = await identitiesOf(call)
    if (after.state !== state) call.house.push.tell(call.account, { Identity: after.state })
    return results.answer(call.accountId, state, after.state)
  },
})

const settable = ['name', 'email', 'replyTo', 'bcc', 'textSignature', 'htmlSignature']

async function create(call: Call, object: Record<string, unknown>): Promise<Record<string, unknown>> {
  const odd = Object.keys(object).filter((name) => !settable.includes(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'Not set by clients' })
  const { email } = object
  if (typeof email !== 'string') throw wrong('email', 'An identity has an address')
  const id = await refusing(() => createIdentity(call.house.store.db, call.account, email, readIdentity(object)))
  const made = (await identitiesOf(call)).list.find((one) => one.id === id)
  const told = made ? Object.entries(tellIdentity(made)) : [['id', objectId('I', id)]]
  return Object.fromEntries(told.filter(([name, value]) => object[name as string] !== value))
}

async function update(call: Call, id: string, patch: Patch): Promise<null> {
  const number = objectNumber('I', id)
  const identity = (await identitiesOf(call)).list.find((one) => one.id === number)
  if (!identity) throw setError('notFound')
  const before = tellIdentity(identity)
  const after = applyPatch(before, patch)
  const changed = [...touched(patch)].filter((name) => {
    if (!identityProperties.some((one) => one === name)) throw wrong(name, 'There is no such property')
    return JSON.stringify(before[name as 'id']) !== JSON.stringify(after[name as 'id'])
  })
  const fixed = changed.filter((name) => name === 'email' || !settable.includes(name))
  if (fixed.length > 0) throw setError('invalidProperties', { properties: fixed, description: 'It never changes' })
  const values = Object.fromEntries(changed.map((name) => [name, after[name as 'id']]))
  await refusing(() => changeIdentity(call.house.store.db, call.account, identity.id, readIdentity(values)))
  return null
}

async function destroy(call: Call, id: string): Promise<void> {
  const number = objectNumber('I', id)
  if (number === undefined) throw setError('notFound')
  await refusing(() => deleteIdentity(call.house.store.db, call.account, number))
}

/** The directory's no, in the words of JMAP. */
async function refusing<T>(deed: () => Promise<T>): Promise<T> {
  try {
    return await deed()
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    if (error.code === 'no-such-account') throw setError('notFound')
    if (error.code === 'not-permitted') throw setError('forbidden', { description: 'It belongs to an address' })
    if (error.code === 'in-use') throw setError('overQuota', { description: 'There are enough identities' })
    throw error
  }
}
