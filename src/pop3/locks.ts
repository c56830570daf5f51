// One session per mailbox.                                                                    RFC 1939 §4
//
// Invariant: between take() and its release nobody else takes the same mailbox, in this process or in another one
// over the same database.

import type { Between } from '../sql/between.ts'

export interface Locks {
  /** Gives the release, undefined when somebody has it. Releasing twice does nothing. Throws Trouble unavailable. */
  take(mailboxId: number): Promise<(() => void) | undefined>
}

const maildrops = 1 // the space of their numbers in Between.hold

/** `between`: the other processes; absent, there are none. */
export function openLocks(between?: Between): Locks {
  const held = new Map<number, symbol>()
  return {
    async take(mailboxId) {
      if (held.has(mailboxId)) return undefined
      const mine = Symbol('lock')
      held.set(mailboxId, mine)
      const release = (): void => {
        if (held.get(mailboxId) === mine) held.delete(mailboxId)
      }
      if (!between) return release
      const letGo = await between.hold(maildrops, mailboxId).catch((error: unknown) => {
        release()
        throw error
      })
      if (!letGo) {
        release()
        return undefined
      }
      return () => {
        if (held.get(mailboxId) !== mine) return
        letGo()
        release()
      }
    },
  }
}
