// A command is data with two verbs: read() never waits, run() never parses.

import type { Said } from '../wire/conversation.ts'
import { Refusal } from './replies.ts'
import type { Session, State } from './session.ts'

/** What a command answers: one piece, or many; at once, or later. Deeds (startTls) only among many. */
export type Answer = string | Promise<string> | AsyncGenerator<Said, void, void>

export interface Command<Argument = unknown> {
  verb: string
  allowedIn: State[]
  /** `argument`: octets after the verb and one space; undefined when there was no space. Throws Refusal. */
  read(argument: string | undefined): Argument
  run(session: Session, argument: Argument): Answer
}

export function readNothing(argument: string | undefined): undefined {
  if (argument !== undefined && argument.trim() !== '') throw new Refusal('argument-unexpected')
  return undefined
}

/** A message number. RFC 1939 §3. */
export function readNumber(argument: string | undefined): number {
  if (argument === undefined || !/^\d{1,10}$/.test(argument.trim())) throw new Refusal('number-expected')
  return Number(argument)
}

export function readOptionalNumber(argument: string | undefined): number | undefined {
  return argument === undefined || argument.trim() === '' ? undefined : readNumber(argument)
}

export function fromUtf8(octets: string): string {
  return Buffer.from(octets, 'latin1').toString('utf8')
}
