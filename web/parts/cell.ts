// A value that components watch. React hears of it by useSyncExternalStore, other code by `watch`.
//
// Invariant: who watches is called only when the value became another one.

import { useSyncExternalStore } from 'react'

export interface Cell<Value> {
  get(): Value
  set(next: Value): void
  update(change: (before: Value) => Value): void
  watch(heard: () => void): () => void
}

export function cell<Value>(first: Value): Cell<Value> {
  let value = first
  const watchers = new Set<() => void>()
  const set = (next: Value): void => {
    if (Object.is(next, value)) return
    value = next
    for (const heard of watchers) heard()
  }
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    watch(heard) {
      watchers.add(heard)
      return () => void watchers.delete(heard)
    },
  }
}

export function useCell<Value>({ watch, get }: Cell<Value>): Value {
  return useSyncExternalStore(watch, get)
}
