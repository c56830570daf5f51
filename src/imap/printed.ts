// Printed envelopes and structures of mails, kept for all sessions: a mail's tree never changes, so
// what was printed once is right for ever.
//
// Two generations: what was not asked for while one filled up goes with it. At most `limit` octets in both.

export type PrintedKind = 'envelope' | 'body' | 'bodystructure'

const places: Record<PrintedKind, number> = { envelope: 0, body: 2, bodystructure: 4 }
const entryOctets = 60 // of a map, beside the text

export class Printed {
  #half: number
  #young = new Map<number, string>()
  #old = new Map<number, string>()
  #size = 0 // of the young

  constructor(limit: number) {
    this.#half = limit / 2
  }

  /** Under which number the text of a mail is kept. */
  static key(kind: PrintedKind, utf8: boolean, mailId: number): number {
    return mailId * 8 + places[kind] + (utf8 ? 1 : 0)
  }

  get(key: number): string | undefined {
    const text = this.#young.get(key)
    if (text !== undefined) return text
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: number, text: string): void {
    if (text.length > this.#half / 32) return
    text.charCodeAt(0) // makes one string of what was put together from many
    this.#size += text.length + entryOctets
    if (this.#size > this.#half) {
      this.#old = this.#young
      this.#young = new Map()
      this.#size = text.length + entryOctets
    }
    this.#young.set(key, text)
  }
}
