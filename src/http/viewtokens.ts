// Addresses that a letter's frame may load: it has an origin of its own, so no cookie comes with what it asks for.
//
// Invariants:
//   a token is good for one thing (a part of one mail, one picture on the web), of one person's session, for at most
//   half an hour; the session must still hold when it is used (SECURITY 13)
//   the same thing asked for within a quarter of an hour has the same address: browsers may keep it

import { createHmac, timingSafeEqual } from 'node:crypto'
import { presenceOf } from '../directory/names.ts'
import type { SignedIn } from '../login/sessions.ts'
import type { WebHouse } from './house.ts'

const step = 15 * 60_000

export interface Holder {
  user: number
  session: number
}

export function holderOf({ account, session }: SignedIn): Holder {
  return { user: account.id, session: session?.id ?? 0 }
}

type Keeper = Pick<WebHouse, 'viewKey' | 'clock' | 'sessions' | 'store'>

/** What signs for one person, for a while; plain data. */
export interface Pass {
  key: Uint8Array
  claim: string
}

export function makePass({ viewKey, clock }: Keeper, { user, session }: Holder): Pass {
  const expires = (Math.floor(clock() / step) + 2) * step
  return { key: viewKey, claim: `${user.toString(36)}.${session.toString(36)}.${expires.toString(36)}` }
}

/** A token for the thing named `what`; not longer than 80 characters. */
export function tokenFor({ key, claim }: Pass, what: string): string {
  return `${claim}.${mark(key, claim, what)}`
}

/** Whose token for `what` this is; undefined: nobody's, or not any more. */
export async function readToken(keeper: Keeper, token: string, what: string): Promise<Holder | undefined> {
  const found = /^(([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-z]{1,11}))\.([\w-]{43})$/.exec(token)
  if (!found) return undefined
  const [, claim = '', user = '', session = '', expires = '', given = ''] = found
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(mark(keeper.viewKey, claim, what)))) return undefined
  if (keeper.clock() >= parseInt(expires, 36)) return undefined
  const holder = { user: parseInt(user, 36), session: parseInt(session, 36) }
  return (await stillHolds(keeper, holder)) ? holder : undefined
}

function mark(key: Uint8Array, claim: string, what: string): string {
  return createHmac('sha256', key).update(`${claim}\0${what}`).digest('base64url')
}

async function stillHolds({ sessions, store }: Keeper, { user, session }: Holder): Promise<boolean> {
  const [open, now] = await Promise.all([sessions.list(user), presenceOf(store.db, user)])
  const kept = open.find(({ id }) => id === session)
  if (!kept || !now) return false
  return now.account.status === 'active' && now.password === kept.standing && now.account.protocols.web
}
