// Printed envelopes and structures of mails, kept for all sessions: a mail's tree never changes, so
// what was printed once is right for ever. Least recently used goes first, by octets.

export class Printed {
  #limit: number
  #kept = new Map<string, string>()
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): string | undefined {
    const text = this.#kept.get(key)
    if (text === undefined) return undefined
    // Old entries move to the end only when the store is half full: below that nothing is about to go.
    if (this.#size > this.#limit / 2) {
      this.#kept.delete(key)
      this.#kept.set(key, text)
    }
    return text
  }

  set(key: string, text: string): void {
    if (this.#kept.has(key) || text.length > this.#limit / 64) return
    this.#kept.set(key, text)
    this.#size += text.length + key.length + 100
    for (const [oldest, old] of this.#kept) {
      if (this.#size <= this.#limit) break
      this.#kept.delete(oldest)
      this.#size -= old.length + oldest.length + 100
    }
  }
}
