// Email/set                                                                      RFC 8621 §4.6
//
// Invariants:
//   updates and destructions of a call are one transaction of the store, but for thousands of copies; creations come
//   before, each its own
//   an email that is refused leaves the others alone

import { isDeepStrictEqual } from 'node:util'
import { changeEmails, type EmailOrder } from '../../store/emailset.ts'
import { emailsOf } from '../../store/emails.ts'
import { objectNumber } from '../../store/objectids.ts'
import { noteActs } from '../acts.ts'
import { readDraft } from '../drafts.ts'
import { readEmailPatch } from '../emailpatch.ts'
import { emailErrorOf, readableRights, tellAdded, writeEmail } from '../emailwriting.ts'
import { Budget, isEmailProperty, readWanted, tellEmail } from '../emailobjects.ts'
import { mailCapability, mailScope } from '../mailscope.ts'
import { method, MethodError, setError, type Call } from '../method.ts'
import type { Patch } from '../patch.ts'
import { readSet, resolveId, SetResults, type SetArguments } from '../standard.ts'
import { expectedState, openStates, type States } from '../states.ts'
import { setErrorOf } from '../troubles.ts'
import { previewsOf } from '../../store/previews.ts'
import { sourceOf } from './email-get.ts'

export const emailSet = method<SetArguments>({
  name: 'Email/set',
  capability: mailCapability,
  read: readSet,
  async run(call, asked) {
    const { state } = await mailScope(call)
    const expected = expectedState(asked.ifInState, state)
    const states = openStates(state)
    const results = new SetResults()
    await create(call, asked, results, states)
    await change(call, asked, results, states, expected)
    return results.answer(call.accountId, states.old, states.new)
  },
})

async function create(call: Call, asked: SetArguments, results: SetResults, states: States): Promise<void> {
  await results.each(
    call,
    { ...asked, update: [], destroy: [] },
    {
      async create(object) {
        const draft = readDraft(object, (id) => resolveId(call, id))
        const told = tellAdded(await writeEmail(call, draft), states)
        await noteActs(call, [{ act: 'add', ids: [String(told['id'])] }])
        return told
      },
      update: () => Promise.resolve(null),
      destroy: () => Promise.resolve(),
    },
  )
}

/** An order of the store, and under which key of the answer its fate is told. */
interface Ordered {
  order: EmailOrder
  id: string
  told: 'update' | 'destroy'
}

async function change(
  call: Call,
  asked: SetArguments,
  results: SetResults,
  states: States,
  expected: number | undefined,
): Promise<void> {
  const rights = await readableRights(call)
  for (const round of rounds(await ordersOf(call, asked, results))) {
    const done = await changeEmails(
      call.house.store,
      call.account,
      round.map(({ order }) => order),
      { rights, expected: states.new === states.old ? expected : undefined },
    )
    if (done === 'other-state') throw new MethodError('stateMismatch')
    states.stepped(done.before, done.modseq)
    if (!call.own) await noteActs(call, actsOf(round.filter(({ order }) => !done.refused.has(order.id))))
    for (const { order, id, told } of round) {
      const trouble = done.refused.get(order.id)
      if (trouble) results[told === 'update' ? 'notUpdated' : 'notDestroyed'][id] = emailErrorOf(trouble)
      else if (told === 'update') results.updated[id] = null
      else results.destroyed.push(id)
    }
  }
}

const rowsAtOnce = 5_000 // of one transaction, at most: emails by the mailboxes they are put into

/** Orders in their order, for one transaction each. Nearly always that is one; an email named twice comes again later. */
function rounds(orders: readonly Ordered[]): Ordered[][] {
  const all: Ordered[][] = []
  let taken = new Set<number>()
  let rows = Infinity
  for (const ordered of orders) {
    const { id, mailboxIds } = ordered.order
    const more = mailboxIds ? ('set' in mailboxIds ? mailboxIds.set : mailboxIds.add).length : 1
    if (taken.has(id) || rows + more > rowsAtOnce) {
      all.push([])
      taken = new Set()
      rows = 0
    }
    all.at(-1)!.push(ordered)
    taken.add(id)
    rows += more
  }
  return all
}

/** In the words of the history, one for each kind. */
function actsOf(round: readonly Ordered[]): { act: string; ids: string[] }[] {
  const kinds: [act: string, is: (order: EmailOrder) => boolean][] = [
    ['delete', ({ destroy }) => destroy === true],
    ['move', ({ mailboxIds }) => mailboxIds !== undefined],
    ['flags', ({ keywords }) => keywords !== undefined],
  ]
  return kinds
    .map(([act, is]) => ({ act, ids: round.filter(({ order }) => is(order)).map(({ id }) => id) }))
    .filter(({ ids }) => ids.length > 0)
}

/** The orders that can be given; what cannot is noted in the results. */
async function ordersOf(call: Call, asked: SetArguments, results: SetResults): Promise<Ordered[]> {
  const orders: Ordered[] = []
  const goes = new Set(asked.destroy.map((id) => resolveId(call, id)))
  for (const [name, patch] of asked.update) {
    try {
      const { id, number } = found(call, name)
      if (goes.has(id)) throw setError('willDestroy')
      const order = await orderOf(call, number, patch)
      orders.push({ order: { id: number, ...order }, id, told: 'update' })
    } catch (error) {
      const reason = setErrorOf(error)
      if (!reason) throw error
      results.notUpdated[name] = reason
    }
  }
  for (const name of asked.destroy) {
    try {
      const { id, number } = found(call, name)
      orders.push({ order: { id: number, destroy: true }, id, told: 'destroy' })
    } catch (error) {
      const reason = setErrorOf(error)
      if (!reason) throw error
      results.notDestroyed[name] = reason
    }
  }
  return orders
}

function found(call: Call, name: string): { id: string; number: number } {
  const id = resolveId(call, name)
  const number = id === undefined ? undefined : objectNumber('M', id)
  if (id === undefined || number === undefined) throw setError('notFound')
  return { id, number }
}

async function orderOf(call: Call, number: number, patch: Patch): Promise<Omit<EmailOrder, 'id'>> {
  const { order, fixed } = readEmailPatch(patch, (id) => resolveId(call, id))
  if (Object.keys(fixed).length > 0) await checkFixed(call, number, fixed)
  return order
}

/** A client may send the whole object: what never changes must be as it is (RFC 8620 §5.3). */
async function checkFixed(call: Call, number: number, fixed: Record<string, unknown>): Promise<void> {
  const names = Object.keys(fixed)
  const odd = names.filter((name) => !isEmailProperty(name))
  if (odd.length > 0) throw setError('invalidProperties', { properties: odd, description: 'There is no such property' })
  const { store, limits } = call.house
  const email = (await emailsOf(store.db, await mailScope(call), [number])).get(number)
  const mail = email && (await store.mails.one(number))
  if (!email || !mail) throw setError('notFound')
  const preview = names.includes('preview') ? (await previewsOf(store, [number])).get(number) : undefined
  const source = sourceOf(call, email, mail, preview ?? '')
  const told = await tellEmail(source, readWanted({}, names, []), new Budget(limits.answerBytes))
  const changed = names.filter((name) => !isDeepStrictEqual(told[name], fixed[name]))
  if (changed.length === 0) return
  throw setError('invalidProperties', { properties: changed, description: 'It never changes' })
}
