// So many things at once for each account.

export interface Gate {
  /** What to call when it is done; undefined when there are `most` already. */
  enter(account: number, most: number): (() => void) | undefined
}

export function openGate(): Gate {
  const counts = new Map<number, number>()
  return {
    enter(account, most) {
      const count = counts.get(account) ?? 0
      if (count >= most) return undefined
      counts.set(account, count + 1)
      return () => {
        const left = (counts.get(account) ?? 1) - 1
        if (left > 0) counts.set(account, left)
        else counts.delete(account)
      }
    },
  }
}
