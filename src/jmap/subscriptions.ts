// Tells devices that subscribed: RFC 8620 §7.2. Each subscription that was verified listens to the hub like an open
// connection; what it hears is posted to its push service.
//
// Invariants:
//   nothing is sent for a subscription that is over, not verified (but its verification), or whose sign-in does not
//   hold any more: that is looked at each time, and such a one is deleted
//   one post at a time for each subscription, not more often than `leastMilliseconds`; what comes meanwhile is joined
//   a push service that fails is asked again a few times, ever later; one that says "gone" ends the subscription

import { hash } from 'node:crypto'
import {
  claimPush,
  deleteOverduePushes,
  deletePush,
  listPushes,
  pushById,
  stillValid,
  type PushSubscription,
} from '../directory/pushes.ts'
import type { Store } from '../store/store.ts'
import type { Poster } from './post.ts'
import type { Ears, Push, StateChange } from './push.ts'
import { encryptPush, longestText, type Vapid } from './webpush.ts'

export interface Subscriptions {
  /** A new one: its device is asked to prove that it reads. */
  verify(push: PushSubscription): void
  /** It was verified, or its types changed. */
  start(push: PushSubscription): void
  end(id: number): void
  /** Resolves when those that were there before listen. */
  ready: Promise<void>
  stop(): void
}

export interface SubscriptionLimits {
  leastMilliseconds: number // between two posts
  tries: number
  retryMilliseconds: number // before the second try; doubled each time
  lifeSeconds: number // how long a push service keeps what a device that is off should hear (TTL, RFC 8030 §5.2)
  sweepMilliseconds: number
}

export const subscriptionDefaults: SubscriptionLimits = {
  leastMilliseconds: 1_000,
  tries: 5,
  retryMilliseconds: 30_000,
  lifeSeconds: 24 * 3600,
  sweepMilliseconds: 3_600_000,
}

export interface SubscriptionTools {
  store: Store
  push: Push
  poster: Poster
  vapid: Vapid
  limits?: Partial<SubscriptionLimits>
  failed(error: unknown): void
}

interface Live {
  id: number
  ears: Promise<Ears>
  pending: StateChange['changed']
  timer: NodeJS.Timeout | undefined
  isBusy: boolean
  tries: number
  notBefore: number
}

export function openSubscriptions(tools: SubscriptionTools): Subscriptions {
  const { store, push, failed } = tools
  const limits = { ...subscriptionDefaults, ...tools.limits }
  const live = new Map<number, Live>()
  let isStopped = false

  function start(one: PushSubscription): void {
    end(one.id)
    if (isStopped || !one.verified) return
    const said = (change: StateChange): void => {
      for (const [account, states] of Object.entries(change.changed)) {
        mine.pending[account] = { ...mine.pending[account], ...states }
      }
      plan(mine)
    }
    const types = one.types && new Set(one.types)
    const ears = push.listen({ user: one.accountId, types, since: undefined, said })
    const mine: Live = { id: one.id, ears, pending: {}, timer: undefined, isBusy: false, tries: 0, notBefore: 0 }
    live.set(one.id, mine)
    ears.catch(failed)
  }

  function end(id: number): void {
    const one = live.get(id)
    if (!one) return
    live.delete(id)
    clearTimeout(one.timer)
    one.ears.then((ears) => ears.end()).catch(() => undefined)
  }

  function plan(one: Live): void {
    if (one.timer || one.isBusy || Object.keys(one.pending).length === 0 || live.get(one.id) !== one) return
    one.timer = setTimeout(() => void tell(one).catch(failed), Math.max(0, one.notBefore - Date.now())).unref()
  }

  async function tell(one: Live): Promise<void> {
    one.timer = undefined
    one.isBusy = true
    const changed = one.pending
    one.pending = {}
    try {
      const text = JSON.stringify({ '@type': 'StateChange', changed })
      const isFirst = one.tries === 0
      const outcome = await send(one.id, text, isFirst)
      if (outcome === 'over') return end(one.id)
      one.notBefore = Date.now() + limits.leastMilliseconds
      if (outcome === 'done' || ++one.tries >= limits.tries) one.tries = 0
      else {
        one.pending = { ...changed, ...one.pending }
        const wait = Math.max(outcome.seconds * 1000, limits.retryMilliseconds * 2 ** (one.tries - 1))
        one.notBefore = Date.now() + wait
      }
    } finally {
      one.isBusy = false
      plan(one)
    }
  }

  /** 'over': there is no such subscription any more. Else done, or to be tried again. */
  async function send(id: number, text: string, isFirst: boolean): Promise<'done' | 'over' | { seconds: number }> {
    const found = await pushById(store.db, id, store.clock())
    if (!found?.verified) return 'over'
    if (!(await stillValid(store.db, found, store.clock()))) {
      await deletePush(store.db, id)
      return 'over'
    }
    // Other processes over this database hear the same: one of them tells.
    if (isFirst && !(await claimPush(store.db, id, hash('sha256', text, 'base64url')))) return 'done'
    try {
      const { status, retryAfter } = await post(found, text)
      if (status === 404 || status === 410) {
        await deletePush(store.db, id)
        return 'over'
      }
      return status >= 200 && status < 300 ? 'done' : { seconds: retryAfter }
    } catch {
      return { seconds: 0 } // the network, or a name that leads to where it must not
    }
  }

  function post(
    { url, p256dh, auth }: PushSubscription,
    text: string,
  ): Promise<{ status: number; retryAfter: number }> {
    const target = new URL(url)
    const headers: Record<string, string> = {
      ttl: String(limits.lifeSeconds),
      urgency: 'normal',
      authorization: tools.vapid.authorization(target.origin, store.clock()),
      'content-type': 'application/json',
    }
    if (p256dh === '') return tools.poster.post(target, headers, Buffer.from(text))
    // Too long for one record: the device hears that something changed, and asks.
    const short = Buffer.byteLength(text) <= longestText ? text : '{"@type":"StateChange","changed":{}}'
    const body = encryptPush(short, { p256dh, auth })
    return tools.poster.post(target, { ...headers, 'content-encoding': 'aes128gcm' }, body)
  }

  async function startAll(): Promise<void> {
    await deleteOverduePushes(store.db, store.clock())
    for (let after = 0; ;) {
      const page = await listPushes(store.db, { after, now: store.clock() })
      const last = page.at(-1)
      if (!last || isStopped) return
      for (const one of page) {
        start(one)
        await live.get(one.id)?.ears.catch(() => undefined) // one after the other: others have their turn
      }
      after = last.id
    }
  }
  const ready = startAll().catch(failed)
  const sweeps = setInterval(() => {
    deleteOverduePushes(store.db, store.clock()).catch(failed)
  }, limits.sweepMilliseconds).unref()

  return {
    verify(one) {
      const said = { '@type': 'PushVerification', pushSubscriptionId: pushId(one.id), verificationCode: one.code }
      post(one, JSON.stringify(said)).catch(() => undefined) // it stays unverified: the client makes another
    },
    start,
    end,
    ready,
    stop() {
      isStopped = true
      clearInterval(sweeps)
      for (const id of live.keys()) end(id)
    },
  }
}

export function pushId(id: number): string {
  return `S${id}`
}
