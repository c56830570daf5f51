// Replies, and the table from the house's troubles to this door's words.              RFC 1939 §3, RFC 2449 §8, RFC 3206

import { Trouble, type TroubleCode } from '../wire/troubles.ts'
import { text, type Language, type Word } from './words.ts'

/** Response codes. RFC 2449 §8.1.1, RFC 3206 §4, §5. */
export type Code = 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH'

/** A command that is turned down. `ends`: the session too. */
export class Refusal extends Error {
  word: Word
  code: Code | undefined
  ends: boolean

  constructor(word: Word, code?: Code, ends = false) {
    super(word)
    this.word = word
    this.code = code
    this.ends = ends
  }
}

export function ok(language: Language, word: Word): string {
  return `+OK ${text(word, language)}\r\n`
}

export function err(language: Language, word: Word, code?: Code): string {
  return `-ERR ${code === undefined ? '' : `[${code}] `}${text(word, language)}\r\n`
}

const troubles: Partial<Record<TroubleCode, [Word, Code?]>> = {
  // One answer for an unknown name and a wrong password.
  'wrong-password': ['wrong-password', 'AUTH'],
  'no-such-account': ['wrong-password', 'AUTH'],
  'too-many-failures': ['too-many-failures', 'SYS/TEMP'],
  'account-closed': ['account-closed', 'SYS/PERM'],
  'protocol-off': ['protocol-off', 'SYS/PERM'],
  'tls-required': ['start-tls-first'],
  'in-use': ['in-use', 'IN-USE'],
  'no-such-message': ['no-such-message'],
  'disk-full': ['disk-full', 'SYS/TEMP'],
}

/** The refusal for something thrown; undefined for our own mistakes. */
export function refusalFor(thrown: unknown): Refusal | undefined {
  if (thrown instanceof Refusal) return thrown
  if (!(thrown instanceof Trouble)) return undefined
  const [word, code] = troubles[thrown.code] ?? ['try-later', 'SYS/TEMP']
  return new Refusal(word, code)
}
