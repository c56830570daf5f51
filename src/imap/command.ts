// A command is data with two verbs: `read` never waits, `run` never parses.

import type { Said } from '../wire/conversation.ts'
import type { Done } from './answers.ts'
import type { Scanner } from './scanner.ts'
import type { Session, State } from './session.ts'

/** Says pieces and finishes; a command with nothing to say but its end is a promise. */
export type Run = AsyncGenerator<Said, Finished, void>

/** How a command ended well. `after` is done once the tagged OK was said: TLS, compression, closing. */
export interface Finished extends Done {
  after?: (session: Session) => AsyncGenerator<Said, void, void>
}

/** What may be told between the answers of a command and its tagged OK. RFC 9051 §7.5.1. */
export type Tells = 'everything' | 'no-expunge' | 'nothing'

export interface Command<Order = unknown> {
  verb: string
  allowedIn: readonly State[]
  /** Reads what follows the verb, the space before it included. Throws Refusal BAD. */
  read(scan: Scanner): Order
  run(session: Session, order: Order): Run | Promise<Finished>
  /** Default: everything. */
  tells?: Tells
  /** Its literals are mails: read() ends at the announcement of the first one (append.ts). */
  streams?: boolean
}

export const anyState: readonly State[] = ['greeted', 'authenticated', 'selected']
export const afterLogin: readonly State[] = ['authenticated', 'selected']
export const whenSelected: readonly State[] = ['selected']

/** For commands without arguments. */
export function nothing(): undefined {
  return undefined
}

/** Text that must leave at once, not with the answers gathered so far. */
export function now(text: string): Uint8Array {
  return Buffer.from(text)
}
