// One session per mailbox.                                                                    RFC 1939 §4
//
// Invariant: between take() and its release nobody else takes the same mailbox.

export interface Locks {
  /** Gives the release, undefined when somebody has it. Releasing twice does nothing. */
  take(mailboxId: number): (() => void) | undefined
}

/** Locks within this process. */
export function openLocks(): Locks {
  const held = new Map<number, symbol>()
  return {
    take(mailboxId) {
      if (held.has(mailboxId)) return undefined
      const mine = Symbol('lock')
      held.set(mailboxId, mine)
      return () => {
        if (held.get(mailboxId) === mine) held.delete(mailboxId)
      }
    },
  }
}
