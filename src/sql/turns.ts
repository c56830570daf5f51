// Works one after the other: what one writer connection needs.

export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/** Works given to the same Turns never overlap and run in the order given. */
export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine.catch(() => undefined)
    return mine
  }
}

/**
 * One effect shared by everyone who asks while it runs: a call resolves after a run that began after
 * the call. The heart of group commit.
 */
export function shared(effect: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let waiting: Promise<void> | undefined

  const start = (): Promise<void> => {
    running = effect().finally(() => (running = undefined))
    return running
  }
  return () => {
    if (!running) return start()
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = undefined
        return start()
      })
    return waiting
  }
}
