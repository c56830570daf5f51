// Push: tells those who listen that something changed, and how far. RFC 8620 §7.1.
//
// One hub for all connections (EventSource, WebSocket) and subscriptions of this process; it listens to the store
// once, and whoever listens to it is told of changes of his own account, and of what was shared to him in others.
//
// Invariants:
//   nobody hears of a mailbox he may not see, not even that it changed
//   changes that come together are told together; each listener holds at most one state for each type and account
//   a listener that says how far it heard (an event id) is told at once when more has happened since

import type { Change } from '../store/changes.ts'
import { modseqsOf } from '../store/holders.ts'
import { objectId, objectNumber } from '../store/objectids.ts'
import { anyone, mailboxesShared, shareesOf } from '../store/rights.ts'
import type { Store } from '../store/store.ts'

/** RFC 8620 §7.1. */
export interface StateChange {
  '@type': 'StateChange'
  changed: Record<string, Record<string, string>> // account id -> type -> state
}

export interface Push {
  /**
   * Tells the owner of changes that are not the store's: { Identity: '12' } of an account. Call it after the commit.
   */
  tell(account: number, states: Record<string, string>): void
  listen(listening: Listening): Promise<Ears>
  stop(): void
}

export interface Listening {
  user: number // the account that signed in
  types: ReadonlySet<string> | undefined // undefined: all
  since: string | undefined // an event id that was told before
  /** Something changed; `id` is the event id to come back with. Must not throw, and not wait. */
  said(change: StateChange, id: string): void
}

export interface Ears {
  /** Other types from now on. */
  hear(types: ReadonlySet<string> | undefined): void
  end(): void
}

export interface PushLimits {
  coalesceMilliseconds: number
  shares: number // accounts of others that one listener hears of
}

const typesOf: Record<Change['kind'], readonly string[]> = {
  arrived: ['Email', 'EmailDelivery', 'Mailbox', 'Thread'],
  flags: ['Email', 'Mailbox'],
  gone: ['Email', 'Mailbox', 'Thread'],
  mailbox: ['Mailbox'],
}
const allTypes = typesOf.arrived

interface Listener {
  user: number
  types: ReadonlySet<string> | undefined
  shared: Map<number, Set<number>> // owner -> mailboxes
  told: Map<number, number> // account -> modseq
  pending: Map<number, Map<string, string>> // account -> type -> state
  timer: NodeJS.Timeout | undefined
  said: Listening['said']
}

export function openPush(store: Store, limits: PushLimits, failed: (error: unknown) => void): Push {
  const byAccount = new Map<number, Set<Listener>>()

  function enter(account: number, listener: Listener): void {
    const there = byAccount.get(account)
    if (there) there.add(listener)
    else byAccount.set(account, new Set([listener]))
  }
  function leave(account: number, listener: Listener): void {
    const there = byAccount.get(account)
    there?.delete(listener)
    if (there?.size === 0) byAccount.delete(account)
  }

  function note(listener: Listener, account: number, states: Iterable<[string, string]>): void {
    let pending = listener.pending.get(account)
    for (const [type, state] of states) {
      if (listener.types && !listener.types.has(type)) continue
      if (!pending) listener.pending.set(account, (pending = new Map()))
      pending.set(type, state)
    }
    if (pending) listener.timer ??= setTimeout(say, limits.coalesceMilliseconds, listener)
  }

  function noteModseq(listener: Listener, account: number, modseq: number, types: readonly string[]): void {
    if (modseq > (listener.told.get(account) ?? 0)) listener.told.set(account, modseq)
    const state = String(listener.told.get(account))
    note(
      listener,
      account,
      types.map((type) => [type, state]),
    )
  }

  function heard(change: Change): void {
    const { accountId, mailboxId, modseq, kind } = change
    if (accountId === 0) return void lookAll().catch(failed)
    for (const listener of byAccount.get(accountId) ?? []) {
      const isSeen = listener.user === accountId || listener.shared.get(accountId)?.has(mailboxId)
      if (isSeen) noteModseq(listener, accountId, modseq, typesOf[kind])
    }
    if (kind === 'mailbox' && byAccount.size > 0) void sharesChanged(change).catch(failed)
  }

  /** News were missed: everybody's account is compared with what he was told. */
  async function lookAll(): Promise<void> {
    const modseqs = await modseqsOf(store.db, [...byAccount.keys()])
    for (const [account, modseq] of modseqs) {
      for (const listener of byAccount.get(account) ?? []) {
        // What exactly changed is not known: of an account of somebody else's that may be what is hidden.
        if (listener.user === account && modseq > (listener.told.get(account) ?? 0)) {
          noteModseq(listener, account, modseq, allTypes)
        }
      }
    }
  }

  /** A mailbox came, went, or was shared: those whom it concerns see other mailboxes now. */
  async function sharesChanged({ accountId, mailboxId, modseq }: Change): Promise<void> {
    const concerned = new Set<Listener>(byAccount.get(accountId))
    for (const sharee of await shareesOf(store.db, mailboxId)) {
      if (sharee !== anyone) for (const listener of byAccount.get(sharee) ?? []) concerned.add(listener)
      else for (const all of byAccount.values()) for (const listener of all) concerned.add(listener)
    }
    for (const listener of concerned) {
      if (listener.user === accountId) continue
      const before = listener.shared.get(accountId)?.has(mailboxId) === true
      await readShares(listener)
      const after = listener.shared.get(accountId)?.has(mailboxId) === true
      if (after && !before) noteModseq(listener, accountId, modseq, allTypes)
    }
  }

  async function readShares(listener: Listener): Promise<void> {
    const shared = await mailboxesShared(store.db, listener.user)
    for (const owner of listener.shared.keys()) leave(owner, listener)
    listener.shared = new Map([...shared].slice(0, limits.shares))
    if (byAccount.get(listener.user)?.has(listener)) {
      for (const owner of listener.shared.keys()) enter(owner, listener)
    }
  }

  const end = store.changes.watch({}, heard)
  return {
    tell(account, states) {
      for (const listener of byAccount.get(account) ?? []) {
        if (listener.user === account) note(listener, account, Object.entries(states))
      }
    },
    async listen({ user, types, since, said }) {
      const listener: Listener = {
        user,
        types,
        shared: new Map(),
        told: new Map(),
        pending: new Map(),
        timer: undefined,
        said,
      }
      enter(user, listener) // first: what changes while we read is noted
      await readShares(listener)
      const before = readEventId(since)
      for (const [account, modseq] of await modseqsOf(store.db, [user, ...listener.shared.keys()])) {
        const known = since === undefined ? modseq : (before.get(account) ?? 0)
        if (modseq > known) noteModseq(listener, account, modseq, allTypes)
        else listener.told.set(account, Math.max(modseq, listener.told.get(account) ?? 0))
      }
      return {
        hear: (other) => (listener.types = other),
        end() {
          clearTimeout(listener.timer)
          leave(user, listener)
          for (const owner of listener.shared.keys()) leave(owner, listener)
        },
      }
    },
    stop() {
      end()
      for (const listeners of byAccount.values()) for (const listener of listeners) clearTimeout(listener.timer)
      byAccount.clear()
    },
  }
}

function say(listener: Listener): void {
  listener.timer = undefined
  const changed: StateChange['changed'] = {}
  for (const [account, states] of listener.pending) changed[objectId('A', account)] = Object.fromEntries(states)
  listener.pending.clear()
  listener.said({ '@type': 'StateChange', changed }, eventId(listener.told))
}

// How far somebody heard, as it stands in an event's id: 'A1.55 A7.3'.

function eventId(told: ReadonlyMap<number, number>): string {
  return [...told].map(([account, modseq]) => `${objectId('A', account)}.${modseq}`).join(' ')
}

const longestEventId = 16 << 10

function readEventId(text: string | undefined): Map<number, number> {
  const told = new Map<number, number>()
  for (const word of (text ?? '').slice(0, longestEventId).split(' ')) {
    const [account = '', modseq = ''] = word.split('.')
    const number = objectNumber('A', account)
    if (number !== undefined && /^\d{1,15}$/.test(modseq)) told.set(number, Number(modseq))
  }
  return told
}
