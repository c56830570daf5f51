// Mailbox/set                                                                    RFC 8621 §2.5
//
// Invariants:
//   a mailbox with children is never destroyed, one with emails only with onDestroyRemoveEmails
//   in an account of somebody else the rights of each mailbox decide (RFC 4314 §4); what is only the owner's (role,
//   place among the others) stays so

import { changeMailbox, createMailbox, destroyMailbox, type MailboxChange, type Role } from '../../store/mailboxes.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { subscribeShared } from '../../store/rights.ts'
import { noteActs } from '../acts.ts'
import { readFlag } from '../arguments.ts'
import { mailboxProperties, rightsOfMailbox, seenMailboxes, tellMailbox, type Seen } from '../mailboxobjects.ts'
import { setShares } from '../mailboxshares.ts'
import { mailCapability, mailScope, stateText } from '../mailscope.ts'
import { method, setError, type Call } from '../method.ts'
import { applyPatch, checkPatch, touched, type Patch } from '../patch.ts'
import { checkState, readSet, resolveId, SetResults, type SetArguments } from '../standard.ts'

interface Asked extends SetArguments {
  removeEmails: boolean
}

export const mailboxSet = method<Asked>({
  name: 'Mailbox/set',
  capability: mailCapability,
  read: (args, limits) => ({
    ...readSet(args, limits),
    removeEmails: readFlag(args, 'onDestroyRemoveEmails', false),
  }),
  async run(call, asked) {
    const before = await mailScope(call)
    checkState(asked.ifInState, stateText(before.state))
    const results = new SetResults()
    const destroyed = new Set(asked.destroy.map((id) => resolveId(call, id)))
    await results.each(
      call,
      { ...asked, create: inOrder(asked.create), destroy: await childrenFirst(call, asked) },
      {
        async create(object) {
          const made = await create(call, object)
          await noteActs(call, [{ act: 'folder', ids: [String(made['id'])], details: { made: true } }])
          return made
        },
        async update(id, patch) {
          await update(call, id, patch, destroyed)
          await noteActs(call, [{ act: 'folder', ids: [id], details: { changed: [...touched(patch)].join(' ') } }])
          return null
        },
        async destroy(id) {
          await destroy(call, id, asked.removeEmails)
          await noteActs(call, [{ act: 'folder', ids: [id], details: { deleted: true } }])
        },
      },
    )
    return results.answer(call.accountId, stateText(before.state), stateText((await mailScope(call)).state))
  },
})

/** A mailbox whose parent is made by the same call comes after it. */
function inOrder(create: SetArguments['create']): SetArguments['create'] {
  const left = new Map(create)
  const ordered: SetArguments['create'] = []
  const take = (id: string): void => {
    const object = left.get(id)
    if (!object) return
    left.delete(id)
    const parent = object['parentId']
    if (typeof parent === 'string' && parent.startsWith('#')) take(parent.slice(1))
    ordered.push([id, object])
  }
  for (const [id] of create) take(id)
  return ordered
}

async function childrenFirst(call: Call, { destroy }: SetArguments): Promise<string[]> {
  if (destroy.length < 2) return destroy
  const all = await seenMailboxes(call)
  const depth = (id: string): number =>
    all.get(objectNumber('F', resolveId(call, id) ?? '') ?? -1)?.mailbox.path.length ?? 0
  return destroy.toSorted((a, b) => depth(b) - depth(a))
}

interface Values {
  name?: unknown
  parentId?: unknown
  role?: unknown
  sortOrder?: unknown
  isSubscribed?: unknown
}

const settable = ['name', 'parentId', 'role', 'sortOrder', 'isSubscribed']
const roles: ReadonlySet<unknown> = new Set(['inbox', 'drafts', 'sent', 'junk', 'trash', 'archive', 'all', 'flagged'])

function wrong(property: string, description: string): Error {
  return setError('invalidProperties', { properties: [property], description })
}

/** Throws setError invalidProperties. */
function checkValues({ name, role, sortOrder, isSubscribed }: Values): void {
  if (name !== undefined && typeof name !== 'string') throw wrong('name', 'A name is a text')
  if (role !== undefined && role !== null && !roles.has(role)) throw wrong('role', 'There is no such role')
  const isOrder = Number.isSafeInteger(sortOrder) && (sortOrder as number) >= 0 && (sortOrder as number) < 2 ** 31
  if (sortOrder !== undefined && !isOrder) throw wrong('sortOrder', 'A number from 0 to 2147483647')
  if (isSubscribed !== undefined && typeof isSubscribed !== 'boolean') throw wrong('isSubscribed', 'true or false')
}

/** The path of the parent; [] at the top. Throws setError where the caller may make nothing there. */
function parentPath(call: Call, all: ReadonlyMap<number, Seen>, parentId: unknown): string[] {
  if (parentId == null) {
    if (!call.own) throw setError('forbidden', { description: 'Only the owner has mailboxes at the top' })
    return []
  }
  const id = typeof parentId === 'string' ? resolveId(call, parentId) : undefined
  const parent = all.get(objectNumber('F', id ?? '') ?? -1)
  if (!parent) throw wrong('parentId', 'There is no such mailbox')
  if (!rightsOfMailbox(parent).mayCreateChild) throw setError('forbidden')
  return parent.mailbox.path
}

async function create(call: Call, object: Record<string, unknown>): Promise<Record<string, unknown>> {
  const odd = Object.keys(object).find((name) => !settable.includes(name))
  if (odd !== undefined) throw wrong(odd, 'It is not set by clients')
  checkValues(object)
  const { name, parentId, role, sortOrder, isSubscribed } = object as Values
  if (typeof name !== 'string') throw wrong('name', 'A mailbox has a name')
  if (role === 'inbox') throw wrong('role', 'There is one already')
  if (!call.own && (role != null || sortOrder !== undefined)) throw setError('forbidden')
  const path = [...parentPath(call, await seenMailboxes(call), parentId), name]
  const { store } = call.house
  const mailbox = await named('role', () =>
    createMailbox(store, call.account, {
      path,
      ...(role == null ? {} : { role: role as Role }),
      ...(sortOrder === undefined ? {} : { sortOrder: sortOrder as number }),
      ...(call.own && isSubscribed !== undefined ? { subscribed: isSubscribed as boolean } : {}),
    }),
  )
  const all = await seenMailboxes(call)
  const seen = all.get(mailbox.id)
  if (!seen) return { id: objectId('F', mailbox.id) }
  const told = tellMailbox(seen, all)
  return Object.fromEntries(mailboxProperties.filter((one) => told[one] !== object[one]).map((one) => [one, told[one]]))
}

/** A role that another mailbox has is the fault of that property. */
async function named<T>(property: string, deed: () => Promise<T>): Promise<T> {
  try {
    return await deed()
  } catch (error) {
    if ((error as { code?: unknown }).code === 'already-exists') throw wrong(property, 'Another mailbox has it')
    throw error
  }
}

function find(call: Call, all: ReadonlyMap<number, Seen>, id: string): Seen {
  const seen = all.get(objectNumber('F', resolveId(call, id) ?? '') ?? -1)
  if (!seen) throw setError('notFound')
  return seen
}

async function update(call: Call, id: string, patch: Patch, destroyed: ReadonlySet<unknown>): Promise<null> {
  if (destroyed.has(id)) throw setError('willDestroy')
  const all = await seenMailboxes(call)
  const seen = find(call, all, id)
  const before = tellMailbox(seen, all)
  checkPatch(patch)
  const shares = patch.filter(({ path }) => path[0] === 'shareWith')
  const plain = patch.filter(({ path }) => path[0] !== 'shareWith')
  const after = applyPatch(before, plain)
  const changed = [...touched(plain)].filter((name) => {
    if (!(mailboxProperties as readonly string[]).includes(name)) throw wrong(name, 'There is no such property')
    const [was, is] = [before[name as keyof typeof before], after[name as keyof typeof after]]
    return JSON.stringify(was) !== JSON.stringify(is)
  })
  const odd = changed.find((name) => !settable.includes(name))
  if (odd !== undefined) throw wrong(odd, 'It is not set by clients')
  const values = Object.fromEntries(changed.map((name) => [name, after[name as keyof typeof after] ?? null])) as Values
  if (values.sortOrder === null) values.sortOrder = 0
  if (values.isSubscribed === null) values.isSubscribed = false
  checkValues(values)
  await setShares(call, seen, shares)
  await apply(call, all, seen, values)
  return null
}

async function apply(call: Call, all: ReadonlyMap<number, Seen>, seen: Seen, values: Values): Promise<void> {
  const { mailbox } = seen
  const { store } = call.house
  const { name = mailbox.name, role, sortOrder, isSubscribed } = values
  const change: MailboxChange = {}
  if ('name' in values || 'parentId' in values) {
    if (!rightsOfMailbox(seen).mayRename) throw setError('forbidden')
    const parent = 'parentId' in values ? parentPath(call, all, values.parentId) : mailbox.path.slice(0, -1)
    change.path = [...parent, name as string]
  }
  if (!call.own && (role !== undefined || sortOrder !== undefined)) throw setError('forbidden')
  if (role !== undefined) change.role = role as Role | null
  if (sortOrder !== undefined) change.sortOrder = sortOrder as number
  if (call.own && isSubscribed !== undefined) change.subscribed = isSubscribed as boolean
  if (Object.keys(change).length > 0) await named('role', () => changeMailbox(store, mailbox.id, change))
  if (!call.own && isSubscribed !== undefined)
    await subscribeShared(store, mailbox.id, call.user.id, isSubscribed as boolean)
}

async function destroy(call: Call, id: string, removeEmails: boolean): Promise<void> {
  const seen = find(call, await seenMailboxes(call), id)
  const rights = rightsOfMailbox(seen)
  if (!rights.mayDelete) throw setError('forbidden')
  const withEmails = removeEmails && (rights.mayRemoveItems || !seen.mailbox.selectable)
  if (await destroyMailbox(call.house.store, seen.mailbox.id, withEmails)) return
  throw setError(removeEmails ? 'forbidden' : 'mailboxHasEmail')
}
