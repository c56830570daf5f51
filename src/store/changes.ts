// News of what was committed, inside this process. IDLE, push and the views listen.
//
// Invariants:
//   a change is published after its commit, never before
//   nothing is queued here: a listener is called and returns at once; what it must remember is its own
//   a listener that throws harms neither the others nor the publisher

export interface Change {
  accountId: number
  mailboxId: number
  modseq: number
  kind: 'arrived' | 'flags' | 'gone' | 'mailbox' // mailbox: created, renamed, deleted, subscribed, shared
}

type Heard = (change: Change) => void

export class Changes {
  #mailboxes = new Map<number, Set<Heard>>()
  #accounts = new Map<number, Set<Heard>>()
  #everything = new Set<Heard>()

  publish(changes: readonly Change[]): void {
    for (const change of changes) {
      tell(this.#everything, change)
      tell(this.#mailboxes.get(change.mailboxId), change)
      tell(this.#accounts.get(change.accountId), change)
    }
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
  if (!listeners) return
  for (const heard of listeners) {
    try {
      heard(change)
    } catch (error) {
      queueMicrotask(() => process.emitWarning(error instanceof Error ? error : String(error)))
    }
  }
}
