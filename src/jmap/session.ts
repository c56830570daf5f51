// The session resource: who you are, which accounts you see, where to send what. RFC 8620 §2.
//
// Invariant: the state changes when anything else in the resource does.

import { hash } from 'node:crypto'
import type { Account } from '../directory/accounts.ts'
import { bookSharers } from '../directory/addressbooks.ts'
import { objectId } from '../store/objectids.ts'
import { mayChangeSome, sharersOf } from '../store/rights.ts'
import { capabilities } from './capabilities.ts'
import type { JmapHouse } from './method.ts'
import { paths } from './paths.ts'

/** Accounts the user may see: his own first, then those that shared a mailbox or an address book with him. Numbers. */
export async function accountsOf(house: JmapHouse, user: Account): Promise<number[]> {
  const { db } = house.store
  return [...new Set([user.id, ...(await sharersOf(db, user.id)), ...(await bookSharers(db, user))])]
}

/** A state string for the session of a user who sees these accounts. */
export function sessionState(house: JmapHouse, user: Account, accounts: readonly number[]): string {
  const { id, address, name } = user
  let own = abilities.get(house)
  if (own === undefined) {
    own = JSON.stringify(capabilities.map((one) => [one.uri, one.session(house, '')]))
    abilities.set(house, own)
  }
  return hash('sha256', `${JSON.stringify([id, address, name, accounts])}${own}`, 'base64url').slice(0, 16)
}

const abilities = new WeakMap<JmapHouse, string>() // of each house, which never change

/** The resource for a user at an origin ('https://mail.uni.example'). */
export async function sessionResource(house: JmapHouse, user: Account, origin: string): Promise<object> {
  const visible = await accountsOf(house, user)
  const accounts: Record<string, object> = {}
  const primary: Record<string, string> = {}
  for (const id of visible) {
    const own = id === user.id
    const account = own ? user : await house.accountById(id)
    if (!account) continue
    const has: Record<string, object> = {}
    for (const capability of capabilities) {
      const value = capability.account(house, { account: id, user: user.id, own })
      if (value === undefined) continue
      has[capability.uri] = value
      if (own) primary[capability.uri] = objectId('A', id)
    }
    // What exactly may be changed in an account of somebody else is said by its mailboxes (myRights).
    const isReadOnly = !own && !(await mayChangeSome(house.store.db, id, user.id))
    accounts[objectId('A', id)] = {
      name: account.address,
      isPersonal: own,
      isReadOnly,
      accountCapabilities: has,
    }
  }
  return {
    capabilities: Object.fromEntries(capabilities.map((one) => [one.uri, one.session(house, origin)])),
    accounts,
    primaryAccounts: primary,
    username: user.address,
    apiUrl: `${origin}${paths.api}`,
    downloadUrl: `${origin}${paths.download}`,
    uploadUrl: `${origin}${paths.upload}`,
    eventSourceUrl: `${origin}${paths.events}`,
    state: sessionState(house, user, visible),
  }
}
