// PushSubscription/get                                                         RFC 8620 §7.2.1
//
// Invariant: the address and the keys of a device are never told again.

import { listPushes, type PushSubscription } from '../../directory/pushes.ts'
import { utcDate, type Arguments } from '../arguments.ts'
import { method, MethodError } from '../method.ts'
import { readGet, resolveIds, type GetArguments } from '../standard.ts'
import { pushId } from '../subscriptions.ts'

const properties = ['id', 'deviceClientId', 'verificationCode', 'expires', 'types']
const secret = ['url', 'keys']

export const pushSubscriptionGet = method<GetArguments>({
  name: 'PushSubscription/get',
  capability: 'urn:ietf:params:jmap:core',
  accountless: true,

  read(args, limits) {
    const read = readGet(args, limits, (name) => properties.includes(name) || secret.includes(name))
    if (read.properties?.some((name) => secret.includes(name))) {
      throw new MethodError('forbidden', '"url" and "keys" are not told')
    }
    return read
  },

  async run(call, { ids, properties: wanted }) {
    const { store } = call.house
    const all = await listPushes(store.db, { accountId: call.user.id, now: store.clock() })
    const asked = ids && resolveIds(call, ids)
    const shown = (one: PushSubscription): Arguments => {
      const whole: Arguments = {
        id: pushId(one.id),
        deviceClientId: one.device,
        verificationCode: one.verified ? one.code : null,
        expires: utcDate(one.expiresAt),
        types: one.types ?? null,
      }
      return Object.fromEntries(
        Object.entries(whole).filter(([name]) => name === 'id' || (wanted?.includes(name) ?? true)),
      )
    }
    return {
      list: all.filter(({ id }) => asked?.includes(pushId(id)) ?? true).map(shown),
      notFound: asked?.filter((id) => !all.some((one) => pushId(one.id) === id)) ?? [],
    }
  },
})
