// What a command or a test of the language is: its arguments as data, and a `read` that turns them into what a
// run does. `read` runs once, when a script is checked, and never waits; what it returns never parses.

import type { Details, ProblemCode } from './problems.ts'
import type { SieveLimits } from './limits.ts'
import type { Session } from './session.ts'
import type { Text } from './text.ts'

export type Kind = 'string' | 'list' | 'number' // a list may be written as one string (RFC 5228 §2.4.2.1)

export interface Tag {
  name: string // without its colon
  takes?: Kind
  needs?: string // an extension beyond the word's own
  group?: string // of one group only one may stand
  with?: string // another tag without which it has no meaning
}

export interface Signature {
  name: string
  needs?: string | string[] // one of these extensions
  tags?: readonly Tag[]
  takes?: readonly (readonly [name: string, kind: Kind])[]
  optional?: 'first' | 'last' // which of `takes` may be left out
}

export type Run = (session: Session) => void | Promise<void>
export type Holds = (session: Session) => boolean | Promise<boolean>

export interface ActionWord extends Signature {
  read(given: Given): Run
}
export interface TestWord extends Signature {
  read(given: Given): Holds
}

/**
 * The arguments of one command or test, already of the right number and kinds. Tags are named with their colon.
 * The getters of what was not given return undefined, or [] for a list.
 */
export interface Given {
  readonly limits: SieveLimits
  readonly inLoop: boolean // inside foreverypart
  has(name: string): boolean
  text(name: string): Text | undefined
  list(name: string): Text[]
  number(name: string): number | undefined
  /** The string when it holds no variables. */
  constant(name: string): string | undefined
  /** The strings of a list that hold no variables. */
  constants(name: string): string[]
  /** A string that must not hold variables; undefined (and a problem) if it does. */
  fixed(name: string): string | undefined
  /** Says that a variable of this name gets a value. RFC 6609 §3.4.1: it cannot be made global later. */
  assigns(variable: string): void
  requires(extension: string): boolean
  /** Tells of a problem at an argument, or at the word itself. */
  problem(code: ProblemCode, details?: Details, name?: string): void
}
