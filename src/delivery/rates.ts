// Counters of what one login or one address did lately: a window that slides in two halves.
//
// Memory is bounded: beyond `keys` the key that was silent longest is forgotten, which costs a stranger's
// counter, never the house. The counters are of this process alone and start empty.

export interface Rate {
  /** How much was counted in the window that ends at `now`. */
  count(key: string, now: number): number
  /** Counts `by` more. */
  add(key: string, now: number, by?: number): void
}

interface Halves {
  start: number // of the present half
  now: number
  before: number
}

export function openRate(window: number, keys: number): Rate {
  const half = window / 2
  const counters = new Map<string, Halves>()

  function roll(key: string, now: number): Halves {
    let counter = counters.get(key)
    if (counter) counters.delete(key)
    else counter = { start: now, now: 0, before: 0 }
    counters.set(key, counter) // the last in the Map was heard last
    const age = now - counter.start
    if (age >= half) {
      counter.before = age < window ? counter.now : 0
      counter.now = 0
      counter.start = age < window ? counter.start + half : now
    }
    if (counters.size > keys) counters.delete(counters.keys().next().value!)
    return counter
  }

  return {
    count(key, now) {
      const counter = roll(key, now)
      return counter.now + counter.before
    },
    add(key, now, by = 1) {
      roll(key, now).now += by
    },
  }
}

/** What one source is counted under: an IPv4 address, or the /64 of an IPv6 address. */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  const [left = '', right] = address.toLowerCase().split('%')[0]!.split('::')
  const head = left === '' ? [] : left.split(':')
  if (right !== undefined) {
    const tail = right === '' ? [] : right.split(':')
    while (head.length + tail.length < 8) head.push('0')
  }
  while (head.length < 4) head.push('0')
  return head.slice(0, 4).join(':') + '::/64'
}
