// PushSubscription/set                                                         RFC 8620 §7.2.2
//
// Invariants:
//   a subscription is told nothing before its device proved that it reads what is sent there
//   it is over after a week at most, unless its client comes back, and when the sign-in that made it ends

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { changePush, deletePush, insertPush, pushById, type PushSubscription } from '../../directory/pushes.ts'
import { isObject, readDate, utcDate, type Arguments } from '../arguments.ts'
import { method, setError, type Call } from '../method.ts'
import type { Patch } from '../patch.ts'
import { readSet, SetResults, type SetArguments } from '../standard.ts'
import { pushId } from '../subscriptions.ts'
import { areKeys } from '../webpush.ts'

const week = 7 * 24 * 3_600_000
const known = ['deviceClientId', 'url', 'keys', 'verificationCode', 'expires', 'types']
const longestUrl = 2000
const mostTypes = 50

export const pushSubscriptionSet = method<SetArguments>({
  name: 'PushSubscription/set',
  capability: 'urn:ietf:params:jmap:core',
  accountless: true,
  read: readSet,

  async run(call, set) {
    const results = new SetResults()
    await results.each(call, set, {
      create: (object) => create(call, object),
      update: (id, patch) => update(call, id, patch),
      async destroy(id) {
        const one = await ownOne(call, id)
        await deletePush(call.house.store.db, one.id)
        call.house.subscriptions.end(one.id)
      },
    })
    // No account, no states: RFC 8620 §7.2.2.
    const { accountId: _account, oldState: _old, newState: _new, ...answer } = results.answer('', null, '')
    return answer
  },
})

function wrong(property: string, description: string): Error {
  return setError('invalidProperties', { properties: [property], description })
}

async function create(call: Call, object: Arguments): Promise<Arguments> {
  const odd = Object.keys(object).find((name) => !known.includes(name))
  if (odd !== undefined) throw wrong(odd, 'is not known')
  const { deviceClientId, url, keys, verificationCode, expires, types } = object
  if (typeof deviceClientId !== 'string' || deviceClientId === '' || deviceClientId.length > 255) {
    throw wrong('deviceClientId', 'a text of at most 255 characters is wanted')
  }
  if (verificationCode != null) throw wrong('verificationCode', 'comes later')
  const { store, subscriptions, limits } = call.house
  const fresh = {
    accountId: call.user.id,
    device: deviceClientId,
    url: readUrl(url),
    ...readKeys(keys),
    types: readTypes(types),
    code: randomBytes(24).toString('base64url'),
    standing: call.credentials.standing,
    sessionId: call.credentials.sessionId,
    expiresAt: readExpires(expires, store.clock()),
  }
  const id = await store.db.transaction((sql) => insertPush(sql, fresh, limits.subscriptions))
  if (id === undefined) throw setError('overQuota', { description: `At most ${limits.subscriptions} subscriptions` })
  subscriptions.verify({ ...fresh, id, verified: false })
  return { id: pushId(id), keys: null, expires: utcDate(fresh.expiresAt) }
}

async function update(call: Call, id: string, patch: Patch): Promise<Arguments | null> {
  const { store, subscriptions } = call.house
  const one = await ownOne(call, id)
  const changed: PushSubscription = { ...one }
  for (const { path, value } of patch) {
    const [property = ''] = path
    if (path.length !== 1 || !known.includes(property)) throw setError('invalidPatch')
    if (property === 'verificationCode') changed.verified = isCode(value, one.code)
    else if (property === 'expires') changed.expiresAt = readExpires(value, store.clock())
    else if (property === 'types') changed.types = readTypes(value)
    else throw wrong(property, 'cannot be changed')
  }
  await changePush(store.db, one.id, changed)
  if (changed.verified && (!one.verified || changed.types !== one.types)) subscriptions.start(changed)
  return patch.some(({ path }) => path[0] === 'expires') ? { expires: utcDate(changed.expiresAt) } : null
}

async function ownOne(call: Call, id: string): Promise<PushSubscription> {
  const number = /^S([1-9]\d{0,14})$/.exec(id)?.[1]
  const { store } = call.house
  const one = number === undefined ? undefined : await pushById(store.db, Number(number), store.clock())
  if (one?.accountId !== call.user.id) throw setError('notFound')
  return one
}

function isCode(value: unknown, code: string): true {
  const given = Buffer.from(typeof value === 'string' ? value : '')
  const wanted = Buffer.from(code)
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true
  throw wrong('verificationCode', 'is not the one that was sent')
}

function readUrl(value: unknown): string {
  const isShort = typeof value === 'string' && value.length <= longestUrl
  const url = isShort && URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw wrong('url', 'an https address is wanted')
  return url.href
}

function readKeys(value: unknown): { p256dh: string; auth: string } {
  if (value == null) return { p256dh: '', auth: '' }
  const { p256dh, auth } = isObject(value) ? value : {}
  if (typeof p256dh !== 'string' || typeof auth !== 'string' || p256dh.length > 200 || !areKeys(p256dh, auth)) {
    throw wrong('keys', 'p256dh and auth of a browser are wanted')
  }
  return { p256dh, auth }
}

function readTypes(value: unknown): string[] | undefined {
  if (value == null) return undefined
  const isList = Array.isArray(value) && value.length <= mostTypes
  if (!isList || !value.every((one) => typeof one === 'string' && /^[A-Za-z]{1,50}$/.test(one))) {
    throw wrong('types', 'a list of types is wanted')
  }
  return value as string[]
}

function readExpires(value: unknown, now: number): number {
  const latest = now + week
  if (value == null) return latest
  const asked = readDate(value)
  if (asked === undefined || asked <= now) throw wrong('expires', 'a time to come is wanted')
  return Math.min(asked, latest)
}
