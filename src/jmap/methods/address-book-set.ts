// AddressBook/set                                                                RFC 9610 §2.3
//
// A book that has contacts is destroyed only with onDestroyRemoveContents.

import {
  changeAddressBook,
  createAddressBook,
  deleteAddressBook,
  grantBook,
  grantsOfBook,
  makeDefault,
  type BookChanges,
} from '../../directory/addressbooks.ts'
import { objectId, objectNumber } from '../../store/objectids.ts'
import { Trouble } from '../../wire/troubles.ts'
import { isObject, readFlag, readText } from '../arguments.ts'
import { booksOf, booksState, contactsCapability, refusing, tellContacts } from '../contactobjects.ts'
import { wrong } from '../emailpatch.ts'
import { method, setError, type Call } from '../method.ts'
import { checkPatch, type Patch } from '../patch.ts'
import { checkState, readSet, resolveId, SetResults, type SetArguments } from '../standard.ts'

interface Asked extends SetArguments {
  removesContents: boolean
  makesDefault: string | null
}

export const addressBookSet = method<Asked>({
  name: 'AddressBook/set',
  capability: contactsCapability,
  read: (args, limits) => ({
    ...readSet(args, limits),
    removesContents: readFlag(args, 'onDestroyRemoveContents', false),
    makesDefault: readText(args, 'onSuccessSetIsDefault', null),
  }),
  async run(call, asked) {
    const before = booksState(await booksOf(call))
    checkState(asked.ifInState, before)
    const results = new SetResults()
    await results.each(call, asked, {
      create: (object) => create(call, object),
      update: (id, patch) => update(call, id, patch),
      destroy: (id) => destroy(call, id, asked.removesContents),
    })
    const { notCreated, notUpdated, notDestroyed } = results
    const isDone = [notCreated, notUpdated, notDestroyed].every((failed) => Object.keys(failed).length === 0)
    if (asked.makesDefault !== null && isDone) await setDefault(call, asked.makesDefault)
    const after = booksState(await booksOf(call))
    if (after !== before) await tellContacts(call, 'AddressBook')
    return results.answer(call.accountId, before, after)
  },
})

async function create(call: Call, object: Record<string, unknown>): Promise<Record<string, unknown>> {
  if (!call.own) throw setError('forbidden', { description: 'The account is somebody else’s' })
  const { shareWith, ...said } = object
  const changes = readChanges(said)
  const { name } = changes
  if (name === undefined) throw wrong('name', 'An address book has a name')
  const id = await refusing(() => createAddressBook(call.house.store.db, call.account, { ...changes, name }))
  if (changes.isSubscribed === false)
    await changeAddressBook(call.house.store.db, call.user, id, { isSubscribed: false })
  if (shareWith !== undefined && shareWith !== null) {
    for (const [whom, rights] of Object.entries(isObject(shareWith) ? shareWith : {}))
      await share(call, id, whom, rights)
  }
  return {
    id: objectId('K', id),
    isDefault: false,
    isSubscribed: changes.isSubscribed ?? true,
    sortOrder: changes.sortOrder ?? 0,
    myRights: { mayRead: true, mayWrite: true, mayShare: true, mayDelete: true },
  }
}

function readChanges(object: Record<string, unknown>): BookChanges {
  const changes: BookChanges = {}
  for (const [name, value] of Object.entries(object)) {
    if (name === 'name' && typeof value === 'string') changes.name = value.trim()
    else if (name === 'description' && (value === null || typeof value === 'string')) changes.description = value ?? ''
    else if (name === 'sortOrder' && Number.isSafeInteger(value) && (value as number) >= 0)
      changes.sortOrder = value as number
    else if (name === 'isSubscribed' && typeof value === 'boolean') changes.isSubscribed = value
    else throw wrong(name, 'It cannot be set so')
  }
  return changes
}

async function update(call: Call, id: string, patch: Patch): Promise<null> {
  const book = await bookOf(call, id)
  checkPatch(patch)
  const plain = patch.filter(({ path }) => path[0] !== 'shareWith')
  const deep = plain.find(({ path }) => path.length > 1)
  if (deep) throw wrong(deep.path[0] ?? '', 'It has no parts')
  const changes = readChanges(Object.fromEntries(plain.map(({ path, value }) => [path[0] as string, value])))
  await refusing(() => changeAddressBook(call.house.store.db, call.user, book, changes))
  for (const { path, value } of patch.filter((one) => one.path[0] === 'shareWith'))
    await patchShares(call, book, path, value)
  return null
}

async function patchShares(call: Call, book: number, path: string[], value: unknown): Promise<void> {
  const [, whom, right] = path
  if (whom !== undefined && right === undefined) return share(call, book, whom, value)
  if (whom !== undefined) throw wrong('shareWith', 'Rights are set together')
  const wanted = isObject(value) ? value : {}
  const { db } = call.house.store
  for (const { account } of await refusing(() => grantsOfBook(db, call.user, book))) {
    if (!Object.hasOwn(wanted, objectId('A', account))) await share(call, book, objectId('A', account), null)
  }
  for (const [one, rights] of Object.entries(wanted)) await share(call, book, one, rights)
}

/** `whom`: an account; A0 is everybody. Who may read may export what he reads as a file unless he may do nothing else. */
async function share(call: Call, book: number, whom: string, rights: unknown): Promise<void> {
  const account = objectNumber('A', whom)
  if (account === undefined || (rights !== null && !isObject(rights))) throw wrong('shareWith', 'Rights of accounts')
  const has = (name: string): boolean => isObject(rights) && rights[name] === true
  const all = {
    read: has('mayRead'),
    write: has('mayWrite'),
    export: has('mayWrite'),
    admin: has('mayShare') || has('mayDelete'),
  }
  try {
    await grantBook(call.house.store.db, call.user, book, { account, rights: all })
  } catch (error) {
    if (error instanceof Trouble && error.code === 'no-such-account')
      throw wrong('shareWith', 'There is no such account')
    throw error
  }
}

async function bookOf(call: Call, id: string): Promise<number> {
  const number = objectNumber('K', id)
  const book = (await booksOf(call)).find((one) => one.id === number)
  if (!book) throw setError('notFound')
  return book.id
}

async function destroy(call: Call, id: string, removesContents: boolean): Promise<void> {
  const book = await bookOf(call, id)
  try {
    await deleteAddressBook(call.house.store.db, call.user, book, !removesContents)
  } catch (error) {
    const hasContents = error instanceof Trouble && error.code === 'in-use'
    if (hasContents) throw setError('addressBookHasContents', { description: 'It has contacts' })
    throw error
  }
}

async function setDefault(call: Call, asked: string): Promise<void> {
  const id = resolveId(call, asked)
  const number = id === undefined ? undefined : objectNumber('K', id)
  const book = (await booksOf(call)).find((one) => one.id === number)
  // RFC 9610 §2.3: what cannot be is left as it was.
  if (book?.owner === call.user.id && call.own) await makeDefault(call.house.store.db, call.account, book.id)
}
