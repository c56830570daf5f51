// How often: a count in a window for each source or account and each call. Bounded: the oldest windows go first.

export interface Rate {
  count: number
  seconds: number
  per: 'source' | 'account'
}

export interface Rates {
  /** Counts one; seconds to wait when it is one too many, else 0. */
  take(call: string, who: string, rate: Rate, now: number): number
}

export function openRates(most: number): Rates {
  const windows = new Map<string, { ends: number; count: number }>()
  return {
    take(call, who, { count, seconds }, now) {
      const key = `${call} ${who}`
      let window = windows.get(key)
      if (!window || window.ends <= now) {
        windows.delete(key)
        windows.set(key, (window = { ends: now + seconds * 1000, count: 0 }))
        if (windows.size > most) windows.delete(windows.keys().next().value as string)
      }
      window.count++
      return window.count > count ? Math.max(1, Math.ceil((window.ends - now) / 1000)) : 0
    },
  }
}
