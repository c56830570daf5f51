// The states that a Foo/set tells: from where its own changes begin to where they end without a gap.    RFC 8620 §5.3
//
// Invariant: who was at oldState and goes to newState has missed nothing that others changed meanwhile. Where
// somebody changed something between two of our own steps, newState is the one before it, and the client asks.

import { MethodError } from './method.ts'

export interface States {
  /** Our own step took the account from `before` to `after`. */
  stepped(before: number, after: number): void
  old: string
  new: string
}

/** `current`: the state when nothing was changed yet. */
export function openStates(current: number): States {
  let first: number | undefined
  let last = current
  return {
    stepped(before, after) {
      first ??= last = before
      if (last === before) last = after
    },
    get old() {
      return String(first ?? current)
    },
    get new() {
      return String(last)
    },
  }
}

/** What `ifInState` names, as a number; undefined when the client does not say. Throws MethodError stateMismatch. */
export function expectedState(ifInState: string | null, current: number): number | undefined {
  if (ifInState !== null && ifInState !== String(current)) throw new MethodError('stateMismatch')
  return ifInState === null ? undefined : current
}
