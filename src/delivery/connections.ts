// How many connections one address has, and how many it opened in the last minute.

import { openRate, sourceOf } from './rates.ts'

export interface Connections {
  /** Takes a place for the address; false when it has its share already. */
  enter(address: string, now: number): boolean
  leave(address: string): void
}

export function openConnections(limits: {
  connectionsPerAddress: number
  connectionsPerMinute: number
  watchedAddresses: number
}): Connections {
  const open = new Map<string, number>()
  const opened = openRate(60_000, limits.watchedAddresses)
  return {
    enter(address, now) {
      const source = sourceOf(address)
      const present = open.get(source) ?? 0
      if (present >= limits.connectionsPerAddress) return false
      if (opened.count(source, now) >= limits.connectionsPerMinute) return false
      opened.add(source, now)
      open.set(source, present + 1)
      return true
    },
    leave(address) {
      const source = sourceOf(address)
      const present = open.get(source) ?? 0
      if (present > 1) open.set(source, present - 1)
      else open.delete(source)
    },
  }
}
