// News of what was committed. IDLE, push and the views listen. Other processes over the same database hear of it, and
// are heard here (sql/between.ts).
//
// Invariants:
//   a change is published after its commit, never before
//   what another process committed is heard, or missed() says that something was not; a process that dies between a
//   commit and its news says nothing, so everybody is told to look now and then
//   nothing is queued here: a listener is called and returns at once; what it must remember is its own
//   a listener that throws harms neither the others nor the publisher

import { setTimeout } from 'node:timers/promises'
import type { Between } from '../sql/between.ts'

export interface Change {
  accountId: number // 0, with modseq 0: not known, look at everything you listen for
  mailboxId: number // 0: the same
  modseq: number
  kind: 'arrived' | 'flags' | 'gone' | 'mailbox' // mailbox: created, renamed, deleted, subscribed, shared
}

type Heard = (change: Change) => void

const topic = 'postern_changes'
const lookAtOnce = 100 // listeners
const lookPause = 20 // milliseconds

export class Changes {
  #mailboxes = new Map<number, Set<Heard>>()
  #accounts = new Map<number, Set<Heard>>()
  #everything = new Set<Heard>()

  #say: ((text: string) => void) | undefined
  #ending = new AbortController()

  publish(changes: readonly Change[]): void {
    this.#tell(changes)
    if (this.#say) for (const change of changes) this.#say(print(change))
  }

  #tell(changes: readonly Change[]): void {
    for (const change of changes) {
      tell(this.#everything, change)
      tell(this.#mailboxes.get(change.mailboxId), change)
      tell(this.#accounts.get(change.accountId), change)
    }
  }

  /** From now on other processes hear of what is published here, and are heard. */
  join(between: Between, lookEvery: number): void {
    this.#say = between.listen(topic, {
      heard: (text) => {
        const change = read(text)
        if (change) this.#tell([change])
      },
      missed: () => void this.#lookAll(),
    })
    const timer = setInterval(() => void this.#lookAll(), lookEvery).unref()
    this.#ending.signal.addEventListener('abort', () => clearInterval(timer))
  }

  /** Tells everybody to look: a few at a time, so that not all of them ask the database at once. */
  async #lookAll(): Promise<void> {
    for (const heard of this.#everything) call(heard, { accountId: 0, mailboxId: 0, modseq: 0, kind: 'mailbox' })
    let told = 0
    const lookAt = async (listeners: Set<Heard>, change: Change): Promise<void> => {
      for (const heard of listeners) call(heard, change)
      told += listeners.size
      if (told < lookAtOnce) return
      told = 0
      await setTimeout(lookPause, undefined, { ref: false, signal: this.#ending.signal })
    }
    try {
      for (const [mailboxId, listeners] of this.#mailboxes)
        await lookAt(listeners, { accountId: 0, mailboxId, modseq: 0, kind: 'mailbox' })
      for (const [accountId, listeners] of this.#accounts)
        await lookAt(listeners, { accountId, mailboxId: 0, modseq: 0, kind: 'mailbox' })
    } catch {
      // closed meanwhile
    }
  }

  close(): void {
    this.#say = undefined
    this.#ending.abort()
  }

  /** Calls `heard` for changes of one mailbox, of one account, or (with {}) of all. The answer ends it. */
  watch(key: { mailboxId?: number; accountId?: number }, heard: Heard): () => void {
    if (key.mailboxId !== undefined) return listen(this.#mailboxes, key.mailboxId, heard)
    if (key.accountId !== undefined) return listen(this.#accounts, key.accountId, heard)
    const one: Heard = (change) => heard(change) // the same function may listen twice
    this.#everything.add(one)
    return () => void this.#everything.delete(one)
  }
}

function listen(listeners: Map<number, Set<Heard>>, id: number, heard: Heard): () => void {
  const one: Heard = (change) => heard(change)
  let set = listeners.get(id)
  if (!set) listeners.set(id, (set = new Set()))
  set.add(one)
  return () => {
    const mine = listeners.get(id)
    mine?.delete(one)
    if (mine?.size === 0) listeners.delete(id)
  }
}

function tell(listeners: Set<Heard> | undefined, change: Change): void {
  if (listeners) for (const heard of listeners) call(heard, change)
}

function call(heard: Heard, change: Change): void {
  try {
    heard(change)
  } catch (error) {
    queueMicrotask(() => process.emitWarning(error instanceof Error ? error : String(error)))
  }
}

// -- as other processes hear it

function print({ accountId, mailboxId, modseq, kind }: Change): string {
  return `${accountId} ${mailboxId} ${modseq} ${kind}`
}

/** undefined: of a Postern that says it otherwise. */
function read(text: string): Change | undefined {
  const found = /^(\d+) (\d+) (\d+) (arrived|flags|gone|mailbox)$/.exec(text)
  if (!found) return undefined
  const [, accountId, mailboxId, modseq, kind] = found
  return {
    accountId: Number(accountId),
    mailboxId: Number(mailboxId),
    modseq: Number(modseq),
    kind: kind as Change['kind'],
  }
}
